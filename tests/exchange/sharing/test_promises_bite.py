"""The promises are kept for a reason: break the code in one place, and a walk tells of it.

Each break is one line that somebody could get wrong; a walk that did not notice would be no proof.
The walks are aimed at the steps that the break is about, few and short: most are noticed by the
first.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.models import User
from audit import chain
from catalog import deadlines, facts
from catalog.models import Field
from exchange.models import Ending, ShareRequest, Stop
from exchange.records import masks
from exchange.sharing import (
    asking,
    beside,
    clocks,
    deciding,
    grants,
    lifecycle,
    matrix,
    serving,
    stopping,
    tries,
)
from exchange.sharing.requests import offered
from exchange.sharing.tries import Verdict
from exchange.stop_flow import StopState
from exchange.workflow import MOVES, GrantState, State, Step
from policy import decision
from policy.terms import Grade
from tests.exchange.sharing import test_two_deciders, town
from tests.exchange.sharing.test_promises import Aim, walked

pytestmark = pytest.mark.slow
Breaking = Callable[[pytest.MonkeyPatch], None]
NOTICED = (AssertionError, pytest.fail.Exception, IntegrityError)
"""How a break is told of: by a promise, or by the database, which holds some of them too."""
WALKS, STEPS = 12, 24
FREE = ("name",)
"""What every department may have at once: a draft leads to a grant."""


def at_once(*towards: str) -> Aim:
    """Ask for what is had at once, then go on."""
    return Aim(("draft", *towards), likely=FREE)


def again(*towards: str) -> Aim:
    """Ask for what is had at once, go on, and ask for it again: one department, one dataset."""
    return Aim(("draft", *towards, "draft"), care=0.95, likely=FREE, narrow=True)


def answered(*towards: str, bold: tuple[str, ...] = (), care: float = 0.95) -> Aim:
    """Ask for what the provider answers, have it answered, then go on."""
    return Aim(("draft", "propose", "answer", *towards), care=care, bold=bold)


@dataclass(frozen=True)
class Break:
    """A place in the code made wrong, and where the walks go that notice it."""

    breaking: Breaking
    aim: Aim


def instead(place: Any, name: str, made: Callable[[Any], Any]) -> Breaking:
    """Return a break: what stands at a place is made into something else."""
    return lambda patch: patch.setattr(place, name, made(getattr(place, name)))


def always(answer: Any) -> Callable[[Any], Any]:
    """Return what makes any function answer alike."""
    return lambda _real: lambda *_args, **_told: answer


def unasked(place: Any, permission: str) -> Breaking:
    """Return a break: one right is not asked for."""

    def made(real: Any) -> Any:
        def require(by: User, name: str, **told: Any) -> None:
            if name != permission:
                real(by, name, **told)

        return require

    return instead(place, "require", made)


def unwritten(verb: str) -> Breaking:
    """Return a break: a verb leaves no entry."""

    def made(real: Any) -> Any:
        return lambda name, *args, **told: None if name == verb else real(name, *args, **told)

    return instead(chain, "record", made)


def granted_with(change: Callable[[matrix.Offer, ShareRequest], matrix.Offer]) -> Breaking:
    """Return a break: a grant is made of something else than what was agreed."""

    def made(real: Any) -> Any:
        return lambda request, offer, **told: real(request, change(offer, request), **told)

    return instead(grants, "from_request", made)


def one_more(offer: matrix.Offer, request: ShareRequest) -> matrix.Offer:
    """Name a field that was not agreed to."""
    others = Field.objects.filter(resource__dataset=request.dataset).exclude(pk__in=offer.fields)
    return replace(offer, fields=(*offer.fields, *others.values_list("pk", flat=True)[:1]))


def a_day_more(offer: matrix.Offer, _request: ShareRequest) -> matrix.Offer:
    """Let a grant hold a day longer than was agreed."""
    return replace(offer, valid_until=offer.valid_until + timedelta(days=1))


def made_unsigned(real: Any) -> Any:
    """Make the grant when an answer is proposed."""

    def proposed(request: ShareRequest, *, by: User, at: Any) -> ShareRequest:
        done = real(request, by=by, at=at)
        if done.answer != "refusal":
            grants.from_request(done, offered(done), by=by, at=at)
        return done

    return proposed


def from_any_state(*steps: Step) -> Breaking:
    """Return a break: these steps are taken whatever the state."""
    after = {step: target for (_state, step), target in MOVES.items()}

    def made(real: Any) -> Any:
        def moved(request: ShareRequest, step: Step) -> State:
            return after[step] if step in steps else real(request, step)

        return moved

    def breaking(patch: pytest.MonkeyPatch) -> None:
        for place in (asking, deciding):
            patch.setattr(place, "moved", made(place.moved))

    return breaking


def served_in_state(state: GrantState) -> Breaking:
    """Return a break: in this state a grant serves still."""

    def made(real: Any) -> Any:
        return lambda grant, day: None if grant.state(day) == state else real(grant, day)

    return instead(serving, "holds", made)


def in_any_mode(real: Any) -> Any:
    """Serve a grant in a way of use that it is not for."""

    def under_grant(slug: str, caller: Any, *, mode: Any, today: Any, number: int) -> Any:
        try:
            return real(slug, caller, mode=mode, today=today, number=number)
        except serving.ModeNotGranted:
            head = serving.access.head(slug, zone=serving.Zone.SHARED)
            grant = serving.Grant.objects.get(pk=number)
            return serving.shown(head, grant, caller, mode=mode, today=today)

    return under_grant


def stopped_at_once(_real: Any) -> Any:
    """End a service on the day of the agreement, whichever day was named."""

    def ended(stop: Stop, reason: str, *, by: User, at: Any) -> None:
        Stop.objects.filter(pk=stop.pk).update(state=StopState.DONE)
        lifecycle.end(stop.grant, Ending.STOPPED, reason, by=by, at=at)

    return ended


def a_day_late(real: Any) -> Any:
    """Count the day of receipt one day later."""
    return lambda self, step, began, **told: real(self, step, began + timedelta(days=1), **told)


def not_extended(real: Any) -> Any:
    """Count no extension."""
    return lambda self, step, began, **told: real(self, step, began, **{**told, "extended": False})


def bare(_real: Any) -> Any:
    """Show a value that is to be masked."""
    return lambda _mask, value, *_rest, **_told: value


def without_rule(name: str) -> Breaking:
    """Return a break: the law lacks a rule."""
    kept = tuple(rule for rule in decision.RULES if rule.__name__ != name)
    assert len(kept) < len(decision.RULES)

    def made(real: Any) -> Any:
        return lambda case, field: real(case, field, kept)

    return instead(decision, "decide_field", made)


SIGNATURES: Mapping[str, Break] = {
    "anybody signs for the asking department": Break(
        unasked(asking, "exchange.sign_request"), Aim(("draft", "sign"), care=0.6)
    ),
    "anybody signs the answer": Break(
        unasked(deciding, "exchange.sign_answer"), answered("answer", "answer", bold=("answer",))
    ),
    "anybody answers": Break(
        unasked(deciding, "exchange.answer_request"), answered(bold=("propose",))
    ),
    "a grant is made with the proposal": Break(
        instead(deciding, "_proposed", made_unsigned), answered()
    ),
    "everything is given at once": Break(
        instead(matrix, "needs_no_answer", always(True)), Aim(("draft",))
    ),
    "misuse does not stop what is given at once": Break(
        instead(beside, "misused", always([])), again("suspend")
    ),
    "asking again undoes a stop": Break(
        instead(beside, "stopped_on", always({})),
        again("stop", "of_stop", "of_stop"),
    ),
    "a signed request is changed": Break(
        from_any_state(Step.EDIT), Aim(("draft", "change"), care=0.7)
    ),
    "an answer is signed twice": Break(from_any_state(Step.AGREE), answered("answer", care=0.7)),
    "who asked decides": Break(
        instead(deciding, "another_than_asked", always(None)),
        Aim(("draft", "draft", "propose"), care=0.7),
    ),
    "who proposed signs": Break(
        instead(deciding, "_another_than_proposed", always(None)), answered("answer")
    ),
    "what is renewed goes on": Break(instead(grants, "_replace", always(None)), at_once("renew")),
}
NO_MORE: Mapping[str, Break] = {
    "a field more than agreed to": Break(granted_with(one_more), at_once()),
    "rows without their condition": Break(
        granted_with(lambda offer, _: replace(offer, rows=())), at_once()
    ),
    "a higher grade in clear": Break(
        granted_with(lambda offer, _: replace(offer, clear_up_to=Grade.L4)), at_once()
    ),
    "a day more": Break(granted_with(a_day_more), at_once()),
    "an offer beyond what was asked": Break(
        instead(deciding, "_within", always(None)), Aim(("draft", "propose"), care=0.8)
    ),
    "fields that the grant does not name": Break(
        instead(serving, "_not_named", lambda _: lambda one: one), at_once()
    ),
    "all rows": Break(instead(serving, "_scopes", always(())), at_once()),
    "no mask": Break(instead(masks, "expression", bare), answered()),
    "another way of use": Break(instead(serving, "under_grant", in_any_mode), at_once()),
    "suspended, and served": Break(served_in_state(GrantState.SUSPENDED), at_once("suspend")),
    "ended, and served": Break(served_in_state(GrantState.ENDED), at_once("purpose_over")),
    "not begun, and served": Break(instead(serving, "_begun", always(True)), at_once()),
    "a stop ends the service at once": Break(
        instead(stopping, "_set", stopped_at_once), again("stop", "of_stop", "of_stop")
    ),
    "the negative list is not asked": Break(
        instead(facts, "prohibitions", always(())), at_once("bar")
    ),
    "no grade is too high": Break(without_rule("grade_ceiling"), answered()),
    "guesses are not counted": Break(
        instead(
            tries,
            "_run",
            lambda _: lambda _budget, subjects, *_: [Verdict.ANSWERED] * len(subjects),
        ),
        at_once("guess"),
    ),
}
CLOCKS: Mapping[str, Break] = {
    "the day of receipt counts otherwise": Break(
        instead(deadlines.Clocks, "due_for", a_day_late), Aim(("draft",))
    ),
    "an extension counts nothing": Break(
        instead(deadlines.Clocks, "due_for", not_extended), Aim(("draft", "more_time"))
    ),
    "the clock goes on while the department completes": Break(
        instead(clocks, "stop", always(None)), Aim(("draft", "look_into"), care=0.8)
    ),
}
ENTRIES: Mapping[str, Break] = {
    f"{verb} leaves no entry": Break(unwritten(verb), aim)
    for verb, aim in {
        "request.submit": Aim(("draft",)),
        "request.answer": answered(),
        "grant.suspend": at_once("suspend"),
        "grant.stop_agree": again("stop", "of_stop", "of_stop"),
    }.items()
}


@pytest.fixture
def city(db: None) -> town.Town:
    return town.built()


def survives(city: town.Town, one: Break) -> bool:
    """Whether no walk notices a break."""
    with pytest.MonkeyPatch.context() as patch:
        one.breaking(patch)
        try:
            walked(city, range(WALKS), STEPS, one.aim)
        except NOTICED:
            return False
    return True


@pytest.mark.parametrize("breaks", [SIGNATURES, NO_MORE, CLOCKS, ENTRIES])
def test_each_break_is_noticed(city, breaks):
    assert [name for name, one in breaks.items() if survives(city, one)] == []


def test_code_that_is_not_broken_breaks_no_promise(city):
    reached = walked(city, range(2), STEPS, answered())

    assert reached["granted"]


def together(real: Any) -> Any:
    """Look at a request without holding it, and go on only once the other has looked too."""
    both = threading.Barrier(2)

    def looked(request_id: int) -> ShareRequest:
        found = ShareRequest.objects.select_related("dataset__owner", "organization", "basis")
        request = found.get(pk=request_id)
        if threading.current_thread() is not threading.main_thread():  # which brings it there
            both.wait(timeout=20)
        return request

    return looked


@pytest.mark.parametrize(
    "promise",
    [
        test_two_deciders.test_one_of_two_reviewers_wins_and_the_other_is_told_who,
        test_two_deciders.test_one_of_two_heads_signs_and_one_grant_is_made,
    ],
)
def test_without_the_lock_two_deciders_both_win(live_database, monkeypatch, promise):
    monkeypatch.setattr(deciding, "locked", together(deciding.locked))

    with pytest.raises((ValueError, IntegrityError)):
        promise(live_database)
