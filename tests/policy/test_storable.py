"""What is never read from a source, because no channel could carry it."""

from datetime import timedelta

import pytest

from policy.facts import FieldFacts
from policy.storable import storable
from policy.terms import Because, Channel, Secrecy
from tests.policy.lawful import TODAY, line

PHONE = FieldFacts("phone")


@pytest.mark.parametrize("secrecy", [one for one in Secrecy if one != Secrecy.NONE])
def test_secrets_are_never_read(secrecy):
    assert storable(FieldFacts("phone", secrecy=secrecy)).because == Because.NOT_STORABLE


def test_what_is_no_secret_is_read():
    assert storable(PHONE) is None
    assert storable(PHONE, [line()]) is None


def test_what_the_law_bars_from_every_channel_is_not_read_and_cites_the_line():
    reason = storable(PHONE, [line(2), line(1)], TODAY)

    assert reason.because == Because.NEGATIVE_LIST
    assert "Line 1 of the negative list" in reason.text("en")


def test_two_lines_may_bar_a_channel_each():
    lines = [line(1, channels={Channel.SHARE}), line(2, fields=[], channels={Channel.OPEN})]

    assert storable(PHONE, lines, TODAY) is not None
    assert storable(PHONE, lines[:1], TODAY) is None


def test_a_substitute_needs_the_values():
    assert storable(PHONE, [line(substitute="verify")], TODAY) is None
    assert storable(PHONE, [line(substitute="none")], TODAY) is not None


def test_lines_that_are_over_or_name_other_fields_bar_nothing():
    over = line(in_force_until=TODAY - timedelta(days=1))

    assert storable(PHONE, [over, line(fields=["name"])], TODAY) is None
