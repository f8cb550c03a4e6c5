"""Batch files of own grants: how far each is, fetching one, asking for a new one."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.pages.asking import sitting
from backoffice.pages.frame import office_page
from exchange import tasks
from exchange.batch_flow import UNFINISHED, BatchState
from exchange.models import BatchForm, BatchJob, Grant
from exchange.sharing import batch_fetching, batches
from exchange.workflow import GrantState
from policy.terms import Mode

SEE = "exchange.view_batchjob"
SHOWN = 5
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
    ready: bool


@dataclass(frozen=True, slots=True)
class Files:
    """The newest jobs of a grant, whether this person may fetch and ask, and in which formats."""

    grant: Grant
    files: Sequence[File]
    more: int
    asks: bool
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
    live = grant.state(timezone.localdate(now)) == GrantState.LIVE
    asks = live and request.user.has_perm(sitting.ASK, grant.organization)
    return Files(
        grant=grant,
        files=[_file(job, now) for job in jobs[:SHOWN]],
        more=max(len(jobs) - SHOWN, 0),
        asks=asks,
        free=not any(job.state in UNFINISHED for job in jobs),
        forms=[(value, str(label)) for value, label in BatchForm.choices],
    )


def _file(job: BatchJob, now: datetime) -> File:
    state = job.stands(now)
    return File(job, state.label, COLOURS[state], state == BatchState.READY)


@office_page(SEE)
@require_POST
def ask(request: HttpRequest, grant_id: int) -> HttpResponseBase:
    """Ask for a file under a grant of the person's own department, and say how it went."""
    places = sitting.own_places(person_of(request))
    if not Grant.objects.filter(pk=grant_id, organization__in=places).exists():
        raise Http404
    form = request.POST.get("form", "")
    try:
        job = batches.ask(
            grant_id,
            by=person_of(request),
            at=timezone.now(),
            form=BatchForm(form) if form in BatchForm.values else BatchForm.CSV,
            packed=bool(request.POST.get("packed")),
        )
    except REFUSALS as refusal:
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
    job = BatchJob.objects.filter(
        pk=batch_id, grant__organization__in=sitting.own_places(person)
    ).first()
    if job is None:
        raise Http404
    try:
        job, stream = batch_fetching.hand_over(batch_id, by=person, at=timezone.now())
    except REFUSALS as refusal:
        messages.warning(request, sentence(refusal))
        return redirect("admin:own_grants")
    answer = StreamingHttpResponse(stream, content_type="application/octet-stream")
    named = content_disposition_header(as_attachment=True, filename=job.file_name)
    answer["Content-Disposition"] = named or "attachment"
    answer["Content-Length"] = str(job.bytes)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer


ADDRESSES = [
    path("own-grants/<int:grant_id>/batch/", ask, name="own_grant_batch"),
    path("own-batches/<int:batch_id>/file/", fetch, name="own_batch_file"),
]
