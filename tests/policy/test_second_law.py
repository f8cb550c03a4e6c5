"""A second evaluator of the law agrees with the first, and proves what the page promises.

Proofs speak of one field, up to three lines and up to three grants, over all days.
"""

from itertools import product

import pytest
import z3
from hypothesis import given, settings

from policy.decision import decide
from policy.facts import Case, FieldFacts, Reader
from policy.terms import (
    BasisTier,
    Because,
    Certainty,
    Channel,
    Grade,
    Mode,
    OpenType,
    ReaderKind,
    Secrecy,
    ShareType,
    Treatment,
)
from tests.policy.lawful import TODAY, cases, fields, line
from tests.policy.second_law import BARS_SHARE, NO_GRADE, Law

LAW = Law()
VERDICTS = {
    Treatment.CLEAR: LAW.clear(),
    Treatment.MASKED: LAW.masked(),
    Treatment.WITHHELD: LAW.withheld(),
}
STRICTNESS = z3.If(VERDICTS[Treatment.WITHHELD], 2, z3.If(VERDICTS[Treatment.MASKED], 1, 0))


PLAIN = z3.And(
    *(LAW.grade == int(Grade.L1), z3.Not(LAW.ended), z3.Not(LAW.concealed)),
    LAW.secrecy == list(Secrecy).index(Secrecy.NONE),
    LAW.reader == list(ReaderKind).index(ReaderKind.DEPARTMENT),
)
"""A public field that a department asks for: nothing but lines, grants and types speaks."""


def counterexample(claim):
    """Return a case in which the claim does not hold, or None where there is none."""
    solver = z3.Solver()
    solver.set(timeout=20_000)
    solver.add(LAW.sound, z3.Not(claim))
    answer = solver.check()
    assert answer != z3.unknown
    return LAW.told(solver.model()) if answer == z3.sat else None


def found(*facts):
    """Return a case and a field of which all these facts hold."""
    told = counterexample(z3.Not(z3.And(*facts)))
    assert told is not None
    return told


def said(statement, case, field):
    """Return whether a statement of the second law holds of a case and a field."""
    held = z3.simplify(z3.substitute(statement, *LAW.symbols(case, field)))
    assert z3.is_true(held) or z3.is_false(held)
    return z3.is_true(held)


def decided(case, field):
    return decide(case, [field]).fields[field.name]


# The two evaluators agree


@settings(max_examples=200)
@given(cases, fields)
def test_both_evaluators_treat_a_field_alike(case, field):
    verdicts = [one for one, statement in VERDICTS.items() if said(statement, case, field)]

    assert verdicts == [decided(case, field).treatment]


@settings(max_examples=200)
@given(cases, fields)
def test_both_evaluators_find_the_negative_list_in_the_same_cases(case, field):
    codes = {reason.because for reason in decided(case, field).reasons}

    assert (Because.NEGATIVE_LIST in codes) == said(LAW.barred(), case, field)


@pytest.mark.parametrize(("channel", "tier"), list(product(Channel, BasisTier)))
def test_both_evaluators_let_the_same_tiers_bar(channel, tier):
    case = Case(
        channel,
        Mode.QUERY,
        Reader(ReaderKind.DEPARTMENT, "1"),
        TODAY,
        (line(tier=tier, channels={channel}),),
    )
    field = FieldFacts("phone", Grade.L1)

    assert (decided(case, field).treatment == Treatment.WITHHELD) == said(
        LAW.barred(), case, field
    )


@pytest.mark.parametrize("treatment", Treatment)
def test_they_agree_in_each_corner_that_the_solver_can_reach(treatment):
    grades = [NO_GRADE, *Grade]
    corners = list(product((True, False), range(len(Mode)), grades, (True, False)))
    reached = 0
    solver = z3.Solver()
    solver.add(LAW.sound, VERDICTS[treatment])

    for shared, mode, grade, granted in corners:
        solver.push()
        solver.add(LAW.shared == shared, LAW.mode == mode, LAW.grade == int(grade))
        solver.add(LAW.granted() == granted)
        if solver.check() == z3.sat:
            assert decided(*LAW.told(solver.model())).treatment == treatment
            reached += 1
        solver.pop()

    assert (
        reached >= {Treatment.CLEAR: 60, Treatment.MASKED: 30, Treatment.WITHHELD: 96}[treatment]
    )


LINE, GRANT, TODAY_IS = LAW.lines[0], LAW.grants[0], LAW.today
OVER = z3.And(LINE.ends, LINE.first <= LINE.last, LINE.last < TODAY_IS)
UNSETTLED = z3.Not(LINE.settled)
EDGES = {
    "a line begins tomorrow": (LINE.first == TODAY_IS + 1, Treatment.CLEAR),
    "a line begins today": (z3.And(LINE.first == TODAY_IS, z3.Not(LINE.ends)), Treatment.WITHHELD),
    "a line ends today": (
        z3.And(LINE.first <= TODAY_IS, LINE.ends, LINE.last == TODAY_IS),
        Treatment.WITHHELD,
    ),
    "a line ended yesterday": (
        z3.And(OVER, LINE.last == TODAY_IS - 1, UNSETTLED),
        Treatment.WITHHELD,
    ),
    "types are settled today": (
        z3.And(OVER, LINE.settled, LINE.settled_on == TODAY_IS),
        Treatment.CLEAR,
    ),
    "types are settled tomorrow": (
        z3.And(OVER, LINE.settled, LINE.settled_on == TODAY_IS + 1),
        Treatment.WITHHELD,
    ),
}
"""What the days of a line that is fit to bar make of an unconditional field without a grant."""


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("shared", [True, False])
def test_they_agree_on_the_first_and_last_day_of_a_line(edge, shared):
    that_day, treatment = EDGES[edge]
    alone = [z3.Not(one.there) for one in (*LAW.lines[1:], *LAW.grants)]
    unconditional = z3.And(
        LAW.share_type == number(ShareType.UNCONDITIONAL),
        LAW.open_type == number(OpenType.UNCONDITIONAL),
    )

    case, field = found(
        LAW.fit(LINE), that_day, PLAIN, unconditional, LAW.shared == shared, *alone
    )

    assert decided(case, field).treatment == treatment
    assert said(VERDICTS[treatment], case, field)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("day", [GRANT.first, GRANT.last], ids=["first", "last"])
@pytest.mark.parametrize("off", [-1, 0, 1])
def test_they_agree_on_the_first_and_last_day_of_a_grant(shared, day, off):
    alone = [z3.Not(one.there) for one in (*LAW.lines, *LAW.grants[1:])]
    conditional = z3.And(
        LAW.share_type == number(ShareType.CONDITIONAL),
        LAW.open_type == number(OpenType.CONDITIONAL),
    )
    lasting = z3.substitute(LAW.covers(GRANT), (TODAY_IS, day))  # but for the day, it covers

    case, field = found(
        lasting, day + off == TODAY_IS, PLAIN, conditional, LAW.shared == shared, *alone
    )

    treatment = decided(case, field).treatment
    assert said(VERDICTS[treatment], case, field)
    if off == 0:
        assert treatment == Treatment.CLEAR


# Theorems


def test_each_case_has_exactly_one_verdict():
    clear, masked, withheld = VERDICTS.values()
    one = z3.PbEq([(clear, 1), (masked, 1), (withheld, 1)], 1)

    assert counterexample(one) is None


def test_nothing_beats_the_negative_list():
    assert counterexample(z3.Implies(LAW.barred(), VERDICTS[Treatment.WITHHELD])) is None


def test_no_refusal_on_the_share_channel_lacks_a_live_basis():
    """What a department cannot have in any way, a line bars that stands on the law.

    "In no way" means: not even for verification, under a grant of the highest grade.
    """
    grant = LAW.grants[0]
    fullest = z3.And(
        LAW.covers(grant), grant.ceiling == int(Grade.IMPORTANT), LAW.mode == number(Mode.VERIFY)
    )
    asked = z3.And(
        LAW.shared,
        LAW.reader == number(ReaderKind.DEPARTMENT),
        LAW.secrecy == number(Secrecy.NONE),
    )
    lawful = z3.Or(*(stands_on_the_law(one) for one in LAW.lines))
    refused = z3.And(asked, fullest, VERDICTS[Treatment.WITHHELD])

    assert counterexample(z3.Implies(refused, lawful)) is None
    assert counterexample(z3.Not(refused)) is not None


def test_grade_alone_never_refuses_sharing():
    """Whatever a field's grade is, another grade would not make a final refusal of it."""
    grant = LAW.grants[0]
    fullest = z3.And(
        LAW.covers(grant), grant.ceiling == int(Grade.IMPORTANT), LAW.mode == number(Mode.VERIFY)
    )
    refused = VERDICTS[Treatment.WITHHELD]
    ungraded = z3.substitute(refused, (LAW.grade, z3.IntVal(int(Grade.L1))))

    claim = z3.Implies(z3.And(LAW.shared, fullest, refused), ungraded)

    assert counterexample(claim) is None


def test_one_more_prohibition_never_shows_more():
    more = LAW.lines[-1].there
    with_it, without = (
        z3.substitute(STRICTNESS, (more, z3.BoolVal(one))) for one in (True, False)
    )

    assert counterexample(with_it >= without) is None
    assert counterexample(with_it == without) is not None


def test_one_more_grant_never_shows_less():
    more = LAW.grants[-1].there
    with_it, without = (
        z3.substitute(STRICTNESS, (more, z3.BoolVal(one))) for one in (True, False)
    )

    assert counterexample(with_it <= without) is None
    assert counterexample(with_it == without) is not None


def test_a_line_over_shows_no_more_than_an_ungranted_conditional_field():
    """The day a line runs out, its field is conditional: shown to no one who has no grant."""
    claim = z3.Implies(
        z3.And(LAW.fallen_back(), z3.Not(LAW.granted()), z3.Not(LAW.owner())),
        VERDICTS[Treatment.WITHHELD],
    )

    assert counterexample(claim) is None


def test_a_claim_that_does_not_hold_is_answered_with_a_case_that_both_evaluators_decide():
    """The proofs above can fail: "grants never matter" is refuted by a case that shows it."""
    claim = z3.Implies(LAW.granted(), VERDICTS[Treatment.WITHHELD])

    case, field = counterexample(claim)

    assert case.grants
    assert decided(case, field).treatment < Treatment.WITHHELD


def number(member):
    return list(type(member)).index(member)


def stands_on_the_law(one):
    """Say once more, apart from `Law.bars`, that a line bars sharing today by the closed set."""
    return z3.And(
        *(one.there, one.names, one.on_share, one.published, one.cites),
        one.certainty == number(Certainty.VERIFIED),
        z3.Or(*(one.tier == number(tier) for tier in BARS_SHARE)),
        LAW.today >= one.first,
        z3.Or(z3.Not(one.ends), LAW.today <= one.last),
    )
