"""What was agreed under a grant, for people of its two departments and the data authority."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from backoffice.buttons import person_of
from backoffice.pages.frame import as_file, office_page, shown
from exchange.agreements import afterwards, keeping, paper
from exchange.agreements.keeping import AgreementMissing, Standing
from exchange.agreements.layout import Section, sections
from exchange.models import Agreement, Grant
from exchange.sharing import standing, stopping

LIGHTS = {Standing.GOOD: "good", Standing.WAITING: "warn", Standing.SEALED: "warn"}
"""The light of each standing; what is not here is red."""


@office_page(keeping.SEE)
@require_safe
def one(request: HttpRequest, grant_id: int) -> HttpResponse:
    """Show an agreement as it was signed, and whether the audit chain agrees."""
    kept = _kept(request, grant_id)
    proof = keeping.prove(kept)
    return shown(
        request,
        "backoffice/sharing/agreement.html",
        title=_("Agreement on grant %(grant)s") % {"grant": grant_id},
        kept=kept,
        told=kept.document,
        sections=sections(kept.document),
        annex=_annex(kept),
        proof=proof,
        light=LIGHTS.get(proof.standing, "bad"),
        stop=_stop(kept),
        stands=standing.of(kept.grant, timezone.localdate()),
    )


@office_page(keeping.SEE)
@require_safe
def as_pdf(request: HttpRequest, grant_id: int) -> HttpResponse:
    """Give an agreement out on paper."""
    kept = _kept(request, grant_id)
    answer = HttpResponse(paper.pdf(kept, _annex(kept)), content_type="application/pdf")
    return as_file(answer, f"{kept.number}.pdf")


def _annex(kept: Agreement) -> Section | None:
    return afterwards.section(afterwards.of(kept, today=timezone.localdate()))


def _stop(kept: Agreement) -> str:
    """Return what was asked or settled about a stop of the service; "" where nothing was."""
    found = stopping.of_grants([kept.grant]).get(kept.grant_id)
    return "" if found is None else stopping.sentence(found)


def _kept(request: HttpRequest, grant_id: int) -> Agreement:
    try:
        return keeping.of_grant(grant_id, by=person_of(request))
    except (Grant.DoesNotExist, AgreementMissing) as missing:
        raise Http404(str(missing)) from missing


ADDRESSES = [
    path("agreements/<int:grant_id>/", one, name="agreement"),
    path("agreements/<int:grant_id>/pdf/", as_pdf, name="agreement_pdf"),
]
