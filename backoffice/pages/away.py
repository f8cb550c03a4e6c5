"""“I am away”: who acts for a person in which role, until when, and for whom the person acts."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts import delegations
from accounts.delegations import Away
from accounts.models import Delegation, Membership, User
from accounts.refusals import StepRefused
from accounts.roles import LENDABLE, NotAllowed, Role
from backoffice.buttons import person_of
from backoffice.forms.dressed import DayField, OfficeForm, offer
from backoffice.pages.frame import office_page, shown

SHOWN = 50


class RoleField(forms.ModelChoiceField):
    """A role that the person holds."""

    def label_from_instance(self, obj: Membership) -> str:
        """Name the role and where it is held."""
        return f"{obj.get_role_display()}, {obj.organization}"


class AwayForm(OfficeForm):
    """In which role who acts for the person, on which days, and why."""

    held = RoleField(Membership.objects.none(), label=gettext_lazy("role"))
    to = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("who acts"))
    from_on = DayField(label=gettext_lazy("from"), initial=timezone.localdate)
    until = DayField(
        label=gettext_lazy("until"), help_text=gettext_lazy("The last day, which counts.")
    )
    reason = forms.CharField(
        label=gettext_lazy("reason"), max_length=500, widget=forms.Textarea({"rows": 2})
    )

    def prepare(self) -> None:
        """Offer the person's own roles that can be lent, and their colleagues."""
        held = lendable(self.by)
        places = held.values("organization")
        there = User.objects.filter(is_active=True, memberships__organization__in=places)
        offer(self, "held", held.select_related("organization").order_by("organization", "role"))
        offer(self, "to", there.exclude(pk=self.by.pk).distinct().order_by("name"))


def lendable(person: User) -> Any:
    """Return the roles that a person holds and can lend."""
    return person.memberships.live().filter(role__in=LENDABLE)


@office_page()
def away(request: HttpRequest) -> HttpResponse:
    """Show who acts for whom, and take a new delegation."""
    person = person_of(request)
    if request.method == "POST":
        return _delegate(request, AwayForm(request.POST, by=person))
    return _page(request, AwayForm(by=person))


def _delegate(request: HttpRequest, form: AwayForm) -> HttpResponse:
    if not form.is_valid():
        return _page(request, form, status=400)
    told = form.cleaned_data
    held = told["held"]
    wanted = Away(
        role=Role(held.role),
        organization=held.organization,
        from_on=told["from_on"],
        until=told["until"],
        reason=told["reason"],
    )
    try:
        delegations.delegate(wanted, to=told["to"].pk, by=person_of(request), at=timezone.now())
    except StepRefused as refusal:
        form.add_error(getattr(refusal, "field", None), str(refusal))
        return _page(request, form, status=refusal.status)
    messages.success(request, _("%(person)s acts for you on these days.") % {"person": told["to"]})
    return redirect("admin:away")


def _page(request: HttpRequest, form: AwayForm, status: int = 200) -> HttpResponse:
    person, today = person_of(request), timezone.localdate()
    return shown(
        request,
        "backoffice/away.html",
        title=_("I am away"),
        status=status,
        form=form if lendable(person).exists() else None,
        rows=[(one, _stands(one, today)) for one in delegations.of(person)[:SHOWN]],
    )


@dataclass(frozen=True, slots=True)
class Stands:
    """How a delegation stands on a day: in words, the colour of its badge, whether it can end."""

    label: str
    colour: str
    ends: bool


def _stands(one: Delegation, today: date) -> Stands:
    if one.ended_at is not None or one.until < today:
        return Stands(_("ended"), "", ends=False)
    if one.from_on > today:
        return Stands(_("to come"), "", ends=True)
    return Stands(_("in force"), "good", ends=True)


@office_page()
@require_POST
def end(request: HttpRequest, delegation_id: int) -> HttpResponse:
    """End a delegation that the person gave or took."""
    person = person_of(request)
    if not delegations.of(person).filter(pk=delegation_id).exists():
        raise Http404
    try:
        delegations.end(delegation_id, by=person, at=timezone.now())
    except (StepRefused, NotAllowed) as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("The delegation has ended."))
    return redirect("admin:away")


ADDRESSES = [
    path("away/", away, name="away"),
    path("away/<int:delegation_id>/end/", end, name="away_end"),
]
