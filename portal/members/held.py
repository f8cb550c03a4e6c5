"""What a company was granted: which fields, until when, how to call, and what was agreed."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from accounts.models import User
from exchange import members_rights
from exchange.agreements import afterwards, keeping, paper
from exchange.agreements.keeping import AgreementMissing
from exchange.agreements.layout import Section, sections
from exchange.models import Agreement, Grant, ShareRequest
from exchange.sharing import asking, lifecycle, renewing, standing
from exchange.workflow import GRANT_MOVES, GrantStep
from portal.members import told
from portal.members.company_page import answered_by, companies_of, company_page
from portal.members.door import done, page, person_of, said


@company_page
def grant(request: HttpRequest, number: int) -> HttpResponse:
    """Show a grant: what may be read under it, until when, and how."""
    person, today = person_of(request), timezone.localdate()
    found = grant_of(person, number)
    answers = found.organization in answered_by(person)
    state, stands = found.state(today), standing.of(found, today)
    renewable = not (found.ending or found.suspended_at or stands.withdrawn)
    draft = ShareRequest.objects.filter(renews=found).on_its_way().first()
    context = {
        "said": said(request),
        "grant": found,
        "stands": stands,
        "gives": told.terms(found, told.labels(found.dataset_id)),
        "has_agreement": answers and Agreement.objects.filter(grant=found).exists(),
        "renews": answers and renewable and draft is None,
        "renewal": draft if answers else None,
        "ends": answers and (state, GrantStep.END) in GRANT_MOVES and found.request_id,
        "disposes": answers and (state, GrantStep.DISPOSE) in GRANT_MOVES and found.request_id,
    }
    return page(request, "portal/members/grant.html", context)


@company_page
def renew(request: HttpRequest, number: int) -> HttpResponse:
    """Draft an application for the same for another period; it is handed in as any other."""
    found, now = _sent(request, number), timezone.now()
    kept = asking.draft(
        found.dataset_id,
        renewing.terms(found, today=timezone.localdate(now)),
        organization=found.organization,
        by=person_of(request),
        at=now,
        renews=found,
    )
    sentence = _("The renewal is drafted. Look at the period, then hand it in.")
    return done(request, sentence, "members-application-change", number=kept.pk)


@company_page
def end(request: HttpRequest, number: int) -> HttpResponse:
    """Say that the purpose is over: nothing is served any more."""
    found = _sent(request, number)
    words = request.POST.get("reason", "")[:2000]
    lifecycle.purpose_over(found.pk, reason=words, by=person_of(request), at=timezone.now())
    sentence = _("The grant has ended. Dispose of what was received, and note how.")
    return done(request, sentence, "members-grant", number=found.pk)


@company_page
def dispose(request: HttpRequest, number: int) -> HttpResponse:
    """Note how what was received was disposed of."""
    found = _sent(request, number)
    words = request.POST.get("receipt", "")[:2000]
    lifecycle.dispose(found.pk, receipt=words, by=person_of(request), at=timezone.now())
    return done(request, _("The department is told."), "members-grant", number=found.pk)


@company_page
def agreement(request: HttpRequest, number: int) -> HttpResponse:
    """Show what was agreed, as it was signed, and what came after it."""
    kept = _kept(request, number)
    annex = _annex(kept)
    parts = [*sections(kept.document), *([annex] if annex else [])]
    context = {"kept": kept, "told": kept.document, "sections": parts}
    return page(request, "portal/members/agreement.html", context)


@company_page
def agreement_paper(request: HttpRequest, number: int) -> HttpResponse:
    """Give an agreement out on paper, with what came after it."""
    kept = _kept(request, number)
    answer = HttpResponse(paper.pdf(kept, _annex(kept)), content_type="application/pdf")
    named = content_disposition_header(as_attachment=True, filename=f"{kept.number}.pdf")
    answer["Content-Disposition"] = named or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _annex(kept: Agreement) -> Section | None:
    """Return what came after an agreement; the trail is read as far as it is the company's own."""
    trail = members_rights.entries_of(kept.grant.address)
    return afterwards.section(afterwards.of(kept, today=timezone.localdate(), trail=trail))


def _kept(request: HttpRequest, number: int) -> Agreement:
    found = grant_of(person_of(request), number)
    try:
        return keeping.of_grant(found.pk, by=person_of(request))
    except AgreementMissing:
        raise Http404 from None


def _sent(request: HttpRequest, number: int) -> Grant:
    if request.method != "POST":
        raise Http404
    return grant_of(person_of(request), number)


def grant_of(person: User, number: int) -> Grant:
    """Return a grant of one of the person's companies. Raises Http404 for another's."""
    rows = Grant.objects.filter(organization__in=companies_of(person))
    return get_object_or_404(
        rows.select_related("dataset__owner", "organization", "request"), pk=number
    )
