"""What is told of batch files: that one is ready, and that one was not written, why, what to do.

To whoever in the department may ask for one, with the name of who did. An app asks its job how far
it is; of a file of an app's only the failure is told.
"""

from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import notices
from exchange.models import BatchEnd, BatchJob, Grant

READY, FAILED, GIVEN_UP = "batch.ready", "batch.failed", "batch.given_up"

ADVICE: Mapping[str, str | Promise] = {
    BatchEnd.TIME: _("Ask for a new one."),
    BatchEnd.GRANT: _("Look at the grant: it says since when and why it does not hold as before."),
    BatchEnd.STRICTER: _("Ask for a new one: it holds what the grant shows now."),
    BatchEnd.LOST: _("Ask for a new one."),
    BatchEnd.REFUSED: _(
        "Look at the grant and at the dataset: one of them was suspended, ended or withdrawn, or"
        " its rows are not there yet. Ask again when they are."
    ),
    BatchEnd.BROKEN: _(
        "Nothing of it was kept. Ask again; if it breaks off once more, tell the data authority."
    ),
    BatchEnd.FULL: _(
        "Nothing of it was kept. Tell the data authority, and ask again when there is room."
    ),
    BatchEnd.GIVEN_UP: _(
        "Nothing of it was kept, and the data authority was told. Ask again when it has looked"
        " into it."
    ),
}
"""What to do where there is no file, or none any more."""


def ready(job: BatchJob, *, at: datetime) -> None:
    """Tell who asked that a file is ready, and that no failure under the grant is open."""
    notices.settle(job.grant.address, FAILED, GIVEN_UP, at=at)
    if job.asked_by is None or job.expires_at is None:
        return
    notices.tell(
        READY,
        organization=job.grant.organization,
        target=job.address,
        at=at,
        batch=job.pk,
        dataset=job.grant.dataset,
        person=_asker(job),
        rows=job.rows,
        day=timezone.localdate(job.expires_at),
    )


def failed(job: BatchJob, *, at: datetime) -> None:
    """Tell that a file was not written, why, and what to do; once until one is ready again.

    The data authority is told too of one that was given up: no department can mend that.
    """
    notices.tell(
        FAILED,
        organization=job.grant.organization,
        target=job.grant.address,
        at=at,
        batch=job.pk,
        dataset=job.grant.dataset,
        person=_asker(job),
        reason=BatchEnd(job.ended_because).label,
        advice=ADVICE[job.ended_because],
    )
    if job.ended_because == BatchEnd.GIVEN_UP:
        notices.tell(
            GIVEN_UP,
            organization=None,
            target=job.grant.address,
            at=at,
            batch=job.pk,
            dataset=job.grant.dataset,
            asker=job.grant.organization,
            tries=job.tries,
        )


def over(job: BatchJob, *, at: datetime) -> None:
    """Note that nothing waits about a file any more: it was fetched, or is gone."""
    notices.settle(job.address, READY, at=at)


def no_more(grant: Grant, *, at: datetime) -> None:
    """Note that a failure under a grant that holds no more leaves nothing to do."""
    notices.settle(grant.address, FAILED, GIVEN_UP, at=at)


def _asker(job: BatchJob) -> str:
    return str(job.asked_by or job.app or "–")
