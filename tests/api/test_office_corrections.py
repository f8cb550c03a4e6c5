"""A record is reported by an app, and marked on every page that shows it."""

import json

import pytest
from django.test import Client

from catalog.terms import State
from exchange.models import Correction
from exchange.sharing import corrections
from tests.api.test_office import Office, key_of
from tests.factories import accounts, catalog, exchange

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(two_with_rows) -> Office:
    return Office(two_with_rows, key_of(two_with_rows.asker), Client())


def report(office: Office, *, key=None, **told):
    body = {"dataset": office.two.dataset.slug, "subject": {"id": "7"}, "text": "手机号有误"}
    return office.client.post(
        "/api/v1/office/corrections",
        json.dumps(body | told),
        content_type="application/json",
        headers={"Accept-Language": "en", "X-API-Key": (key or office.key).raw},
    )


def page(office: Office, **params) -> dict:
    return office.ask(f"datasets/{office.two.dataset.slug}/records", **params).json()


def test_a_reported_row_is_marked_on_the_page_that_shows_it_and_stays_on_it(office):
    office.granted("id", "name", "phone")
    before = page(office)

    answer = report(office, fields=["phone"])

    assert answer.status_code == 201
    assert set(answer.json()) == {"report", "state", "due_on"}
    after = page(office)
    assert after["rows"] == before["rows"]
    assert "_flags" not in before
    [flag] = after["_flags"]
    assert (flag["_id"], flag["fields"], flag["state"]) == (7, ["phone"], "open")
    assert "_flags" not in page(office, limit=5)


def test_an_entry_that_is_not_published_is_unknown_like_one_that_is_not_there(office):
    draft = catalog.dataset(State.DRAFT)

    unpublished = report(office, dataset=draft.slug, wrong="entry")
    nowhere = report(office, dataset="nowhere", wrong="entry")

    told = [(one.status_code, one.json()["detail"]) for one in (unpublished, nowhere)]
    assert told[0] == told[1]
    assert told[0][0] == 404


def test_a_mark_on_a_row_outside_of_the_grant_is_not_told(office):
    scope = {"field": office.two.field("name"), "operator": "in", "values": ["n008"]}
    office.granted("name", "phone", rows=[scope])

    report(office)

    assert "_flags" not in page(office)


def test_a_report_is_no_way_to_ask_after_a_value_that_is_not_served(office):
    office.lasting(office.two.signed("id", "name").grant)

    for guess in ("13800000007", "13800000008"):
        report(office, subject={"id": "7", "phone": guess})

    assert "_flags" not in page(office)


def test_the_feed_tells_which_rows_are_doubted_just_now(office):
    office.granted("id", "name", "phone")
    feed = f"datasets/{office.two.dataset.slug}/changes"
    seq = office.ask(feed, since=0).json()["seq"]

    report(office, fields=["phone"])
    report(office, subject={"income": "8.50"})

    told = office.ask(feed, since=seq).json()
    assert told["rows"] == []
    assert [(one["_id"], one["fields"]) for one in told["_flags"]] == [(7, ["phone"])]


def test_any_department_reports_and_a_company_does_not(office):
    other = key_of(accounts.organization())
    company = key_of(accounts.organization(accounts.OrganizationKind.COMPANY))

    assert report(office, key=other).status_code == 201
    assert report(office, key=company).status_code == 403
    assert Correction.objects.get().reported_by is None


def test_whether_a_record_is_there_is_not_told(office):
    there, not_there = report(office).json(), report(office, subject={"id": "999"}).json()

    assert there | {"report": 0} == not_there | {"report": 0}


@pytest.mark.parametrize("told", [{"wrong": "all"}, {"text": ""}, {"row": "x"}, {"subject": {}}])
def test_a_report_that_does_not_fit_is_400_and_kept_nowhere(office, told):
    answer = report(office, **told)

    assert (answer.status_code, answer.json()["code"]) == (400, "request-unfit")
    assert not Correction.objects.exists()


def test_a_mark_goes_with_the_answer_that_the_row_is_right(office):
    office.granted("name", "phone")
    number = report(office).json()["report"]

    corrections.answer(
        number, wrong=False, text="已核实", by=office.two.reviewer, at=exchange.now()
    )

    assert "_flags" not in page(office)
