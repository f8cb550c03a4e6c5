"""A reader whose rows are replaced while they are read."""

import psycopg
import pytest
from django.db import OperationalError, ProgrammingError

from exchange.records import reading

pytestmark = pytest.mark.django_db


def failing(kind: type[Exception], cause: type[Exception]):
    """Return a step that fails as Django tells a failure of the database."""

    def fail() -> str:
        raise kind("failed") from cause("failed")

    return fail


def revoked() -> str:
    raise reading.Revoked("set-1")


CUT_OFF = failing(OperationalError, psycopg.errors.AdminShutdown)
GONE = failing(ProgrammingError, psycopg.errors.UndefinedTable)


def test_who_was_cut_off_and_then_found_the_version_gone_reads_what_stands_after():
    steps = iter([CUT_OFF, GONE, revoked, lambda: "rows"])

    assert reading.with_more_looks(lambda _turn: next(steps)()) == "rows"


def test_who_never_gets_through_is_told_to_ask_again():
    with pytest.raises(reading.RowsReplaced):
        reading.with_more_looks(lambda _turn: GONE())


def test_another_failure_is_not_tried_again():
    turns = []

    def read(turn: int) -> str:
        turns.append(turn)
        return failing(ProgrammingError, psycopg.errors.UndefinedColumn)()

    with pytest.raises(ProgrammingError):
        reading.with_more_looks(read)

    assert turns == [1]
