"""A report that a record or an entry is wrong, by a department's app."""

from django.http import HttpResponse
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
from api.office.documents import PROBLEMS, TAG
from api.office.entry import Departments
from api.office.parsing import BoundedJSON
from catalog.models import Dataset
from exchange.correction_flow import CorrectionState
from exchange.models import Wrong
from exchange.sharing import corrections
from exchange.sharing.corrections import Report
from exchange.sharing.requests import RequestUnfit


class CorrectionAsked(serializers.Serializer):
    """What is wrong. A record is named by its row number, or by values of fields by name."""

    dataset = serializers.SlugField(max_length=80)
    wrong = serializers.ChoiceField(choices=Wrong.values, default=Wrong.RECORD)
    row = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    subject = serializers.DictField(
        child=serializers.CharField(max_length=500), required=False, default=dict
    )
    fields = serializers.ListField(  # type: ignore[assignment]  # DRF's attribute of this name
        child=serializers.CharField(max_length=63), required=False, default=list, max_length=500
    )
    text = serializers.CharField(max_length=2000)
    evidence = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)


class CorrectionTaken(serializers.Serializer):
    """The report as it was taken: its number, and until when the provider answers."""

    report = serializers.IntegerField()
    state = serializers.ChoiceField(choices=CorrectionState.values)
    due_on = serializers.DateField()


class OfficeCorrections(APIView):
    """Reports by the caller's department."""

    permission_classes = (Departments,)
    parser_classes = (BoundedJSON,)

    @extend_schema(
        operation_id="report_office_correction",
        summary="Report a record or an entry that is wrong",
        tags=[TAG],
        request=CorrectionAsked,
        responses={201: CorrectionTaken, **PROBLEMS},
    )
    def post(self, request: Request) -> HttpResponse:
        """Take a report; whether the record was found is not told."""
        meter = metering.spend(request)
        asked = CorrectionAsked(data=request.data)
        if not asked.is_valid():
            text = _(
                "What was sent does not fit: %(names)s. The API's document says what each is."
            )
            raise RequestUnfit(text % {"names": ", ".join(asked.errors)})
        told = asked.validated_data
        app = App.objects.select_related("organization").get(pk=caller_of(request).app_id or 0)
        dataset = get_object_or_404(Dataset.objects.known(), slug=told["dataset"])
        taken = corrections.report(
            dataset.pk,
            Report(
                wrong=Wrong(told["wrong"]),
                text=told["text"],
                subject=told["subject"],
                row=told.get("row"),
                fields=tuple(told["fields"]),
                evidence=told["evidence"],
            ),
            organization=app.organization,
            by=None,
            app=app,
            at=timezone.now(),
        )
        body = {"report": taken.pk, "state": taken.state, "due_on": taken.due_on}
        response = answers.document(body, meter)
        response.status_code = 201
        return response
