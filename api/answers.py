"""Documents for the caller who asked: kept by no cache on the way, Chinese readable as it is."""

from collections.abc import Mapping
from typing import Any

from django.http import JsonResponse

from api.metering import TO_THE_CALLER


def document(content: Mapping[str, Any], headers: Mapping[str, str]) -> JsonResponse:
    """Return content as JSON, with what the call left of the quota in its headers."""
    return JsonResponse(
        content,
        json_dumps_params={"ensure_ascii": False},
        headers={**TO_THE_CALLER, **headers},
    )
