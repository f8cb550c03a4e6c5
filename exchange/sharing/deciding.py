"""The answering side: formal check, what is missing, a proposed answer, and the head's signature.

Order 809 arts 15, 20 and 21: the provider sets the conditions and may not invent any to obstruct;
its head signs the answer; a refusal states its reason; incomplete material is told once and never
refused. The data authority checks the form only, where the body of rules in force has that step.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import PERMISSIONS, NotAllowed, require
from audit import chain
from catalog import deadlines
from exchange.agreements import keeping
from exchange.models import Answer, Grant, Ground, ShareRequest
from exchange.sharing import asking, clocks, contents, grants, keys, matrix, settling
from exchange.sharing.as_seen import require_as_seen
from exchange.sharing.matrix import Offer
from exchange.sharing.requests import (
    RequestUnfit,
    another_than_asked,
    as_json,
    asked,
    event,
    locked,
    moved,
    offered,
    said,
    settle,
    stood_behind,
    tell,
)
from exchange.workflow import Aside, State, Step, StepRefused
from policy.terms import Mode

SIGN = "exchange.sign_answer"
SEE = "exchange.view_sharerequest"


@transaction.atomic
def pass_check(request_id: int, *, by: User, at: datetime) -> ShareRequest:
    """Pass a request on to the provider after the formal check, as the data authority.

    Raises NotAllowed, StepRefused.
    """
    request = locked(request_id)
    require(by, "exchange.check_request")
    another_than_asked(request, by)
    request.state = moved(request, Step.PASS)
    limits = deadlines.clocks()
    clocks.run(request, clocks.answer_step(request, limits), since=at, clocks=limits)
    request.save(update_fields=["state", "due_step", "due_from", "due_on"])
    event(request, Step.PASS, by=by, at=at)
    settle(request, at=at)
    asking.tell_provider(request, at=at)
    chain.record("request.check", request.address, by=by, at=at)
    return request


@transaction.atomic
def ask_more(request_id: int, *, missing: Sequence[str], by: User, at: datetime) -> ShareRequest:
    """Tell the applicant everything that is missing, once; no refusal (Order 809 art 21).

    As the data authority in its formal check, or as the provider. The limit stops; it begins anew
    when the completed request is received, without the time that was asked for or given before.
    Raises NotAllowed, StepRefused (also where something
    was asked for before), RequestUnfit where nothing is named.
    """
    request = locked(request_id)
    _may_look_into(request, by)
    another_than_asked(request, by)
    request.state = moved(request, Step.ASK_MORE)
    if request.more_asked_at is not None:
        raise StepRefused(
            _told_before(request)
            % {"day": f"{timezone.localdate(request.more_asked_at):%Y-%m-%d}"}
        )
    named = [text.strip() for text in missing if text.strip()]
    if not named:
        raise RequestUnfit(_("Name everything that is missing: it can be told once only."))
    request.missing, request.more_asked_at = named, at
    request.extended_at, request.extended_because = None, ""
    clocks.stop(request)
    request.save()
    event(request, Step.ASK_MORE, "\n".join(named), by=by, at=at)
    settle(request, at=at)
    tell(
        "request.more_asked",
        request,
        to=request.organization,
        at=at,
        missing="; ".join(named),
    )
    chain.record("request.ask_more", request.address, by=by, at=at, missing=named)
    return request


def _told_before(request: ShareRequest) -> str:
    """Return why nothing more is asked for; of a company the Order says nothing (art 3)."""
    if request.opening:
        return _(
            "What was missing was told on %(day)s, and may be told once only. Answer the"
            " application as it stands."
        )
    return _(
        "What was missing was told on %(day)s, and may be told once only (Order 809, article 21)."
        " Answer the request as it stands."
    )


def _may_look_into(request: ShareRequest, by: User) -> None:
    if request.state == State.IN_CHECK:
        require(by, "exchange.check_request")
    else:
        require(by, "exchange.answer_request", organization=request.dataset.owner)


@transaction.atomic
def assign(request_id: int, *, to: User | None, by: User, at: datetime) -> ShareRequest:
    """Give a request to a person of the provider, or to nobody in particular.

    Raises NotAllowed (also where `to` cannot answer for this provider), StepRefused.
    """
    request = locked(request_id)
    require(by, "exchange.answer_request", organization=request.dataset.owner)
    another_than_asked(request, by)
    _is_known(request)
    if to is not None:
        # locked, so that nobody who leaves in this moment is given one more
        _can_take(request, User.objects.select_for_update(no_key=True).get(pk=to.pk))
    return _assigned(request, to, by=by, at=at)


def pass_on(leaver: User, heir: User | None, *, by: User | None, at: datetime) -> int:
    """Give the open requests that are with a person who leaves to the heir; return how many.

    Where the heir cannot answer a request, and without an heir, it is with nobody in particular.
    Part of the verb `exchange.leaving.leave`, which asks the right; each leaves its own entry.
    """
    requests = with_person(leaver)
    for request in requests:
        _assigned(request, heir if _may_take(request, heir) else None, by=by, at=at, left=leaver)
    return len(requests)


def with_person(user: User) -> list[ShareRequest]:
    """Return the open requests that are with a person, each locked, in order of id."""
    waiting = ShareRequest.objects.open().filter(assigned_to=user).order_by("pk")
    return [locked(pk) for pk in waiting.values_list("pk", flat=True)]


def _can_take(request: ShareRequest, person: User) -> None:
    require(person, "exchange.answer_request", organization=request.dataset.owner)
    another_than_asked(request, person)


def _may_take(request: ShareRequest, person: User | None) -> bool:
    if person is None:
        return False
    try:
        _can_take(request, person)
    except NotAllowed:
        return False
    return True


def _assigned(
    request: ShareRequest,
    to: User | None,
    *,
    by: User | None,
    at: datetime,
    left: User | None = None,
) -> ShareRequest:
    request.assigned_to = to
    request.save(update_fields=["assigned_to"])
    event(request, Aside.ASSIGN, "" if to is None else str(to), by=by, at=at)
    because = {} if left is None else {"left": left.username}
    told = "" if to is None else to.username
    chain.record("request.assign", request.address, by=by, at=at, to=told, **because)
    return request


@transaction.atomic
def comment(request_id: int, *, text: str, by: User, at: datetime) -> ShareRequest:
    """Say something about a request that both departments read.

    Whoever asks, answers, signs or oversees may. Raises NotAllowed, RequestUnfit without words.
    """
    request = locked(request_id)
    provider = not by_asker(request, by)
    if provider:
        require(by, "exchange.comment_request", organization=request.dataset.owner)
        _is_known(request)
    words = said(text)
    event(request, Aside.COMMENT, words, by=by, at=at)
    if request.received_at is not None:
        other = request.organization if provider else request.dataset.owner
        kind = "request.comment_asker" if provider else "request.comment_provider"
        tell(kind, request, to=other, at=at, text=words)
    chain.record("request.comment", request.address, by=by, at=at)
    return request


def by_asker(request: ShareRequest, by: User) -> bool:
    """Return whether a person sees the request as one of the asking department."""
    return any(
        place == request.organization_id and SEE in PERMISSIONS[role]
        for role, place in by.live_roles()
    )


def _is_known(request: ShareRequest) -> None:
    if request.received_at is None:
        raise StepRefused(
            _("Request %(request)s has not been received yet.") % {"request": request.pk}
        )


@transaction.atomic
def propose(
    request_id: int, offer: Offer, *, reason: str = "", seen: str = "", by: User, at: datetime
) -> ShareRequest:
    """Propose to agree, as the provider's reviewer: to all that is asked, or to a part of it.

    A part is fewer fields or rows, masked values, a shorter time, or a yes or no in place of rows;
    it says why. `seen` is the digest of what the person was shown (`as_seen`). Raises NotAllowed,
    StepRefused (also where request or offer changed since), RequestUnfit where more is offered
    than was asked, where nothing is, or where a line of the negative list bars all of it.
    """
    request = locked(request_id)
    require(by, "exchange.answer_request", organization=request.dataset.owner)
    another_than_asked(request, by)
    request.state = moved(request, Step.PROPOSE)
    require_as_seen(request, seen)
    wanted = asked(request)
    _within(request, offer, wanted)
    today = timezone.localdate(at)
    _can_be_given(request, offer, today=today)
    settling.not_less(request, offer, today=today)
    whole = replace(offer, daily_quota=None) == replace(wanted, daily_quota=None)
    request.answer = Answer.WHOLE if whole else Answer.PART
    request.ground = ""
    request.answer_reason = reason.strip() if whole else said(reason)
    request.offered = as_json(offer)
    return _proposed(request, by=by, at=at)


@transaction.atomic
def propose_refusal(
    request_id: int, *, ground: Ground, reason: str, seen: str = "", by: User, at: datetime
) -> ShareRequest:
    """Propose not to agree, as the provider's reviewer, with the ground and its reason.

    `seen` as in `propose`. Raises NotAllowed, StepRefused, RequestUnfit without a reason, or where
    the negative list is named and no live line bars what is asked for.
    """
    request = locked(request_id)
    require(by, "exchange.answer_request", organization=request.dataset.owner)
    another_than_asked(request, by)
    request.state = moved(request, Step.PROPOSE)
    require_as_seen(request, seen)
    today = timezone.localdate(at)
    _grounded(request, ground, today=today)
    settling.not_less(request, None, today=today)
    request.answer, request.ground = Answer.REFUSAL, ground
    request.answer_reason = said(reason)
    request.offered = {}
    return _proposed(request, by=by, at=at)


def why_not(request: ShareRequest, permission: str, *, by: User) -> str:
    """Return why a person does not decide on a request by a permission; "" where they do.

    Whether a step is possible now is no question of who takes it: the verbs look at that.
    """
    try:
        require(by, permission, organization=request.dataset.owner)
        another_than_asked(request, by)
        if permission == SIGN:
            _another_than_proposed(request, by)
    except (NotAllowed, StepRefused) as refused:
        return str(refused)
    return ""


def _another_than_proposed(request: ShareRequest, by: User) -> None:
    proposers = {request.proposed_by_id, *stood_behind(request, Step.PROPOSE)}
    if any(by.stands_for(person) for person in proposers):
        raise StepRefused(_("You proposed this answer, so another head of the provider signs it."))


def _grounded(request: ShareRequest, ground: str, *, today: date) -> None:
    if ground == Ground.BEYOND_DUTY and request.opening:
        raise RequestUnfit(
            _("A company has no duties of office, so that is no ground. Choose another.")
        )
    if ground == Ground.NEGATIVE_LIST and not matrix.barred(
        request.dataset, request.fields, today=today, channel=request.channel
    ):
        raise RequestUnfit(
            _(
                "No live line of the negative list bars the fields that are asked for, so it is"
                " no ground. Without a line the data is conditional: agree, or say which of the"
                " other grounds it is."
            )
        )


def _proposed(request: ShareRequest, *, by: User, at: datetime) -> ShareRequest:
    """Lay an answer before the head. Raises StepRefused where nobody there can sign it."""
    if not contents.has_head(request.dataset.owner):
        raise StepRefused(
            _(
                "Nobody at “%(organization)s” holds the role of head, so the answer cannot be"
                " signed. Ask the security administrator to give the role to somebody, then try"
                " again."
            )
            % {"organization": request.dataset.owner}
        )
    request.proposed_by = by
    request.save()
    event(request, Step.PROPOSE, request.answer_reason, by=by, at=at)
    settle_for_head(request, at=at)
    chain.record(
        "request.propose",
        request.address,
        by=by,
        at=at,
        answer=request.answer,
        ground=request.ground,
        offered=request.offered,
    )
    return request


def settle_for_head(request: ShareRequest, *, at: datetime) -> None:
    """Tell the provider's head that an answer waits for the signature."""
    settle(request, at=at)
    tell("request.answerable", request, to=request.dataset.owner, at=at, due_on=request.due_on)


def _within(request: ShareRequest, offer: Offer, wanted: Offer) -> None:
    """Raise RequestUnfit unless the offer is no more than what was asked for."""
    contents.own_fields(request.dataset, {*offer.fields, *(one["field"] for one in offer.rows)})
    contents.fitting_rows(one for one in offer.rows if one not in wanted.rows)
    kept = [one for one in wanted.rows if one not in offer.rows]
    fits = [
        (offer.fields, _("An offer names at least one field.")),
        (
            set(offer.fields) <= set(wanted.fields),
            _("The offer names fields that were not asked for."),
        ),
        (
            offer.clear_up_to <= wanted.clear_up_to,
            _("The offer shows a higher grade in clear than was asked for."),
        ),
        (
            offer.mode in ((wanted.mode,) if request.opening else (wanted.mode, Mode.VERIFY)),
            _(
                "The offer is another way of use than was asked for. Only a yes or no can"
                " replace it."
            ),
        ),
        (
            wanted.valid_from <= offer.valid_from <= offer.valid_until <= wanted.valid_until,
            _("The offer holds longer than was asked for, or ends before it begins."),
        ),
        (
            _no_more_calls(offer, wanted),
            _("The offer allows more calls a day than were asked for."),
        ),
        (not kept, _("The offer leaves out a condition on rows that the request sets itself.")),
    ]
    wrong = [sentence for fine, sentence in fits if not fine]
    if offer.mode == Mode.VERIFY:
        wrong += keys.not_asked_for(request.dataset, fields=offer.fields, wanted=wanted.fields)
    if wrong:
        raise RequestUnfit(" ".join(wrong))


def _no_more_calls(offer: Offer, wanted: Offer) -> bool:
    """Whether an offer keeps to the calls a day that were asked for; where none were, any do."""
    most = wanted.daily_quota
    return most is None or (offer.daily_quota is not None and offer.daily_quota <= most)


def _can_be_given(request: ShareRequest, offer: Offer, *, today: date) -> None:
    """Return if a grant of this offer may be made on a day.

    Raises StepRefused, RequestUnfit, BasisGone.
    """
    contents.can_be_asked(request.dataset, request.organization)
    contents.rests_on_law(request, today)
    if offer.valid_until < today:
        raise RequestUnfit(
            _(
                "The offer ends on %(day)s, which is over. Choose a later last day; where the"
                " request asks for none, have the applicant withdraw it and ask anew."
            )
            % {"day": offer.valid_until}
        )
    asking.tells_nothing_hidden(request, offer, today=today)
    _shows_something(request, offer, today=today)


def _shows_something(request: ShareRequest, offer: Offer, *, today: date) -> None:
    lines = matrix.matrix(
        request.dataset,
        request.organization_id,
        offer,
        today=today,
        besides=request.renews_id,
        channel=request.channel,
    )
    hidden = [line.field.label for line in lines if line.asked and line.withheld]
    if len(hidden) == len([line for line in lines if line.asked]):
        raise RequestUnfit(
            _(
                "Of %(fields)s nothing would be shown under this offer. Offer another way of use,"
                " or a lower grade; where a line of the negative list bars them, say so."
            )
            % {"fields": ", ".join(hidden)}
        )
    pointless = keys.unclaimable_offer(lines, mode=offer.mode)
    if pointless:
        raise RequestUnfit(" ".join(pointless))


@transaction.atomic
def reconsider(request_id: int, *, reason: str, by: User, at: datetime) -> ShareRequest:
    """Give a proposed answer back to the reviewer, as the provider's head.

    Raises NotAllowed, StepRefused, RequestUnfit without a reason.
    """
    request = locked(request_id)
    require(by, SIGN, organization=request.dataset.owner)
    another_than_asked(request, by)
    request.state = moved(request, Step.RECONSIDER)
    words = said(reason)
    request.save(update_fields=["state"])
    event(request, Step.RECONSIDER, words, by=by, at=at)
    settle(request, at=at)
    tell(
        "request.reconsidered",
        request,
        to=request.dataset.owner,
        at=at,
        due_on=request.due_on,
        reason=words,
    )
    chain.record("request.reconsider", request.address, by=by, at=at, reason=words)
    return request


@transaction.atomic
def sign_answer(
    request_id: int, *, seen: str = "", by: User, at: datetime
) -> tuple[ShareRequest, Grant | None]:
    """Sign the proposed answer as the provider's head: a grant is made, or the request refused.

    The offer and the ground are looked at again: law and fields may have changed since. `seen` is
    the digest of what the head was shown. Raises NotAllowed (also for who asked), StepRefused
    (also for who proposed it, or where request or offer changed since), RequestUnfit.
    """
    request = locked(request_id)
    require(by, SIGN, organization=request.dataset.owner)
    another_than_asked(request, by)
    refusal = request.answer == Answer.REFUSAL
    request.state = moved(request, Step.REFUSE if refusal else Step.AGREE)
    require_as_seen(request, seen)
    _another_than_proposed(request, by)
    today = timezone.localdate(at)
    request.answered_by, request.answered_at = by, at
    clocks.stop(request)
    if refusal:
        _grounded(request, request.ground, today=today)
        request.save()
        event(request, Step.REFUSE, request.answer_reason, by=by, at=at)
        settle(request, at=at)
        tell(
            "request.refused",
            request,
            to=request.organization,
            at=at,
            reason=request.answer_reason,
        )
        chain.record(
            "request.answer",
            request.address,
            by=by,
            at=at,
            answer=request.answer,
            ground=request.ground,
            reason=request.answer_reason,
        )
        return request, None
    offer = offered(request)
    _within(request, offer, asked(request))
    _can_be_given(request, offer, today=today)
    request.save()
    event(request, Step.AGREE, request.answer_reason, by=by, at=at)
    settle(request, at=at)
    grant = grants.from_request(request, offer, by=by, at=at)
    chain.record(
        "request.answer",
        request.address,
        by=by,
        at=at,
        answer=request.answer,
        **keeping.recorded(grant),
        **request.offered,
    )
    return request, grant
