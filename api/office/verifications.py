"""Yes or no under a grant: claims in, match, mismatch or no such subject out."""

import itertools
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, NoReturn

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import keys
from api import answers, metering
from api.authentication import presented
from api.office import entry
from api.office.documents import GRANT, PROBLEMS, TAG, VerificationAnswers, VerificationClaims
from api.office.entry import Departments
from exchange.problems import Problem
from exchange.sharing import entering, serving
from exchange.sharing.claiming import ClaimsUnfit, shaped
from exchange.sharing.entering import Entry
from exchange.sharing.tries import Verdict
from exchange.sharing.verification import Told, Verified, verify_claims
from policy.terms import Mode

LONGEST_BODY = 2_000_000
USED_UP = {Verdict.SUBJECT: "subject-used-up", Verdict.SUBJECTS: "subjects-used-up"}


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
        digest = keys.digest(presented(request.META, request.GET))
        number = entry.grant_named(request.GET.dict())
        claims = _claims(request)

        def look() -> Entry:
            return entering.entered(
                slug,
                digest,
                mode=Mode.VERIFY,
                at=timezone.now(),
                caller=entry.by_key,
                number=number,
            )

        first = look()
        grant = first.served.grant if first.served else None
        meter = metering.charge_under(first.key, grant, cost=len(claims))
        looks = itertools.chain([first], iter(look, None))
        told = verify_claims(lambda: next(looks).at_hand(), claims, at=timezone.now())
        answer = answers.document(_document(told), meter)
        serving.used(told.served.grant, at=timezone.now())
        metering.deliver(
            told.served, rows=len(told.told), size=len(answer.content), mode=Mode.VERIFY
        )
        return answer


def _claims(request: Request) -> list[Mapping[str, Any]]:
    """Return the claims of the body, numbers exactly as written. Raises ClaimsUnfit."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > LONGEST_BODY:
        raise ClaimsUnfit(
            _("The claims are longer than %(most)s bytes. Split them over several calls.")
            % {"most": LONGEST_BODY}
        )
    try:
        told = json.loads(request.body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError):
        told = None
    claims = told.get("claims") if isinstance(told, dict) else None
    if claims is None:
        raise ClaimsUnfit(
            _("The body is to be JSON: %(example)s.")
            % {"example": '{"claims": [{"id": "…", "name": "…"}]}'}
        )
    shaped(claims)
    return claims


def _no_number(word: str) -> NoReturn:
    """Raise ValueError: NaN and Infinity are no JSON."""
    raise ValueError(word)


def _document(verified: Verified) -> dict[str, Any]:
    return {
        "dataset": verified.served.head.slug,
        "grant": verified.served.grant.pk,
        "count": len(verified.told),
        "results": [_told(one) for one in verified.told],
    }


def _told(one: Told) -> dict[str, Any]:
    return {
        "result": one.result,
        "fields": one.fields,
        "because": USED_UP.get(one.because),
    }
