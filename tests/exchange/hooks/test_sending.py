"""Sent, retried with growing waits, given up, switched off; by one worker at a time."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import App, Notice
from audit.models import Entry
from exchange.hook_flow import DeliveryState, HookState
from exchange.hooks import events, sending, signing, spreading, sweeping
from exchange.hooks.posting import Answer, NoAnswer
from exchange.models import Webhook, WebhookDelivery, WebhookEvent, WebhookSecret
from tests.factories import hooks
from tests.factories.hooks import NOW, Receiver

BAD = Answer(500, "broken", 20)


@pytest.fixture
def live(db):
    """A webhook that is told of one dataset."""
    return hooks.live(hooks.published())


def test_a_delivery_is_signed_numbered_and_written_down(live):
    delivery = hooks.delivered(live)
    receiver = Receiver(Answer(204, "", 31))

    assert hooks.sent(receiver) == 1

    [(url, body, headers)] = receiver.came
    secret = signing.unseal(bytes(WebhookSecret.objects.get(webhook=live).sealed))
    name, moment = events.name_of(delivery.event), int(NOW.timestamp())
    delivery.refresh_from_db()
    assert url == live.url
    assert body == events.body_of(delivery.event)
    assert headers == {
        "webhook-id": name,
        "webhook-timestamp": str(moment),
        "webhook-signature": signing.signature(secret, name, moment, body),
    }
    assert (delivery.state, delivery.status, delivery.took_ms) == (DeliveryState.DONE, 204, 31)
    assert (delivery.tries, delivery.tried_at) == (1, NOW)


def test_a_failed_try_is_repeated_after_each_wait_of_the_table_and_then_given_up(live):
    delivery = hooks.delivered(live)
    receiver, at, waited = Receiver(*[BAD] * 20), NOW, []

    while True:
        assert hooks.sent(receiver, at=at) == 1
        delivery.refresh_from_db()
        if delivery.state == DeliveryState.DEAD:
            break
        waited.append(delivery.due_at - at)
        assert hooks.sent(receiver, at=delivery.due_at - timedelta(milliseconds=1)) == 0
        at = delivery.due_at

    assert len(receiver.came) == len(sending.WAITS) + 1
    for wait, wanted in zip(waited, sending.WAITS, strict=True):
        assert wanted <= wait <= wanted * 1.1
    assert list(sending.WAITS) == sorted(sending.WAITS)
    assert (delivery.status, delivery.problem, delivery.answer) == (500, "refused", "broken")


def test_each_try_sends_the_same_bytes_under_the_same_number(live):
    delivery = hooks.delivered(live)
    receiver = Receiver(BAD, Answer(200, "", 1))

    hooks.sent(receiver)
    delivery.refresh_from_db()
    hooks.sent(receiver, at=delivery.due_at)

    (_, one, first), (_, two, second) = receiver.came
    assert one == two
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] < second["webhook-timestamp"]


def test_while_an_address_fails_what_waits_for_it_rests_and_costs_no_try(live):
    hooks.delivered(live)
    hooks.sent(Receiver(BAD))
    later = hooks.delivered(live)

    assert hooks.sent(Receiver(), at=NOW + timedelta(seconds=1)) == 0
    assert hooks.sent(Receiver(), at=NOW + timedelta(seconds=6)) == 2

    live.refresh_from_db()
    later.refresh_from_db()
    assert (live.failing_since, live.resting_until, later.tries) == (None, None, 1)


def test_an_address_that_fails_for_days_is_switched_off_and_its_owner_is_told(live):
    first, waiting = hooks.delivered(live), hooks.delivered(live)
    Webhook.objects.filter(pk=live.pk).update(failing_since=NOW - timedelta(days=5))
    WebhookDelivery.objects.filter(pk=waiting.pk).update(due_at=NOW + timedelta(days=1))

    hooks.sent(Receiver(BAD))

    for one in (live, first, waiting):
        one.refresh_from_db()
    notice = Notice.objects.get(kind="webhook.off")
    assert live.state == HookState.OFF
    assert (first.state, waiting.state, waiting.problem) == ("dead", "dead", "switched-off")
    assert (notice.organization, notice.by_mail) == (live.app.organization, True)
    assert Entry.objects.filter(verb="webhook.switch_off", target=live.address).count() == 1


def test_an_address_that_says_it_is_gone_is_switched_off_at_once(live):
    hooks.delivered(live)

    hooks.sent(Receiver(Answer(410, "", 5)))

    live.refresh_from_db()
    assert live.state == HookState.OFF


def test_what_was_switched_off_comes_back_by_a_ping_that_is_answered(live):
    Webhook.objects.filter(pk=live.pk).update(state=HookState.OFF, failing_since=NOW)
    from_ = hooks.registering.ping(live.pk, by=live.created_by, at=NOW)

    hooks.sent(Receiver())

    live.refresh_from_db()
    from_.refresh_from_db()
    assert (live.state, live.failing_since, from_.state) == (HookState.LIVE, None, "done")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(200, "ok", 3), "challenge"),  # any server says that to anything
        (Answer(404, "{challenge}", 3), "refused"),
        (Answer(302, "", 3), "redirect"),
        (NoAnswer("not-public", 3), "not-public"),
        (NoAnswer("too-slow", 3), "too-slow"),
    ],
)
def test_an_address_that_does_not_answer_the_challenge_is_told_of_nothing(answer, problem):
    dataset = hooks.published()
    webhook = hooks.registered(dataset)

    hooks.sent(Receiver(answer))
    events.changed(dataset.pk, at=NOW)

    webhook.refresh_from_db()
    ping = webhook.deliveries.get()
    assert webhook.state == HookState.NEW
    assert (ping.state, ping.problem) == ("dead", problem)
    assert not WebhookEvent.objects.filter(kind="dataset.changed").exists()


def test_a_slow_address_does_not_take_every_hand(live):
    other = hooks.live(live.subscriptions.get().dataset)
    for _ in range(20):
        hooks.delivered(live)
    hooks.delivered(other)

    taken = sending._take(sending.AT_ONCE, at=NOW)

    assert [one.url for one in taken].count(live.url) == 3  # two of its own, and the other's
    assert len(taken) == sending.EACH_AT_ONCE + 1


def test_whoever_died_with_a_delivery_in_hand_leaves_it_to_the_next_after_its_term(live):
    delivery = hooks.delivered(live)
    [held] = sending._take(8, at=NOW)
    receiver = Receiver()

    assert hooks.sent(receiver, at=NOW + sending.LEASE - timedelta(seconds=1)) == 0
    assert hooks.sent(receiver, at=NOW + sending.LEASE) == 1

    sending.settle(held.number, held.tries, BAD, at=NOW + sending.LEASE)  # it was not dead
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == (DeliveryState.DONE, 2)


def test_nothing_goes_to_an_app_that_was_closed_or_a_webhook_that_rests(live):
    hooks.delivered(live)
    App.objects.filter(pk=live.app_id).update(closed_at=NOW)
    assert hooks.sent(Receiver()) == 0

    App.objects.filter(pk=live.app_id).update(closed_at=None)
    Webhook.objects.filter(pk=live.pk).update(state=HookState.PAUSED)
    assert hooks.sent(Receiver()) == 0


def test_old_deliveries_go_and_with_them_what_they_told(live, settings):
    old, fresh = hooks.delivered(live), hooks.delivered(live)
    hooks.sent(Receiver())
    long_ago = NOW - timedelta(days=settings.WEBHOOK_DAYS, seconds=1)
    WebhookDelivery.objects.filter(pk=old.pk).update(made_at=long_ago)
    WebhookEvent.objects.filter(pk=old.event_id).update(at=long_ago)

    assert sweeping.sweep(at=NOW) == 1

    assert not WebhookEvent.objects.filter(pk=old.event_id).exists()
    assert WebhookEvent.objects.filter(pk=fresh.event_id).exists()


def test_a_webhook_goes_with_its_address_some_time_after_its_app(live, settings):
    App.objects.filter(pk=live.app_id).update(closed_at=NOW)

    sweeping.sweep(at=NOW + timedelta(days=settings.WEBHOOK_DAYS))
    assert Webhook.objects.filter(pk=live.pk).exists()
    sweeping.sweep(at=NOW + timedelta(days=settings.WEBHOOK_DAYS, seconds=1))

    assert not Webhook.objects.filter(pk=live.pk).exists()


def test_two_workers_side_by_side_send_nothing_twice(live_database):
    dataset = hooks.published()
    first = hooks.live(dataset, kinds=["dataset.changed"])
    for number in range(4):
        hooks.live(
            dataset, kinds=["dataset.changed"], app=first.app, url=f"https://example.org/{number}"
        )
    for _ in range(12):
        events.changed(dataset.pk, at=NOW)
    came: list[tuple[str, str]] = []
    together = threading.Barrier(2)

    def post(url, body, headers):
        came.append((url, headers["webhook-id"]))
        return Answer(200, "", 1)

    def work():
        try:
            together.wait(10)
            while spreading.spread(at=NOW) or sending.send_due(clock=lambda: NOW, post=post):
                pass
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert len(came) == 5 * 12
    assert len(set(came)) == len(came)
    assert not WebhookDelivery.objects.exclude(state=DeliveryState.DONE).exists()
