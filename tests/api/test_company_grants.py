"""A company that applied reads with its keys exactly what it was granted, and nothing more."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Delivery
from exchange.models import Grant
from exchange.sharing import grants, lifecycle
from policy.terms import Mode
from tests.factories import accounts, exchange
from tests.factories.market import Market
from tests.factories.market import market as build

OPEN = {"id", "name"}


@dataclass
class Reading:
    """A company with a key, and what it asks for."""

    market: Market
    raw: str

    def granted(self, *names, **over) -> Grant:
        today = timezone.localdate()
        period = {"wanted_from": today, "wanted_until": today + timedelta(days=300)}
        return self.market.granted(*names, at=exchange.now(), **period | over)

    def get(self, what="records", *, raw="", **params):
        headers = {"X-API-Key": raw or self.raw, "Accept-Language": "en"}
        place = f"/api/v1/datasets/{self.market.dataset.slug}/{what}"
        return Client().get(place, params, headers=headers)

    def fields(self, **over) -> set[str]:
        return set(self.get(limit=1, **over).json()["rows"][0]) - {"_id"}


@pytest.fixture
def company(db) -> Reading:
    market = build()
    return Reading(market, market.key(at=exchange.now()).raw)


def test_without_a_grant_it_reads_what_everybody_reads(company):
    company.market.handed_in("turnover")

    assert company.fields() == OPEN


def test_under_a_grant_it_reads_what_was_granted_and_no_other_field(company):
    part = {"fields": tuple(company.market.fields("turnover", "phone"))}

    company.granted("turnover", "district", "phone", part=part)

    row = company.get(limit=1).json()["rows"][0]
    assert set(row) - {"_id"} == OPEN | {"turnover", "phone"}
    assert row["turnover"] == 0.5
    assert row["phone"] == "138****00"


def test_another_company_reads_nothing_of_it(company):
    company.granted("turnover")

    other = accounts.api_key(at=exchange.now()).raw

    assert company.fields(raw=other) == OPEN


def test_under_a_grant_for_some_rows_only_these_come(company):
    rows = ({"field": company.market.fields("district")[0], "operator": "eq", "values": ["east"]},)

    company.granted("turnover", "district", part={"rows": rows})

    page = company.get(fields="name,turnover").json()
    assert [row["name"] for row in page["rows"]] == ["n01", "n03", "n05"]


def test_a_grant_for_whole_files_gives_no_pages(live_database):
    market = build()
    company = Reading(market, market.key(at=exchange.now()).raw)
    company.granted("turnover", mode=Mode.BULK)

    assert company.fields() == OPEN
    whole = company.get("records.csv").getvalue().decode()
    assert "turnover" in whole.splitlines()[0]


def test_each_delivery_carries_the_number_of_the_grant(company):
    grant = company.granted("turnover")

    company.get(limit=2)

    delivery = Delivery.objects.get(grant_id=grant.pk)
    assert (delivery.reader, delivery.rows) == ("company", 2)


def test_the_calls_a_day_that_were_granted_hold(company):
    company.granted("turnover", calls_peak=2)

    answers = [company.get(limit=1) for _turn in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[-1].json()["code"] == "grant-quota-exceeded"


def test_suspending_revoking_and_ending_stop_the_next_call(company):
    grant, now = company.granted("turnover"), exchange.now()
    reviewer, today = company.market.reviewer, timezone.localdate()
    assert "turnover" in company.fields()

    mend_by = today + timedelta(days=9)
    lifecycle.suspend(grant.pk, reason="x", mend_by=mend_by, by=reviewer, at=now)
    assert company.fields() == OPEN
    lifecycle.resume(grant.pk, reason="x", by=reviewer, at=now)
    assert "turnover" in company.fields()
    grants.revoke(grant.pk, reason="x", by=reviewer, at=now)

    assert company.fields() == OPEN


def test_a_purpose_that_is_over_stops_the_next_call(company):
    grant = company.granted("turnover")

    lifecycle.purpose_over(grant.pk, reason="x", by=company.market.person, at=exchange.now())

    assert company.fields() == OPEN


def test_a_grant_whose_last_day_is_over_gives_nothing(company):
    grant = company.granted("turnover")

    yesterday = timezone.localdate() - timedelta(days=1)
    Grant.objects.filter(pk=grant.pk).update(valid_from=yesterday, valid_until=yesterday)

    assert company.fields() == OPEN
