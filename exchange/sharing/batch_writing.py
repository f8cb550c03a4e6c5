"""Writing a batch file: one COPY in the database, packed if wanted, sealed on its way."""

import errno
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit import chain
from catalog.models import Field
from exchange import vault
from exchange.batch_flow import UNFINISHED, BatchStep, move_batch
from exchange.models import BatchEnd, BatchForm, BatchJob, BatchMark
from exchange.problems import Problem
from exchange.records import reading, store, wholes
from exchange.sharing import batch_files, batch_notices, batches, doubts
from exchange.sharing.serving import Served

LOCK_CLASS = 0x42415443  # "BATC"
PROGRESS_BYTES = 8 << 20
"""How many bytes are written between two notes of how far a file is."""

TRIES = 3
"""So often writing a file is begun, each time by another message of the clock, then given up."""

GZIP = zlib.MAX_WBITS | 16


@dataclass(frozen=True, slots=True)
class Written:
    """What a worker wrote: counts and digest of the file as it is fetched, its key, and how far
    the table had come in the snapshot of its rows."""

    rows: int
    size: int
    sha256: str
    key: bytes
    reached: store.Given


def write(job_id: int, *, now: Callable[[], datetime] = timezone.now) -> BatchJob | None:
    """Write a job's file; returns None where another worker is at it, or nothing is to be done.

    Safe to repeat: one worker at a time, and a file appears whole or not at all. What nobody
    foresaw is raised and leaves the job to be begun anew, TRIES times in all.
    """
    with _alone(job_id) as alone:
        job = _begun(job_id, at=now()) if alone else None
        if job is None:
            return None
        try:
            served = batches.served_now(job.grant, batches.caller_of(job.grant, job.app), at=now())
            _noted(job, served)
            return _finished(job, served, _written(job, served), at=now())
        except Problem:
            return _failed(job, BatchEnd.REFUSED, at=now())
        except reading.Revoked as ended:
            slow = isinstance(ended.__cause__, psycopg.errors.QueryCanceled)
            return _failed(job, BatchEnd.BROKEN if slow else BatchEnd.STRICTER, at=now())
        except (OSError, DatabaseError, psycopg.Error) as failure:
            _failed(job, BatchEnd.FULL if _no_room(failure) else BatchEnd.BROKEN, at=now())
            raise
        except Exception:  # nobody foresaw it: the clock begins anew, but not for ever
            if job.tries >= TRIES:
                _failed(job, BatchEnd.GIVEN_UP, at=now())
            raise


def _no_room(failure: Exception) -> bool:
    return isinstance(failure, OSError) and failure.errno in (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def _alone(job_id: int) -> Iterator[bool]:
    """Hold a job for this worker's session: a worker that dies lets it go."""
    asked = [LOCK_CLASS, job_id % (1 << 31)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", asked)
        held = cursor.fetchone()[0]
    try:
        yield held
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", asked)


@transaction.atomic
def _begun(job_id: int, *, at: datetime) -> BatchJob | None:
    job = batches.job_locked(job_id)
    if job.state not in UNFINISHED:
        return None
    if job.tries >= TRIES:  # its workers died before they could say so
        _failed(job, BatchEnd.GIVEN_UP, at=at)
        return None
    job.state = move_batch(job.state, BatchStep.BEGIN, of=job.pk)
    job.begun_at, job.rows, job.bytes, job.tries = at, 0, 0, job.tries + 1
    job.save(update_fields=["state", "begun_at", "rows", "bytes", "tries"])
    return job


def _noted(job: BatchJob, served: Served) -> None:
    """Note in the job what its file shows, and from which place in the feed on."""
    titles = _titles(served.head.dataset_id)
    job.fields = [
        {
            "name": one.name,
            "title_zh": titles[one.name][0],
            "title_en": titles[one.name][1],
            "type": str(one.data_type),
            "treatment": one.treatment.name.lower(),
            "mask": dict(one.mask) if one.mask else None,
        }
        for one in wholes.shown(served.fields, served.scopes)
    ]
    job.shape = batches.shape(served)
    job.seq = served.head.seq
    job.doubted = doubts.standing(served)
    job.save(update_fields=["fields", "shape", "seq", "doubted"])


def _titles(dataset_id: int) -> dict[str, Sequence[str]]:
    named = Field.objects.filter(resource__dataset=dataset_id).live()
    return {name: titles for name, *titles in named.values_list("name", "label_zh", "label_en")}


def _written(job: BatchJob, served: Served) -> Written:
    rows = [0]
    reached: list[store.Given] = []
    size, digest, key = 0, hashlib.sha256(), batch_files.new_key()
    header = 1 if job.form == BatchForm.CSV else 0

    def counted(more: int) -> None:
        rows[0] += more

    def wrote(block: bytes) -> None:
        nonlocal size
        digest.update(block)
        before, size = size, size + len(block)
        if size // PROGRESS_BYTES != before // PROGRESS_BYTES:
            BatchJob.objects.filter(pk=job.pk).update(rows=max(rows[0] - header, 0), bytes=size)

    stream = wholes.whole(
        served.head,
        served.fields,
        served.scopes,
        grant_id=job.grant_id,
        lines=job.form == BatchForm.JSONL,
        column=job.mark == BatchMark.COLUMN,
        counted=counted,
        reached=reached.append,
    )
    batch_files.write(job.pk, _packed(stream) if job.packed else stream, key=key, wrote=wrote)
    return Written(rows[0] - header, size, digest.hexdigest(), key, reached[0])


def _packed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=GZIP)
    for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()


@transaction.atomic
def _finished(job: BatchJob, served: Served, made: Written, *, at: datetime) -> BatchJob:
    """Let the file be fetched, if the grant holds still and shows what was written."""
    grant = batches.locked(job.grant_id)
    shown = batches.served_now(grant, served.caller, at=at)
    if batches.shape(shown) != job.shape:
        return _failed(job, BatchEnd.STRICTER, at=at)
    job = batches.job_locked(job.pk)
    job.state = move_batch(job.state, BatchStep.FINISH, of=job.pk)
    job.rows, job.bytes, job.sha256 = made.rows, made.size, made.sha256
    job.made_at, job.expires_at = at, at + timedelta(days=settings.BATCH_DAYS)
    if made.reached.seq != job.seq:  # rows moved on: which doubted ones the file has is asked anew
        job.doubted = []
    job.seq, job.last_row = made.reached.seq, made.reached.last_id
    job.sealed_key = vault.seal(made.key, purpose=job.address)
    job.looked_on, job.looked_table = timezone.localdate(at), shown.head.table_id
    job.looked_version = shown.head.policy_version
    job.save()
    told = {"rows": made.rows, "bytes": made.size, "sha256": made.sha256, "seq": job.seq}
    chain.record("batch.make", job.address, by=None, at=at, grant=grant.pk, **told)
    batch_notices.ready(job, at=at)
    return job


@transaction.atomic
def _failed(job: BatchJob, because: BatchEnd, *, at: datetime) -> BatchJob:
    job = batches.job_locked(job.pk)
    job.state = move_batch(job.state, BatchStep.FAIL, of=job.pk)
    job.ended_because = because
    job.save(update_fields=["state", "ended_because"])
    chain.record("batch.fail", job.address, by=None, at=at, because=str(because))
    batch_notices.failed(job, at=at)
    transaction.on_commit(lambda: batch_files.remove(job.pk))
    return job
