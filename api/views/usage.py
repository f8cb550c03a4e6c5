"""What a caller has left."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import quotas
from api import answers, documents
from api.calls import caller_of, key_of


class OwnUsage(APIView):
    """The caller's limits and what is left of them. Asking costs nothing."""

    @extend_schema(
        operation_id="get_usage",
        summary="Your limits, and what is left of them",
        tags=["usage"],
        responses={200: documents.Usage, **documents.problems(400, 401, 429, 503)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the limits, and what is left of them without spending any."""
        caller = caller_of(request)
        quota = quotas.spend(key_of(request) or caller.address, at=timezone.now(), cost=0)
        return answers.document(
            {
                "app": caller.app or None,
                "organization": caller.organization or None,
                "per_minute": quota.limit,
                "minute_remaining": quota.remaining,
                "per_day": quota.day_limit,
                "day_remaining": quota.day_remaining,
                "day_resets_in": quota.day_reset_seconds,
            },
            quota.headers(),
        )
