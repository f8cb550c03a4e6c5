"""Grants: a consumer's right to a dataset's fields, bound to purpose, mode, rows and period.

Between departments a grant comes from a request alone, with its signatures and clocks; to
companies, on the open channel, it is given here.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices, organizations
from accounts.models import App, Organization, User
from accounts.roles import require
from audit import chain
from catalog import deadlines
from catalog.models import Dataset, Field
from catalog.refusals import StepRefused
from catalog.terms import ClockStep, State
from exchange.agreements import keeping
from exchange.hooks import events
from exchange.models import Ending, Grant, RecordTable, ShareRequest, Zone
from exchange.problems import Problem
from exchange.sharing import batches, two_sides
from exchange.sharing.matrix import Offer
from exchange.sharing.requests import tell
from policy.terms import Channel, Grade, Mode

OF_ITS_DAYS = ("grant.runs_out", "grant.run_out")
"""The notices of a grant's last day: ahead of it, and when it is over."""


class GrantUnfit(Problem):
    """A grant that cannot be made as asked."""

    code = "grant-unfit"
    status = 400


@transaction.atomic
def grant(
    dataset_id: int,
    *,
    to: Organization,
    fields: Collection[int],
    purpose: str,
    valid_from: date,
    valid_until: date,
    by: User,
    at: datetime,
    app: App | None = None,
    channel: Channel = Channel.OPEN,
    modes: Sequence[Mode] = (Mode.QUERY,),
    clear_up_to: Grade = Grade.L2,
    rows: Sequence[dict[str, Any]] = (),
    daily_quota: int | None = None,
) -> Grant:
    """Grant fields (permanent ids) of a published dataset up to and including `valid_until`.

    Raises GrantUnfit for fields of another dataset or a period that has no day, NotAllowed,
    StepRefused where the dataset is not published or the organisation is closed.
    """
    dataset = Dataset.objects.select_for_update().get(pk=dataset_id)
    require(by, "exchange.grant_dataset", organization=dataset.owner)
    two_sides.none_of(to, by, deciding_for=dataset.owner)
    if dataset.state != State.PUBLISHED:
        raise StepRefused(
            _("“%(dataset)s” is %(state)s. Only of a published dataset are grants made.")
            % {"dataset": dataset, "state": State(dataset.state).label}
        )
    organizations.hold_open(to.pk)
    named = {*fields, *(scope["field"] for scope in rows)}
    own = set(
        Field.objects.filter(pk__in=named, resource__dataset=dataset, ended_at=None).values_list(
            "pk", flat=True
        )
    )
    if named - own or not fields:
        raise GrantUnfit(
            _("Fields %(fields)s do not belong to this dataset; a grant names at least one.")
            % {"fields": ", ".join(map(str, sorted(named - own))) or "–"}
        )
    if valid_until < valid_from or not purpose.strip():
        raise GrantUnfit(_("A grant has a purpose, and ends on or after the day it begins."))
    made = Grant.objects.create(
        dataset=dataset,
        organization=to,
        app=app,
        channel=channel,
        fields=sorted(fields),
        clear_up_to=int(clear_up_to),
        modes=[str(mode) for mode in modes],
        rows=list(rows),
        purpose=purpose,
        valid_from=valid_from,
        valid_until=valid_until,
        daily_quota=daily_quota,
        created_by=by,
        created_at=at,
    )
    chain.record(
        "grant.create",
        f"grant:{made.pk}",
        by=by,
        at=at,
        dataset=dataset_id,
        to=str(to),
        fields=sorted(fields),
        until=str(valid_until),
    )
    events.grant(made, at=at)
    return made


def from_request(request: ShareRequest, offer: Offer, *, by: User, at: datetime) -> Grant:
    """Make the grant that a request led to; part of the verb that answers it, which records it.

    The grant that it renews ends in the same moment, with an entry of its own, and so does what
    another renewal of that one led to: there is one at a time. Where the new one begins later,
    the old one holds until the day before. `deliver_by` is the
    last day on which rows that are not on the platform yet have to be there (Order 809 art 22).
    A company's is on the open channel, where no law sets such a day.
    What was agreed is frozen with it: the verb records its digest
    (`exchange.agreements.keeping.recorded`).
    """
    if request.renews_id is not None:
        _replace_renewed(request.renews_id, request, first=offer.valid_from, by=by, at=at)
    _replace_earlier(request, first=offer.valid_from, by=by, at=at)
    made = Grant.objects.create(
        dataset=request.dataset,
        organization=request.organization,
        request=request,
        channel=request.channel,
        fields=sorted(offer.fields),
        clear_up_to=int(offer.clear_up_to),
        modes=[str(offer.mode)],
        rows=list(offer.rows),
        purpose=request.purpose,
        valid_from=offer.valid_from,
        valid_until=offer.valid_until,
        daily_quota=offer.daily_quota,
        deliver_by=_deliver_by(request, at),
        created_by=by,
        created_at=at,
    )
    keeping.freeze(made, request, at=at)
    events.grant(made, at=at)
    tell(
        "request.granted",
        request,
        to=request.organization,
        at=at,
        grant=made.pk,
        until=made.valid_until,
        reason=request.answer_reason or "–",
    )
    return made


def _deliver_by(request: ShareRequest, at: datetime) -> date | None:
    """Return the last day on which rows have to be there; None where they are or no law says."""
    rows = RecordTable.objects.filter(
        resource__dataset=request.dataset_id, zone=Zone.SHARED, live=True
    )
    if request.opening or rows.exists():
        return None
    return deadlines.clocks().under(request.profile).due_for(ClockStep.DELIVER, at).due_on


def _replace(grant_id: int, request: ShareRequest, *, first: date, by: User, at: datetime) -> None:
    """End a grant that another one replaces from `first` on, which is now or later.

    One that has ended meanwhile stays as it is.
    """
    old = Grant.objects.select_for_update(of=("self",)).get(pk=grant_id)
    if old.revoked_at is not None:
        return
    old.ending, old.ended_because = Ending.REPLACED, request.address
    if max(timezone.localdate(at), old.valid_from) < first:
        old.valid_until = min(old.valid_until, first - timedelta(days=1))
    else:
        old.revoked_at = at
        batches.void(old, at=at)
    old.save(update_fields=["revoked_at", "valid_until", "ending", "ended_because"])
    notices.settle(old.address, "grant.suspended", *OF_ITS_DAYS, at=at)
    chain.record(
        "grant.end",
        old.address,
        by=by,
        at=at,
        ending=Ending.REPLACED,
        reason=request.address,
        **({} if old.revoked_at else {"last_day": str(old.valid_until)}),
    )
    events.grant(old, at=at)


def _replace_renewed(
    grant_id: int, request: ShareRequest, *, first: date, by: User, at: datetime
) -> None:
    """End the grant that is renewed, and those of other renewals of it.

    There are such where a refused renewal was opened again by a dispute.
    """
    _replace(grant_id, request, first=first, by=by, at=at)
    others = Grant.objects.filter(request__renews=grant_id, revoked_at=None)
    for other in others.exclude(request=request).values_list("pk", flat=True).order_by("pk"):
        _replace(other, request, first=first, by=by, at=at)


def _replace_earlier(request: ShareRequest, *, first: date, by: User, at: datetime) -> None:
    """End the grant of an answer that a dispute opened again: the new one stands for it."""
    earlier = Grant.objects.select_for_update(of=("self",)).filter(request=request).first()
    if earlier is not None:
        _replace(earlier.pk, request, first=first, by=by, at=at)
        Grant.objects.filter(pk=earlier.pk).update(formerly_of=request, request=None)


@transaction.atomic
def revoke(grant_id: int, *, by: User, at: datetime, reason: str) -> Grant:
    """Revoke a grant of the open channel for good; the next call is refused, the holder is told.

    Raises NotAllowed, StepRefused if it already was, GrantUnfit where it is between departments:
    those are suspended and ended as Order 809 art 27 has it (`exchange.sharing.lifecycle`).
    """
    found = (
        Grant.objects.select_for_update(of=("self", "dataset"))
        .select_related("dataset__owner", "organization")
        .get(pk=grant_id)
    )
    require(by, "exchange.revoke_grant", organization=found.dataset.owner)
    two_sides.none_of(found.organization, by, deciding_for=found.dataset.owner)
    if found.request_id is not None and found.channel == Channel.SHARE:
        raise GrantUnfit(
            _(
                "Grant %(grant)s is between departments: it is suspended for misuse, stopped for"
                " cause with a notice on record, or ended when its purpose is over."
            )
            % {"grant": grant_id}
        )
    if found.revoked_at is not None:
        raise StepRefused(_("Grant %(grant)s was revoked before.") % {"grant": grant_id})
    found.revoked_at, found.ending, found.ended_because = at, Ending.REVOKED, reason
    found.save(update_fields=["revoked_at", "ending", "ended_because"])
    notices.settle(found.address, "grant.suspended", *OF_ITS_DAYS, at=at)
    notices.tell(
        "grant.ended",
        organization=found.organization,
        target=found.address,
        at=at,
        grant=found.pk,
        dataset=found.dataset,
        owner=found.dataset.owner,
        asker=found.organization,
        reason=reason,
    )
    chain.record("grant.revoke", f"grant:{grant_id}", by=by, at=at, reason=reason)
    events.grant(found, at=at)
    return found
