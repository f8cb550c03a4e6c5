"""Celery's side of the exchange: each task is one line over a verb."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from catalog import line_reviews
from exchange import freshness, opening, public_files, sketching
from exchange.hooks import sending, spreading, sweeping
from exchange.models import Binding, RejectedRow, SyncRun
from exchange.problems import AlreadyRunning, Problem, SourceUnavailable
from exchange.records import zones
from exchange.schedules import WithdrawnDataset
from exchange.sharing import (
    batch_sweeping,
    batch_writing,
    batches,
    corrections,
    delivering,
    doubts,
    lifecycle,
    stopping,
    use_records,
)
from exchange.sharing import clocks as request_clocks
from exchange.sync import engine, undo

DUE_SECONDS = 60.0


@shared_task(
    autoretry_for=(SourceUnavailable,),
    dont_autoretry_for=(AlreadyRunning,),
    retry_backoff=60,  # seconds, doubled each time up to ten minutes
    max_retries=5,
)
def sync(binding_id: int, requested_by: int | None = None) -> int | None:
    """Run one sync and return its run id, None where another worker is at it or nothing may come.

    `requested_by` is the id of the person who asked for it, None for the schedule.

    Safe to repeat: a run holds a lease, starts at the last checkpoint, and goes live whole.
    """
    try:
        person = None if requested_by is None else User.objects.get(pk=requested_by)
        return engine.sync(binding_id, requested_by=person).pk
    except (AlreadyRunning, WithdrawnDataset):
        return None


@shared_task
def trial(binding_id: int, requested_by: int) -> int | None:
    """Try a sync out and return its run id, None where it could not be: the run says why.

    Safe to repeat: a trial leaves nothing but its counts and its rejected rows.
    """
    try:
        return engine.trial(binding_id, by=User.objects.get(pk=requested_by)).pk
    except Problem:
        return None


@shared_task
def sync_due() -> int:
    """Start a sync for each binding whose time has come; returns how many.

    One that is held back waits for a person, one that runs for its end; one whose worker died is
    begun again, for its message comes back hours later only. A message that no worker takes before
    the next look expires: that look sends another.
    """
    now = timezone.now()
    busy = SyncRun.objects.busy(now).values("binding_id")
    due = Binding.objects.due(now).exclude(pk__in=busy).values_list("pk", flat=True)
    for binding_id in due:
        sync.apply_async((binding_id,), expires=DUE_SECONDS)
    return len(due)


@shared_task
def sweep() -> int:
    """Drop retired versions, tombstones, replaced and rejected rows kept long enough.

    Returns how many versions.
    """
    now = timezone.now()
    RejectedRow.objects.filter(expires_at__lte=now).delete()
    undo.sweep(at=now)
    sweeping.sweep(at=now)
    return zones.sweep(
        readers_done_by=now - timedelta(seconds=settings.DOWNLOAD_TIMEOUT_S),
        tombstones_before=now - timedelta(days=settings.TOMBSTONE_DAYS),
        at=now,
    )


@shared_task
def reproject_due() -> int:
    """Bring zones to what the negative list says today; returns how many datasets."""
    return opening.reproject_due(at=timezone.now())


@shared_task
def mask_anew() -> int:
    """Fill zones anew that another release masked; returns how many datasets. Safe to repeat."""
    return opening.mask_anew(at=timezone.now())


@shared_task
def tend_public_files() -> int:
    """Make the folder of public files hold what everybody is given; returns how many differed.

    Safe to repeat. Its worker has both folders of files.
    """
    return public_files.tend(at=timezone.now())


@shared_task
def remind_of_lines() -> int:
    """Tell of lines of the negative list whose review comes near, or that ran out; how many."""
    return line_reviews.remind(at=timezone.now())


@shared_task
def remind_of_requests() -> int:
    """Work out anew until when requests are answered and rows shared; tell of near and late ones.

    Returns how many were told of.
    """
    now = timezone.now()
    return request_clocks.remind(at=now) + delivering.remind(at=now)


@shared_task
def remind_of_uses() -> int:
    """Tell consumers of grants called in the last quarter without a use record; returns how many.

    Safe to repeat: each is told once of a quarter while it is open.
    """
    return use_records.remind(at=timezone.now())


@shared_task
def follow_stops() -> int:
    """End what was agreed to stop, once its day has come, tell of silence and of last days.

    Safe to repeat. Calls are refused from the first hour of the day on, whenever this runs.
    Returns how many grants it was about.
    """
    now = timezone.now()
    told = lifecycle.tell_runs_out(at=now) + lifecycle.tell_run_out(at=now)
    return stopping.follow(at=now) + told


@shared_task
def follow_corrections() -> int:
    """Tell readers of records that a sync has corrected, and of late answers; how many told of."""
    now = timezone.now()
    return doubts.spread_due(at=now) + corrections.remind(at=now)


@shared_task
def write_batch(job_id: int) -> int | None:
    """Write a batch file; returns the job's id, None where another worker is at it.

    Safe to repeat: one worker at a time, and a file appears whole or not at all.
    """
    done = batch_writing.write(job_id)
    return None if done is None else done.pk


@shared_task
def batches_due() -> int:
    """Take files away whose time is over, and begin jobs that were left; returns how many files.

    Whoever asks for a batch starts it; this is for messages that were lost and workers that died.
    """
    now = timezone.now()
    for job_id in batches.left(before=now - timedelta(seconds=DUE_SECONDS)):
        write_batch.apply_async((job_id,), expires=DUE_SECONDS)
    return batch_sweeping.sweep(at=now)


@shared_task
def tell_late() -> int:
    """Tell publishers which datasets are later than promised; returns how many are."""
    return freshness.tell_late(at=timezone.now())


@shared_task
def sketch_due() -> int:
    """Sketch what the fields of changed tables hold; returns how many tables. Safe to repeat."""
    return sketching.sketch_due(at=timezone.now())


@shared_task
def send_webhooks() -> int:
    """Give events out to who listens and post what is due; returns how many tries were made.

    Safe to repeat and to run side by side: what one worker has in hand the others pass by.
    """
    while spreading.spread(at=timezone.now()):
        pass
    return sending.send_due()


def _every(seconds: float, task: str) -> dict[str, object]:
    """Return one line of the schedule; a message not taken in time is dropped: the next comes."""
    return {
        "task": f"exchange.tasks.{task}",
        "schedule": seconds,
        "options": {"expire_seconds": int(seconds)},
    }


SCHEDULE = {
    "sync-due": _every(DUE_SECONDS, "sync_due"),
    "sweep": _every(600.0, "sweep"),
    "reproject-due": _every(3600.0, "reproject_due"),
    "mask-anew": _every(600.0, "mask_anew"),
    "tend-public-files": _every(600.0, "tend_public_files"),
    "remind-of-lines": _every(3600.0, "remind_of_lines"),
    "remind-of-requests": _every(3600.0, "remind_of_requests"),
    "remind-of-uses": _every(3600.0, "remind_of_uses"),
    "follow-stops": _every(600.0, "follow_stops"),
    "sketch-due": _every(600.0, "sketch_due"),
    "follow-corrections": _every(600.0, "follow_corrections"),
    "batches-due": _every(DUE_SECONDS, "batches_due"),
    "send-webhooks": _every(3.0, "send_webhooks") | {"options": {"expire_seconds": 10}},
    "tell-late": _every(3600.0, "tell_late"),
}
