"""The two tables of moves: what no path can skip, and what a refusal says."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.workflow import (
    ASIDES,
    GRANT_MOVES,
    GRANT_STEPS,
    MOVES,
    STEPS,
    Aside,
    GrantState,
    GrantStep,
    State,
    Step,
    StepRefused,
    move,
    move_grant,
)


def paths(steps: list[Step]) -> Iterator[tuple[State, Step, State]]:
    """Walk a list of steps from a draft, leaving out those that are not possible."""
    state = State.DRAFT
    for step in steps:
        after = MOVES.get((state, step))
        if after is not None:
            yield state, step, after
            state = after


HEADS = {Step.SUBMIT, Step.RETURN, Step.SIGN, Step.SUPPLY}
"""What only a department does, which has a head; a company hands in instead."""

walks = st.lists(st.sampled_from(Step), max_size=60)
of_departments = st.lists(st.sampled_from([*set(Step) - {Step.HAND_IN}]), max_size=60)
of_companies = st.lists(st.sampled_from([*set(Step) - HEADS]), max_size=60)


@given(of_departments)
def test_no_path_to_a_grant_skips_the_asking_head_s_signature(steps):
    assert_answered_for(steps, Step.SIGN)


@given(of_companies)
def test_no_path_of_a_company_to_a_grant_skips_its_handing_in(steps):
    assert_answered_for(steps, Step.HAND_IN)


def assert_answered_for(steps: list[Step], signature: Step) -> None:
    signed = False
    for _state, step, after in paths(steps):
        if step == signature:
            signed = True
        if step == Step.ASK_MORE:
            signed = False  # what is completed is signed anew
        assert signed or after not in (State.RECEIVED, State.GRANTED, State.IN_REVIEW)


@given(walks)
def test_an_answer_of_the_provider_is_proposed_and_then_signed(steps):
    proposed = False
    for _state, step, after in paths(steps):
        if step == Step.PROPOSE:
            proposed = True
        if step in (Step.RECONSIDER, Step.REOPEN):
            proposed = False
        if after == State.REFUSED or (after == State.GRANTED and step != Step.GRANT_AT_ONCE):
            assert proposed
            assert step in (Step.AGREE, Step.REFUSE)


@given(walks)
def test_every_open_state_leads_on(steps):
    last = State.DRAFT
    for _state, _step, after in paths(steps):
        last = after

    if last not in (State.GRANTED, State.WITHDRAWN):
        assert any(start == last for start, _step in MOVES)


def test_every_step_has_its_word_and_its_place():
    assert set(STEPS) == {step for _state, step in MOVES} == set(Step)
    assert set(GRANT_STEPS) == {step for _state, step in GRANT_MOVES} == set(GrantStep)
    assert set(ASIDES) == set(Aside)


def test_a_refusal_says_where_the_request_is_and_when_the_step_is_possible():
    with pytest.raises(StepRefused, match=r"12 is draft.*before the head of the provider"):
        move(State.DRAFT, Step.AGREE, of=12)
    with pytest.raises(StepRefused, match="in force"):
        move_grant(GrantState.DISPOSED, GrantStep.SUSPEND, of=3)
