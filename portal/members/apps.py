"""A member's apps and their keys: made, shown once, replaced, revoked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import addresses, bounds, developers, keys, limits, members, quotas
from accounts.keys import Bounds, IssuedKey
from accounts.models import ApiKey, App, User
from catalog.models import Dataset
from portal.frame import choose_language
from portal.members.door import done, member_page, page, person_of, refused, said

OWN = "own"
MOST_DAYS = 365
OVERLAPS = (0, 1, 7, 30)


class AppForm(forms.Form):
    """A new app: its name, and for whom."""

    name = forms.CharField(label=gettext_lazy("Name of the app"), max_length=100)
    place = forms.ChoiceField(label=gettext_lazy("Who builds it"))

    def __init__(self, person: User, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        companies = [one for one in members.places_of(person) if not one.is_personal]
        self.companies = {str(one.pk): one for one in companies}
        choices = [
            (OWN, _("I myself, as a citizen")),
            *((k, str(v)) for k, v in self.companies.items()),
        ]
        self.fields["place"].choices = choices  # type: ignore[attr-defined]  # of a ChoiceField


class KeyForm(forms.Form):
    """A new key: what it is called, how long it works, and what it is bound to."""

    label = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Such as “web site”, to tell keys apart."),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days it works"), min_value=1, max_value=MOST_DAYS, initial=180
    )
    datasets = forms.CharField(
        label=gettext_lazy("Only for these datasets"),
        required=False,
        max_length=5000,
        help_text=gettext_lazy("The last part of their addresses, by comma. Empty: every one."),
    )
    addresses = forms.CharField(
        label=gettext_lazy("Only from these network addresses"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy(
            "Such as 203.0.113.7 or 203.0.113.0/24, by comma. Empty: anywhere."
        ),
    )

    def clean_datasets(self) -> str:
        """Return the numbers of the datasets. Raises ValidationError for one that is not there."""
        typed = self.cleaned_data["datasets"].replace("，", ",")
        slugs = {part.strip().rpartition("/")[2] for part in typed.split(",") if part.strip()}
        found = dict(Dataset.objects.published().filter(slug__in=slugs).values_list("slug", "pk"))
        missing = sorted(slugs - found.keys())
        if missing:
            text = _("There is no dataset “%(slug)s”.")
            raise ValidationError(text % {"slug": missing[0]})
        return bounds.as_numbers(found.values())

    def clean_addresses(self) -> str:
        """Return the networks."""
        return bounds.as_networks(self.cleaned_data["addresses"])


@member_page
def apps(request: HttpRequest) -> HttpResponse:
    """List the member's apps; register another."""
    person, now = person_of(request), timezone.now()
    form = AppForm(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["place"]
        place = members.own_place(by=person, at=now) if chosen == OWN else form.companies[chosen]
        try:
            made = developers.create_app(place, form.cleaned_data["name"], by=person, at=now)
        except ValidationError as no:
            form.add_error("name", no.messages[0])
        else:
            sentence = _("The app is registered. Make a key for it next.")
            return done(request, sentence, "members-app", number=made.pk)
    context = {"apps": _apps(person), "form": form, "said": said(request), "now": now}
    status = 400 if form.is_bound else 200
    return page(request, "portal/members/apps.html", context, status=status)


def _apps(person: User) -> list[App]:
    found = App.objects.filter(organization__in=members.places_of(person))
    found = found.select_related("organization").prefetch_related("keys")
    return list(found.order_by("closed_at", "-pk"))


def app_of(person: User, number: int) -> App:
    """Return an app of one of the member's places. Raises Http404 for another's."""
    own = App.objects.filter(organization__in=members.places_of(person))
    found = own.select_related("organization").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def key_of(person: User, number: int) -> ApiKey:
    """Return a key of one of the member's apps. Raises Http404 for another's."""
    own = ApiKey.objects.filter(app__organization__in=members.places_of(person))
    found = own.select_related("app__organization").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


@member_page
def app(request: HttpRequest, number: int) -> HttpResponse:
    """Show an app with its keys; make a key."""
    person, now = person_of(request), timezone.now()
    found = app_of(person, number)
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        limits.spend(limits.NEW_KEY, str(person.pk))
        given = form.cleaned_data
        issued = keys.issue(
            found,
            by=person,
            at=now,
            expires_at=now + timedelta(days=given["days"]),
            label=given["label"],
            bounds=Bounds(given["datasets"], given["addresses"]),
        )
        return _shown_once(request, issued)
    listed = list(found.keys.order_by("-pk"))
    context = {
        "app": found,
        "keys": _told(listed, now),
        "form": form,
        "overlaps": OVERLAPS,
        "said": said(request),
    }
    return page(request, "portal/members/app.html", context, status=400 if form.is_bound else 200)


def _told(listed: Sequence[ApiKey], now: datetime) -> list[dict[str, Any]]:
    """Return what the page tells of each key; the datasets that any of them names in one query."""
    bound = {key.pk: bounds.numbers(key.datasets) for key in listed if key.datasets}
    named = Dataset.objects.in_bulk(set().union(*bound.values())) if bound else {}
    return [
        {
            "key": key,
            "works": key.revoked_at is None and key.expires_at > now,
            "datasets": [named[pk].slug for pk in sorted(bound.get(key.pk, ())) if pk in named],
        }
        for key in listed
    ]


def _shown_once(request: HttpRequest, issued: IssuedKey) -> HttpResponse:
    context = {"issued": issued, "app": issued.key.app}
    return page(request, "portal/members/key.html", context)


@member_page
def rotate(request: HttpRequest, number: int) -> HttpResponse:
    """Make a key in place of another, which works on for some days."""
    person = person_of(request)
    key = key_of(person, number)
    typed = request.POST.get("days", "")
    if typed not in {str(days) for days in OVERLAPS}:
        raise Http404
    limits.spend(limits.NEW_KEY, str(person.pk))
    overlap = timedelta(days=int(typed))
    return _shown_once(request, keys.rotate(key.pk, overlap=overlap, by=person, at=timezone.now()))


@member_page
def revoke(request: HttpRequest, number: int) -> HttpResponse:
    """Revoke a key."""
    key = key_of(person_of(request), number)
    if request.method != "POST":
        raise Http404
    keys.revoke(key.pk, by=person_of(request), at=timezone.now())
    sentence = _("The key is revoked: the next call with it is refused.")
    return done(request, sentence, "members-app", number=key.app_id)


@member_page
def close_app(request: HttpRequest, number: int) -> HttpResponse:
    """Close an app, with all its keys."""
    found = app_of(person_of(request), number)
    if request.method != "POST":
        raise Http404
    developers.close_app(found.pk, by=person_of(request), at=timezone.now())
    sentence = _("The app is closed; its keys are refused from the next call on.")
    return done(request, sentence, "members-apps")


def leaked(request: HttpRequest) -> HttpResponse:
    """Take a report that a key was seen in public: from anybody, signed in or not."""
    choose_language(request)
    try:
        return _leaked(request)
    except (limits.TooOften, limits.Uncounted) as no:
        return refused(request, no)


def _leaked(request: HttpRequest) -> HttpResponse:
    text = request.POST.get("key", "").strip()[:500]
    if request.method == "POST" and text:
        limits.spend(limits.LEAK, quotas.by_address(addresses.of(request.META)))
        keys.report_leak(text, at=timezone.now())
    context = {"reported": request.method == "POST" and bool(text)}
    return page(request, "portal/members/leaked.html", context)
