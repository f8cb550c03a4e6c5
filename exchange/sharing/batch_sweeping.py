"""Taking batch files away that nobody may fetch any more, once a minute, however many there are.

What days and grants say is asked in one statement each. Whether a file still shows what its grant
does is decided anew only where something moved that a decision rests on: the dataset's policy
version, its record table, or the day. A fetch decides for itself, so this only tidies up.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from exchange.batch_flow import BatchState
from exchange.models import BatchEnd, BatchJob, RecordTable
from exchange.problems import Problem
from exchange.sharing import batch_files, batches
from exchange.sharing.serving import Served


def sweep(*, at: datetime) -> int:
    """Take away what is over, and remove files that nobody can fetch; returns how many files."""
    ready = BatchJob.objects.filter(state=BatchState.READY)
    for because, over in (
        (BatchEnd.TIME, ready.filter(expires_at__lte=at)),
        (BatchEnd.GRANT, ready.filter(_grant_is_over(at))),
    ):
        _expire(over.order_by("pk").values_list("pk", flat=True), because, at=at)
    _expire(_different(_moved(ready, at), at=at), BatchEnd.STRICTER, at=at)
    there = batch_files.there()
    kept = BatchJob.objects.filter(
        pk__in=there, state__in=[BatchState.RUNNING, BatchState.READY]
    ).values_list("pk", flat=True)
    return batch_files.remove_others(there, than=set(kept))


def _grant_is_over(at: datetime) -> Q:
    return (
        Q(grant__suspended_at__isnull=False)
        | Q(grant__revoked_at__isnull=False)
        | Q(grant__valid_until__lt=timezone.localdate(at))
    )


def _moved(ready: QuerySet[BatchJob], at: datetime) -> QuerySet[BatchJob]:
    """Return the files of which something moved since they were last compared."""
    as_then = Q(
        Exists(RecordTable.objects.filter(pk=OuterRef("looked_table"), live=True)),
        looked_on=timezone.localdate(at),
        looked_version=F("grant__dataset__policy_version"),
    )
    return ready.exclude(as_then)


def _different(moved: QuerySet[BatchJob], *, at: datetime) -> list[int]:
    """Decide anew, once for all files of a grant; returns those that show what it does not."""
    known: dict[tuple[int, int | None], Served | None] = {}
    gone: list[int] = []
    same: dict[tuple[int, int | None], list[int]] = defaultdict(list)
    jobs = moved.select_related("grant__dataset", "grant__organization", "grant__app", "app")
    for job in jobs.defer("fields", "doubted").order_by("pk"):
        asked = (job.grant_id, job.app_id)
        if asked not in known:
            known[asked] = _served(job, at=at)
        served = known[asked]
        if served is None or batches.shape(served) != job.shape:
            gone.append(job.pk)
        else:
            same[served.head.policy_version, served.head.table_id].append(job.pk)
    for (version, table), numbers in same.items():
        BatchJob.objects.filter(pk__in=numbers, state=BatchState.READY).update(
            looked_on=timezone.localdate(at), looked_version=version, looked_table=table
        )
    return gone


def _served(job: BatchJob, *, at: datetime) -> Served | None:
    """Return what a job's grant shows now, None where it shows nothing."""
    try:
        return batches.served_now(job.grant, batches.caller_of(job.grant, job.app), at=at)
    except Problem:  # such as a dataset that was withdrawn
        return None


def _expire(jobs: Iterable[int], because: BatchEnd, *, at: datetime) -> None:
    for number in jobs:
        batches.expire(number, because, at=at)
