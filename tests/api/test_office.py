"""The department API: what is served under a grant, what is told of the rest, who is let in."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from accounts.keys import IssuedKey
from accounts.models import Organization
from audit.models import Delivery
from exchange import opening
from exchange.models import Grant
from exchange.sharing import lifecycle
from exchange.sync import engine
from policy.terms import Grade, Mode
from tests.factories import accounts, catalog, exchange, sharing

pytestmark = pytest.mark.django_db
PLENTY = 10**9
EVER = {"valid_from": date(2026, 1, 1), "valid_until": date(2099, 1, 1)}


def key_of(organization: Organization) -> IssuedKey:
    """Issue a key to an app of an organisation, with limits that are no hindrance."""
    app = accounts.app(organization)
    now = exchange.now()
    return accounts.api_key(app, at=now, rate_per_minute=PLENTY, daily_quota=PLENTY)


@dataclass
class Office:
    """Two departments, the asking one's key, and a client."""

    two: sharing.Two
    key: IssuedKey
    client: Client

    def granted(self, *names: str, **over) -> Grant:
        """Grant fields for as long as the clock runs."""
        grant = self.two.granted(*names, **over)
        return self.lasting(grant)

    def lasting(self, grant: Grant, **over) -> Grant:
        """Set a grant's period to one that holds whenever the test runs."""
        Grant.objects.filter(pk=grant.pk).update(**EVER | over)
        return Grant.objects.get(pk=grant.pk)

    def ask(self, path: str, *, key: str | None = None, **params):
        """Call an address below /api/v1/office/, in English."""
        headers = {"Accept-Language": "en", "X-API-Key": self.key.raw if key is None else key}
        if key == "":
            del headers["X-API-Key"]
        return self.client.get(f"/api/v1/office/{path}", params, headers=headers)

    def rows(self, **params) -> list[dict]:
        """Return a page's rows."""
        answer = self.ask(f"datasets/{self.two.dataset.slug}/records", **params)
        assert answer.status_code == 200, answer.content.decode()
        return answer.json()["rows"]

    def refused(self, what: str = "records", **params) -> tuple[int, str, str]:
        """Return status, code and sentence of a refusal."""
        answer = self.ask(f"datasets/{self.two.dataset.slug}/{what}", **params)
        told = answer.json()
        return answer.status_code, told["code"], told["detail"]


@pytest.fixture
def office(two_with_rows) -> Office:
    return Office(two_with_rows, key_of(two_with_rows.asker), Client())


def test_rows_come_field_by_field_as_granted_and_are_written_down_first(office):
    grant = office.granted("name", "phone", clear_up_to=Grade.L2)

    answer = office.ask(f"datasets/{office.two.dataset.slug}/records", limit=2)
    page = answer.json()

    assert [list(row) for row in page["rows"]] == [["_id", "name", "phone"]] * 2
    assert page["rows"][0]["phone"] == "138****01"
    assert page["masked"] == ["phone"]
    assert page["withheld"] == ["id", "income", "illness"]
    noted = Delivery.objects.get(grant_id=grant.pk)
    assert (noted.channel, noted.mode, noted.rows, noted.reader) == (
        "share",
        "query",
        2,
        "department",
    )
    built = [json.dumps(one, separators=(",", ":")) for one in (*page["rows"], page["rows"][-1])]
    assert noted.bytes == len(",\n".join(built))  # the third only shows that more follow


def test_pages_follow_one_another_to_the_end_and_keep_the_grants_number(office):
    grant = office.granted("name", "phone")

    seen, path = [], f"/api/v1/office/datasets/{office.two.dataset.slug}/records"
    path += f"?limit=20&grant={grant.pk}"
    while path:
        answer = office.client.get(path, headers={"X-API-Key": office.key.raw})
        seen += [row["name"] for row in answer.json()["rows"]]
        path = answer.json()["next"]
        assert path is None or f"grant={grant.pk}" in path

    assert seen == [f"n{number:03d}" for number in range(1, 51)]


def test_a_query_filters_and_sorts_by_what_the_grant_shows_in_clear_only(office):
    office.granted("name", "phone", clear_up_to=Grade.L2)

    assert [row["name"] for row in office.rows(**{"name.lte": "n003", "sort": "-name"})] == [
        "n003",
        "n002",
        "n001",
    ]
    assert office.refused(**{"phone.prefix": "138"})[:2] == (403, "field-masked")
    assert office.refused(sort="income")[:2] == (403, "field-withheld")


def test_a_grants_rows_bound_every_page_and_have_no_feed(office):
    scope = {"field": office.two.field("name"), "operator": "in", "values": ["n007", "n008"]}
    office.granted("name", "phone", rows=[scope])

    assert [row["name"] for row in office.rows()] == ["n007", "n008"]
    assert office.refused("changes", since=0)[:2] == (403, "feed-scoped")


def test_changes_come_from_the_shared_zone_and_an_old_place_leads_back_to_this_api(office):
    office.granted("name", "phone")
    slug = office.two.dataset.slug

    feed = office.ask(f"datasets/{slug}/changes", since=0).json()
    later = office.ask(f"datasets/{slug}/changes", since=feed["seq"] + 5)

    assert (feed["count"], feed["rows"][0]["phone"]) == (50, "13800000001")
    assert Delivery.objects.get(rows=50).channel == "share"
    assert (later.status_code, later.json()["code"]) == (410, "feed-gone")
    assert f"/api/v1/office/datasets/{slug}/records" in later.json()["detail"]


def test_the_first_use_of_a_grant_is_noted_once(office):
    grant = office.granted("name", "phone")

    office.rows()
    first = Grant.objects.get(pk=grant.pk).first_used_at
    office.rows()

    assert first is not None
    assert Grant.objects.get(pk=grant.pk).first_used_at == first


def test_the_next_call_after_a_suspension_is_refused_and_after_mending_served_again(office):
    grant = office.granted("phone")
    now, today = timezone.now(), timezone.localdate()
    office.rows()
    term, reviewer = today + timedelta(days=9), office.two.reviewer

    lifecycle.suspend(grant.pk, reason="超范围调用。", mend_by=term, by=reviewer, at=now)
    status, code, sentence = office.refused()
    lifecycle.resume(grant.pk, reason="已整改。", by=reviewer, at=now)

    assert (status, code) == (403, "grant-not-live")
    assert "超范围调用" in sentence
    assert len(office.rows()) == 50


def test_a_grant_that_is_suspended_between_two_pages_gives_no_second_page(office):
    grant = office.granted("name", "phone")
    term = timezone.localdate() + timedelta(days=9)
    path = f"datasets/{office.two.dataset.slug}/records"
    first = office.ask(path, limit=20)

    lifecycle.suspend(
        grant.pk, reason="超范围", mend_by=term, by=office.two.reviewer, at=timezone.now()
    )
    headers = {"X-API-Key": office.key.raw, "If-None-Match": first["ETag"]}
    second = office.client.get(first.json()["next"], headers=headers)
    again = office.client.get(f"/api/v1/office/{path}", {"limit": 20}, headers=headers)

    assert [second.status_code, again.status_code] == [403, 403]
    assert second.json()["code"] == again.json()["code"] == "grant-not-live"


def test_a_page_of_one_grant_does_not_go_on_under_another(office):
    first = office.granted("phone")
    second = office.granted("income", purpose="另一用途")
    page = office.ask(f"datasets/{office.two.dataset.slug}/records", grant=first.pk, limit=20)

    moved = page.json()["next"].replace(f"grant={first.pk}", f"grant={second.pk}")
    answer = office.client.get(moved, headers={"X-API-Key": office.key.raw}).json()

    assert "phone" not in json.dumps(answer.get("rows", []))


def test_a_stricter_grade_is_seen_by_the_next_call(office):
    office.granted("name", "phone")
    assert "phone" in office.rows(limit=1)[0]

    catalog.negative_line(office.two.dataset, ["phone"])
    type(office.two.dataset).objects.filter(pk=office.two.dataset.pk).policy_changed()

    assert "phone" not in office.rows(limit=1)[0]


def test_rows_that_a_sync_brings_are_in_the_next_call(office):
    grant = office.granted("name", "phone")
    before = office.rows(limit=1000)
    binding = office.two.dataset.resources.get().binding
    with Path(binding.object["path"]).open("a", encoding="utf-8") as file:
        file.write("\n51,n051,13800000051,51.50,none")

    engine.sync(binding.pk)

    assert len(office.rows(limit=1000, grant=grant.pk)) == len(before) + 1


# --- who is let in -----------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["datasets", "datasets/{}", "datasets/{}/records", "grants"])
def test_without_a_key_or_with_a_companys_nobody_comes_in(office, what):
    office.granted("phone")
    company = accounts.api_key(at=exchange.now())
    path = what.format(office.two.dataset.slug)

    none, other = office.ask(path, key=""), office.ask(path, key=company.raw)

    assert (none.status_code, none.json()["code"]) == (401, "key-missing")
    assert (other.status_code, other.json()["code"]) == (403, "not-a-department")
    assert not Delivery.objects.exists()


def body(answer) -> dict:
    return {**answer.json(), "request_id": ""}


def test_anothers_grant_anothers_dataset_and_no_grant_are_one_answer(office):
    two, stranger = office.two, accounts.organization()
    own = office.granted("phone")
    elsewhere = sharing.two(rows=False)
    foreign = Office(elsewhere, key_of(elsewhere.asker), office.client).granted("phone")
    path = f"datasets/{two.dataset.slug}/records"
    strange = key_of(stranger).raw

    none = office.ask(path, key=strange, grant=987654321)
    others = office.ask(path, key=strange, grant=own.pk)
    of_another_dataset = office.ask(path, grant=foreign.pk)
    unknown = office.ask(path, grant=987654321)

    assert none.status_code == 403
    assert body(none) == body(others) == body(of_another_dataset) == body(unknown)
    assert none.json()["code"] == "grant-missing"


def test_a_grant_for_one_app_serves_no_other_of_its_department(office):
    grant = office.granted("phone")
    office.lasting(grant, app=accounts.app(office.two.asker))

    assert office.refused(grant=grant.pk)[:2] == (403, "grant-missing")


def test_an_ended_purpose_a_past_period_and_another_mode_are_refused_with_the_reason(office):
    grant = office.granted("phone")
    office.lasting(grant, modes=[str(Mode.BULK)])
    assert office.refused()[:2] == (403, "mode-not-granted")

    office.lasting(grant, modes=[str(Mode.QUERY)], valid_until=date(2026, 1, 31))
    assert office.refused()[:2] == (403, "grant-not-live")

    office.lasting(grant)
    lifecycle.purpose_over(grant.pk, reason="不再需要。", by=office.two.clerk, at=timezone.now())
    status, code, sentence = office.refused(grant=grant.pk)
    assert (status, code) == (403, "grant-not-live")
    assert "不再需要" in sentence


def test_of_several_grants_the_call_names_one(office):
    first, second = office.granted("phone"), office.granted("income", purpose="另一用途")

    assert office.refused()[:2] == (409, "grant-ambiguous")
    assert set(office.rows(grant=first.pk)[0]) == {"_id", "phone"}
    assert set(office.rows(grant=second.pk)[0]) == {"_id", "income"}
    assert office.refused(grant="x")[:2] == (400, "query-refused")


def test_a_call_by_another_method_is_refused(office):
    answer = office.client.post(f"/api/v1/office/datasets/{office.two.dataset.slug}/records")

    assert answer.status_code == 405


# --- what is told ------------------------------------------------------------------------------


def entry(office: Office) -> dict:
    found = office.ask("datasets").json()["datasets"]
    return next(one for one in found if one["slug"] == office.two.dataset.slug)


def test_a_dataset_is_listed_also_where_no_row_may_be_read_with_the_way_to_get_it(office):
    before = entry(office)
    grant = office.granted("phone")
    after = entry(office)

    assert (before["readable"], before["way"], before["grants"]) == (False, "in_part", [])
    assert "Ask for it with basis and purpose" in before["how"]
    assert {one["code"] for one in before["reasons"]} >= {"needs-grant"}
    assert (after["readable"], after["way"], after["grants"]) == (True, "granted", [grant.pk])
    assert str(grant.pk) in after["how"]


def test_the_way_is_at_once_for_unconditional_fields_and_barred_by_the_negative_list(office):
    where = exchange.house()
    free = exchange.publish(where, exchange.table(where))
    catalog.negative_line(office.two.dataset, [])
    type(office.two.dataset).objects.filter(pk=office.two.dataset.pk).policy_changed()

    ways = {one["slug"]: one["way"] for one in office.ask("datasets").json()["datasets"]}
    reasons = {one["code"] for one in entry(office)["reasons"]}

    assert ways == {free.slug: "at_once", office.two.dataset.slug: "barred"}
    assert "negative-list" in reasons


def test_after_misuse_nothing_is_told_to_be_granted_at_once(office):
    where = office.two.where
    grant = office.granted("phone")
    before = entry(office)["how"]
    lifecycle.suspend(
        grant.pk,
        reason="超范围",
        mend_by=timezone.localdate() + timedelta(days=9),
        by=office.two.reviewer,
        at=timezone.now(),
    )

    told = entry(office)

    assert where.department == office.two.dataset.owner
    assert "as soon as your head has signed" not in before
    assert told["way"] == "on_answer"
    assert "suspended, or ended with its misuse not mended" in told["how"]
    assert "as soon as your head has signed" not in told["how"]


def test_a_grant_for_another_way_of_use_is_named_in_words(office):
    grant = office.granted("phone", mode=Mode.BULK)

    answer = office.ask(f"datasets/{office.two.dataset.slug}/records", grant=grant.pk)

    assert answer.status_code == 403
    assert "is for whole copy, not for query" in answer.json()["detail"]


def test_own_data_is_told_as_ones_own(office):
    own = key_of(office.two.where.department).raw

    (told,) = office.ask("datasets", key=own).json()["datasets"]

    assert (told["way"], told["readable"]) == ("own", False)


def test_a_dataset_tells_each_field_without_a_grant_and_under_each(office):
    first = office.granted("name", "phone", clear_up_to=Grade.L2)
    second = office.granted("income", purpose="另一用途")

    told = office.ask(f"datasets/{office.two.dataset.slug}").json()
    fields = {one["name"]: one for one in told["fields"]}
    under = {
        name: {each["grant"]: each["treatment"] for each in one["under_grants"]}
        for name, one in fields.items()
    }

    assert fields["phone"]["without_grant"]["treatment"] == "withheld"
    assert fields["phone"]["without_grant"]["reasons"][0]["code"] == "needs-grant"
    assert under["phone"] == {first.pk: "masked", second.pk: "withheld"}
    assert under["income"] == {first.pk: "withheld", second.pk: "clear"}
    assert [one["grant"] for one in told["held"]] == [first.pk, second.pk]


def test_own_grants_tell_state_period_fields_quota_and_calls(office):
    scope = {"field": office.two.field("name"), "operator": "in", "values": ["n007"]}
    grant = office.granted("phone", rows=[scope])
    office.lasting(grant, daily_quota=5)
    other = office.granted("income", purpose="另一用途")
    lifecycle.purpose_over(other.pk, reason="不再需要。", by=office.two.clerk, at=timezone.now())
    office.rows(grant=grant.pk)
    office.rows(grant=grant.pk)

    ended, live = office.ask("grants").json()["grants"]

    assert (live["grant"], live["state"], live["fields"]) == (grant.pk, "live", ["phone"])
    assert live["rows"] == [{"field": "name", "values": ["n007"]}]
    assert (live["daily_quota"], live["calls_today"], live["calls_left"]) == (5, 2, 3)
    assert live["deliver_by"] is None  # the rows are there
    assert (ended["state"], ended["serves"], ended["calls_today"]) == ("ended", False, 0)
    assert "不再需要" in ended["note"]


def test_own_grants_on_a_withdrawn_dataset_say_that_nothing_is_served(office):
    grant = office.granted("phone")
    [before] = office.ask("grants").json()["grants"]
    opening.withdraw(
        office.two.dataset.pk, reason="系统停用", by=office.two.where.head, at=timezone.now()
    )

    [after] = office.ask("grants").json()["grants"]
    one = office.ask(f"grants/{grant.pk}").json()

    assert (before["state"], before["serves"], before["note"]) == ("live", True, "")
    assert (after["state"], after["serves"]) == ("live", False)
    assert f"withdrawn on {timezone.localdate()}" in after["note"]
    assert "系统停用" in after["note"]
    assert one == after


def test_the_quota_of_a_grant_is_shown_with_each_answer_and_then_refuses(office):
    grant = office.granted("phone")
    office.lasting(grant, daily_quota=2)
    path = f"datasets/{office.two.dataset.slug}/records"

    answers = [office.ask(path) for _call in range(3)]

    assert [(one["Grant-Limit"], one["Grant-Remaining"]) for one in answers] == [
        ("2", "1"),
        ("2", "0"),
        ("2", "0"),
    ]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "grant-quota-exceeded"
    assert int(answers[2]["Retry-After"]) > 0
    assert Delivery.objects.filter(grant_id=grant.pk).count() == 2


def test_a_call_without_a_grant_costs_its_key_a_call(office):
    path = f"datasets/{office.two.dataset.slug}/records"
    before = office.client.get("/api/v1/usage", headers={"X-API-Key": office.key.raw}).json()

    office.ask(path)

    after = office.client.get("/api/v1/usage", headers={"X-API-Key": office.key.raw}).json()
    assert after["day_remaining"] == before["day_remaining"] - 1


def test_an_unchanged_page_is_not_sent_twice(office):
    office.granted("phone")
    path = f"/api/v1/office/datasets/{office.two.dataset.slug}/records"
    headers = {"X-API-Key": office.key.raw}
    first = office.client.get(path, headers=headers)

    again = office.client.get(path, headers=headers | {"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")


def test_the_addresses_are_described_under_their_own_tag_and_need_a_key(client):
    described = json.loads(client.get("/api/schema/", {"format": "json"}).content)
    own = ["datasets", "datasets/{slug}", "datasets/{slug}/records", "datasets/{slug}/changes"]

    for address in (*own, "grants"):
        operation = described["paths"][f"/api/v1/office/{address}"]["get"]
        assert operation["tags"] == ["department"]
        assert operation["security"] == [{"key": []}, {"bearer": []}]
