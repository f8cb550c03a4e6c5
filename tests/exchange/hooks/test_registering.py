"""Who may have a webhook, for what, and what each step leaves behind."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import developers
from accounts.refusals import StepRefused as NotNow
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from exchange.hook_flow import HOOK_MOVES, HookState, HookStep, move_hook
from exchange.hooks import registering
from exchange.hooks.reachable import AddressUnfit
from exchange.hooks.registering import WebhookUnfit
from exchange.models import Webhook, WebhookSecret
from exchange.workflow import StepRefused
from tests.factories import accounts, catalog, hooks
from tests.factories.hooks import NOW, Receiver

pytestmark = pytest.mark.django_db


def register(app, dataset, **over):
    told = {
        "url": "https://example.org/hooks",
        "kinds": ["rows.changed"],
        "datasets": [dataset.pk],
        "by": app.created_by,
        "at": NOW,
    }
    return registering.register(app.pk, **told | over)


def test_a_new_webhook_waits_for_its_ping_and_its_secret_is_kept_sealed():
    issued = register(accounts.app(), hooks.published())

    kept = bytes(WebhookSecret.objects.get().sealed)
    assert issued.webhook.state == HookState.NEW
    assert issued.secret.startswith("whsec_")
    assert issued.secret.encode() not in kept
    assert issued.webhook.deliveries.get().event.kind == "ping"
    assert issued.secret not in str(Entry.objects.get(verb="webhook.register").details)


def test_strangers_and_departments_get_none():
    dataset = hooks.published()
    app, department = accounts.app(), accounts.organization()
    theirs = accounts.app(department, accounts.user(Role.DEVELOPER, department))

    with pytest.raises(NotAllowed):
        register(app, dataset, by=accounts.user(Role.DEVELOPER))
    with pytest.raises(NotAllowed):
        register(app, dataset, by=accounts.user(Role.OPERATOR))
    with pytest.raises(NotNow) as no:
        register(theirs, dataset)
    assert no.value.code == "not-for-departments"
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    "over",
    [{"kinds": []}, {"kinds": ["rows.changed", "ping"]}, {"datasets": []}, {"datasets": [0]}],
)
def test_what_there_is_not_cannot_be_listened_to(over):
    with pytest.raises(WebhookUnfit):
        register(accounts.app(), hooks.published(), **over)


def test_a_draft_cannot_be_listened_to():
    with pytest.raises(WebhookUnfit):
        register(accounts.app(), hooks.published(), datasets=[catalog.dataset("draft").pk])


def test_an_address_inside_is_refused_at_once():
    with pytest.raises(AddressUnfit):
        register(accounts.app(), hooks.published(), url="https://10.0.0.1/hooks")


def test_an_app_has_five_at_most_each_at_an_address_of_its_own():
    app, dataset = accounts.app(), hooks.published()
    for number in range(registering.MOST_OF_AN_APP):
        register(app, dataset, url=f"https://example.org/{number}")

    with pytest.raises(NotNow) as no:
        register(app, dataset)
    assert no.value.code == "webhooks-enough"
    registering.end(Webhook.objects.first().pk, by=app.created_by, at=NOW)
    with pytest.raises(NotNow) as no:
        register(app, dataset, url="https://example.org/4")
    assert no.value.code == "webhook-there"


def test_a_closed_app_gets_none():
    app = accounts.app()
    developers.close_app(app.pk, by=app.created_by, at=NOW)

    with pytest.raises(NotNow) as no:
        register(app, hooks.published())
    assert no.value.code == "app-closed"


def test_a_replaced_secret_signs_beside_the_new_one_for_the_overlap_alone():
    webhook = hooks.live(hooks.published())

    registering.rotate(webhook.pk, overlap=timedelta(days=1), by=webhook.created_by, at=NOW)
    hooks.delivered(webhook)
    during = Receiver()
    hooks.sent(during)
    after = Receiver()
    later = NOW + timedelta(days=1)
    hooks.delivered(webhook)
    hooks.sent(after, at=later)

    assert len(during.came[0][2]["webhook-signature"].split()) == 2
    assert len(after.came[0][2]["webhook-signature"].split()) == 1


def test_replacing_twice_in_a_row_never_leaves_three_secrets():
    webhook = hooks.live(hooks.published())

    for _ in range(3):
        registering.rotate(webhook.pk, overlap=timedelta(days=7), by=webhook.created_by, at=NOW)
    hooks.delivered(webhook)
    receiver = Receiver()
    hooks.sent(receiver)

    assert len(receiver.came[0][2]["webhook-signature"].split()) == 2
    with pytest.raises(WebhookUnfit):
        registering.rotate(webhook.pk, overlap=timedelta(days=8), by=webhook.created_by, at=NOW)


def test_pausing_and_going_on():
    webhook = hooks.live(hooks.published())
    by = webhook.created_by

    assert registering.pause(webhook.pk, by=by, at=NOW).state == HookState.PAUSED
    with pytest.raises(StepRefused):
        registering.pause(webhook.pk, by=by, at=NOW)
    assert registering.resume(webhook.pk, by=by, at=NOW).state == HookState.LIVE


def test_what_is_ended_keeps_no_secret_and_sends_nothing():
    webhook = hooks.live(hooks.published())
    waiting = hooks.delivered(webhook)

    registering.end(webhook.pk, by=webhook.created_by, at=NOW)

    waiting.refresh_from_db()
    assert not WebhookSecret.objects.exists()
    assert (waiting.state, waiting.problem) == ("dead", "ended")
    assert hooks.sent(Receiver()) == 0
    with pytest.raises(StepRefused):
        registering.ping(webhook.pk, by=webhook.created_by, at=NOW)


def test_a_delivery_is_sent_once_more_under_its_own_number():
    webhook = hooks.live(hooks.published())
    first = hooks.delivered(webhook)
    receiver = Receiver()
    hooks.sent(receiver)

    again = registering.replay(first.pk, by=webhook.created_by, at=NOW)
    hooks.sent(receiver)

    (_, one, before), (_, two, after) = receiver.came
    again.refresh_from_db()
    assert (one, before["webhook-id"]) == (two, after["webhook-id"])
    assert (again.repeats_id, again.state) == (first.pk, "done")


def test_what_still_waits_a_ping_or_a_resting_webhook_is_not_repeated():
    webhook = hooks.live(hooks.published())
    waiting, ping = hooks.delivered(webhook), webhook.deliveries.get(event__kind="ping")
    by = webhook.created_by

    for one in (waiting, ping):
        with pytest.raises(NotNow):
            registering.replay(one.pk, by=by, at=NOW)
    hooks.sent(Receiver())
    registering.pause(webhook.pk, by=by, at=NOW)
    with pytest.raises(NotNow):
        registering.replay(waiting.pk, by=by, at=NOW)


def test_one_ping_is_under_way_at_a_time():
    webhook = hooks.live(hooks.published())
    registering.ping(webhook.pk, by=webhook.created_by, at=NOW)

    with pytest.raises(NotNow):
        registering.ping(webhook.pk, by=webhook.created_by, at=NOW)


def test_nobody_moves_the_webhook_of_another():
    webhook = hooks.live(hooks.published())
    delivery = hooks.delivered(webhook, state="done")
    other = accounts.user(Role.DEVELOPER)
    dataset = webhook.subscriptions.get().dataset_id

    for attempt in (
        lambda: registering.change(
            webhook.pk, kinds=["rows.changed"], datasets=[dataset], by=other, at=NOW
        ),
        lambda: registering.rotate(webhook.pk, overlap=timedelta(0), by=other, at=NOW),
        lambda: registering.pause(webhook.pk, by=other, at=NOW),
        lambda: registering.ping(webhook.pk, by=other, at=NOW),
        lambda: registering.end(webhook.pk, by=other, at=NOW),
        lambda: registering.replay(delivery.pk, by=other, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_what_it_is_told_of_can_be_said_anew():
    one, two = hooks.published(), hooks.published()
    webhook = hooks.live(one)

    registering.change(
        webhook.pk,
        kinds=["grant.ended", "rows.changed"],
        datasets=[two.pk],
        by=webhook.created_by,
        at=timezone.now(),
    )

    webhook.refresh_from_db()
    assert webhook.kinds == ["rows.changed", "grant.ended"]
    assert [held.dataset for held in webhook.subscriptions.all()] == [two]


@pytest.mark.parametrize("state", HookState)
@pytest.mark.parametrize("step", HookStep)
def test_only_the_steps_of_the_table_are_possible(state, step):
    if (state, step) in HOOK_MOVES:
        assert move_hook(state, step, of=1) == HOOK_MOVES[state, step]
    else:
        with pytest.raises(StepRefused):
            move_hook(state, step, of=1)
