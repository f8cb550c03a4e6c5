"""Batch files by the API: asked for, fetched, and what a link is worth, to whom, for how long."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.keys import IssuedKey
from accounts.models import Organization
from audit.models import Delivery
from exchange import opening
from exchange.models import BatchJob, Grant
from exchange.sharing import batch_writing, lifecycle
from policy.terms import Mode
from tests.factories import accounts, catalog, exchange, sharing

pytestmark = pytest.mark.usefixtures("live_database")
PLENTY = 10**9
EVER = {"valid_from": date(2026, 1, 1), "valid_until": date(2099, 1, 1)}


def key_of(organization: Organization) -> IssuedKey:
    app = accounts.app(organization)
    now = exchange.now()
    return accounts.api_key(app, at=now, rate_per_minute=PLENTY, daily_quota=PLENTY)


@dataclass
class Batches:
    """Two departments, a grant for batches, the asking one's key, and a client."""

    two: sharing.Two
    key: IssuedKey
    grant: Grant
    client: Client

    def call(self, path: str, *, key: str | None = None, told: dict | None = None, **params):
        """Call an address below /api/v1/office/, in English; with `told` by POST."""
        raw = self.key.raw if key is None else key
        headers = {"Accept-Language": "en"} | ({"X-API-Key": raw} if raw else {})
        place = f"/api/v1/office/{path}"
        if told is None:
            return self.client.get(place, params, headers=headers)
        sent = json.dumps(told)
        return self.client.post(
            place, sent, content_type="application/json", headers=headers, query_params=params
        )

    def ask(self, **told):
        """Ask for a batch."""
        return self.call(f"datasets/{self.two.dataset.slug}/batches", told=told)

    def written(self, **told) -> int:
        """Ask for a batch and have it written; returns its number."""
        answer = self.ask(**told)
        assert answer.status_code == 202, answer.content.decode()
        number = answer.json()["batch"]
        batch_writing.write(number)
        return number

    def refused(self, number: int, what: str = "file", **named) -> tuple[int, str, str]:
        """Return status, code and sentence with which a fetch is refused."""
        answer = self.call(f"batches/{number}/{what}", **named)
        told = answer.json()
        return answer.status_code, told["code"], told["detail"]


@pytest.fixture
def office(live_database, settings, tmp_path) -> Batches:
    settings.BATCH_ROOT = str(tmp_path / "batches")
    two = sharing.two()
    grant = two.granted("name", "phone", mode=Mode.BULK)
    Grant.objects.filter(pk=grant.pk).update(**EVER)
    return Batches(two, key_of(two.asker), Grant.objects.get(pk=grant.pk), Client())


def whole(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_batch_is_asked_for_followed_and_fetched_and_written_down_first(office):
    asked = office.ask(format="csv")
    number = asked.json()["batch"]
    early = office.refused(number)
    batch_writing.write(number)

    told = office.call(f"batches/{number}").json()
    manifest = office.call(f"batches/{number}/manifest").json()
    answer = office.call(f"batches/{number}/file")
    noted = Delivery.objects.get(grant_id=office.grant.pk)  # before the first byte is taken
    body = whole(answer)

    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    assert asked["Location"].endswith(f"/api/v1/office/batches/{number}")
    assert early[:2] == (409, "batch-not-ready")
    assert (told["state"], told["rows"], told["bytes"]) == ("ready", 50, len(body))
    assert body.decode().splitlines()[0] == "_id,name,phone"
    assert manifest["sha256"] == hashlib.sha256(body).hexdigest()
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert answer["Repr-Digest"] == f"sha-256=:{digest}:"
    assert answer["Content-Length"] == str(len(body))
    assert (noted.channel, noted.mode, noted.rows, noted.bytes) == ("share", "bulk", 50, len(body))


def test_own_jobs_on_a_dataset_are_listed_and_nobody_elses(office):
    number = office.written(format="jsonl", gzip=True)
    path = f"datasets/{office.two.dataset.slug}/batches"

    [own] = office.call(path).json()["batches"]
    others = office.call(path, key=key_of(accounts.organization()).raw).json()

    assert (own["batch"], own["format"], own["gzip"]) == (number, "jsonl", True)
    assert others == {"count": 0, "batches": []}


def test_a_link_is_worth_nothing_to_others_and_does_not_tell_that_it_is_there(office):
    number = office.written()
    stranger = key_of(accounts.organization()).raw
    company = accounts.api_key(at=exchange.now()).raw
    provider = key_of(office.two.where.department).raw

    for what in ("file", "manifest"):
        there = office.refused(number, what, key=stranger)
        nowhere = office.refused(987654321, what, key=stranger)
        assert there[:2] == nowhere[:2] == (404, "batch-unknown")
        assert there[2].replace(str(number), "") == nowhere[2].replace("987654321", "")
        assert office.refused(number, what, key=provider)[:2] == (404, "batch-unknown")
        assert office.refused(number, what, key=company)[:2] == (403, "not-a-department")
        assert office.refused(number, what, key="")[:2] == (401, "key-missing")
    assert office.call(f"batches/{number}", key=stranger).status_code == 404
    assert not Delivery.objects.exists()


def test_a_grant_for_one_app_gives_its_file_to_no_other_app_of_the_department(office):
    number = office.written()
    Grant.objects.filter(pk=office.grant.pk).update(app=accounts.app(office.two.asker))

    assert office.refused(number)[:2] == (404, "batch-unknown")


def test_a_replayed_link_is_refused_with_the_reason_after_a_suspension_and_stays_dead(office):
    number = office.written()
    assert office.call(f"batches/{number}/file").status_code == 200
    now, term = timezone.now(), timezone.localdate() + timedelta(days=9)
    reviewer = office.two.reviewer

    lifecycle.suspend(office.grant.pk, reason="超范围使用。", mend_by=term, by=reviewer, at=now)
    suspended = [office.refused(number, what) for what in ("file", "manifest")]
    again = office.ask()
    lifecycle.resume(office.grant.pk, reason="已整改。", by=reviewer, at=now)
    resumed = office.refused(number)

    assert [one[:2] for one in suspended] == [(403, "grant-not-live")] * 2
    assert "超范围使用" in suspended[0][2]
    assert (again.status_code, again.json()["code"]) == (403, "grant-not-live")
    assert resumed[:2] == (410, "batch-gone")
    assert "suspended" in resumed[2]
    assert office.call(f"batches/{number}").json()["state"] == "expired"
    assert Delivery.objects.count() == 1


def test_a_replayed_link_is_refused_after_the_purpose_is_over_and_outside_the_period(office):
    number = office.written()
    Grant.objects.filter(pk=office.grant.pk).update(valid_until=date(2026, 1, 31))
    outside = office.refused(number)
    Grant.objects.filter(pk=office.grant.pk).update(**EVER)

    clerk = office.two.clerk
    lifecycle.purpose_over(office.grant.pk, reason="不再需要。", by=clerk, at=timezone.now())
    over = office.refused(number)

    assert outside[:2] == over[:2] == (403, "grant-not-live")
    assert "不再需要" in over[2]


def test_a_replayed_link_is_refused_when_its_days_are_over_or_the_grant_shows_less(office):
    first = office.written()
    BatchJob.objects.filter(pk=first).update(expires_at=timezone.now())
    second = office.written()
    catalog.negative_line(office.two.dataset, ["phone"])
    type(office.two.dataset).objects.filter(pk=office.two.dataset.pk).policy_changed()

    too_late, stricter = office.refused(first), office.refused(second)

    assert too_late[:2] == stricter[:2] == (410, "batch-gone")
    assert "its days are over" in too_late[2]
    assert "has changed since" in stricter[2]


def test_a_withdrawn_dataset_ends_its_links(office):
    number = office.written()

    head = office.two.where.head
    opening.withdraw(office.two.dataset.pk, by=head, at=timezone.now(), reason="停用")

    assert office.refused(number)[:2] == (410, "dataset-withdrawn")


def test_what_does_not_fit_is_refused_and_leaves_no_job(office):
    Grant.objects.filter(pk=office.grant.pk).update(modes=[str(Mode.QUERY)])
    other_way = office.ask()
    Grant.objects.filter(pk=office.grant.pk).update(modes=[str(Mode.BULK)])
    unfit = office.ask(format="xlsx")
    path = f"datasets/{office.two.dataset.slug}/batches"
    in_the_address = office.call(path, told={}, key="", token=office.key.raw)

    assert (other_way.status_code, other_way.json()["code"]) == (403, "mode-not-granted")
    assert (unfit.status_code, unfit.json()["code"]) == (400, "request-unfit")
    assert (in_the_address.status_code, in_the_address.json()["code"]) == (400, "key-in-url")
    assert not BatchJob.objects.exists()


def test_asking_and_fetching_are_calls_of_the_grants_quota_and_one_is_written_at_a_time(office):
    Grant.objects.filter(pk=office.grant.pk).update(daily_quota=3)

    number = office.ask().json()["batch"]
    twice = office.ask()
    batch_writing.write(number)
    fetched, too_many = (office.call(f"batches/{number}/file") for _call in range(2))

    assert (twice.status_code, twice.json()["code"]) == (409, "wrong-state")
    assert fetched["Grant-Remaining"] == "0"
    assert (too_many.status_code, too_many.json()["code"]) == (429, "grant-quota-exceeded")


def test_the_addresses_are_described_with_their_states(office):
    described = json.loads(office.client.get("/api/schema/", {"format": "json"}).content)

    paths = described["paths"]
    for path in ("", "/file", "/manifest"):
        assert paths[f"/api/v1/office/batches/{{batch_id}}{path}"]["get"]["tags"] == ["department"]
    assert "202" in paths["/api/v1/office/datasets/{slug}/batches"]["post"]["responses"]
    assert described["components"]["schemas"]["BatchStateEnum"]["enum"] == [
        "queued",
        "running",
        "ready",
        "failed",
        "expired",
    ]
