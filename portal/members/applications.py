"""A company applies for conditional data: the form with what it would bring, and what follows."""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import NotAllowed
from catalog.models import Dataset
from exchange.models import Grant, ShareRequest
from exchange.sharing import applications, applying, asking, contents, deciding
from exchange.sharing.matrix import Line
from exchange.sharing.requests import RequestIncomplete, RequestUnfit, asked, offered
from exchange.workflow import Step
from portal.frame import number_of
from portal.members import told
from portal.members.apply_form import ApplyForm, first, said_by
from portal.members.company_page import answered_by, companies_of, company_page
from portal.members.door import done, page, person_of, said


@company_page
def listed(request: HttpRequest) -> HttpResponse:
    """List what the person's companies applied for and what they hold."""
    places = companies_of(person_of(request))
    today = timezone.localdate()
    rows = ShareRequest.objects.filter(organization__in=places).select_related(
        "dataset", "organization"
    )
    grants = Grant.objects.filter(organization__in=places).select_related(
        "dataset", "organization"
    )
    context = {
        "said": said(request),
        "companies": places,
        "applications": [_row(one) for one in rows.order_by("-pk")],
        "grants": [(one, one.state(today)) for one in grants.order_by("-pk")],
    }
    return page(request, "portal/members/applications.html", context)


def _row(one: ShareRequest) -> dict[str, Any]:
    return {
        "asked": one,
        "state": told.STATES.get(one.state, one.get_state_display()),
        "tone": told.TONES.get(one.state, ""),
    }


@company_page
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Fill an application in, keep it as a draft, or hand it in."""
    dataset = get_object_or_404(Dataset.objects.published().select_related("owner"), slug=slug)
    return _form(request, dataset, None)


@company_page
def change(request: HttpRequest, number: int) -> HttpResponse:
    """Change a draft, or complete what was sent back."""
    found = application_of(person_of(request), number)
    if not told.can(found, Step.EDIT):
        sentence = _("The application is on its way, so it is not changed any more.")
        return done(request, sentence, "members-application", number=found.pk)
    return _form(request, found.dataset, found)


@company_page
def foreseen(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what the form, as it is filled in now, would bring: a part of the page."""
    dataset = Dataset.objects.published().filter(slug=slug).first()
    companies = answered_by(person_of(request))
    if dataset is None or not companies:
        raise Http404
    form = _made(request, dataset, companies, None)
    form.is_valid()
    renewed = number_of(request.GET.get("renews", ""))
    found = _would_bring(dataset, form, companies, besides=renewed)
    return render(request, "portal/members/foreseen.html", found)


def _form(request: HttpRequest, dataset: Dataset, drafted: ShareRequest | None) -> HttpResponse:
    companies = answered_by(person_of(request))
    if not companies:
        context = {"dataset": dataset, "companies": companies_of(person_of(request))}
        return page(request, "portal/members/no_company.html", context, status=403)
    applying.can_apply(dataset, companies[0])
    form = _made(request, dataset, companies, drafted)
    status: int = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid() and "look" not in request.POST:
            answer, status = _kept(request, dataset, form, drafted)
            if answer is not None:
                return answer
        if "hand_in" in request.POST:
            begun = form.begun(dataset, companies[0], timezone.localdate())
            begun.renews_id = _renewed_by(drafted)
            form.tell(contents.lacking(begun, today=timezone.localdate()))
    elif drafted is not None and "check" in request.GET:
        form = _checked(dataset, drafted)
    context = _would_bring(dataset, form, companies, besides=_renewed_by(drafted)) | {
        "dataset": dataset,
        "form": form,
        "drafted": drafted,
        "renews": _renewed_by(drafted),
        "missing": [] if drafted is None else drafted.missing,
        "not_done": said(request),
    }
    return page(request, "portal/members/apply.html", context, status=status)


def _made(
    request: HttpRequest,
    dataset: Dataset,
    companies: Sequence[Any],
    drafted: ShareRequest | None,
) -> ApplyForm:
    start = first(timezone.localdate()) if drafted is None else said_by(drafted)
    places = companies if drafted is None else [drafted.organization]
    lines = _attainable(dataset, places[0], drafted)
    return ApplyForm(request.POST or None, initial=start, companies=places, lines=lines)


def _checked(dataset: Dataset, drafted: ShareRequest) -> ApplyForm:
    """Return the form of a draft with all that it lacks, each at its field."""
    place = drafted.organization
    lines = _attainable(dataset, place, drafted)
    form = ApplyForm(said_by(drafted), companies=[place], lines=lines)
    form.is_valid()
    form.tell(contents.lacking(drafted, today=timezone.localdate()))
    return form


def _attainable(
    dataset: Dataset, company: Organization, drafted: ShareRequest | None
) -> list[Line]:
    today = timezone.localdate()
    return applying.attainable(dataset, company.pk, today=today, besides=_renewed_by(drafted))


def _renewed_by(drafted: ShareRequest | None) -> int | None:
    """Return the number of the grant that an application is to renew."""
    return None if drafted is None else drafted.renews_id


def _would_bring(
    dataset: Dataset, form: ApplyForm, companies: Sequence[Any], *, besides: int | None = None
) -> dict[str, Any]:
    """Return what the form would bring, field by field; an empty one would bring nothing yet.

    Without the grant that it is to renew, whose number is `besides`.
    """
    today = timezone.localdate()
    if not form.is_bound:
        form = _as_sent(form, companies)
    company = form.cleaned_data.get("organization") or companies[0]
    found = applying.seen_lines(
        dataset, company.pk, form.offer(today), today=today, besides=besides
    )
    lines = told.lines(found)
    return {"lines": lines, "counts": told.counted(lines), "dataset": dataset}


def _as_sent(form: ApplyForm, companies: Sequence[Any]) -> ApplyForm:
    """Return an empty form as if it had been sent as it stands, to look at what it would bring."""
    sent = ApplyForm(dict(form.initial), companies=companies, lines=())
    sent.fields["wanted"].choices = form.fields["wanted"].choices  # type: ignore[attr-defined]  # of a choice
    sent.is_valid()
    return sent


def _kept(
    request: HttpRequest, dataset: Dataset, form: ApplyForm, drafted: ShareRequest | None
) -> tuple[HttpResponse | None, int]:
    """Keep a draft and, where that was pressed, hand it in; a refusal stands in the form."""
    by, now = person_of(request), timezone.now()
    try:
        kept = (
            asking.draft(
                dataset.pk,
                form.terms(),
                organization=form.cleaned_data["organization"],
                by=by,
                at=now,
            )
            if drafted is None
            # which rows it covers is not in the form: a renewal keeps those of its grant
            else asking.change(drafted.pk, replace(form.terms(), rows=drafted.rows), by=by, at=now)
        )
        if "hand_in" not in request.POST:
            sentence = _("The draft is kept. Nobody but your company sees it yet.")
            return done(request, sentence, "members-application", number=kept.pk), HTTPStatus.OK
        return _handed_in(request, form, kept), HTTPStatus.OK
    except (RequestIncomplete, RequestUnfit, NotAllowed) as no:
        form.add_error(None, str(no))
        return None, getattr(no, "status", HTTPStatus.BAD_REQUEST)


def _handed_in(request: HttpRequest, form: ApplyForm, kept: ShareRequest) -> HttpResponse:
    """Hand a kept application in; where something is missing the draft stays, and says what.

    What it lacks stands at each field of the page that this leads to; another refusal is told.
    """
    vouched = form.cleaned_data["vouched"]
    try:
        applications.hand_in(kept.pk, vouched=vouched, by=person_of(request), at=timezone.now())
    except (RequestIncomplete, RequestUnfit) as no:
        told_there = isinstance(no, RequestIncomplete) or not vouched
        sentence = _("The draft is kept, and was not handed in yet. %(why)s")
        request.session["said"] = (sentence % {"why": "" if told_there else no}).strip()
        change = reverse("members-application-change", kwargs={"number": kept.pk})
        return redirect(f"{change}?check=1")
    sentence = _("The application is handed in. The department answers by the day below.")
    return done(request, sentence, "members-application", number=kept.pk)


@company_page
def one(request: HttpRequest, number: int) -> HttpResponse:
    """Show an application: where it stands, until when, what was answered, what happened."""
    found = application_of(person_of(request), number)
    names = told.labels(found.dataset_id)
    context = {
        "said": said(request),
        "asked": found,
        "state": told.STATES.get(found.state, found.get_state_display()),
        "tone": told.TONES.get(found.state, ""),
        "wanted": told.terms(asked(found), names),
        "offer": told.terms(offered(found), names) if _is_answered(found) else None,
        "due": told.due(found),
        "events": told.happenings(found),
        "grant": Grant.objects.filter(request=found).first(),
        "changes": told.can(found, Step.EDIT) and _answers_for(request, found),
        "withdraws": told.can(found, Step.WITHDRAW) and _answers_for(request, found),
        "comments": found.received_at is not None and _answers_for(request, found),
        "answered": _is_answered(found),
    }
    return page(request, "portal/members/application.html", context)


def _is_answered(found: ShareRequest) -> bool:
    """Whether the answer is signed: what is only proposed is not told."""
    return found.answered_at is not None


def _answers_for(request: HttpRequest, found: ShareRequest) -> bool:
    return found.organization in answered_by(person_of(request))


@company_page
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """Take an application back."""
    found = _sent(request, number)
    reason = request.POST.get("reason", "")[:2000]
    asking.withdraw(found.pk, reason=reason, by=person_of(request), at=timezone.now())
    return done(
        request, _("The application is withdrawn."), "members-application", number=found.pk
    )


@company_page
def comment(request: HttpRequest, number: int) -> HttpResponse:
    """Say something that the department reads."""
    found = _sent(request, number)
    text = request.POST.get("text", "")[:2000]
    deciding.comment(found.pk, text=text, by=person_of(request), at=timezone.now())
    return done(request, _("The department can read it."), "members-application", number=found.pk)


def _sent(request: HttpRequest, number: int) -> ShareRequest:
    if request.method != "POST":
        raise Http404
    return application_of(person_of(request), number)


def application_of(person: User, number: int) -> ShareRequest:
    """Return an application of one of the person's companies. Raises Http404 for another's."""
    rows = ShareRequest.objects.filter(organization__in=companies_of(person))
    return get_object_or_404(rows.select_related("dataset__owner", "organization"), pk=number)
