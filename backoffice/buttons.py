"""A button of the back office: which verb it calls, who may press it, what it asks first."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from unfold.enums import ActionVariant

from accounts.models import Organization, User
from accounts.refusals import StepRefused
from backoffice.forms.dressed import OfficeForm, OfficeModelForm
from catalog.refusals import CatalogRefusal
from exchange.problems import Problem

REFUSALS = (StepRefused, CatalogRefusal, Problem, ValidationError)
"""What a verb may answer beside a missing right (`accounts.roles.NotAllowed`, 403)."""

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """One press of a button: by whom, when, on which row, and what the form said."""

    by: User
    at: datetime
    target: Any  # the row the button stands at; None for one above a list
    told: dict[str, Any]
    request: HttpRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown once and never again, such as a new key."""

    title: Text
    lines: tuple[tuple[Text, str], ...]
    note: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """The verb was carried out, and this is to be minded."""

    text: Text


def _always(_target: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A verb as people meet it. `press` calls the verb; what it returns decides what is said:

    nothing → `done`; a text → that text; `Warned` → a warning; `Shown` → a page of its own; a
    response, such as a file → just that.
    `offered` says for which rows the button is drawn; pressed elsewhere, the verb refuses.
    `of` says whose right it takes, where two sides meet at a row; else it is the row's owner's.
    """

    name: str
    label: Text
    permission: str
    press: Callable[[Press], Any]
    done: Text
    form: type[OfficeForm] | type[OfficeModelForm] = OfficeForm
    note: Text = ""
    offered: Callable[[Any], bool] = _always
    of: Callable[[Any], Organization] | None = None
    variant: ActionVariant = field(default=ActionVariant.DEFAULT)


def way_to(title: Text, name: str, row: Any) -> dict[str, Any]:
    """Return a button that leads to a page of a row, as the theme draws it."""
    place = reverse(name, args=[row.pk])
    return {"title": title, "path": place, "variant": ActionVariant.DEFAULT, "attrs": {}}


def person_of(request: HttpRequest) -> User:
    """Return who is signed in. The admin lets nobody else come this far."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def sentence(refusal: Exception) -> str:
    """Return a refusal as one text for a person."""
    if isinstance(refusal, ValidationError):
        return " ".join(refusal.messages)
    return str(refusal)


def opening(refusal: Exception) -> str:
    """Return the sentence without the reasons that a page lists below it."""
    return sentence(refusal).replace(" ".join(reasons(refusal)), "").strip()


def status_of(refusal: Exception) -> int:
    """Return the HTTP status of a refusal; what was told and does not fit is 400."""
    return getattr(refusal, "status", 400)


def reasons(refusal: Exception) -> list[str]:
    """Return what stands behind a refusal, one sentence each: all defects, or all grounds."""
    defects = [defect.sentence for defect in getattr(refusal, "defects", ())]
    return defects or [str(ground.text) for ground in getattr(refusal, "grounds", ())]
