"""A line is shadowed exactly where it could go and nobody would be shown more."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from policy.decision import decide_field
from policy.facts import FieldFacts
from policy.shadows import shadowed
from policy.terms import Channel, Grade, Treatment
from tests.policy.lawful import NAMES, TODAY, line, prohibitions, shared

several = st.lists(prohibitions, max_size=4, unique_by=lambda one: one.number).map(tuple)


def barred(lines, channel):
    """Return what lines bar of plain fields, on one channel."""
    case = replace(shared(lines=lines), channel=channel)
    plain = [FieldFacts(name, Grade.L1) for name in NAMES]
    return {
        one.name
        for one in plain
        if decide_field(case, one).treatment == Treatment.WITHHELD and case.barring(one.name)
    }


@given(several)
def test_without_a_shadowed_line_the_same_is_barred_and_without_another_less(lines):
    hidden = shadowed(lines, NAMES, TODAY)

    for one in lines:
        rest = tuple(other for other in lines if other is not one)
        loses = any(barred(rest, channel) < barred(lines, channel) for channel in Channel)
        bars = any(barred((one,), channel) for channel in Channel)
        assert (one.number in hidden) == (bars and not loses)


def test_a_line_on_the_whole_dataset_shadows_one_on_a_field():
    assert shadowed((line(1, fields=()), line(2)), NAMES, TODAY) == {2: (1,)}


def test_two_lines_together_shadow_a_third():
    lines = (
        line(1, channels={Channel.SHARE}),
        line(2, channels={Channel.OPEN}),
        line(3),
    )

    assert shadowed(lines, NAMES, TODAY) == {1: (3,), 2: (3,), 3: (1, 2)}


def test_a_line_that_is_over_neither_shadows_nor_is_shadowed():
    over = line(1, in_force_until=TODAY.replace(day=1))

    assert shadowed((over, line(2)), NAMES, TODAY) == {}
