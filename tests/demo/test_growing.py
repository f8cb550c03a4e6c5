"""The city grown up, by the verbs: what stands in the catalogue, what its people said of it."""

from collections import Counter
from datetime import timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from catalog.models import Dataset
from catalog.terms import State
from community.models import Comment, Contest, Showcase, Wish
from community.states import ContestState, Outcome
from demo import applied, city, growing, inputs, said, visits
from demo.catalogue import SMALL
from demo.inputs import Registry
from demo.offered import File
from exchange import freshness
from exchange.hook_flow import DeliveryState, HookState
from exchange.models import CountingRule, RecordTable, ShareRequest, Webhook, Zone
from exchange.sync import engine
from exchange.workflow import State as Asked
from oversight.models import Daily, Door
from tests.exchange.conftest import _source_url, source  # noqa: F401 - a department's database

pytestmark = pytest.mark.django_db


@pytest.fixture
def grown(source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    monkeypatch.setattr(settings, "FILE_ROOTS", [str(tmp_path)])
    inputs.write_files(tmp_path, seed=1, total=220)
    growing.write_files(tmp_path, seed=1)
    with psycopg.connect(source()) as connection:
        inputs.fill_registry(connection, seed=1, total=220)
        info = connection.info
        registry = Registry(info.host, info.port, info.dbname, info.user, info.password)
    at = timezone.now()
    city.build(registry, tmp_path, at=at)
    assert not growing.is_grown()
    growing.grow(tmp_path, at=at)
    assert not applied.is_left()
    monkeypatch.setattr(settings, "WEBHOOKS_INSIDE", [ip_network("127.0.0.0/8")])
    applied.leave(at=at)
    return at


def test_the_city_grows_by_the_verbs_and_its_sources_can_be_read(grown):
    it_stands_in_the_catalogue(grown)
    its_citizens_were_heard()
    its_contests_are_held(grown)
    every_source_is_read_whole()
    what_was_read_long_ago_is_late(grown)
    visits_are_counted_on_their_days(grown)
    a_company_reads_what_it_applied_for(grown)
    its_webhook_has_a_past(grown)
    every_file_of_the_city_is_open()


def a_company_reads_what_it_applied_for(at):
    granted, waiting = ShareRequest.objects.filter(organization__slug=city.COMPANY).order_by(
        "received_at"
    )
    key = city.new_key(at=at)
    place = f"/api/v1/datasets/{applied.RATINGS}/records"

    theirs = Client().get(place, {"limit": 2}, headers={"X-API-Key": key})
    others = Client().get(place)

    assert applied.is_left()
    assert (granted.state, waiting.state) == (Asked.GRANTED, Asked.IN_REVIEW)
    assert set(theirs.json()["rows"][0]) >= {"uscc", "company", "score", "rating", "rated_on"}
    assert (others.status_code, others.json()["code"]) == (403, "conditional-only")


def its_webhook_has_a_past(at):
    [webhook] = Webhook.objects.all()
    tried = {
        (one.event.kind, one.state, one.tries)
        for one in webhook.deliveries.select_related("event")
    }
    [waits] = webhook.deliveries.filter(state=DeliveryState.WAITING)

    assert webhook.state == HookState.LIVE
    assert tried == {
        ("ping", "done", 1),
        ("grant.changed", "done", 1),
        ("dataset.changed", "dead", 10),
        ("policy.changed", "done", 2),
        ("dataset.changed", "waiting", 3),
    }
    assert at < waits.due_at < at + timedelta(hours=1)
    assert webhook.url.startswith("http://127.0.0.1")


def every_file_of_the_city_is_open():
    names = [
        (one.slug, offer.text)
        for one in SMALL
        for offer in one.offers
        if isinstance(offer, File) and not one.withdrawn
    ]

    assert {"statistical-yearbook", "tide-tables", "heritage"} <= {slug for slug, _text in names}
    for slug, text in names:
        answer = Client().get(f"/api/v1/datasets/{slug}/files/file_1")
        assert answer.getvalue().decode("utf-8-sig") == text


def it_stands_in_the_catalogue(at):
    found = {one.slug: one for one in Dataset.objects.filter(slug__in=[one.slug for one in SMALL])}

    assert growing.is_grown()
    assert {slug: found[slug].state for slug in found} == {
        one.slug: State.WITHDRAWN if one.withdrawn else State.PUBLISHED for one in SMALL
    }
    assert all(
        timezone.localdate(found[one.slug].published_at)
        == timezone.localdate(at - timedelta(days=one.days_ago))
        for one in SMALL
    )
    assert CountingRule.objects.get().dataset.slug == "hotline-cases"


def its_citizens_were_heard():
    answered = Counter(Wish.objects.exclude(outcome="").values_list("outcome", flat=True))

    assert set(answered) == set(Outcome)
    assert Wish.objects.filter(title__in=[one.title for one in said.WISHES]).count() == len(
        said.WISHES
    )
    assert Comment.objects.exclude(answer="").count() > 8
    assert Showcase.objects.exclude(picture_tag="").count() > len(said.APPS)


def its_contests_are_held(at):
    today = timezone.localdate(at)
    taking, over = (
        Contest.objects.taking(today).get(),
        Contest.objects.get(state=ContestState.ANNOUNCED),
    )

    assert Contest.objects.filter(state=ContestState.DRAFT).count() == 1
    assert (taking.entries.count(), taking.entries.shown().count()) == (3, 2)
    assert over.entries.awarded().count() == 2
    assert Contest.objects.judged(today).get().entries.count() == 2


def every_source_is_read_whole():
    for small, binding in growing.bindings(dated_back=False):
        run = engine.sync(binding.pk)
        table = RecordTable.objects.filter(
            resource=binding.resource_id, zone=Zone.SHARED, live=True
        ).first()

        assert (run.rejected, run.duplicates) == (0, 0), small.slug
        assert table is not None, small.slug
        assert table.rows == run.read == small.content(seed=1).count(b"\n") - 1, small.slug


def what_was_read_long_ago_is_late(at):
    for small, binding in growing.bindings(dated_back=True):
        engine.sync(binding.pk, clock=partial(growing.read_at, small, at=at))

    assert {one.slug for one in freshness.late(at)} == {
        one.slug for one in SMALL if one.synced_ago
    }


def visits_are_counted_on_their_days(at):
    made = visits.make(at=at)

    seen = Daily.objects.filter(door=Door.PORTAL)
    assert sum(seen.values_list("views", flat=True)) == made > 1000
    assert visits.were_made()
    assert len(set(seen.values_list("day", flat=True))) == visits.DAYS + 1
    published = {one.pk: one.published_at for one in Dataset.objects.published()}
    assert all(timezone.localdate(published[one.dataset_id]) <= one.day for one in seen)
    assert {one.dataset_id for one in seen} == set(published)
