"""Batch files under a grant: asked for, kept for some days, taken away when the grant is stricter.

A file holds what its grant shows on the day, marked so that a leak leads to the grant. Suspended
or ended, the grant's files lose their key in the very transaction (`void`); a worker writes them
(`batch_writing`), and each fetch looks at the grant anew (`batch_fetching`).
"""

import hashlib
import json
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import App, User
from accounts.roles import NotAllowed, require
from audit import chain
from exchange.access import Caller
from exchange.batch_flow import UNFINISHED, BatchState, BatchStep, move_batch
from exchange.models import BatchEnd, BatchForm, BatchJob, BatchMark, Grant
from exchange.records import reading, wholes
from exchange.sharing import batch_notices, serving, two_sides
from exchange.sharing.serving import Served
from exchange.workflow import GrantState, StepRefused
from policy.terms import Channel, Mode, ReaderKind


@transaction.atomic
def ask(
    grant_id: int,
    *,
    by: User | None,
    at: datetime,
    app: App | None = None,
    form: BatchForm = BatchForm.CSV,
    packed: bool = False,
) -> BatchJob:
    """Ask for a batch file, as a person of the department, or (by None) by an app of it.

    Raises NotAllowed, StepRefused while one is being written under the grant, what
    `serving.under_grant` raises, NoTable, RowsNotReady.
    """
    grant = locked(grant_id)
    _may(grant, by, app)
    reading.ready(served_now(grant, caller_of(grant, app), at=at).head)
    busy = grant.batches.filter(state__in=UNFINISHED).first()
    if busy is not None:
        raise StepRefused(
            _("Batch %(batch)s of this grant is being written. Fetch it, or ask again after it.")
            % {"batch": busy.pk}
        )
    job = BatchJob.objects.create(
        grant=grant,
        asked_by=by,
        app=app,
        asked_at=at,
        form=form,
        packed=packed,
        mark=BatchMark.COLUMN if grant.mark_column else BatchMark.ORDER,
    )
    chain.record(
        "batch.ask",
        job.address,
        by=by,
        at=at,
        grant=grant.pk,
        app="" if app is None else str(app),
        form=str(form),
    )
    return job


def _may(grant: Grant, by: User | None, app: App | None) -> None:
    if by is not None:
        require(by, "exchange.ask_dataset", organization=grant.organization)
    elif (
        app is None
        or app.closed_at is not None
        or app.organization_id != grant.organization_id
        or grant.app_id not in (None, app.pk)
    ):
        raise NotAllowed(_("A batch by an app is one of the department that holds the grant."))


def caller_of(grant: Grant, app: App | None) -> Caller:
    """Return who reads under a grant where no key does: a person at a desk, or a worker."""
    bound = grant.app if app is None else app
    return Caller(
        kind=ReaderKind.DEPARTMENT,
        organization_id=grant.organization_id,
        organization=grant.organization.name_zh,
        app_id=None if bound is None else bound.pk,
        app="" if app is None else app.name,
    )


@transaction.atomic
def expire(job_id: int, because: BatchEnd, *, at: datetime) -> BatchJob:
    """Take a file away: its key is gone with this transaction. One that is gone stays as it is.

    Raises StepRefused where there never was a file.
    """
    job = job_locked(job_id)
    if job.state == BatchState.EXPIRED:
        return job
    job.state = move_batch(job.state, BatchStep.EXPIRE, of=job.pk)
    job.ended_because, job.sealed_key = because, b""
    job.save(update_fields=["state", "ended_because", "sealed_key"])
    chain.record("batch.expire", job.address, by=None, at=at, because=str(because))
    batch_notices.over(job, at=at)
    return job


def void(grant: Grant, *, at: datetime) -> int:
    """Take away all files of a grant that is suspended or ends; part of the verb that does it."""
    ready = grant.batches.filter(state=BatchState.READY).order_by("pk")
    batch_notices.no_more(grant, at=at)
    return len([expire(pk, BatchEnd.GRANT, at=at) for pk in ready.values_list("pk", flat=True)])


def left(*, before: datetime) -> list[int]:
    """Return unfinished jobs that were asked for before a moment: a worker may be gone."""
    jobs = BatchJob.objects.filter(state__in=UNFINISHED, asked_at__lt=before)
    return list(jobs.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def mark_column(grant_id: int, *, wanted: bool, by: User, at: datetime) -> Grant:
    """Have batch files under a grant bear a mark in each row, or not, as the provider.

    Files that are there stay as they are. Raises NotAllowed, StepRefused where it is so already
    or the grant has ended.
    """
    grant = locked(grant_id)
    require(by, "exchange.grant_dataset", organization=grant.dataset.owner)
    two_sides.none_of(grant.organization, by, deciding_for=grant.dataset.owner)
    if grant.state(timezone.localdate(at)) in (GrantState.ENDED, GrantState.DISPOSED):
        raise StepRefused(
            _("Grant %(grant)s has ended: no more batch files are made under it.")
            % {"grant": grant_id}
        )
    if grant.mark_column == wanted:
        raise StepRefused(
            _("Batch files of grant %(grant)s are made so already.") % {"grant": grant_id}
        )
    grant.mark_column = wanted
    grant.save(update_fields=["mark_column"])
    chain.record("grant.mark", grant.address, by=by, at=at, column=wanted)
    return grant


def shape(served: Served) -> str:
    """Return a digest of what a grant shows: fields, treatments, masks, conditions on rows."""
    fields = [
        [one.name, one.column, str(one.data_type), int(one.treatment), one.mask]
        for one in wholes.shown(served.fields, served.scopes)
    ]
    told = [fields, [[one.column, list(one.values)] for one in served.scopes]]
    return hashlib.sha256(
        json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()


def served_now(grant: Grant, caller: Caller, *, at: datetime) -> Served:
    """Return what a grant shows as a whole copy at a moment; raises as `serving.under_grant`."""
    return serving.under_grant(
        grant.dataset.slug,
        caller,
        mode=Mode.BULK,
        today=timezone.localdate(at),
        number=grant.pk,
    )


def locked(grant_id: int) -> Grant:
    """Return a grant between departments that nobody else can change meanwhile.

    Always before its jobs: the order in which all verbs lock them. Raises Grant.DoesNotExist,
    StepRefused for one on the open channel.
    """
    grant = (
        Grant.objects.select_for_update(of=("self",))
        .select_related("dataset__owner", "organization", "app")
        .get(pk=grant_id)
    )
    if grant.channel != Channel.SHARE:
        raise StepRefused(
            _("Grant %(grant)s is on the open channel: there are no batch files under it.")
            % {"grant": grant_id}
        )
    return grant


def job_locked(job_id: int) -> BatchJob:
    """Return a job that nobody else can move meanwhile. Raises BatchJob.DoesNotExist."""
    return (
        BatchJob.objects.select_for_update(of=("self",))
        .select_related("grant__dataset__owner", "grant__organization", "grant__app", "app")
        .get(pk=job_id)
    )
