"""Use records of a grant: written and read by the apps of the consumer, read by the provider's."""

from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import App
from api import answers, metering
from api.calls import caller_of
from api.documents import AFTER
from api.office.documents import PROBLEMS, TAG
from api.office.entry import Departments
from api.office.parsing import BoundedJSON
from api.views.datasets import after
from exchange.models import Grant, UseRecord
from exchange.sharing import use_records
from exchange.sharing.use_records import Told, UseUnfit
from policy.terms import Channel

LIMIT = 100


class UseTold(serializers.Serializer):
    """How data was used from `first_on` to `last_on`, both included."""

    first_on = serializers.DateField()
    last_on = serializers.DateField()
    scene = serializers.CharField(max_length=use_records.LONGEST)
    process = serializers.CharField(
        max_length=use_records.LONGEST, required=False, default="", allow_blank=True
    )
    result = serializers.CharField(max_length=use_records.LONGEST)
    stored = serializers.CharField(
        max_length=use_records.LONGEST, help_text="where it is kept, and how it is protected"
    )
    disposed_on = serializers.DateField(required=False, allow_null=True, default=None)
    disposal = serializers.CharField(
        max_length=use_records.LONGEST, required=False, default="", allow_blank=True
    )
    corrects = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=2**63 - 1,
        help_text="the record that this one stands for",
    )


class UseKept(UseTold):
    """A record as it is kept; it is never changed."""

    record = serializers.IntegerField()
    corrected_by = serializers.IntegerField(allow_null=True)
    written_by = serializers.CharField()
    written_at = serializers.DateTimeField()


class UseList(serializers.Serializer):
    """A grant's records, the newest first."""

    grant = serializers.IntegerField()
    kept_until = serializers.DateField(help_text="at the least: three years after the grant's end")
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    uses = UseKept(many=True)


class OfficeUses(APIView):
    """Use records of a grant."""

    permission_classes = (Departments,)
    parser_classes = (BoundedJSON,)

    @extend_schema(
        operation_id="list_office_uses",
        summary="How a grant was used, as its department wrote it down",
        tags=[TAG],
        parameters=[AFTER],
        responses={200: UseList, **PROBLEMS},
    )
    def get(self, request: Request, grant_id: int) -> HttpResponse:
        """Return a page of records, to the consumer or the provider."""
        meter = metering.spend(request)
        organization = caller_of(request).organization_id
        sides = Q(organization=organization) | Q(dataset__owner=organization)
        grant = get_object_or_404(Grant, sides, pk=grant_id, channel=Channel.SHARE)
        rows, before = use_records.of(grant), after(request)
        if before is not None:
            rows = rows.filter(pk__lt=before)
        found = list(rows[: LIMIT + 1])
        page = found[:LIMIT]
        address = f"{settings.PUBLIC_BASE_URL}{request.path}"
        body = {
            "grant": grant.pk,
            "kept_until": use_records.kept_until(grant),
            "count": len(page),
            "next": f"{address}?after={page[-1].pk}" if len(found) > LIMIT else None,
            "uses": [_told(one) for one in page],
        }
        return answers.document(body, meter)

    @extend_schema(
        operation_id="record_office_use",
        summary="Write down how a grant was used",
        tags=[TAG],
        request=UseTold,
        responses={201: UseKept, **PROBLEMS},
    )
    def post(self, request: Request, grant_id: int) -> HttpResponse:
        """Keep a record, as the department that holds the grant."""
        meter = metering.spend(request)
        given = UseTold(data=request.data)
        if not given.is_valid():
            text = _(
                "What was sent does not fit: %(names)s. The API's document says what each is."
            )
            raise UseUnfit(text % {"names": ", ".join(given.errors)})
        told = dict(given.validated_data)
        corrects = told.pop("corrects")
        caller = caller_of(request)
        app = App.objects.select_related("organization").get(pk=caller.app_id or 0)
        get_object_or_404(
            Grant, pk=grant_id, organization=caller.organization_id, channel=Channel.SHARE
        )
        try:
            made = use_records.write(
                grant_id, Told(**told), by=None, app=app, at=timezone.now(), corrects=corrects
            )
        except UseRecord.DoesNotExist as unknown:
            raise Http404 from unknown
        response = answers.document(_told(made), meter)
        response.status_code = 201
        return response


def _told(record: UseRecord) -> dict[str, Any]:
    later = getattr(record, "corrected_by", None)
    return {
        "record": record.pk,
        **{name: getattr(record, name) for name in Told.__slots__},
        "corrects": record.corrects_id,
        "corrected_by": None if later is None else later.pk,
        "written_by": str(record.written_by or record.app),
        "written_at": timezone.localtime(record.written_at),
    }
