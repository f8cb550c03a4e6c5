"""Pages under a grant that were asked for alike before: one statement, as strict as the first.

In a database where commits are real, since nothing is foreseen within a transaction.
"""

import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import keys
from audit import prepared
from audit.models import Delivery
from exchange import opening
from exchange.models import Grant
from exchange.records import reading
from exchange.sharing import entering, lifecycle
from policy.terms import Grade
from tests.api.test_office import Office, key_of
from tests.factories import exchange, sharing


@pytest.fixture
def office(live_database) -> Office:
    two = sharing.two()
    return Office(two, key_of(two.asker), Client())


@pytest.fixture
def statements(monkeypatch) -> list[str]:
    """Note the prepared statements that are asked."""
    asked: list[str] = []
    known = prepared._executed

    def noted(text, values):
        asked.append(text)
        return known(text, values)

    monkeypatch.setattr(prepared, "_executed", noted)
    return asked


def page(office: Office, **params):
    return office.ask(f"datasets/{office.two.dataset.slug}/records", **params)


def foreseen(office: Office, **params) -> dict:
    """Ask three times, so that the last page was foreseen; return it."""
    pages = [page(office, **params) for _turn in range(3)]
    assert {one.status_code for one in pages} == {200}
    assert pages[1].content == pages[2].content
    return pages[2].json()


def test_look_page_and_delivery_are_one_statement(office, statements, monkeypatch):
    monkeypatch.setattr(reading, "LEASE_SECONDS", 60)  # who was slower looks once more
    grant = office.granted("name", "phone")
    foreseen(office)
    statements.clear()
    before = Delivery.objects.count()

    page(office)

    [statement] = statements
    assert "row_to_json" in statement
    assert "INSERT INTO audit_delivery" in statement
    assert Delivery.objects.count() == before + 1
    noted = Delivery.objects.latest("pk")
    assert (noted.grant_id, noted.rows) == (grant.pk, 50)


@pytest.mark.parametrize("limit", [20, 49, 50, 51])
def test_what_was_foreseen_is_written_down_as_what_was_not(office, limit):
    office.granted("name", "phone", "income", clear_up_to=Grade.L2)
    told = ("at", "request_id", "recorded_at", "id")
    for _turn in range(3):
        path = f"/api/v1/office/datasets/{office.two.dataset.slug}/records?limit={limit}"
        while path:
            path = office.client.get(path, headers={"X-API-Key": office.key.raw}).json()["next"]

    noted = [
        {name: value for name, value in one.items() if name not in told}
        for one in Delivery.objects.order_by("pk").values()
    ]
    pages = len(noted) // 3
    assert noted[:pages] == noted[pages : 2 * pages] == noted[2 * pages :]
    assert sum(one["rows"] for one in noted[:pages]) == 50
    assert all(one["bytes"] > 20 * one["rows"] for one in noted)


AT_THE_COMMIT = """
CREATE FUNCTION no_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the disk is full'; END $$;
CREATE CONSTRAINT TRIGGER no_delivery AFTER INSERT ON audit_delivery
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION no_delivery();
"""


@pytest.mark.parametrize(
    "broken", ["ALTER TABLE audit_delivery ADD CHECK (rows <> 50) NOT VALID", AT_THE_COMMIT]
)
def test_nobody_gets_a_page_whose_delivery_is_not_committed(office, broken):
    office.granted("name", "phone")
    foreseen(office)
    with connection.cursor() as cursor:
        cursor.execute(broken)
    office.client.raise_request_exception = False

    answer = page(office)

    assert answer.status_code == 500
    assert b"n001" not in answer.content


def test_a_page_whose_look_finds_something_else_is_written_down_once(office):
    office.granted("id", "name", "phone")
    foreseen(office)
    before = Delivery.objects.count()
    Grant.objects.update(daily_quota=1000)

    page(office)

    assert Delivery.objects.count() == before + 1


def test_foreseen_pages_follow_one_another_to_the_end(office):
    office.granted("name", "phone", clear_up_to=Grade.L2)
    foreseen(office, limit=20)

    seen, path = [], f"/api/v1/office/datasets/{office.two.dataset.slug}/records?limit=20"
    while path:
        answer = office.client.get(path, headers={"X-API-Key": office.key.raw}).json()
        seen += [(row["name"], row["phone"]) for row in answer["rows"]]
        path = answer["next"]

    assert seen == [(f"n{i:03d}", f"138****{i:02d}") for i in range(1, 51)]


def test_a_suspension_stops_the_next_call_and_mending_serves_it_again(office):
    grant = office.granted("phone")
    foreseen(office)
    term, reviewer = timezone.localdate() + timedelta(days=9), office.two.reviewer
    now = timezone.now()

    lifecycle.suspend(grant.pk, reason="超范围调用。", mend_by=term, by=reviewer, at=now)
    refused, delivered = page(office), Delivery.objects.count()
    lifecycle.resume(grant.pk, reason="已整改。", by=reviewer, at=now)

    assert (refused.status_code, refused.json()["code"]) == (403, "grant-not-live")
    assert delivered == Delivery.objects.count()
    assert page(office).status_code == 200


def test_a_purpose_that_is_over_and_a_key_that_is_revoked_stop_the_next_call(office):
    grant = office.granted("phone")
    foreseen(office)
    keys.revoke(office.key.key.pk, by=office.key.key.app.created_by, at=exchange.now())
    without_key = page(office)
    office.key = key_of(office.two.asker)
    foreseen(office)

    lifecycle.purpose_over(grant.pk, reason="不再需要。", by=office.two.clerk, at=timezone.now())
    without_grant = page(office)

    assert (without_key.status_code, without_key.json()["code"]) == (401, "key-revoked")
    assert (without_grant.status_code, without_grant.json()["code"]) == (403, "grant-not-live")


def test_a_stricter_grade_is_seen_by_the_next_call_though_the_table_was_replaced(office):
    office.granted("name", "phone")
    assert foreseen(office)["rows"][0]["name"] == "n001"

    opening.regrade(
        office.two.dataset.pk,
        {office.two.field("name"): {"grade": Grade.L4}},
        by=office.two.where.publisher,
        at=exchange.NOW,
        reason="it turned out to name people",
    )

    assert "name" not in page(office).json()["rows"][0]


def test_a_quota_that_is_set_lower_holds_for_the_next_call(office):
    grant = office.granted("phone", calls_peak=500)
    foreseen(office)

    Grant.objects.filter(pk=grant.pk).update(daily_quota=3)

    refused = page(office)
    assert (refused.status_code, refused.json()["code"]) == (429, "grant-quota-exceeded")


def test_a_call_that_may_not_be_made_reads_nothing(office, statements):
    grant = office.granted("phone")
    Grant.objects.filter(pk=grant.pk).update(daily_quota=4)
    foreseen(office)
    assert page(office)["Grant-Remaining"] == "0"
    statements.clear()

    refused = page(office)

    assert refused.json()["code"] == "grant-quota-exceeded"
    assert not any("row_to_json" in one for one in statements)


def test_a_row_that_is_doubted_is_marked_on_the_next_page(office):
    office.granted("id", "name", "phone")
    foreseen(office)

    report = office.client.post(
        "/api/v1/office/corrections",
        json.dumps(
            {"dataset": office.two.dataset.slug, "subject": {"id": "7"}, "text": "手机号有误"}
        ),
        content_type="application/json",
        headers={"X-API-Key": office.key.raw},
    )

    assert report.status_code == 201
    assert [flag["_id"] for flag in page(office).json()["_flags"]] == [7]


def test_a_second_grant_makes_the_next_call_name_one(office):
    first = office.granted("phone")
    foreseen(office)

    office.granted("income", purpose="另一用途")

    assert (page(office).status_code, page(office).json()["code"]) == (409, "grant-ambiguous")
    assert set(page(office, grant=first.pk).json()["rows"][0]) == {"_id", "phone"}


def test_a_grant_for_some_rows_is_never_foreseen(office, statements):
    scope = {"field": office.two.field("name"), "operator": "in", "values": ["n007"]}
    office.granted("name", "phone", rows=[scope])
    foreseen(office)
    statements.clear()

    assert [row["name"] for row in page(office).json()["rows"]] == ["n007"]
    assert entering.LOOK in statements


def test_nothing_is_foreseen_within_a_transaction(office, statements):
    office.granted("name", "phone")
    foreseen(office)
    statements.clear()

    with transaction.atomic():
        answer = page(office)

    assert answer.status_code == 200
    assert entering.LOOK in statements
