"""What is told, to whom, and that it stands or falls with what it tells of."""

import json
import re
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import App
from audit.models import Entry
from exchange import counted, opening
from exchange.hooks import events, spreading
from exchange.models import Webhook, WebhookDelivery, WebhookEvent, WebhookSubscription
from exchange.sharing import grants
from exchange.sync import engine
from policy.terms import DataType, Grade, OpenType
from tests.factories import accounts, catalog, exchange, hooks
from tests.factories.exchange import NOW, column

pytestmark = pytest.mark.django_db

COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("phone", grade=Grade.L3, open_type=OpenType.CONDITIONAL),
)


@pytest.fixture
def city():
    """A house with a table of rows that is published, and its file."""
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,phone\n1,a,p\n2,b,q\n", COLUMNS)
    engine.sync(binding.pk)
    return where, binding, exchange.publish(where, binding.resource)


def rewrite(binding, text):
    exchange.Path(binding.object["path"]).write_text(text)
    return engine.sync(binding.pk)


def spread():
    while spreading.spread(at=exchange.now()):
        pass


def test_a_refresh_that_changed_rows_is_told_with_the_place_in_the_feed(city):
    _where, binding, dataset = city
    webhook = hooks.live(dataset)

    rewrite(binding, "id,name,phone\n1,A,p\n2,b,q\n")
    spread()

    [event] = WebhookEvent.objects.exclude(kind="ping").filter(zone="open")
    assert hooks.told(webhook) == ["rows.changed"]
    assert event.data == {
        "dataset": dataset.slug,
        "zone": "open",
        "since": 1,
        "seq": 2,
        "changes": f"http://127.0.0.1:8000/api/v1/datasets/{dataset.slug}/changes?since=1",
    }


def test_an_event_holds_no_value_of_a_row(city):
    _where, binding, dataset = city
    hooks.live(dataset)

    rewrite(binding, "id,name,phone\n1,Zebra-value,Zebra-number\n2,b,q\n")

    sent = b"".join(events.body_of(event) for event in WebhookEvent.objects.all())
    assert b"Zebra" not in sent


def test_a_change_that_nobody_outside_can_see_is_not_told(city):
    _where, binding, dataset = city
    webhook = hooks.live(dataset)

    rewrite(binding, "id,name,phone\n1,a,other\n2,b,q\n")  # conditional, and no grant
    spread()

    assert hooks.told(webhook) == []


def test_what_changed_under_a_grant_is_told_to_its_holder_alone(city):
    where, binding, dataset = city
    holder, other = hooks.live(dataset), hooks.live(dataset)
    today = exchange.now().date()
    grants.grant(
        dataset.pk,
        to=holder.app.organization,
        fields=[field.pk for field in binding.resource.fields.all()],
        purpose="a test",
        valid_from=today - timedelta(days=1),
        valid_until=today + timedelta(days=9),
        by=where.operator,
        at=exchange.now(),
    )

    rewrite(binding, "id,name,phone\n1,a,other\n2,b,q\n")
    spread()

    assert hooks.told(holder) == ["grant.changed", "rows.changed"]
    assert hooks.told(other) == []


def test_a_dataset_that_is_open_by_counts_alone_tells_of_no_change_of_rows(city):
    where, binding, dataset = city
    webhook = hooks.live(dataset, kinds=["rows.changed"])
    field = binding.resource.fields.get(name="name")
    counted.count_only(dataset.pk, [(field.pk, "")], reason="few", by=where.head, at=NOW)

    rewrite(binding, "id,name,phone\n1,A,p\n2,b,q\n")
    spread()

    assert hooks.told(webhook) == []


def test_a_run_that_changed_nothing_is_not_told(city):
    _where, binding, dataset = city
    webhook = hooks.live(dataset)

    engine.sync(binding.pk)
    spread()

    assert hooks.told(webhook) == []


def test_stricter_looser_and_gone_are_told(city):
    where, binding, dataset = city
    webhook = hooks.live(dataset, kinds=["policy.changed", "dataset.withdrawn"])
    name = binding.resource.fields.get(name="name")

    opening.regrade(
        dataset.pk,
        {name.pk: {"grade": 4, "open_type": "not_open"}},
        by=where.head,
        at=exchange.now(),
        reason="stricter",
    )
    opening.withdraw(dataset.pk, by=where.operator, at=exchange.now(), reason="merged elsewhere")
    spread()

    assert hooks.told(webhook) == ["policy.changed", "dataset.withdrawn"]
    gone = WebhookEvent.objects.get(kind="dataset.withdrawn")
    assert gone.data["reason"] == "merged elsewhere"


def test_a_line_of_the_negative_list_is_told_when_it_begins_and_ends(city):
    where, _binding, dataset = city
    webhook = hooks.live(dataset, kinds=["policy.changed"])

    line = catalog.negative_line(dataset, ["name"])
    before = WebhookEvent.objects.filter(kind="policy.changed").count()
    opening.end_line(line.pk, by=where.operator, at=exchange.now(), reason="law changed")
    spread()

    assert WebhookEvent.objects.filter(kind="policy.changed").count() == before + 1
    assert "policy.changed" in hooks.told(webhook)


def test_that_a_dataset_is_published_is_told_of_any(city):
    _where, _binding, dataset = city
    listening = hooks.live(kinds=["dataset.published"])
    bound = hooks.live(dataset, kinds=["rows.changed"])
    where = exchange.house()

    later = exchange.publish(where, exchange.table(where))
    WebhookEvent.objects.filter(kind="dataset.published").update(at=exchange.now())
    spread()

    [event] = WebhookEvent.objects.filter(kind="dataset.published")
    assert event.data["dataset"] == later.slug
    assert hooks.told(listening) == ["dataset.published"]
    assert hooks.told(bound) == []


def test_a_grant_is_told_to_whose_it_is_and_to_no_other(city):
    where, binding, dataset = city
    mine, sibling, other = hooks.live(dataset), None, hooks.live(dataset)
    sibling = hooks.live(dataset, app=accounts.app(mine.app.organization, mine.created_by))
    held = grants.grant(
        dataset.pk,
        to=mine.app.organization,
        app=mine.app,
        fields=[binding.resource.fields.first().pk],
        purpose="a test",
        valid_from=date(2026, 1, 1),
        valid_until=date(2099, 12, 31),
        by=where.operator,
        at=exchange.now(),
    )
    grants.revoke(held.pk, by=where.operator, at=exchange.now(), reason="over")
    spread()

    assert hooks.told(mine) == ["grant.changed", "grant.ended"]
    assert hooks.told(sibling) == []  # another app of the same company
    assert hooks.told(other) == []


def test_where_nobody_listens_nothing_is_written(city):
    _where, binding, _dataset = city

    rewrite(binding, "id,name,phone\n1,A,p\n2,b,q\n")

    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("state", ["new", "paused", "off", "ended"])
def test_only_a_webhook_that_is_live_is_told(city, state):
    _where, binding, dataset = city
    webhook = hooks.live(dataset)
    Webhook.objects.filter(pk=webhook.pk).update(state=state)

    rewrite(binding, "id,name,phone\n1,A,p\n2,b,q\n")
    spread()

    assert hooks.told(webhook) == []


def test_nobody_is_told_of_what_was_before_they_listened(city):
    _where, binding, dataset = city
    early = hooks.live(dataset)
    rewrite(binding, "id,name,phone\n1,A,p\n2,b,q\n")
    late = hooks.live(dataset)
    WebhookSubscription.objects.filter(webhook=late).update(
        created_at=exchange.now() + timedelta(minutes=1)
    )

    spread()

    assert hooks.told(early) == ["rows.changed"]
    assert hooks.told(late) == []


def test_a_closed_app_is_told_of_nothing(city):
    _where, binding, dataset = city
    webhook = hooks.live(dataset)
    rewrite(binding, "id,name,phone\n1,A,p\n2,b,q\n")
    App.objects.filter(pk=webhook.app_id).update(closed_at=exchange.now())

    spread()

    assert hooks.told(webhook) == []


def test_an_event_falls_with_the_verb_that_told_it(city):
    where, _binding, dataset = city
    hooks.live(dataset)

    with pytest.raises(RuntimeError), transaction.atomic():
        opening.withdraw(dataset.pk, by=where.operator, at=NOW, reason="x")
        raise RuntimeError

    assert not WebhookEvent.objects.filter(kind="dataset.withdrawn").exists()


def test_ten_thousand_listeners_are_laid_by_one_statement():
    dataset = hooks.published()
    first = hooks.live(dataset, kinds=["dataset.changed"])
    listen(first, 9_999)
    events.changed(dataset.pk, at=exchange.now())

    with CaptureQueriesContext(connection) as asked:
        assert spreading.spread(at=exchange.now()) == 1

    assert WebhookDelivery.objects.exclude(event__kind="ping").count() == 10_000
    assert len([one for one in asked if "INSERT" in one["sql"]]) == 1
    assert spreading.spread(at=exchange.now()) == 0  # and no second time


def listen(like: Webhook, many: int) -> None:
    """Make as many more webhooks as one."""
    made = Webhook.objects.bulk_create(
        Webhook(
            app=like.app,
            url=f"https://example.org/{number}",
            kinds=like.kinds,
            state="live",
            confirmed_at=NOW,
            created_by=like.created_by,
            created_at=NOW,
        )
        for number in range(many)
    )
    dataset = like.subscriptions.get().dataset_id
    WebhookSubscription.objects.bulk_create(
        WebhookSubscription(webhook=one, dataset_id=dataset, created_at=NOW) for one in made
    )


def test_an_event_tells_nothing_of_how_many_others_there_were():
    told = {"kind": "dataset.changed", "at": NOW, "data": {"dataset": "d"}}
    one, later = WebhookEvent(pk=7, **told), WebhookEvent(pk=9, **told)

    assert events.body_of(one) == events.body_of(later)
    assert events.name_of(one) != events.name_of(later)
    assert re.fullmatch("evt_[0-9a-f]{24}", events.name_of(one))


def test_what_is_sent_is_the_same_at_each_try_and_has_its_place_in_time():
    dataset = hooks.published()
    hooks.live(dataset)
    events.changed(dataset.pk, at=NOW)

    one, two = (events.body_of(WebhookEvent.objects.get(kind="dataset.changed")) for _ in range(2))

    assert one == two
    assert json.loads(one) == {
        "type": "dataset.changed",
        "timestamp": "2026-03-02T10:00:00.000+08:00",
        "sequence": 1772416800000000,
        "data": {
            "dataset": dataset.slug,
            "url": f"http://127.0.0.1:8000/api/v1/datasets/{dataset.slug}",
        },
    }


def test_no_event_is_an_entry_of_the_trail():
    dataset = hooks.published()
    hooks.live(dataset)
    before = Entry.objects.count()

    events.changed(dataset.pk, at=NOW)
    spreading.spread(at=NOW)

    assert Entry.objects.count() == before
