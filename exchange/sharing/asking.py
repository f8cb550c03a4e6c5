"""The asking department's side: draft, change, lay before the head, sign, complete, withdraw.

Order 809 art 20: by the published catalogue, with basis, scene, scope, way and period, after the
consent of the head of the department's sharing office, who vouches that it is true, lawful and
needed. What the law gives to every department is granted in the moment of that signature.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import delegations, notices, organizations
from accounts.models import Organization, User
from accounts.roles import NotAllowed, holders, require
from audit import chain
from catalog.models import Dataset
from catalog.terms import ClockStep
from exchange.agreements import keeping
from exchange.models import Grant, ShareRequest
from exchange.sharing import beside, clocks, contents, grants, matrix, renewing
from exchange.sharing.matrix import Offer
from exchange.sharing.requests import (
    ON_THE_WAY,
    RequestUnfit,
    asked,
    event,
    locked,
    moved,
    said,
    tell,
)
from exchange.workflow import State, Step, StepRefused, move
from policy.terms import Mode

NOT_SIGNED = gettext_noop(
    "Request %(request)s was changed after you opened it, by %(person)s at %(time)s, so"
    " nothing was signed. Read it as it stands now, then sign."
)
NOT_DONE = gettext_noop(
    "Request %(request)s was changed after you read it, by %(person)s at %(time)s, so nothing was"
    " done. Read it as it stands now, then try again."
)


@transaction.atomic
def draft(
    dataset_id: int,
    terms: contents.Terms,
    *,
    organization: Organization,
    by: User,
    at: datetime,
    renews: Grant | None = None,
) -> ShareRequest:
    """Draft a request of a department for a published dataset; nobody else sees it yet.

    A draft may lack what `submit` asks for. Raises NotAllowed, StepRefused (the dataset is not
    published, the department is closed, the grant is not to be renewed or is on the way to be),
    RequestUnfit (fields of another dataset, a period that ends before it begins), BasisGone.
    """
    require(by, "exchange.ask_dataset", organization=organization)
    organizations.hold_open(organization.pk)
    dataset = Dataset.objects.select_related("owner").get(pk=dataset_id)
    contents.can_be_asked(dataset, organization)
    request = ShareRequest(
        dataset=dataset,
        organization=organization,
        renews=renews,
        drafted_by=by,
        drafted_at=at,
    )
    contents.write(request, terms, today=timezone.localdate(at))
    if renews is not None:
        renewing.hold_renewable(renews.pk)
    request.save()
    event(request, Step.EDIT, by=by, at=at)
    chain.record(
        "request.draft",
        request.address,
        by=by,
        at=at,
        dataset=dataset.pk,
        organization=organization.pk,
        renews=None if renews is None else renews.pk,
    )
    return request


@transaction.atomic
def change(request_id: int, terms: contents.Terms, *, by: User, at: datetime) -> ShareRequest:
    """Change a draft, or what was sent back to be completed. Raises as `draft` does."""
    request = locked(request_id)
    require(by, "exchange.ask_dataset", organization=request.organization)
    request.state = moved(request, Step.EDIT)
    contents.write(request, terms, today=timezone.localdate(at))
    request.save(update_fields=["state", *contents.WRITTEN])
    event(request, Step.EDIT, by=by, at=at)
    chain.record("request.change", request.address, by=by, at=at, fields=request.fields)
    return request


@transaction.atomic
def amend(
    request_id: int, told: Mapping[str, Any], *, by: User, at: datetime, seen: str = ""
) -> ShareRequest:
    """Change some parts of a draft by the names that Terms gives them; the others stay.

    `seen` is the digest (`contents.digest`) of what was read before, "" where nothing was. Raises
    as `change` does.
    """
    request = locked(request_id)
    require(by, "exchange.ask_dataset", organization=request.organization)
    moved(request, Step.EDIT)
    as_read(request, seen, NOT_DONE)
    return change(request_id, replace(contents.terms_of(request), **told), by=by, at=at)


@transaction.atomic
def submit(request_id: int, *, by: User, at: datetime, seen: str = "") -> ShareRequest:
    """Lay a complete request before the head of the asking department; also a completed one.

    `seen` as for `amend`. Raises NotAllowed, StepRefused (also where nobody there can sign),
    RequestIncomplete with all that is missing, BasisGone.
    """
    request = locked(request_id)
    require(by, "exchange.ask_dataset", organization=request.organization)
    step = Step.SUPPLY if request.state == State.SUPPLEMENT else Step.SUBMIT
    after = moved(request, step)
    as_read(request, seen, NOT_DONE)
    contents.complete(request, today=timezone.localdate(at))
    tells_nothing_hidden(request, asked(request), today=timezone.localdate(at))
    if not contents.has_head(request.organization):
        raise StepRefused(
            _(
                "Nobody at “%(organization)s” holds the role of head, so the request cannot be"
                " signed. Ask the security administrator to give the role to somebody, then try"
                " again."
            )
            % {"organization": request.organization}
        )
    request.state = after
    request.save(update_fields=["state"])
    event(request, step, by=by, at=at)
    notices.settle(request.address, "request.more_asked", "request.given_back", at=at)
    tell("request.signable", request, to=request.organization, at=at)
    chain.record("request.submit", request.address, by=by, at=at)
    return request


@transaction.atomic
def give_back(request_id: int, *, reason: str, by: User, at: datetime) -> ShareRequest:
    """Give a request back to be changed, as the head of the asking department.

    Raises NotAllowed, StepRefused, RequestUnfit without a reason.
    """
    request = locked(request_id)
    require(by, "exchange.sign_request", organization=request.organization)
    request.state = moved(request, Step.RETURN)
    said(reason)
    request.save(update_fields=["state"])
    event(request, Step.RETURN, reason, by=by, at=at)
    notices.settle(request.address, "request.signable", at=at)
    tell("request.given_back", request, to=request.organization, at=at, reason=reason)
    chain.record("request.give_back", request.address, by=by, at=at, reason=reason)
    return request


@transaction.atomic
def sign(
    request_id: int, *, vouched: bool, by: User, at: datetime, seen: str = ""
) -> ShareRequest:
    """Sign a request as the head of the asking department; with that it is received.

    What every department may have anyway is granted at once and the provider told; anything else
    goes to the formal check, where the body of rules in force has one, or to the provider.
    `seen` is the digest (`contents.digest`) of what the head was shown, "" where nothing was.
    Raises NotAllowed, StepRefused, RequestIncomplete, BasisGone, RequestUnfit unless the head
    vouches that the request is true, lawful and needed.
    """
    request = locked(request_id)
    require(by, "exchange.sign_request", organization=request.organization)
    _not_own_draft(request, by)
    request.state = moved(request, Step.SIGN)
    as_read(request, seen, NOT_SIGNED)
    if not vouched:
        raise RequestUnfit(
            _(
                "The head vouches that the request is true, lawful and needed. Without that it"
                " cannot be signed: give it back instead."
            )
        )
    today = timezone.localdate(at)
    contents.can_be_asked(request.dataset, request.organization)
    contents.complete(request, today=today)
    tells_nothing_hidden(request, asked(request), today=today)
    request.signed_by, request.received_at = by, at
    event(request, Step.SIGN, by=by, at=at)
    notices.settle(request.address, "request.signable", "request.holder_left", at=at)
    grant = _send_on(request, by=by, at=at, today=today)
    chain.record(
        "request.sign",
        request.address,
        by=by,
        at=at,
        after=request.state,
        rules=request.profile,
        **keeping.recorded(grant),
    )
    return request


def tells_nothing_hidden(request: ShareRequest, offer: Offer, *, today: date) -> None:
    """Return unless a condition on rows would tell a value that is not shown in clear.

    Raises RequestUnfit, naming the fields.
    """
    hidden = matrix.told_by_rows(
        request.dataset, request.organization_id, offer, today=today, channel=request.channel
    )
    if hidden:
        raise RequestUnfit(
            _(
                "Which rows come would tell what stands in %(fields)s, which is not shown in clear"
                " in this way of use. Leave the condition out, or have the rows chosen by a field"
                " that is."
            )
            % {"fields": ", ".join(one.label for one in hidden)}
        )


def why_not_sign(request: ShareRequest, by: User) -> str:
    """Return why a person does not sign a request for its head, "" where nothing bars them.

    What the request lacks is no question of who signs it: `sign` looks at that.
    """
    try:
        require(by, "exchange.sign_request", organization=request.organization)
        _not_own_draft(request, by)
    except NotAllowed as refused:
        return str(refused)
    return ""


def signers(request: ShareRequest) -> list[User]:
    """Return who can sign a request today, by name: heads, and colleagues who act for one."""
    people = delegations.acting(request.organization, *holders("exchange.sign_request"))
    return [one for one in people.order_by("name") if not why_not_sign(request, one)]


def _not_own_draft(request: ShareRequest, by: User) -> None:
    """Return unless somebody signs for the head what they drafted. Raises NotAllowed."""
    if by.acts_for is None:
        return
    laid_before = request.events.filter(what__in=(Step.EDIT, Step.SUBMIT, Step.SUPPLY), by=by)
    if request.drafted_by_id == by.pk or laid_before.exists():
        raise NotAllowed(
            _(
                "You drafted this request, so you do not sign it for %(person)s as well. It waits"
                " for a head of the department, or for another colleague who acts for one."
            )
            % {"person": by.acts_for.name}
        )


def as_read(request: ShareRequest, seen: str, sentence: str) -> None:
    """Return if a request still says what `seen` digests; "" where nobody was shown anything.

    Raises StepRefused, which names who changed it; `sentence` has places for that.
    """
    if not seen or seen == contents.digest(request):
        return
    last = request.events.select_related("by").order_by("at", "pk").last()
    raise StepRefused(
        _(sentence)
        % {
            "request": request.pk,
            "person": "–" if last is None or last.by is None else last.by.name,
            "time": "–" if last is None else f"{timezone.localtime(last.at):%Y-%m-%d %H:%M}",
        }
    )


def _send_on(request: ShareRequest, *, by: User, at: datetime, today: date) -> Grant | None:
    """Grant what needs no answer, or pass the request on; all in the signature's transaction."""
    lines = matrix.matrix(
        request.dataset,
        request.organization_id,
        asked(request),
        today=today,
        besides=request.renews_id,
    )
    without = matrix.unconditionally(
        request.dataset, request.organization_id, Mode(request.mode), today=today
    )
    limits = clocks.asked_under(request)
    at_once = matrix.needs_no_answer(lines, without=without, rows=request.rows)
    if at_once and not beside.held_up(request.dataset_id, request.organization_id, today=today):
        request.state = move(request.state, Step.GRANT_AT_ONCE, of=request.pk)
        request.answered_at = at
        request.save()
        event(request, Step.GRANT_AT_ONCE, by=None, at=at)
        tell("request.granted_at_once", request, to=request.dataset.owner, at=at)
        return grants.from_request(request, asked(request), by=by, at=at)
    if ClockStep.FORMAL_CHECK in limits.limits:
        request.state = move(request.state, Step.CHECK, of=request.pk)
        clocks.run(request, ClockStep.FORMAL_CHECK, since=at, clocks=limits)
        request.save()
        event(request, Step.CHECK, by=None, at=at)
        tell("request.checkable", request, to=None, at=at, due_on=request.due_on)
        return None
    request.state = move(request.state, Step.FORWARD, of=request.pk)
    clocks.run(request, clocks.answer_step(request, limits), since=at, clocks=limits)
    request.save()
    event(request, Step.FORWARD, by=None, at=at)
    tell_provider(request, at=at)
    return None


def tell_provider(request: ShareRequest, *, at: datetime) -> None:
    """Tell the provider that a request waits for its answer."""
    tell("request.received", request, to=request.dataset.owner, at=at, due_on=request.due_on)


@transaction.atomic
def withdraw(request_id: int, *, reason: str, by: User, at: datetime) -> ShareRequest:
    """Stop asking, as the asking department; possible until there is an answer.

    Raises NotAllowed, StepRefused.
    """
    request = locked(request_id)
    require(by, "exchange.ask_dataset", organization=request.organization)
    known = request.received_at is not None
    _nothing_granted(request, today=timezone.localdate(at))
    request.state = moved(request, Step.WITHDRAW)
    clocks.stop(request)
    request.save(update_fields=["state", "due_step", "due_from", "due_on"])
    event(request, Step.WITHDRAW, reason, by=by, at=at)
    notices.settle(request.address, *ON_THE_WAY, at=at)
    if known:
        words = reason.strip() or "–"
        tell("request.withdrawn", request, to=request.dataset.owner, at=at, reason=words)
    chain.record("request.withdraw", request.address, by=by, at=at, reason=reason)
    return request


def _nothing_granted(request: ShareRequest, *, today: date) -> None:
    """Return unless the answer was opened again and its grant still holds."""
    held = Grant.objects.filter(request=request, revoked_at=None, valid_until__gte=today).first()
    if held is not None:
        raise StepRefused(
            _(
                "Request %(request)s has led to grant no. %(grant)s already, so it is not"
                " withdrawn. End the grant if its purpose is over."
            )
            % {"request": request.pk, "grant": held.pk}
        )
