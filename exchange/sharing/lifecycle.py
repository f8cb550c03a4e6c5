"""How a grant that a request led to is suspended, mended, ended and disposed of.

Order 809 art 27: misuse suspends at once and sets a term; what is refused or not mended well
enough may be ended. When the purpose is reached, out of reach or no longer needed, the consumer
disposes of what it received as the provider asks. A grant of a company, on the open channel, moves
in the same way. A call made after any of these is refused: grants are read at each call. How a
provider stops a service: `exchange.sharing.stopping`.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import Organization, User
from accounts.roles import require
from audit import chain
from catalog.terms import State
from exchange.hooks import events
from exchange.models import Ending, Grant, ShareRequest
from exchange.sharing import batches, two_sides
from exchange.sharing.grants import OF_ITS_DAYS, GrantUnfit
from exchange.sharing.requests import said
from exchange.workflow import GrantState, GrantStep, StepRefused, move_grant
from policy.terms import Channel

AHEAD = timedelta(days=30)
"""How long before a grant's last day its holder is told; one for no longer than that is not."""


@transaction.atomic
def suspend(grant_id: int, *, reason: str, mend_by: date, by: User, at: datetime) -> Grant:
    """Suspend a grant at once for misuse, with the last day on which it is to be mended.

    As the provider or the data authority. Raises NotAllowed, StepRefused, GrantUnfit for a term
    that is over already, RequestUnfit without a reason.
    """
    grant = locked(grant_id)
    for_provider(grant, "exchange.suspend_grant", by)
    today = timezone.localdate(at)
    move_grant(grant.state(today), GrantStep.SUSPEND, of=grant.pk)
    if mend_by <= today:
        raise GrantUnfit(_("The term to mend the misuse ends after today. Choose a later day."))
    grant.suspended_at, grant.suspended_because, grant.mend_by = at, said(reason), mend_by
    grant.save(update_fields=["suspended_at", "suspended_because", "mend_by"])
    _void_files(grant, at)
    tell("grant.suspended", grant, to=grant.organization, at=at, due_on=mend_by, reason=reason)
    chain.record("grant.suspend", grant.address, by=by, at=at, reason=reason, mend_by=str(mend_by))
    events.grant(grant, at=at)
    return grant


@transaction.atomic
def resume(grant_id: int, *, reason: str, by: User, at: datetime) -> Grant:
    """Let a suspended grant hold again, since the misuse is mended.

    Raises NotAllowed, StepRefused, RequestUnfit without a reason.
    """
    grant = locked(grant_id)
    for_provider(grant, "exchange.suspend_grant", by)
    return _resumed(grant, reason, by=by, at=at)


def hold_again(grant_id: int, *, reason: str, by: User, at: datetime) -> Grant:
    """Let a suspended grant hold again; part of the verb that settles a dispute for the consumer.

    Asks no right: that verb did. Raises StepRefused.
    """
    return _resumed(locked(grant_id), reason, by=by, at=at)


def _resumed(grant: Grant, reason: str, *, by: User, at: datetime) -> Grant:
    move_grant(grant.state(timezone.localdate(at)), GrantStep.RESUME, of=grant.pk)
    words = said(reason)
    grant.suspended_at, grant.suspended_because, grant.mend_by = None, "", None
    grant.save(update_fields=["suspended_at", "suspended_because", "mend_by"])
    notices.settle(grant.address, "grant.suspended", at=at)
    tell("grant.resumed", grant, to=grant.organization, at=at, reason=words)
    chain.record("grant.resume", grant.address, by=by, at=at, reason=words)
    events.grant(grant, at=at)
    return grant


@transaction.atomic
def end_for_misuse(grant_id: int, *, reason: str, by: User, at: datetime) -> Grant:
    """End a grant whose misuse was not mended; only after its suspension, when the term is over.

    Raises NotAllowed, StepRefused, RequestUnfit without a reason.
    """
    grant = locked(grant_id)
    for_provider(grant, "exchange.suspend_grant", by)
    today = timezone.localdate(at)
    if grant.suspended_at is None or grant.mend_by is None:
        raise StepRefused(
            _("Grant %(grant)s is not suspended. Suspend it first, with a term to mend.")
            % {"grant": grant.pk}
        )
    if today <= grant.mend_by:
        raise StepRefused(
            _("There is time to mend the misuse until %(day)s. It can be ended after that day.")
            % {"day": f"{grant.mend_by:%Y-%m-%d}"}
        )
    return end(grant, Ending.MISUSE, said(reason), by=by, at=at)


@transaction.atomic
def purpose_over(grant_id: int, *, reason: str, by: User, at: datetime) -> Grant:
    """End a grant as the consumer, whose purpose is reached, out of reach or no longer needed.

    Raises NotAllowed, StepRefused, RequestUnfit without a reason.
    """
    grant = locked(grant_id)
    require(by, "exchange.ask_dataset", organization=grant.organization)
    return end(grant, Ending.PURPOSE, said(reason), by=by, at=at)


@transaction.atomic
def dispose(grant_id: int, *, receipt: str, by: User, at: datetime) -> Grant:
    """Note as the consumer's head how what was received under an ended grant was disposed of.

    Raises NotAllowed, StepRefused (the grant still holds, or it is noted already), RequestUnfit.
    """
    grant = locked(grant_id)
    require(by, "exchange.sign_request", organization=grant.organization)
    move_grant(grant.state(timezone.localdate(at)), GrantStep.DISPOSE, of=grant.pk)
    grant.disposed_at, grant.disposal = at, said(receipt)
    grant.save(update_fields=["disposed_at", "disposal"])
    notices.settle(grant.address, "grant.ended", *OF_ITS_DAYS, at=at)
    tell("grant.disposed", grant, to=grant.dataset.owner, at=at, receipt=receipt)
    chain.record("grant.dispose", grant.address, by=by, at=at, receipt=receipt)
    return grant


def state_now(grant: Grant, *, at: datetime) -> GrantState:
    """Return where a grant stands at a moment, by the city's day."""
    return grant.state(timezone.localdate(at))


def locked(grant_id: int) -> Grant:
    """Return a grant that a request led to, or one between departments.

    Raises Grant.DoesNotExist, GrantUnfit for one that was made without a request.
    """
    grant = (
        Grant.objects.select_for_update(of=("self",))
        .select_related("dataset__owner", "organization")
        .get(pk=grant_id)
    )
    if grant.channel != Channel.SHARE and grant.request_id is None:
        raise GrantUnfit(
            _(
                "Grant %(grant)s was made without an application: it is revoked, not suspended or"
                " ended."
            )
            % {"grant": grant_id}
        )
    return grant


def for_provider(grant: Grant, permission: str, by: User) -> None:
    """Return if a person decides on a grant for its provider alone. Raises NotAllowed."""
    require(by, permission, organization=grant.dataset.owner)
    two_sides.none_of(grant.organization, by, deciding_for=grant.dataset.owner)


def end(grant: Grant, ending: Ending, because: str, *, by: User, at: datetime) -> Grant:
    """End a locked grant now; part of a verb that has asked who may. Raises StepRefused."""
    move_grant(grant.state(timezone.localdate(at)), GrantStep.END, of=grant.pk)
    return close(grant, ending, because, by=by, at=at)


def close(grant: Grant, ending: Ending, because: str, *, by: User | None, at: datetime) -> Grant:
    """Write down that a locked grant ended and tell both sides, also where its day did it.

    `by` None is the platform.
    """
    grant.revoked_at, grant.ending, grant.ended_because = at, ending, because
    grant.save(update_fields=["revoked_at", "ending", "ended_because"])
    _void_files(grant, at)
    notices.settle(grant.address, "grant.suspended", *OF_ITS_DAYS, at=at)
    if grant.disposed_at is None:
        for to in (grant.organization, grant.dataset.owner):
            tell("grant.ended", grant, to=to, at=at, reason=because)
    chain.record("grant.end", grant.address, by=by, at=at, ending=ending, reason=because)
    events.grant(grant, at=at)
    return grant


@transaction.atomic
def tell_runs_out(*, at: datetime) -> int:
    """Tell departments and companies of a grant whose last day comes within AHEAD: renew it.

    Once for each, and of none whose renewal is on its way: safe to repeat. Returns how many were
    told.
    """
    today = timezone.localdate(at)
    told = notices.open_targets("grant.runs_out")
    near = Grant.objects.live(today).led_to().filter(ending="", valid_until__lte=today + AHEAD)
    near = near.filter(dataset__state=State.PUBLISHED)
    near = near.exclude(Exists(ShareRequest.objects.filter(renews=OuterRef("pk")).on_its_way()))
    found = [
        one
        for one in near.select_related("dataset__owner", "organization").order_by("pk")
        if one.address not in told and one.valid_until - one.valid_from > AHEAD
    ]
    for grant in found:
        tell("grant.runs_out", grant, to=grant.organization, at=at, day=grant.valid_until)
    return len(found)


@transaction.atomic
def tell_run_out(*, at: datetime) -> int:
    """Tell departments and companies whose grant's last day is over to renew it, or to dispose.

    Once for each, until the disposal is noted or a renewal takes its place: safe to repeat.
    Returns how many were told.
    """
    told = notices.open_targets("grant.run_out")
    rows = Grant.objects.run_out(timezone.localdate(at)).led_to()
    over = rows.select_related("dataset__owner", "organization").order_by("pk")
    found = [one for one in over if one.address not in told]
    for grant in found:
        notices.settle(grant.address, "grant.runs_out", at=at)
        tell("grant.run_out", grant, to=grant.organization, at=at, day=grant.valid_until)
    return len(found)


def _void_files(grant: Grant, at: datetime) -> None:
    """Take away the batch files of a grant between departments; companies have none."""
    if grant.channel == Channel.SHARE:
        batches.void(grant, at=at)


def tell(
    kind: str,
    grant: Grant,
    *,
    to: Organization | None,
    at: datetime,
    due_on: date | None = None,
    target: str = "",
    **words: Any,
) -> None:
    """Tell somebody of a grant, or by `target` of what hangs at it."""
    notices.tell(
        kind,
        organization=to,
        target=target or grant.address,
        at=at,
        due_on=due_on,
        grant=grant.pk,
        dataset=grant.dataset,
        owner=grant.dataset.owner,
        asker=grant.organization,
        **words,
    )
