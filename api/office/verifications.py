"""Yes or no under a grant: claims in, match, mismatch or no such subject out."""

from typing import ClassVar, NoReturn

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from api.office import claims
from api.office.documents import GRANT, PROBLEMS, TAG, VerificationAnswers, VerificationClaims
from api.office.entry import Departments
from api.pages import Asked
from api.views.records import PAID, response
from exchange.problems import Problem


class ForClaims(Problem):
    """The address takes claims, and nothing is read from it."""

    code = "method-not-allowed"
    status = 405
    headers: ClassVar[dict[str, str]] = {"Allow": "POST, OPTIONS"}


class OfficeVerifications(APIView):
    """Claims about subjects of a dataset, held against its rows; no value is ever told."""

    permission_classes = (Departments,)

    def http_method_not_allowed(
        self, request: HttpRequest, *_args: object, **_named: object
    ) -> NoReturn:
        """Raise ForClaims."""
        raise ForClaims(
            _("This address does not take %(method)s. It takes claims: use POST.")
            % {"method": request.method}
        )

    @extend_schema(
        operation_id="verify_claims",
        summary="Whether claims match: one or up to 1,000, under a grant for verification",
        tags=[TAG],
        parameters=[GRANT],
        request=VerificationClaims,
        responses={200: VerificationAnswers, **PROBLEMS},
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Answer each claim: each counts as a call of the grant, all of them as one of the key."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > claims.LONGEST_BODY:
            raise claims.too_long()
        params = dict(request.GET.lists())
        asked = Asked(request.path, slug, params, request.META, request.META.get(PAID))
        asked.body = request.body
        return response(claims.answered(asked))
