"""Whole copies under a grant: asked for, written by a worker, fetched while the grant holds."""

import base64
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from kombu.exceptions import OperationalError
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import keys
from accounts.models import App
from api import answers, metering
from api.authentication import presented
from api.calls import caller_of, key_of
from api.office import entry
from api.office.batch_documents import BatchAsked, BatchDocument, BatchList, BatchManifest
from api.office.documents import GRANT, PROBLEMS, TAG
from api.office.entry import Departments
from api.office.parsing import BoundedJSON
from exchange import tasks
from exchange.models import BatchForm, BatchJob
from exchange.sharing import batch_fetching, batches, entering
from exchange.sharing.requests import RequestUnfit
from policy.terms import Channel, Mode

LIMIT = 100
MEDIA_TYPES = {
    BatchForm.CSV: "text/csv; charset=utf-8; header=present",
    BatchForm.JSONL: "application/x-ndjson",
}


class OfficeBatches(APIView):
    """Batch jobs on a dataset: those there are, and a new one."""

    permission_classes = (Departments,)
    parser_classes = (BoundedJSON,)

    @extend_schema(
        operation_id="list_office_batches",
        summary="Your department's batch jobs on a dataset",
        tags=[TAG],
        responses={200: BatchList, **PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return the newest jobs."""
        meter = metering.spend(request)
        jobs = BatchJob.objects.filter(
            grant__dataset__slug=slug,
            grant__organization=caller_of(request).organization_id,
            grant__channel=Channel.SHARE,
        )
        found = jobs.select_related("grant__dataset").order_by("-pk")[:LIMIT]
        told = [_told(job) for job in found]
        return answers.document({"count": len(told), "batches": told}, meter)

    @extend_schema(
        operation_id="ask_office_batch",
        summary="Ask for a whole copy as a file, under a grant for batches",
        tags=[TAG],
        parameters=[GRANT],
        request=BatchAsked,
        responses={202: BatchDocument, **PROBLEMS},
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Take a job; its address tells how far it is."""
        found = entering.entered(
            slug,
            keys.digest(presented(request.META, request.GET)),
            mode=Mode.BULK,
            at=timezone.now(),
            caller=entry.by_key,
            number=entry.grant_named(request.GET.dict()),
        )
        meter = metering.charge_under(found.key, found.served.grant if found.served else None)
        asked = _asked(request)
        job = batches.ask(
            found.at_hand().grant.pk,
            by=None,
            app=App.objects.get(pk=found.caller.app_id or 0),
            at=timezone.now(),
            form=BatchForm(asked["format"]),
            packed=asked["gzip"],
        )
        with suppress(OperationalError):  # the clock begins what nobody was told of
            tasks.write_batch.delay(job.pk)
        answer = answers.document(_told(job), meter)
        answer.status_code = 202
        answer.headers["Location"] = _address(job)
        return answer


class OfficeBatch(APIView):
    """One batch job."""

    permission_classes = (Departments,)

    @extend_schema(
        operation_id="get_office_batch",
        summary="A batch job: its state, and how far it is",
        tags=[TAG],
        responses={200: BatchDocument, **PROBLEMS},
    )
    def get(self, request: Request, batch_id: int) -> HttpResponse:
        """Return the job."""
        meter = metering.spend(request)
        job = batch_fetching.own(batch_id, caller_of(request))
        return answers.document(_told(job), meter)


class OfficeBatchManifest(APIView):
    """What a job's file is."""

    permission_classes = (Departments,)

    @extend_schema(
        operation_id="get_office_batch_manifest",
        summary="The file's manifest: fields and their treatment, rows, bytes, SHA-256, seq",
        tags=[TAG],
        responses={200: BatchManifest, **PROBLEMS},
    )
    def get(self, request: Request, batch_id: int) -> HttpResponse:
        """Return the manifest of a file that may be fetched."""
        meter = metering.spend(request)
        caller = caller_of(request)
        job = batch_fetching.own(batch_id, caller)
        served = batch_fetching.opened(job, caller, at=timezone.now())
        return answers.document(batch_fetching.manifest(job, served), meter)


class OfficeBatchFile(APIView):
    """A job's file."""

    permission_classes = (Departments,)

    @extend_schema(
        operation_id="fetch_office_batch",
        summary="The file, while the grant holds and shows the same",
        tags=[TAG],
        responses={
            (200, "text/csv"): OpenApiResponse(
                str, description="CSV, JSON lines, or either by gzip"
            ),
            **PROBLEMS,
        },
    )
    def get(self, request: Request, batch_id: int) -> HttpResponseBase:
        """Stream the file; it is written down, under the grant, before the first byte."""
        caller = caller_of(request)
        job = batch_fetching.own(batch_id, caller)
        meter = metering.charge_under(_key(request), job.grant)
        served = batch_fetching.opened(job, caller, at=timezone.now())
        stream = batch_fetching.contents(job, served, at=timezone.now())
        batch_fetching.taken(job, served, at=timezone.now())
        metering.deliver(served, rows=job.rows, size=job.bytes, mode=Mode.BULK)
        return fetched(job, StreamingHttpResponse(stream), meter)


def fetched(
    job: BatchJob, answer: StreamingHttpResponse, meter: dict[str, str]
) -> HttpResponseBase:
    """Say in an answer's headers what file it is."""
    kind = "application/gzip" if job.packed else MEDIA_TYPES[BatchForm(job.form)]
    named = content_disposition_header(as_attachment=True, filename=job.file_name)
    digest = base64.b64encode(bytes.fromhex(job.sha256)).decode()
    headers = {
        "Content-Type": kind,
        "Content-Length": str(job.bytes),
        "Content-Disposition": named or "attachment",
        "Repr-Digest": f"sha-256=:{digest}:",  # RFC 9530
        "X-Seq": str(job.seq),
        "X-Content-Type-Options": "nosniff",
    }
    for name, value in {**headers, **metering.TO_THE_CALLER, **meter}.items():
        answer.headers[name] = value
    return answer


def _key(request: Request) -> keys.ApiKey:
    key = key_of(request)
    if key is None:
        raise entry.no_key()
    return key


def _asked(request: Request) -> dict[str, Any]:
    asked = BatchAsked(data=request.data)
    if not asked.is_valid():
        text = _("What was sent does not fit: %(names)s. The API's document says what each is.")
        names = asked.errors if isinstance(asked.errors, dict) else ["JSON"]
        raise RequestUnfit(text % {"names": ", ".join(names)})
    return asked.validated_data


def _address(job: BatchJob) -> str:
    return f"{settings.PUBLIC_BASE_URL}/api/v1/office/batches/{job.pk}"


def _told(job: BatchJob) -> dict[str, Any]:
    return {
        "batch": job.pk,
        "dataset": job.grant.dataset.slug,
        "grant": job.grant_id,
        "state": str(job.stands(timezone.now())),
        "note": str(job.get_ended_because_display()),
        "format": job.form,
        "gzip": job.packed,
        "mark": job.mark,
        "rows": job.rows,
        "bytes": job.bytes,
        "asked_at": job.asked_at,
        "made_at": job.made_at,
        "expires_at": job.expires_at,
        "url": _address(job),
        "file": f"{_address(job)}/file",
        "manifest": f"{_address(job)}/manifest",
    }
