"""Batch files of own grants: how far each is, fetching one, asking for a new one."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from accounts.models import User
from accounts.quotas import QuotaExceeded, QuotaUnavailable
from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.pages.asking import sitting
from backoffice.pages.frame import as_file, office_page
from exchange import tasks
from exchange.batch_flow import UNFINISHED, BatchState
from exchange.models import BatchForm, BatchJob, Grant
from exchange.sharing import batch_by_hand, batch_notices, standing
from policy.terms import Mode

SEE = "exchange.view_batchjob"
SHOWN = 5
TURNED_AWAY = (*REFUSALS, QuotaExceeded, QuotaUnavailable)
COLOURS = {
    BatchState.QUEUED: "",
    BatchState.RUNNING: "warn",
    BatchState.READY: "good",
    BatchState.FAILED: "bad",
    BatchState.EXPIRED: "",
}


@dataclass(frozen=True, slots=True)
class File:
    """A job as its department sees it."""

    job: BatchJob
    state: str | Promise
    colour: str
    rows: str
    ready: bool
    advice: str | Promise


@dataclass(frozen=True, slots=True)
class Files:
    """The newest jobs of a grant, whether this person may fetch and ask, and in which formats.

    `why_not` says why nobody can at the moment, where the grant serves nothing.
    """

    grant: Grant
    files: Sequence[File]
    more: int
    asks: bool
    why_not: str
    free: bool
    forms: Sequence[tuple[str, str]]


def of(request: HttpRequest, grants: Sequence[Grant]) -> dict[int, Files]:
    """Return the batch files of grants for whole copies, by the grant's number. One query."""
    whole = [grant for grant in grants if str(Mode.BULK) in grant.modes]
    found: dict[int, list[BatchJob]] = {grant.pk: [] for grant in whole}
    for job in BatchJob.objects.filter(grant__in=whole).order_by("-pk"):
        found[job.grant_id].append(job)
    now = timezone.now()
    return {grant.pk: _files(request, grant, found[grant.pk], now) for grant in whole}


def _files(request: HttpRequest, grant: Grant, jobs: Sequence[BatchJob], now: datetime) -> Files:
    stands = standing.of(grant, timezone.localdate(now))
    may = stands.state not in standing.OVER and request.user.has_perm(
        sitting.ASK, grant.organization
    )
    return Files(
        grant=grant,
        files=[_file(job, now) for job in jobs[:SHOWN]],
        more=max(len(jobs) - SHOWN, 0),
        asks=may and stands.serves,
        why_not=stands.why if may else "",
        free=not any(job.state in UNFINISHED for job in jobs),
        forms=[(value, str(label)) for value, label in BatchForm.choices],
    )


def _file(job: BatchJob, now: datetime) -> File:
    state = job.stands(now)
    advice = batch_notices.ADVICE.get(job.ended_because, "")
    ready = state == BatchState.READY
    return File(job, state.label, COLOURS[state], f"{job.rows:,}", ready, advice)


@office_page(SEE)
@require_POST
def ask(request: HttpRequest, grant_id: int) -> HttpResponseBase:
    """Ask for a file under a grant of the person's own department, and say how it went."""
    places = sitting.own_places(person_of(request))
    if not Grant.objects.filter(pk=grant_id, organization__in=places).exists():
        raise Http404
    form = request.POST.get("form", "")
    try:
        job = batch_by_hand.ask(
            grant_id,
            by=person_of(request),
            at=timezone.now(),
            form=BatchForm(form) if form in BatchForm.values else BatchForm.CSV,
            packed=bool(request.POST.get("packed")),
        )
    except TURNED_AWAY as refusal:
        messages.warning(request, sentence(refusal))
    else:
        with suppress(OperationalError):  # the clock begins what nobody was told of
            tasks.write_batch.delay(job.pk)
        messages.success(request, _("The file is being written. It stands here when it is ready."))
    return redirect("admin:own_grants")


@office_page(SEE)
def fetch(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """Give out a file of the person's own department, which is written down."""
    person = person_of(request)
    job = _own(person, batch_id)
    try:
        job, stream = batch_by_hand.hand_over(job.pk, by=person, at=timezone.now())
    except TURNED_AWAY as refusal:
        messages.warning(request, sentence(refusal))
        return redirect("admin:own_grants")
    answer = StreamingHttpResponse(stream, content_type="application/octet-stream")
    answer["Content-Length"] = str(job.bytes)
    return as_file(answer, job.file_name)


@office_page(SEE)
def manifest(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """Give out what a file is: fields, rows, digest, and which rows are doubted."""
    person = person_of(request)
    job = _own(person, batch_id)
    try:
        told = batch_by_hand.manifest(job.pk, by=person, at=timezone.now())
    except REFUSALS as refusal:
        messages.warning(request, sentence(refusal))
        return redirect("admin:own_grants")
    answer = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 1})
    return as_file(answer, f"{job.file_name}.manifest.json")


def _own(person: User, batch_id: int) -> BatchJob:
    """Return a job of a department of the person's. Raises Http404."""
    jobs = BatchJob.objects.select_related("grant__dataset")
    job = jobs.filter(pk=batch_id, grant__organization__in=sitting.own_places(person)).first()
    if job is None:
        raise Http404
    return job


ADDRESSES = [
    path("own-grants/<int:grant_id>/batch/", ask, name="own_grant_batch"),
    path("own-batches/<int:batch_id>/file/", fetch, name="own_batch_file"),
    path("own-batches/<int:batch_id>/manifest/", manifest, name="own_batch_manifest"),
]
