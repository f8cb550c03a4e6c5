"""A person's own account: roles, password, language, second factor."""

from dataclasses import dataclass
from typing import Any

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import second_factor
from accounts.models import Membership, User
from accounts.refusals import StepRefused
from backoffice.buttons import person_of
from backoffice.pages.frame import office_page, shown
from backoffice.sign_in import CodeForm


@dataclass(frozen=True, slots=True)
class Factor:
    """How it stands with a person's second factor."""

    on: bool
    required: bool
    codes_left: int


@office_page()
def me(request: HttpRequest) -> HttpResponse:
    """Show who one is here, and what one can change oneself."""
    person = person_of(request)
    held = Membership.objects.live().filter(user=person).select_related("organization")
    return shown(
        request,
        "backoffice/me.html",
        title=_("My account"),
        person=person,
        held=held.order_by("organization", "role"),
        factor=_factor(person),
        form=CodeForm(),
    )


@never_cache
@sensitive_post_parameters()
@office_page()
def set_up(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app: scan, then type the first code; recovery codes come once."""
    person = person_of(request)
    if second_factor.has(person):
        return redirect("admin:me")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            codes = second_factor.confirm(form.cleaned_data["code"], by=person, at=timezone.now())
        except StepRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            return _codes(request, codes)
    found = second_factor.offer(by=person)
    return shown(
        request,
        "backoffice/second_factor.html",
        title=_("Set up the second factor"),
        form=form,
        picture=picture(found.uri),
        secret=found.secret,
        required=second_factor.is_required_of(person),
    )


@never_cache
@sensitive_post_parameters()
@office_page()
def change(request: HttpRequest, what: str) -> HttpResponse:
    """Renew the recovery codes, or do without the second factor; either asks for a code."""
    person, now = person_of(request), timezone.now()
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if not second_factor.check(person, form.cleaned_data["code"], at=now):
            form.add_error("code", second_factor.wrong_sentence())
            return _asked(request, what, form)
        try:
            if what == "codes":
                return _codes(request, second_factor.renew_codes(by=person, at=now))
            second_factor.give_up(by=person, at=now)
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
            return _asked(request, what, form, status=409)
        return redirect("admin:me")
    return _asked(request, what, form)


def picture(text: str) -> SafeString:
    """Return a text as a QR code, dark on white in any theme."""
    drawn = segno.make(text, micro=False).svg_inline(scale=5, light="#fff", dark="#000", border=4)
    return mark_safe(drawn)  # noqa: S308 - squares drawn by segno


def _factor(person: User) -> Factor:
    return Factor(
        on=second_factor.has(person),
        required=second_factor.is_required_of(person),
        codes_left=second_factor.codes_left(person),
    )


def _asked(request: HttpRequest, what: str, form: Any, status: int = 200) -> HttpResponse:
    titles = {
        "codes": _("New recovery codes"),
        "remove": _("Do without the second factor"),
    }
    return shown(request, "backoffice/ask_code.html", title=titles[what], status=status, form=form)


def _codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return shown(request, "backoffice/recovery_codes.html", title=_("Recovery codes"), codes=codes)


ADDRESSES = [
    path("me/", me, name="me"),
    path("me/second-factor/", set_up, name="second_factor"),
    path("me/second-factor/codes/", change, {"what": "codes"}, name="second_factor_codes"),
    path("me/second-factor/remove/", change, {"what": "remove"}, name="second_factor_remove"),
]
