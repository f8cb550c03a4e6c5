"""A member's webhooks: registered, confirmed, changed; their deliveries looked at and repeated."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import limits, members
from accounts.models import App, User
from catalog.models import Dataset
from exchange.hook_flow import PING, DeliveryState, EventKind, HookState
from exchange.hooks import events, registering
from exchange.hooks.reachable import AddressUnfit
from exchange.hooks.registering import IssuedSecret, WebhookUnfit
from exchange.models import Webhook, WebhookDelivery
from exchange.models.webhooks import LONGEST_URL
from portal.members.door import done, member_page, page, person_of, said

LATEST = 50
OVERLAPS = (0, 1, 3, 7)
SOON = timedelta(minutes=1)
SEPARATORS = re.compile(r"[\s,，、;；]+")

PROBLEMS: Mapping[str, Promise] = {
    "refused": gettext_lazy("The receiver answered, but with none of the codes from 200 to 299."),
    "redirect": gettext_lazy("The receiver leads elsewhere. Register the address it leads to."),
    "challenge": gettext_lazy("The answer does not have the challenge of the ping in it."),
    "not-allowed": gettext_lazy("The address is not one that is called."),
    "not-public": gettext_lazy("The name leads to an address that is not public."),
    "name-unknown": gettext_lazy("No address is known for the name."),
    "too-slow": gettext_lazy("No answer within ten seconds."),
    "certificate": gettext_lazy(
        "The certificate does not fit the name, or nobody vouches for it."
    ),
    "unreachable": gettext_lazy("Nobody answers there, or the line broke."),
    "no-http": gettext_lazy("What came back is not HTTP."),
    "switched-off": gettext_lazy("Given up when the webhook was switched off."),
    "ended": gettext_lazy("Given up when the webhook was ended."),
}


class ToldForm(forms.Form):
    """Of which events of which datasets a webhook is told."""

    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=EventKind.choices,
        error_messages={"required": gettext_lazy("Choose at least one.")},
    )
    datasets = forms.CharField(
        label=gettext_lazy("Of these datasets"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy(
            "The last part of their addresses, or the whole address, by comma or line. That one is"
            " published is told of any dataset."
        ),
    )

    def clean_datasets(self) -> list[int]:
        """Return the numbers of the datasets. Raises ValidationError for one that is not there."""
        typed = SEPARATORS.split(self.cleaned_data["datasets"].replace("\0", ""))
        slugs = {part.rstrip("/").rpartition("/")[2] for part in typed if part}
        found = dict(Dataset.objects.published().filter(slug__in=slugs).values_list("slug", "pk"))
        missing = sorted(slugs - found.keys())
        if missing:
            text = _("There is no dataset “%(slug)s”.")
            raise ValidationError(text % {"slug": missing[0][:60]})
        return sorted(found.values())

    def choices(self) -> list[tuple[str, str, bool]]:
        """Return each kind of event with its name, and whether it is chosen."""
        chosen = set(self["kinds"].value() or ())
        return [(kind.value, str(kind.label), kind.value in chosen) for kind in EventKind]


class NewForm(ToldForm):
    """A new webhook: of which app, and where."""

    app = forms.ChoiceField(label=gettext_lazy("App"))
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=LONGEST_URL,
        widget=forms.TextInput({"inputmode": "url", "spellcheck": "false"}),
        help_text=gettext_lazy("Such as https://example.org/hooks. It cannot be changed later."),
    )
    field_order = ["app", "url", "kinds", "datasets"]

    def __init__(self, apps: list[App], *args: Any, **kwargs: Any) -> None:
        """Offer the apps that are open."""
        super().__init__(*args, **kwargs)
        self.fields["app"].choices = [(str(app.pk), app.name) for app in apps]  # type: ignore[attr-defined]  # of a ChoiceField


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery as its owner reads it."""

    row: WebhookDelivery
    why: str
    body: str

    @property
    def name(self) -> str:
        """The `webhook-id` under which it is sent."""
        return events.name_of(self.row.event)

    @property
    def handle(self) -> str:
        """What it is called in an address."""
        return events.handle_of(self.row)

    @property
    def next_at(self) -> datetime:
        """When one that waits is sent: it rests while its address does, but for a ping."""
        resting = None if self.row.event.kind == PING else self.row.webhook.resting_until
        return max(self.row.due_at, resting or self.row.due_at)

    @property
    def later(self) -> bool:
        """Whether it waits for a moment that is still to come."""
        return self.row.state == DeliveryState.WAITING and self.next_at > timezone.now()

    @property
    def soon(self) -> bool:
        """Whether it is sent within a minute, so that it is worth looking again."""
        waits = self.row.state == DeliveryState.WAITING
        return waits and self.next_at < timezone.now() + SOON

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent once more."""
        return self.row.state != DeliveryState.WAITING and self.row.event.kind != PING


def _mine(person: User) -> QuerySet[Webhook]:
    places = members.places_of(person)
    found = Webhook.objects.filter(app__organization__in=places)
    return found.select_related("app__organization")


def webhook_of(person: User, number: int) -> Webhook:
    """Return a webhook of one of the member's apps. Raises Http404 for another's."""
    return get_object_or_404(_mine(person), pk=number)


@member_page
def webhooks(request: HttpRequest) -> HttpResponse:
    """List the member's webhooks; register another."""
    person = person_of(request)
    apps = list(
        App.objects.filter(organization__in=members.places_of(person), closed_at=None).order_by(
            "-pk"
        )
    )
    form = NewForm(apps, request.POST or None, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            issued = _register(form.cleaned_data, person)
        except AddressUnfit as no:
            form.add_error("url", str(no))
        except WebhookUnfit as no:
            form.add_error(None, str(no))
        else:
            return _shown_once(request, issued)
    listed = _mine(person).exclude(state=HookState.ENDED).filter(app__closed_at=None)
    listed = listed.annotate(
        datasets=Count("subscriptions", distinct=True),
        waiting=Count(
            "deliveries", filter=Q(deliveries__state=DeliveryState.WAITING), distinct=True
        ),
    ).order_by("-pk")
    context = {"webhooks": listed, "apps": apps, "form": form, "said": said(request)}
    status = 400 if form.is_bound else 200
    return page(request, "portal/members/webhooks.html", context, status=status)


def _initial(request: HttpRequest) -> dict[str, Any]:
    asked = request.GET.get("dataset", "")[:100]
    return {"kinds": [EventKind.ROWS_CHANGED, EventKind.WITHDRAWN], "datasets": asked}


def _register(given: Mapping[str, Any], person: User) -> IssuedSecret:
    limits.spend(limits.PING, str(person.pk))
    return registering.register(
        int(given["app"]),
        url=given["url"],
        kinds=given["kinds"],
        datasets=given["datasets"],
        by=person,
        at=timezone.now(),
    )


def _shown_once(request: HttpRequest, issued: IssuedSecret) -> HttpResponse:
    context = {"issued": issued, "webhook": issued.webhook}
    return page(request, "portal/members/webhook_secret.html", context)


@member_page
def webhook(request: HttpRequest, number: int) -> HttpResponse:
    """Show a webhook with its latest deliveries; say anew of what it is told."""
    person = person_of(request)
    found = webhook_of(person, number)
    named = found.subscriptions.order_by("dataset__slug").values_list("dataset__slug", flat=True)
    told = {"kinds": found.kinds, "datasets": "\n".join(named)}
    form = ToldForm(request.POST or None, initial=told)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            registering.change(found.pk, **given, by=person, at=timezone.now())
        except WebhookUnfit as no:
            form.add_error(None, str(no))
        else:
            sentence = _("From now on it is told of these events.")
            return done(request, sentence, "members-webhook", number=found.pk)
    deliveries = _deliveries(found, request.GET.get("state", ""))
    context = {
        "webhook": found,
        "form": form,
        "named": list(named),
        "kinds": [EventKind(kind) for kind in found.kinds if kind in EventKind.values],
        "deliveries": deliveries,
        "moving": any(one.soon for one in deliveries),
        "states": DeliveryState.choices,
        "asked": request.GET.get("state", ""),
        "latest": LATEST,
        "overlaps": OVERLAPS,
        "secrets": _signing(found),
        "said": said(request),
    }
    template = "portal/members/webhook.html"
    if request.headers.get("HX-Request") and request.method == "GET":
        template = "portal/members/webhook_deliveries.html"
    return page(request, template, context, status=400 if form.is_bound else 200)


def _signing(found: Webhook) -> list[dict[str, Any]]:
    """Return since and until when each secret signs; the secrets themselves are not read here."""
    now = timezone.now()
    kept = found.secrets.order_by("-pk").values("made_at", "until")
    return [dict(one) for one in kept if one["until"] is None or one["until"] > now]


def _deliveries(found: Webhook, state: str) -> list[Told]:
    rows = found.deliveries.select_related("event").order_by(F("made_at").desc(), "-pk")
    if state in DeliveryState.values:
        rows = rows.filter(state=state)
    return [
        Told(row, str(PROBLEMS.get(row.problem, row.problem)), events.body_of(row.event).decode())
        for row in rows[:LATEST]
    ]


Step = Callable[[Webhook, User, datetime], object]

STEPS: Mapping[str, tuple[Step, Promise]] = {
    "ping": (
        lambda found, person, now: registering.ping(found.pk, by=person, at=now),
        gettext_lazy("A ping is on its way. What comes back stands below in a moment."),
    ),
    "pause": (
        lambda found, person, now: registering.pause(found.pk, by=person, at=now),
        gettext_lazy("The webhook rests: of what happens from now on it is not told."),
    ),
    "resume": (
        lambda found, person, now: registering.resume(found.pk, by=person, at=now),
        gettext_lazy("The webhook is told of events again."),
    ),
}


@member_page
def step(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """Take one of STEPS with a webhook."""
    person = person_of(request)
    found = webhook_of(person, number)
    if request.method != "POST" or name not in STEPS:
        raise Http404
    if name == "ping":
        limits.spend(limits.PING, str(person.pk))
    take, sentence = STEPS[name]
    take(found, person, timezone.now())
    return done(request, str(sentence), "members-webhook", number=found.pk)


@member_page
def end(request: HttpRequest, number: int) -> HttpResponse:
    """End a webhook."""
    person = person_of(request)
    found = webhook_of(person, number)
    if request.method != "POST":
        raise Http404
    registering.end(found.pk, by=person, at=timezone.now())
    return done(request, _("The webhook is ended; nothing is sent to it."), "members-webhooks")


@member_page
def rotate(request: HttpRequest, number: int) -> HttpResponse:
    """Make a secret in place of another, which signs on for some days."""
    person = person_of(request)
    found = webhook_of(person, number)
    typed = request.POST.get("days", "")
    if typed not in {str(days) for days in OVERLAPS}:
        raise Http404
    overlap = timedelta(days=int(typed))
    issued = registering.rotate(found.pk, overlap=overlap, by=person, at=timezone.now())
    return _shown_once(request, issued)


@member_page
def replay(request: HttpRequest, handle: str) -> HttpResponse:
    """Send one event once more."""
    person = person_of(request)
    number = events.number_of(handle)
    found = get_object_or_404(WebhookDelivery, pk=number, webhook__in=_mine(person))
    if request.method != "POST":
        raise Http404
    limits.spend(limits.REPLAY, str(person.pk))
    registering.replay(found.pk, by=person, at=timezone.now())
    sentence = _("The event is on its way once more, under its own number.")
    return done(request, sentence, "members-webhook", number=found.webhook_id)
