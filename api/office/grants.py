"""A department's own grants: what each gives, where it stands, what was called under it today."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import quotas
from api import answers, metering
from api.calls import caller_of
from api.documents import AFTER
from api.office.documents import PROBLEMS, TAG, OfficeGrant, OfficeGrantList
from api.office.entry import Departments
from api.views.datasets import after
from catalog.models import Field
from exchange.access import Caller
from exchange.models import Grant, Stop
from exchange.sharing import delivering, serving, standing, stopping, tries
from policy.terms import Channel, Grade, Mode

LIMIT = 100


class OfficeGrants(APIView):
    """The grants of the caller's department."""

    permission_classes = (Departments,)

    @extend_schema(
        operation_id="list_office_grants",
        summary="Your department's grants: state, period, fields, calls today and left",
        tags=[TAG],
        parameters=[AFTER],
        responses={200: OfficeGrantList, **PROBLEMS},
    )
    def get(self, request: Request) -> HttpResponse:
        """Return a page of grants, the newest first."""
        meter = metering.spend(request)
        caller = caller_of(request)
        before = after(request)
        own = _own(caller)
        if before is not None:
            own = own.filter(pk__lt=before)
        found = list(own.select_related("dataset__owner", "app").order_by("-pk")[: LIMIT + 1])
        page = found[:LIMIT]
        address = f"{settings.PUBLIC_BASE_URL}{request.path}"
        following = f"{address}?after={page[-1].pk}" if len(found) > LIMIT else None
        told = as_told(page, timezone.localdate())
        return answers.document({"count": len(page), "next": following, "grants": told}, meter)


class OfficeGrantOne(APIView):
    """One grant of the caller's department."""

    permission_classes = (Departments,)

    @extend_schema(
        operation_id="show_office_grant",
        summary="One of your department's grants",
        tags=[TAG],
        responses={200: OfficeGrant, **PROBLEMS},
    )
    def get(self, request: Request, grant_id: int) -> HttpResponse:
        """Return the grant; one that is not the caller's is not there."""
        meter = metering.spend(request)
        own = _own(caller_of(request)).select_related("dataset__owner", "app")
        found = get_object_or_404(own, pk=grant_id)
        [told] = as_told([found], timezone.localdate())
        return answers.document(told, meter)


def _own(caller: Caller) -> QuerySet[Grant]:
    return Grant.objects.filter(
        Q(app=None) | Q(app=caller.app_id),
        organization=caller.organization_id,
        channel=Channel.SHARE,
    )


def as_told(grants: Sequence[Grant], today: date) -> list[dict[str, Any]]:
    """Return grants as the API tells of them, with their calls of today."""
    meters = [serving.meter(one) for one in grants]
    left = quotas.left_under(meters, at=timezone.now())
    named = {number for one in grants for number in (*one.fields, *_scoped(one))}
    names = dict(Field.objects.filter(pk__in=named).values_list("pk", "name"))
    stops = stopping.of_grants(grants)
    budget = _subjects_left(grants, today)
    waited_for = delivering.days(grants, today)
    return [
        _told(one, left[one.pk], names, today)
        | {"subjects_left": budget.get(one.pk), "stop": stop_told(stops.get(one.pk))}
        | {"deliver_by": waited_for.get(one.pk)}
        for one in grants
    ]


def _subjects_left(grants: Sequence[Grant], today: date) -> dict[int, int]:
    """Return what is left of the budget of misses today, by verification grant that serves."""
    verifies = [
        one for one in grants if str(Mode.VERIFY) in one.modes and standing.of(one, today).serves
    ]
    left = tries.subjects_left([tries.of_grant(one) for one in verifies], at=timezone.now())
    return {one.pk: count for one, count in zip(verifies, left, strict=True)}


def stop_told(stop: Stop | None) -> dict[str, Any] | None:
    """Return an asked stop as the API tells of it, None where there is none."""
    if stop is None:
        return None
    return {
        "state": stop.state,
        "from_day": stop.from_day,
        "answer_by": stop.due_on,
        "text": stopping.sentence(stop),
    }


def _scoped(grant: Grant) -> list[int]:
    return [int(one["field"]) for one in grant.rows]


def _told(
    grant: Grant, left: quotas.GrantLeft, names: dict[int, str], today: date
) -> dict[str, Any]:
    stands = standing.of(grant, today)
    return {
        "grant": grant.pk,
        "dataset": grant.dataset.slug,
        "state": str(stands.state),
        "serves": stands.serves,
        "note": stands.why,
        "modes": grant.modes,
        "purpose": grant.purpose,
        "valid_from": grant.valid_from,
        "valid_until": grant.valid_until,
        "fields": [names[one] for one in grant.fields if one in names],
        "rows": [
            {"field": names.get(int(one["field"]), ""), "values": list(one["values"])}
            for one in grant.rows
        ],
        "clear_up_to": Grade(grant.clear_up_to).name,
        "app": grant.app.name if grant.app else None,
        "daily_quota": left.limit,
        "calls_today": left.calls,
        "calls_left": left.remaining if stands.serves else None,
    }
