"""Policies for machines: a dataset's as an ODRL offer, a grant's as an ODRL agreement."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.wording import said as _
from api import answers, documents, metering
from api.calls import caller_of
from catalog.models import Dataset
from exchange import access, odrl
from exchange.access import Caller
from exchange.models import Grant
from exchange.problems import Problem
from policy.terms import Channel, ReaderKind

LINKED_DATA = "application/ld+json"


class GrantUnknown(Problem):
    """The caller's department is no party to such a grant; whether there is one is not told."""

    code = "grant-unknown"
    status = 404


class DatasetPolicy(APIView):
    """What may be done with a dataset, by whom and until when."""

    @extend_schema(
        operation_id="get_dataset_policy",
        summary="The dataset's policy as ODRL 2.2 (JSON-LD)",
        tags=["datasets"],
        responses={(200, LINKED_DATA): documents.OfferDocument, **documents.PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return the policy as it stands today."""
        meter = metering.spend(request)
        head = access.head(slug)
        dataset = Dataset.objects.select_related("owner").get(pk=head.dataset_id)
        return _linked(odrl.offer(dataset, today=timezone.localdate()), meter)


class GrantPolicy(APIView):
    """What was agreed between two departments."""

    @extend_schema(
        operation_id="get_grant_policy",
        summary="An agreement as ODRL 2.2 (JSON-LD), for its two departments",
        tags=["department"],
        responses={(200, LINKED_DATA): documents.AgreementDocument, **documents.PROBLEMS},
    )
    def get(self, request: Request, grant_id: int) -> HttpResponse:
        """Return the agreement as it stands today."""
        meter = metering.spend(request)
        grant = agreed(grant_id, caller_of(request))
        return _linked(odrl.agreement(grant, today=timezone.localdate()), meter)


def agreed(grant_id: int, caller: Caller) -> Grant:
    """Return a grant between departments to one of its two. Raises GrantUnknown."""
    found = (
        Grant.objects.filter(pk=grant_id, channel=Channel.SHARE)
        .select_related("dataset__owner", "organization")
        .first()
    )
    parties = () if found is None else (found.organization_id, found.dataset.owner_id)
    if found is None or caller.kind != ReaderKind.DEPARTMENT:
        raise unknown_grant(grant_id)
    if caller.organization_id not in parties:
        raise unknown_grant(grant_id)
    return found


def unknown_grant(grant_id: int) -> GrantUnknown:
    """Return the refusal of a grant to which the caller's department is no party."""
    return GrantUnknown(
        _(
            "Your department is no party to a grant no. %(grant)s. Call with the key of an app of"
            " the department that provides the data, or of the one that receives it."
        )
        % {"grant": grant_id}
    )


def _linked(content: Mapping[str, Any], meter: Mapping[str, str]) -> HttpResponse:
    answer = answers.document(content, meter)
    answer.headers["Content-Type"] = LINKED_DATA
    return answer
