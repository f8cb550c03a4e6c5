"""What a sitting is about: which datasets, for whom, and what was said of them before."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import NotAllowed, require
from backoffice.buttons import person_of
from backoffice.forms import requests as forms
from backoffice.forms.dressed import places_for
from backoffice.forms.requests import Asking
from backoffice.pages.frame import number_of
from catalog.models import Dataset, Field
from exchange.models import Grant, ShareRequest
from exchange.sharing import contents, sittings
from exchange.workflow import State
from policy.terms import Channel

ASK = "exchange.ask_dataset"
SIGN = "exchange.sign_request"
MOST_DATASETS = 12
CHANGEABLE = (State.DRAFT, State.SUPPLEMENT)


def own_places(person: User) -> set[int]:
    """Return the organisations for which a person sees requests as who asks."""
    return {place for _role, place in person.live_roles()}


def new(request: HttpRequest) -> tuple[Asking, dict[str, Any]]:
    """Return the sitting that an address names, and what its form says at first.

    `dataset` (repeated) names datasets, `copy` an earlier request, `renews` a grant. Raises
    Http404, NotAllowed.
    """
    person, given = person_of(request), request.GET
    organization = _place(person, given.get("for", ""))
    first = forms.first_values(timezone.localdate())
    renews = number_of(given.get("renews", ""))
    if renews is not None:
        return _renewal(renews, person, first)
    copied = _copied(given.get("copy", ""), person)
    told = map(number_of, given.getlist("dataset")[:MOST_DATASETS])
    numbers = [number for number in told if number is not None]
    if copied is not None:
        numbers = numbers or [copied.dataset_id]
        organization = copied.organization
    datasets = _datasets(numbers)
    if not datasets:
        raise Http404
    asking = Asking(organization, datasets, _fields(datasets), {})
    return asking, first | ({} if copied is None else _said(asking, [copied], renewed=True))


def drafted(request: HttpRequest, request_id: int) -> tuple[Asking, dict[str, Any]]:
    """Return the sitting of a request that can be changed, and what it says.

    Raises Http404, NotAllowed.
    """
    person = person_of(request)
    found = mine(person, request_id)
    require(person, ASK, found.organization)
    parts = list(sittings.together(found)) if found.state in CHANGEABLE else [found]
    datasets = [part.dataset for part in parts]
    asking = Asking(
        found.organization,
        datasets,
        _fields(datasets),
        {part.dataset_id: part for part in parts},
        found.renews,
    )
    return asking, _said(asking, parts, renewed=False)


def mine(person: User, request_id: int) -> ShareRequest:
    """Return a request that one of the person's departments asks. Raises Http404."""
    rows = ShareRequest.objects.filter(pk=request_id, organization__in=own_places(person))
    found = rows.select_related(
        "dataset__owner", "organization", "basis", "renews", "drafted_by", "signed_by"
    ).first()
    if found is None:
        raise Http404
    return found


def _place(person: User, wanted: str) -> Organization:
    places = places_for(person, ASK)
    if (number := number_of(wanted)) is not None:
        places = places.filter(pk=number)
    place = places.first()
    if place is None:
        raise NotAllowed(_("You hold no role that asks for datasets in a department."))
    return place


def _renewal(
    grant_id: int, person: User, first: Mapping[str, Any]
) -> tuple[Asking, dict[str, Any]]:
    rows = Grant.objects.filter(channel=Channel.SHARE, organization__in=own_places(person))
    grant = (
        rows.select_related("organization", "dataset__owner", "request")
        .filter(pk=grant_id)
        .first()
    )
    if grant is None:
        raise Http404
    require(person, ASK, grant.organization)
    datasets = [grant.dataset]
    asking = Asking(grant.organization, datasets, _fields(datasets), {}, grant)
    said = {} if grant.request is None else _said(asking, [grant.request], renewed=True)
    held = {"fields_asked": list(grant.fields), "mode": grant.modes[0], "purpose": grant.purpose}
    held |= {"clear_up_to": grant.clear_up_to, "calls_peak": grant.daily_quota}
    held |= forms.values_of_rows(grant.rows)
    return asking, {**first, **said, **held}


def _copied(text: str, person: User) -> ShareRequest | None:
    number = number_of(text)
    return None if number is None else mine(person, number)


def _datasets(numbers: Sequence[int]) -> list[Dataset]:
    rows = Dataset.objects.filter(pk__in=numbers, state=Dataset.State.PUBLISHED)
    return list(rows.select_related("owner").order_by("pk"))


def _fields(datasets: Sequence[Dataset]) -> dict[int, list[Field]]:
    found: dict[int, list[Field]] = {dataset.pk: [] for dataset in datasets}
    rows = Field.objects.filter(resource__dataset__in=datasets, concealed=False).live()
    for field in rows.select_related("resource"):
        found[field.resource.dataset_id].append(field)
    return found


def _said(asking: Asking, parts: Sequence[ShareRequest], *, renewed: bool) -> dict[str, Any]:
    """Return what requests say as first values; a copy begins its period anew."""
    known = {one.pk for fields in asking.fields.values() for one in fields}
    fields = [pk for part in parts for pk in part.fields if pk in known]
    told = forms.values_of(contents.terms_of(parts[0]), fields)
    rows = [one for part in parts for one in part.rows if int(one["field"]) in known]
    told |= forms.values_of_rows(rows)
    if renewed:
        told.pop("wanted_from")
        told.pop("wanted_until")
    return told
