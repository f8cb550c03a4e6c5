"""The people of a company: who builds for it and answers for it, invited, appointed, leaving."""

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import colleagues, invitations, limits
from accounts.colleagues import Invited
from accounts.models import CompanyInvitation, Membership, Organization, User
from accounts.roles import Role
from portal.frame import city_name
from portal.members.company_page import answered_by, companies_of, company_page
from portal.members.door import done, page, person_of, said


class InviteForm(forms.Form):
    """A colleague by e-mail address, and what they are to do."""

    email = forms.EmailField(label=gettext_lazy("E-mail address of the colleague"))
    role = forms.ChoiceField(
        label=gettext_lazy("What they do"),
        choices=[
            (Role.DEVELOPER.value, gettext_lazy("build: apps, keys, calls")),
            (Role.RESPONSIBLE.value, gettext_lazy("answer for the company, too")),
        ],
        widget=forms.RadioSelect,
        initial=Role.DEVELOPER.value,
    )


def company_of(person: User, number: int) -> Organization:
    """Return one of the person's companies. Raises Http404 for another's."""
    found = next((one for one in companies_of(person) if one.pk == number), None)
    if found is None:
        raise Http404
    return found


@company_page
def company(request: HttpRequest, number: int) -> HttpResponse:
    """Show who builds for a company and who answers for it, and whom it invited."""
    person = person_of(request)
    return _shown(request, company_of(person, number), InviteForm())


def _shown(
    request: HttpRequest, found: Organization, form: InviteForm, *, status: int = 200
) -> HttpResponse:
    person = person_of(request)
    answers = found in answered_by(person)
    invited = colleagues.standing(found, at=timezone.now())
    context = {
        "said": said(request),
        "company": found,
        "people": _people(found),
        "me": person,
        "answers": answers,
        "invited": invited.order_by("-pk") if answers else [],
        "form": form,
    }
    return page(request, "portal/members/company.html", context, status=status)


def _people(found: Organization) -> list[tuple[User, bool]]:
    """Return the members of a company, each with whether they answer for it."""
    held = Membership.objects.filter(organization=found, user__is_active=True)
    people: dict[User, bool] = {}
    for one in held.select_related("user").order_by("user__name", "user"):
        people[one.user] = people.get(one.user, False) or one.role == Role.RESPONSIBLE
    return list(people.items())


@company_page
def invite(request: HttpRequest, number: int) -> HttpResponse:
    """Invite a colleague by mail; the answer is the same whether the address is known or not."""
    person = person_of(request)
    found = company_of(person, number)
    if request.method != "POST":
        raise Http404
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _shown(request, found, form, status=400)
    told = form.cleaned_data
    invited = colleagues.invite(
        found, told["email"], Role(told["role"]), by=person, at=timezone.now()
    )
    _mail(invited, person)
    sentence = _("A letter is on its way. It works once, for %(days)s days.")
    return done(request, sentence % {"days": colleagues.DAYS}, "members-company", number=found.pk)


def _mail(invited: Invited, by: User) -> None:
    """Send the letter, in both languages; a few an hour to one address at most."""
    email = invited.invitation.email
    try:
        limits.spend(limits.MAIL, email)
    except limits.TooOften:
        return  # and the page says what it always says

    def written() -> tuple[str, str]:
        terms = {
            "person": by.name,
            "company": invited.invitation.company,
            "city": city_name(),
            "days": colleagues.DAYS,
        }
        text = _(
            "%(person)s invites you to build for “%(company)s” at the data exchange of"
            " %(city)s. Open the address below within %(days)s days; it works once, and for"
            " an account of this e-mail address alone. If you do not know of this, do nothing."
        )
        return _("Invitation to “%(company)s”") % terms, text % terms

    address = settings.PUBLIC_BASE_URL + reverse("members-join", args=[invited.token])
    invitations.letter(email, written, address)


@company_page
def take_back(request: HttpRequest, number: int) -> HttpResponse:
    """Take an invitation back."""
    person = person_of(request)
    rows = CompanyInvitation.objects.filter(company__in=answered_by(person))
    found = rows.filter(pk=number).first()
    if request.method != "POST" or found is None:
        raise Http404
    colleagues.take_back(found.pk, by=person, at=timezone.now())
    return done(request, _("The invitation is void."), "members-company", number=found.company_id)


@company_page
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Say to what one is invited, and join after a click: programs follow links of letters."""
    person, now = person_of(request), timezone.now()
    if request.method != "POST":
        found = colleagues.invitation(token, by=person, at=now)
        context = {"invitation": found, "answers": found.role == Role.RESPONSIBLE}
        return page(request, "portal/members/join.html", context)
    joined = colleagues.join(token, by=person, at=now)
    sentence = _("You build for “%(company)s” now.") % {"company": joined}
    return done(request, sentence, "members-company", number=joined.pk)


@company_page
def colleague(request: HttpRequest, number: int, person: int, what: str) -> HttpResponse:
    """Appoint a colleague to answer for the company, or end their part in it."""
    me = person_of(request)
    found = company_of(me, number)
    if request.method != "POST" or what not in ("appoint", "remove"):
        raise Http404
    if what == "appoint":
        colleagues.appoint(found, person, by=me, at=timezone.now())
        sentence = _("Your colleague answers for the company, too.")
    else:
        colleagues.remove(found, person, by=me, at=timezone.now())
        sentence = _(
            "Your colleague has no part in it any more. Replace keys whose text they know."
        )
    return done(request, sentence, "members-company", number=found.pk)


@company_page
def step_down(request: HttpRequest, number: int) -> HttpResponse:
    """Answer for a company no more."""
    me = person_of(request)
    found = company_of(me, number)
    if request.method != "POST":
        raise Http404
    colleagues.step_down(found, by=me, at=timezone.now())
    return done(
        request, _("You answer for the company no more."), "members-company", number=found.pk
    )


@company_page
def leave(request: HttpRequest, number: int) -> HttpResponse:
    """Leave a company; its keys and apps stay."""
    me = person_of(request)
    found = company_of(me, number)
    if request.method != "POST":
        raise Http404
    colleagues.leave(found, by=me, at=timezone.now())
    sentence = _("You have left “%(company)s”. Its apps and keys stay with it.")
    return done(request, sentence % {"company": found}, "members-companies")
