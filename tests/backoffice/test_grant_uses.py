"""A grant's use records: written by who holds it, read by both sides and the authority."""

import csv
from datetime import date
from io import StringIO

import pytest
from django.urls import reverse

from accounts import quotas
from accounts.quotas import QuotaUnavailable
from accounts.roles import Role
from exchange.models import Grant, UseRecord
from tests.factories import accounts, sharing

pytestmark = pytest.mark.django_db
TOLD = {
    "first_on": "2026-03-02",
    "last_on": "2026-03-31",
    "scene": "counter",
    "process": "one by one",
    "result": "=120 cases",
    "stored": "subsidy system, encrypted",
    "disposed_on": "",
    "disposal": "",
    "corrects": "",
}


@pytest.fixture(name="two")
def _two():
    return sharing.two(rows=False)


@pytest.fixture
def grant(two) -> Grant:
    return two.granted("phone")


def page_of(grant):
    return reverse("admin:grant_uses", args=[grant.pk])


def test_a_record_is_written_corrected_and_read_by_the_provider(two, grant, at_desk):
    clerk = at_desk(two.clerk).client

    clerk.post(page_of(grant), TOLD)
    first = UseRecord.objects.get()
    clerk.post(page_of(grant), TOLD | {"corrects": first.pk, "result": "121 cases"})

    page = at_desk(two.reviewer).client.get(page_of(grant))
    text = page.content.decode()
    second = UseRecord.objects.standing().get()
    assert f"corrected by record {second.pk}" in text
    assert "121 cases" in text
    assert page.context["form"] is None


def test_what_does_not_fit_stays_on_the_page_with_its_sentence(two, grant, at_desk, said):
    answer = at_desk(two.clerk).client.post(page_of(grant), TOLD | {"last_on": "2026-03-01"})

    assert answer.status_code == 400
    assert "ends before it begins" in said(answer)
    assert "subsidy system" in answer.content.decode()


def test_only_the_holder_writes_and_a_stranger_finds_nothing(two, grant, at_desk):
    refused = at_desk(two.reviewer).client.post(page_of(grant), TOLD)
    operator = at_desk(accounts.user(Role.OPERATOR)).client.get(page_of(grant))
    stranger = at_desk(accounts.user(Role.PUBLISHER)).client.get(page_of(grant))

    assert (refused.status_code, operator.status_code, stranger.status_code) == (403, 200, 404)
    assert not UseRecord.objects.exists()


def test_the_records_are_taken_away_as_a_sheet_without_formulas(two, grant, at_desk):
    client = at_desk(two.clerk).client
    client.post(page_of(grant), TOLD)

    answer = client.get(reverse("admin:grant_uses_csv", args=[grant.pk]))

    head, row = csv.reader(StringIO(answer.content.decode("utf-8-sig")))
    assert dict(zip(head, row, strict=True))["what came of it"] == "'=120 cases"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="grant-{grant.pk}-uses.csv"'
    )


def test_the_grants_desk_leads_to_the_records(two, grant, at_desk):
    assert page_of(grant) in at_desk(two.reviewer).page(grant).content.decode()


def test_own_grants_show_todays_calls_and_what_is_left(two, grant, at_desk):
    Grant.objects.filter(pk=grant.pk).update(daily_quota=20, valid_until=date(2099, 1, 1))

    page = at_desk(two.clerk).client.get(reverse("admin:own_grants"))

    assert "0, left: 20" in page.content.decode()


def test_where_calls_cannot_be_counted_the_page_says_so(two, grant, at_desk, monkeypatch):
    def away(*_args, **_words):
        raise QuotaUnavailable

    monkeypatch.setattr(quotas, "left_under", away)

    page = at_desk(two.clerk).client.get(reverse("admin:own_grants"))

    assert page.status_code == 200
    assert "not known" in page.content.decode()
