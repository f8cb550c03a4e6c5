"""Fetching a batch file: a link is worth something only while its grant shows the same."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from exchange import vault
from exchange.access import Caller
from exchange.batch_flow import UNFINISHED, BatchState
from exchange.models import BatchEnd, BatchJob, BatchMark
from exchange.problems import Problem
from exchange.records import marks, reading, wholes
from exchange.sharing import batch_files, batch_notices, batches, doubts, serving
from exchange.sharing.serving import Served
from policy.terms import Channel


class BatchUnknown(Problem):
    """The department has no such batch."""

    code = "batch-unknown"
    status = 404


class BatchNotReady(Problem):
    """The file is not written yet."""

    code = "batch-not-ready"
    status = 409
    headers: ClassVar[dict[str, str]] = {"Retry-After": "10"}


class BatchGone(Problem):
    """There is no file, or none any more; the sentence says why."""

    code = "batch-gone"
    status = 410


def own(job_id: int, caller: Caller) -> BatchJob:
    """Return a batch of the caller's department. Raises BatchUnknown, also for another's."""
    jobs = BatchJob.objects.select_related("grant__dataset", "grant__organization", "grant__app")
    held = jobs.filter(grant__organization=caller.organization_id, grant__channel=Channel.SHARE)
    job = held.filter(pk=job_id).first() if caller.organization_id is not None else None
    if job is None or job.grant.app_id not in (None, caller.app_id):
        raise BatchUnknown(
            _("Your department has no batch %(batch)s. Its number came with the answer to POST.")
            % {"batch": job_id}
        )
    return job


def opened(job: BatchJob, caller: Caller, *, at: datetime) -> Served:
    """Return what is served of a job's file, which holds just that and may be fetched now.

    The grant is looked at anew: raises what `serving.under_grant` raises, BatchNotReady,
    BatchGone. A file that shows what the grant no longer does is taken away for good.
    """
    served = batches.served_now(job.grant, caller, at=at)
    if job.state in UNFINISHED:
        raise BatchNotReady(
            _("Batch %(batch)s is not written yet. Ask for its state again in some seconds.")
            % {"batch": job.pk}
        )
    if job.state == BatchState.READY:
        if job.stands(at) != BatchState.READY:
            job = batches.expire(job.pk, BatchEnd.TIME, at=at)
        elif batches.shape(served) != job.shape:
            job = batches.expire(job.pk, BatchEnd.STRICTER, at=at)
    if job.state != BatchState.READY:
        raise _gone(job)
    return served


def taken(job: BatchJob, served: Served, *, at: datetime) -> None:
    """Note that a file is fetched: its grant was used, and nobody waits for it any more."""
    serving.used(served.grant, at=at)
    batch_notices.over(job, at=at)


def contents(job: BatchJob, served: Served, *, at: datetime) -> Iterator[bytes]:
    """Begin to read a file that `opened` let through; returns its bytes, block by block.

    Raises BatchGone where the file is lost. Ends in the middle (reading.Revoked) within
    LEASE_SECONDS of what makes the grant stricter, so that nobody takes the part for the whole.
    """
    key = vault.unseal(bytes(job.sealed_key), purpose=job.address)
    try:
        blocks = batch_files.read(job.pk, key=key)
    except batch_files.FileLost as lost:
        raise _gone(batches.expire(job.pk, BatchEnd.LOST, at=at)) from lost
    return reading.at_intervals(blocks, lambda: _still(job, served))


def _still(job: BatchJob, served: Served) -> None:
    """Return if a file may still be read. Raises reading.Revoked."""
    holds = BatchJob.objects.filter(
        pk=job.pk,
        state=BatchState.READY,
        grant__suspended_at=None,
        grant__revoked_at=None,
        grant__dataset__policy_version=served.head.policy_version,
    )
    if not holds.exists():
        raise reading.Revoked(served.head.slug)


def _gone(job: BatchJob) -> BatchGone:
    return BatchGone(
        _("There is no file of batch %(batch)s: %(reason)s. Ask for a new one.")
        % {"batch": job.pk, "reason": job.get_ended_because_display()}
    )


def manifest(job: BatchJob, served: Served) -> dict[str, Any]:
    """Return what a file is: of which dataset, under which grant, which fields, how many rows.

    `_flags` are its rows that are doubted now, or were at any time since it was begun, and no row
    that is not in it.
    """
    return {
        "batch": job.pk,
        "dataset": job.grant.dataset.slug,
        "grant": job.grant_id,
        "file": job.file_name,
        "format": job.form,
        "gzip": job.packed,
        "row_number": wholes.ROW_NUMBER,
        "fields": job.fields,
        "rows": job.rows,
        "bytes": job.bytes,
        "sha256": job.sha256,
        "seq": job.seq,
        "made_at": job.made_at,
        "mark": job.mark,
        "mark_column": marks.COLUMN if job.mark == BatchMark.COLUMN else None,
        "_flags": doubts.in_file(
            served,
            held=job.doubted,
            since=job.begun_at or job.asked_at,
            last_row=job.last_row,
            seq=job.seq,
        ),
    }
