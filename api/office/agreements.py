"""What two departments agreed, for apps of either: the document with its proof, and a PDF."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from api import answers, metering
from api.calls import caller_of
from api.office.documents import PROBLEMS, TAG, OfficeAgreement
from api.office.entry import Departments
from api.office.grants import stop_told
from api.views.policies import agreed
from exchange.agreements import afterwards, keeping, paper
from exchange.agreements.afterwards import Event
from exchange.models import Agreement
from exchange.sharing import stopping

PDF = "application/pdf"


class OfficeAgreementOne(APIView):
    """The document, and how it stands to the audit chain."""

    permission_classes = (Departments,)

    @extend_schema(
        operation_id="get_office_agreement",
        summary="What was agreed under a grant, with its digest and its place in the audit chain",
        tags=[TAG],
        responses={200: OfficeAgreement, **PROBLEMS},
    )
    def get(self, request: Request, grant_id: int) -> HttpResponse:
        """Return the agreement as it was frozen."""
        meter = metering.spend(request)
        kept = _kept(request, grant_id)
        proof = keeping.prove(kept)
        told = {
            "grant": kept.grant_id,
            "number": kept.number,
            "made_at": timezone.localtime(kept.made_at),
            "digest": kept.digest,
            "algorithm": kept.algorithm,
            "proof": {
                "standing": str(proof.standing),
                "text": proof.sentence,
                "digest": proof.digest,
                "recorded": proof.told,
                "position": proof.position,
            },
            "document": kept.document,
            "afterwards": afterwards.as_json(_afterwards(kept)),
            "stop": stop_told(stopping.of_grants([kept.grant]).get(kept.grant_id)),
        }
        return answers.document(told, meter)


class OfficeAgreementPdf(APIView):
    """The same on paper."""

    permission_classes = (Departments,)

    @extend_schema(
        operation_id="get_office_agreement_pdf",
        summary="What was agreed under a grant, as a PDF",
        tags=[TAG],
        responses={(200, PDF): OpenApiTypes.BINARY, **PROBLEMS},
    )
    def get(self, request: Request, grant_id: int) -> HttpResponse:
        """Return the file; it is the same bytes until something comes after the agreement."""
        meter = metering.spend(request)
        kept = _kept(request, grant_id)
        answer = HttpResponse(
            paper.pdf(kept, afterwards.section(_afterwards(kept))),
            content_type=PDF,
            headers={**metering.TO_THE_CALLER, **meter},
        )
        named = content_disposition_header(as_attachment=True, filename=f"{kept.number}.pdf")
        answer.headers["Content-Disposition"] = named or "attachment"
        return answer


def _kept(request: Request, grant_id: int) -> Agreement:
    return keeping.kept_of(agreed(grant_id, caller_of(request)))


def _afterwards(kept: Agreement) -> list[Event]:
    return afterwards.of(kept, today=timezone.localdate())
