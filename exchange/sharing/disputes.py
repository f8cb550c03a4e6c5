"""A dispute: talked over, taken to the data authority, its superior, the government; settled.

Order 809 art 28: departments of one level talk first, then apply to their data authority; across
levels or regions it is the common superior authority; without agreement the government decides.
The law sets no day for any of these steps. Each is kept with who said what, and when.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import Organization, User
from accounts.roles import NotAllowed, require
from audit import chain
from exchange.models import About, Answer, Dispute, DisputeEvent, ShareRequest, Side
from exchange.sharing import settling, two_sides
from exchange.sharing.requests import RequestUnfit, another_than_asked, locked, said
from exchange.sharing.settling import Settled
from exchange.workflow import (
    WITH_PROVIDER,
    DisputeState,
    DisputeStep,
    State,
    StepRefused,
    move_dispute,
)

UP = (DisputeStep.TO_AUTHORITY, DisputeStep.TO_SUPERIOR, DisputeStep.TO_GOVERNMENT)
BY_PAPER = (DisputeState.SUPERIOR, DisputeState.GOVERNMENT)
"""Who decides there is not on the platform: the data authority records the paper's number."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What one step says: for whom, in which words, by which paper, which day it names."""

    side: Side
    text: str
    document: str = ""
    answer_by: date | None = None


def open_to(request: ShareRequest, *, at: datetime) -> tuple[About, ...]:
    """Return what can be disputed about a request at a moment; empty where nothing can."""
    if request.state == State.REFUSED:
        return (About.REFUSAL,)
    if request.state == State.GRANTED:
        in_part = (About.PART,) if request.answer == Answer.PART else ()
        return (*in_part, About.USE)
    if request.state in WITH_PROVIDER and request.due_on is not None:
        return (About.LATE,) if request.due_on < timezone.localdate(at) else ()
    return ()


def of_request(asked: ShareRequest, person: User, *, at: datetime) -> dict[str, Any]:
    """Return what is shown beside a request: its disputes, whether a person can open one."""
    found = list(asked.disputes.order_by("-pk"))
    may = person.has_perm("exchange.open_dispute", asked.organization)
    free = may and not any(one.is_open for one in found)
    return {"disputes": found, "can_dispute": free and bool(open_to(asked, at=at))}


@transaction.atomic
def open_dispute(request_id: int, *, about: About, claim: str, by: User, at: datetime) -> Dispute:
    """Open a dispute, as the asking department; it is talked over with the provider first.

    Raises NotAllowed, StepRefused (nothing of this kind to dispute, or one is open already),
    RequestUnfit without words.
    """
    request = locked(request_id)
    require(by, "exchange.open_dispute", organization=request.organization)
    if about not in open_to(request, at=at):
        raise StepRefused(
            _(
                "Request %(request)s is %(state)s, so “%(about)s” is nothing to dispute. A"
                " refusal, an answer in part, a late answer and use under a grant can be disputed."
            )
            % {
                "request": request.pk,
                "state": State(request.state).label,
                "about": About(about).label,
            }
        )
    if request.disputes.open().exists():
        raise StepRefused(
            _("A dispute about request %(request)s is open already. Go on with that one.")
            % {"request": request.pk}
        )
    words = said(claim)
    dispute = Dispute.objects.create(
        request=request, about=about, claim=words, opened_by=by, opened_at=at
    )
    _keep(dispute, DisputeStep.OPEN, _Said(Side.ASKER, words), by=by, at=at)
    _tell("dispute.opened", dispute, to=request.dataset.owner, at=at, claim=words)
    return dispute


@transaction.atomic
def say(dispute_id: int, *, text: str, by: User, at: datetime) -> Dispute:
    """Say something in a dispute, as either department or the data authority; all sides read it.

    Raises NotAllowed, StepRefused, RequestUnfit without words.
    """
    dispute = locked_dispute(dispute_id)
    side = _side_of(dispute, by)
    dispute.state = move_dispute(dispute.state, DisputeStep.SAY, of=dispute.pk)
    words = said(text)
    _keep(dispute, DisputeStep.SAY, _Said(side, words), by=by, at=at)
    parties = {Side.ASKER: dispute.request.organization, Side.PROVIDER: _owner(dispute)}
    if side == Side.PROVIDER:
        notices.settle(dispute.address, "dispute.opened", at=at)
    for other, organization in parties.items():
        if other != side:
            _tell("dispute.said", dispute, to=organization, at=at, text=words)
    return dispute


@transaction.atomic
def concede(
    dispute_id: int, *, text: str, by: User, at: datetime, answer_by: date | None = None
) -> Dispute:
    """Give in, as the provider's head: what is disputed is looked at anew.

    `answer_by` is the last day for an answer that is late. Raises NotAllowed, StepRefused,
    RequestUnfit without words, or without that day.
    """
    dispute = locked_dispute(dispute_id)
    require(by, "exchange.sign_answer", organization=_owner(dispute))
    another_than_asked(dispute.request, by)
    told = _Said(Side.PROVIDER, said(text), answer_by=answer_by)
    return _settled(dispute, DisputeStep.CONCEDE, told, by=by, at=at)


@transaction.atomic
def escalate(dispute_id: int, *, to: DisputeStep, text: str, by: User, at: datetime) -> Dispute:
    """Take a dispute one step up, as the asking department; `to` is one of UP.

    Raises NotAllowed, StepRefused, RequestUnfit without words.
    """
    dispute = locked_dispute(dispute_id)
    require(by, "exchange.open_dispute", organization=dispute.request.organization)
    if to not in UP:
        raise StepRefused(_("A dispute is taken to an authority or to the government."))
    dispute.state = move_dispute(dispute.state, to, of=dispute.pk)
    dispute.save(update_fields=["state"])
    words = said(text)
    _keep(dispute, to, _Said(Side.ASKER, words), by=by, at=at)
    notices.settle(dispute.address, "dispute.opened", at=at)
    _tell("dispute.raised", dispute, to=_owner(dispute), at=at, text=words)
    return dispute


@transaction.atomic
def decide(
    dispute_id: int,
    *,
    for_asker: bool,
    text: str,
    document: str = "",
    by: User,
    at: datetime,
    answer_by: date | None = None,
) -> Dispute:
    """Settle a dispute as the data authority, or record how a superior or the government did.

    Theirs is recorded with the number of its document. `answer_by` as in `concede`: for the asking
    department only. Raises NotAllowed (also for who asked, and
    for a party to it), StepRefused, RequestUnfit without words or number.
    """
    dispute = locked_dispute(dispute_id)
    require(by, "exchange.decide_dispute")
    held = by.live_roles()
    another_than_asked(dispute.request, by, held=held)
    two_sides.none_of(_owner(dispute), by, held=held)
    step = DisputeStep.FOR_ASKER if for_asker else DisputeStep.STAND
    if dispute.state in BY_PAPER:
        number = _number(document)
    else:
        number = document.strip()
        _no_party(dispute, held)
    told = _Said(Side.AUTHORITY, said(text), number, answer_by)
    return _settled(dispute, step, told, by=by, at=at)


@transaction.atomic
def drop(dispute_id: int, *, text: str, by: User, at: datetime) -> Dispute:
    """Give a dispute up, as the asking department.

    Raises NotAllowed, StepRefused, RequestUnfit.
    """
    dispute = locked_dispute(dispute_id)
    require(by, "exchange.open_dispute", organization=dispute.request.organization)
    told = _Said(Side.ASKER, said(text))
    return _settled(dispute, DisputeStep.DROP, told, by=by, at=at)


def locked_dispute(dispute_id: int) -> Dispute:
    """Return a dispute whose request, and so whose row, nobody else moves until the verb is done.

    Raises Dispute.DoesNotExist.
    """
    request = locked(Dispute.objects.values_list("request_id", flat=True).get(pk=dispute_id))
    dispute = Dispute.objects.select_for_update().get(pk=dispute_id)
    dispute.request = request
    return dispute


def sides(dispute: Dispute, by: User) -> tuple[Side, ...]:
    """Return for whom a person may speak in a dispute, their own department first."""
    asker, owner = dispute.request.organization, _owner(dispute)
    rights = {
        Side.ASKER: by.has_perm("exchange.open_dispute", asker),
        Side.PROVIDER: by.has_perm("exchange.answer_dispute", owner),
        Side.AUTHORITY: by.has_perm("exchange.decide_dispute"),
    }
    return tuple(side for side, held in rights.items() if held)


def _side_of(dispute: Dispute, by: User) -> Side:
    """Return for whom a person speaks. Raises NotAllowed where it is for nobody."""
    held = sides(dispute, by)
    if Side.ASKER in held:
        require(by, "exchange.open_dispute", organization=dispute.request.organization)
    elif Side.AUTHORITY in held and Side.PROVIDER not in held:
        require(by, "exchange.decide_dispute")
    else:
        require(by, "exchange.answer_dispute", organization=_owner(dispute))
    return held[0]


def _owner(dispute: Dispute) -> Organization:
    return dispute.request.dataset.owner


def _no_party(dispute: Dispute, held: two_sides.Held) -> None:
    """Return unless the decider's own office is a party. Raises NotAllowed."""
    if two_sides.own_office(held) & {
        dispute.request.organization_id,
        dispute.request.dataset.owner_id,
    }:
        raise NotAllowed(
            _(
                "Your office is a party to this dispute, so it does not settle it. The asking"
                " department can take it to the common superior authority or to the government."
            )
        )


def _number(document: str) -> str:
    if not document.strip():
        raise RequestUnfit(
            _("Give the number of the document by which the superior or the government decided.")
        )
    return document.strip()


def _settled(
    dispute: Dispute, step: DisputeStep, told: _Said, *, by: User, at: datetime
) -> Dispute:
    dispute.state = move_dispute(dispute.state, step, of=dispute.pk)
    dispute.settled_at, dispute.settled_by = at, by
    dispute.settlement, dispute.document = told.text, told.document
    dispute.save()
    _keep(dispute, step, told, by=by, at=at)
    notices.settle(dispute.address, "dispute.opened", "dispute.raised", at=at)
    for to in (dispute.request.organization, _owner(dispute)):
        _tell("dispute.settled", dispute, to=to, at=at, outcome=_outcome(dispute))
    if dispute.state == DisputeState.FOR_ASKER:
        about = About(dispute.about)
        settling.apply(dispute.request, Settled(about, told.text, by, at, told.answer_by))
    return dispute


def _keep(dispute: Dispute, step: DisputeStep, told: _Said, *, by: User, at: datetime) -> None:
    """Write a step down, for both departments to read and in the audit trail."""
    DisputeEvent.objects.create(
        dispute=dispute,
        what=step,
        state=dispute.state,
        side=told.side,
        text=told.text,
        document=told.document,
        by=by,
        for_whom_id=None if by.acts_for is None else by.acts_for.id,
        at=at,
    )
    chain.record(
        f"dispute.{VERBS[step]}",
        dispute.address,
        by=by,
        at=at,
        request=dispute.request_id,
        step=str(step),
        state=str(dispute.state),
        text=told.text,
        document=told.document,
    )


VERBS = {
    DisputeStep.OPEN: "open",
    DisputeStep.SAY: "say",
    DisputeStep.CONCEDE: "settle",
    DisputeStep.TO_AUTHORITY: "escalate",
    DisputeStep.TO_SUPERIOR: "escalate",
    DisputeStep.TO_GOVERNMENT: "escalate",
    DisputeStep.FOR_ASKER: "settle",
    DisputeStep.STAND: "settle",
    DisputeStep.DROP: "settle",
}
"""How the audit trail names each step."""


def _outcome(dispute: Dispute) -> str:
    paper = f" ({dispute.document})" if dispute.document else ""
    return f"{dispute.settlement}{paper}"


def _tell(kind: str, dispute: Dispute, *, to: Organization, at: datetime, **words: Any) -> None:
    request = dispute.request
    notices.tell(
        kind,
        organization=to,
        target=dispute.address,
        at=at,
        dispute=dispute.pk,
        request=request.pk,
        dataset=request.dataset,
        owner=request.dataset.owner,
        asker=request.organization,
        **words,
    )
