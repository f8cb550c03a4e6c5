"""Verbs on webhooks: registered, confirmed by a ping, changed, paused, ended; deliveries repeated.

For apps of companies and citizens. What an app may be told of is what everybody may know of a
published dataset, and what happens to its own grants; who is told what is decided with each event
(`exchange.hooks.spreading`).
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import notices, organizations
from accounts.models import App, OrganizationKind, User
from accounts.refusals import StepRefused
from accounts.roles import require
from audit import chain
from catalog.models import Dataset
from exchange.hook_flow import PING, DeliveryState, EventKind, HookState, HookStep, move_hook
from exchange.hooks import reachable, signing
from exchange.models import (
    Webhook,
    WebhookDelivery,
    WebhookEvent,
    WebhookSecret,
    WebhookSubscription,
)
from exchange.problems import Problem

PERMISSION = "exchange.keep_webhook"
MOST_OF_AN_APP = 5
MOST_DATASETS = 200
LONGEST_OVERLAP = timedelta(days=7)


class WebhookUnfit(Problem):
    """A webhook that cannot be as it was asked for."""

    code = "webhook-unfit"
    status = 400


@dataclass(frozen=True, slots=True)
class IssuedSecret:
    """A webhook and, this once, the text of its secret."""

    webhook: Webhook
    secret: str


@transaction.atomic
def register(
    app_id: int,
    *,
    url: str,
    kinds: Collection[str],
    datasets: Collection[int],
    by: User,
    at: datetime,
) -> IssuedSecret:
    """Register an address for events of published datasets and send it its first ping.

    It is told of nothing before it has answered a ping with the challenge in it. Raises
    AddressUnfit, WebhookUnfit, NotAllowed; StepRefused for an app that is closed, a department's,
    or has MOST_OF_AN_APP already.
    """
    app = App.objects.select_for_update(of=("self",)).select_related("organization").get(pk=app_id)
    require(by, PERMISSION, organization=app.organization)
    organizations.hold_open(app.organization_id)
    _refuse(app, url)
    host = reachable.target(url).host
    webhook = Webhook.objects.create(
        app=app, url=url, kinds=_kinds(kinds), created_by=by, created_at=at
    )
    _subscribe(webhook, datasets, at)
    secret = _new_secret(webhook, at)
    chain.record(
        "webhook.register",
        webhook.address,
        by=by,
        at=at,
        app=f"app:{app.pk}",
        host=host,
        events=webhook.kinds,
        datasets=sorted(datasets),
    )
    _lay_ping(webhook, at)
    return IssuedSecret(webhook, secret)


@transaction.atomic
def change(
    webhook_id: int,
    *,
    kinds: Collection[str],
    datasets: Collection[int],
    by: User,
    at: datetime,
) -> Webhook:
    """Say anew of which events of which datasets a webhook is told; its address stays.

    Raises WebhookUnfit, NotAllowed, StepRefused of one that ended.
    """
    webhook = _own(webhook_id, HookStep.CHANGE, by)
    webhook.kinds = _kinds(kinds)
    webhook.save(update_fields=["kinds"])
    webhook.subscriptions.exclude(dataset__in=datasets).delete()
    _subscribe(webhook, datasets, at)
    told = {"events": webhook.kinds, "datasets": sorted(datasets)}
    chain.record("webhook.change", webhook.address, by=by, at=at, **told)
    return webhook


@transaction.atomic
def rotate(webhook_id: int, *, overlap: timedelta, by: User, at: datetime) -> IssuedSecret:
    """Make a secret in place of another, which signs beside it for `overlap`.

    One that an earlier change left signing ends at once. Raises NotAllowed, StepRefused;
    WebhookUnfit for an overlap longer than LONGEST_OVERLAP.
    """
    webhook = _own(webhook_id, HookStep.CHANGE, by)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise WebhookUnfit(
            _("Two secrets sign side by side for %(most)s days at most.")
            % {"most": LONGEST_OVERLAP.days}
        )
    standing = WebhookSecret.objects.filter(webhook=webhook)
    standing.filter(until__gt=at).update(until=at)
    standing.filter(until=None).update(until=at + overlap)
    secret = _new_secret(webhook, at)
    ends = (at + overlap).isoformat()
    chain.record("webhook.rotate", webhook.address, by=by, at=at, old_signs_until=ends)
    return IssuedSecret(webhook, secret)


@transaction.atomic
def pause(webhook_id: int, *, by: User, at: datetime) -> Webhook:
    """Tell a webhook of nothing that happens from now on; what waits for it waits.

    Raises NotAllowed, StepRefused.
    """
    return _moved(webhook_id, HookStep.PAUSE, "webhook.pause", by=by, at=at)


@transaction.atomic
def resume(webhook_id: int, *, by: User, at: datetime) -> Webhook:
    """Tell a paused webhook again. Raises NotAllowed, StepRefused."""
    return _moved(webhook_id, HookStep.RESUME, "webhook.resume", by=by, at=at)


@transaction.atomic
def end(webhook_id: int, *, by: User, at: datetime) -> Webhook:
    """End a webhook for good: its secrets are gone, and what waits for it is given up.

    Raises NotAllowed, StepRefused.
    """
    webhook = _moved(webhook_id, HookStep.END, "webhook.end", by=by, at=at)
    webhook.ended_at = at
    webhook.save(update_fields=["ended_at"])
    webhook.secrets.all().delete()
    waiting = webhook.deliveries.filter(state=DeliveryState.WAITING)
    waiting.update(state=DeliveryState.DEAD, problem="ended")
    notices.settle(webhook.address, "webhook.off", at=at)
    return webhook


@transaction.atomic
def ping(webhook_id: int, *, by: User, at: datetime) -> WebhookDelivery:
    """Send a webhook a ping with a challenge; answered with it, its address is confirmed.

    Also the way back for one that was switched off. Raises NotAllowed; StepRefused of one that
    ended, or while a ping is under way.
    """
    webhook = _own(webhook_id, HookStep.CHANGE, by)
    under_way = webhook.deliveries.filter(event__kind=PING, state=DeliveryState.WAITING)
    if under_way.exists():
        raise StepRefused(_("A ping is on its way. Wait until it is answered."), "ping-under-way")
    delivery = _lay_ping(webhook, at)
    chain.record("webhook.ping", webhook.address, by=by, at=at)
    return delivery


@transaction.atomic
def replay(delivery_id: int, *, by: User, at: datetime) -> WebhookDelivery:
    """Send one event once more, under its own `webhook-id`; the first delivery stays as it was.

    Raises NotAllowed; StepRefused while it still waits, for a ping, or where the webhook is not
    told of events now.
    """
    first = WebhookDelivery.objects.select_related("event", "webhook").get(pk=delivery_id)
    webhook = _own(first.webhook_id, HookStep.CHANGE, by)
    first.refresh_from_db(fields=["state"])
    if webhook.state != HookState.LIVE:
        raise StepRefused(
            _("The webhook is not told of events now (%(state)s). Send it a ping first.")
            % {"state": HookState(webhook.state).label}
        )
    if first.state == DeliveryState.WAITING or first.event.kind == PING:
        raise StepRefused(
            _(
                "Only what was delivered or given up is sent once more; this still waits, or is a"
                " ping."
            )
        )
    again = WebhookDelivery.objects.create(
        webhook=webhook, event=first.event, repeats=first, made_at=at, due_at=at
    )
    chain.record(
        "webhook.replay", webhook.address, by=by, at=at, event=first.event_id, delivery=again.pk
    )
    return again


def _own(webhook_id: int, step: HookStep, by: User) -> Webhook:
    """Return a webhook, locked, for who may keep it and while the step is possible."""
    webhook = (
        Webhook.objects.select_for_update(of=("self",))
        .select_related("app__organization")
        .get(pk=webhook_id)
    )
    require(by, PERMISSION, organization=webhook.app.organization)
    move_hook(webhook.state, step, of=webhook.pk)
    return webhook


def _moved(webhook_id: int, step: HookStep, verb: str, *, by: User, at: datetime) -> Webhook:
    webhook = _own(webhook_id, step, by)
    webhook.state = move_hook(webhook.state, step, of=webhook.pk)
    webhook.save(update_fields=["state"])
    chain.record(verb, webhook.address, by=by, at=at)
    return webhook


def _refuse(app: App, url: str) -> None:
    """Raise StepRefused for an app that may not have another webhook at this address."""
    if app.closed_at is not None:
        text = _("“%(name)s” is closed and is told of nothing. Register another app.")
        raise StepRefused(text % {"name": app.name}, "app-closed")
    if app.organization.kind != OrganizationKind.COMPANY:
        text = _("Webhooks are for apps of companies and citizens. Departments are told here.")
        raise StepRefused(text, "not-for-departments")
    standing = Webhook.objects.standing().filter(app=app)
    if standing.count() >= MOST_OF_AN_APP:
        text = _("“%(name)s” has %(most)s webhooks. End one that is no longer needed.")
        raise StepRefused(text % {"name": app.name, "most": MOST_OF_AN_APP}, "webhooks-enough")
    if standing.filter(url=url).exists():
        text = _("“%(name)s” has a webhook at this address. Change that one.")
        raise StepRefused(text % {"name": app.name}, "webhook-there")


def _kinds(kinds: Collection[str]) -> list[str]:
    """Return kinds of events in the order of their table. Raises WebhookUnfit."""
    if not kinds or set(kinds) - set(EventKind.values):
        raise WebhookUnfit(_("Choose at least one kind of event, of those that are listed."))
    return [kind for kind in EventKind.values if kind in set(kinds)]


def _subscribe(webhook: Webhook, datasets: Collection[int], at: datetime) -> None:
    """Bind a webhook to datasets beside those it has. Raises WebhookUnfit.

    None are needed for what is told of any dataset.
    """
    wanted = set(datasets)
    found = set(Dataset.objects.published().filter(pk__in=wanted).values_list("pk", flat=True))
    held = set(webhook.subscriptions.values_list("dataset_id", flat=True))
    free = webhook.kinds == [EventKind.PUBLISHED]
    if (not wanted and not free) or wanted - found - held:
        raise WebhookUnfit(_("Name at least one dataset, and published ones only."))
    if len(wanted) > MOST_DATASETS:
        raise WebhookUnfit(
            _("A webhook is told of %(most)s datasets at most. Register another for the rest.")
            % {"most": MOST_DATASETS}
        )
    WebhookSubscription.objects.bulk_create(
        [
            WebhookSubscription(webhook=webhook, dataset_id=number, created_at=at)
            for number in sorted(wanted - held)
        ]
    )


def _new_secret(webhook: Webhook, at: datetime) -> str:
    secret = signing.make_secret()
    WebhookSecret.objects.create(webhook=webhook, sealed=signing.seal(secret), made_at=at)
    return secret


def _lay_ping(webhook: Webhook, at: datetime) -> WebhookDelivery:
    """Lay a ping for a webhook; it is spread already, since it is for nobody else."""
    event = WebhookEvent.objects.create(
        kind=PING,
        webhook=webhook,
        data={"webhook": webhook.pk, "challenge": secrets.token_urlsafe(32)},
        at=at,
        spread_at=at,
    )
    return WebhookDelivery.objects.create(webhook=webhook, event=event, made_at=at, due_at=at)
