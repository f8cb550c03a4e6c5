"""What people do with batch files at a desk: asking and fetching are calls of the grant's day.

As it is for an app (`serving.meter`), and in the same order: who may not is refused and costs
nothing; who may has made a call, whatever the answer is.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import quotas
from accounts.models import User
from accounts.roles import require
from audit import chain, deliveries
from exchange.models import BatchForm, BatchJob, Grant
from exchange.sharing import batch_fetching, batches, serving
from exchange.sharing.serving import Served
from policy.terms import Channel, Mode


def ask(
    grant_id: int, *, by: User, at: datetime, form: BatchForm = BatchForm.CSV, packed: bool = False
) -> BatchJob:
    """Ask for a batch file as a person of the department.

    Raises NotAllowed, QuotaExceeded and QuotaUnavailable (accounts.quotas), and as `batches.ask`.
    """
    grant = Grant.objects.select_related("organization").get(pk=grant_id, channel=Channel.SHARE)
    _may(grant, by)
    quotas.spend_under(serving.meter(grant), at=at)
    return batches.ask(grant_id, by=by, at=at, form=form, packed=packed)


def hand_over(job_id: int, *, by: User, at: datetime) -> tuple[BatchJob, Iterator[bytes]]:
    """Give a file to a person of the department that holds its grant, which is written down.

    Returns the job and the file's bytes. Raises NotAllowed, QuotaExceeded, QuotaUnavailable, and
    as `own`, `opened` and `contents` of batch_fetching.
    """
    job = _own(job_id, by)
    quotas.spend_under(serving.meter(job.grant), at=at)
    served = _opened(job, at=at)
    stream = batch_fetching.contents(job, served, at=at)
    with transaction.atomic():
        chain.record("batch.fetch", job.address, by=by, at=at, sha256=job.sha256)
        batch_fetching.taken(job, served, at=at)
    deliveries.deliver(
        at=at,
        channel=str(Channel.SHARE),
        mode=str(Mode.BULK),
        reader=str(served.caller.kind),
        organization=served.caller.organization,
        dataset=f"dataset:{served.head.dataset_id}",
        grant_id=job.grant_id,
        fields_digest=served.fields.digest,
        rows=job.rows,
        bytes=job.bytes,
        zone_seq=job.seq,
    )
    return job, stream


def manifest(job_id: int, *, by: User, at: datetime) -> dict[str, Any]:
    """Return what a file is, to a person who may fetch it. It holds no row, so it is no call.

    Raises NotAllowed, and as `own` and `opened` of batch_fetching.
    """
    job = _own(job_id, by)
    return batch_fetching.manifest(job, _opened(job, at=at))


def _own(job_id: int, by: User) -> BatchJob:
    found = BatchJob.objects.select_related("grant__organization", "grant__app").get(pk=job_id)
    _may(found.grant, by)
    return batch_fetching.own(job_id, batches.caller_of(found.grant, None))


def _opened(job: BatchJob, *, at: datetime) -> Served:
    return batch_fetching.opened(job, batches.caller_of(job.grant, None), at=at)


def _may(grant: Grant, by: User) -> None:
    require(by, "exchange.ask_dataset", organization=grant.organization)
