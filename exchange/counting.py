"""Counting a sample in PostgreSQL, with the very conditions that a sync holds rows to."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection
from psycopg import sql

from exchange.connectors.peeks import Peek
from exchange.records.columns import SQL_TYPES
from exchange.records.statements import comma, one, run
from exchange.sync.rules import CHECKS, FORMS
from policy.terms import DataType

MOST = 0.95
"""The share of values that must have a form or pass a check before it is proposed."""

WORDS = "^(true|false|t|f|yes|no|y|n|是|否)$"


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of one column: values, different ones, those of each form or check."""

    sampled: int
    present: int
    distinct: int
    longest: int
    shortest: int
    decimals: int
    zeros: int
    passing: Mapping[str, int]

    def share(self, name: str) -> float:
        """Return the share of the values that have a form or pass a check."""
        return self.passing[name] / self.present if self.present else 0.0

    def mostly(self, name: str) -> bool:
        """Whether enough of them do."""
        return self.share(name) >= MOST


def lay_out(seen: Peek) -> None:
    """Lay a sample into the temporary table `sampled` of text columns c0, c1, …"""
    run(sql.SQL("DROP TABLE IF EXISTS sampled"))
    places = [sql.Identifier(f"c{place}") for place in range(len(seen.columns))]
    texts = comma([sql.SQL("{} text").format(place) for place in places])
    run(sql.SQL("CREATE TEMP TABLE sampled ({}) ON COMMIT DROP").format(texts))
    with connection.cursor() as cursor, cursor.copy("COPY sampled FROM STDIN") as copy:
        for row in seen.rows:
            copy.write_row([_storable(cell) for cell in row])


def _storable(cell: str | None) -> str | None:
    """Return text that PostgreSQL takes: bad bytes and NULs of a file do not stop a look."""
    if cell is None:
        return None
    return cell.replace("\0", "").encode("utf-8", "replace").decode()


def forget() -> None:
    """Drop the sample; it would go with the transaction at the latest."""
    run(sql.SQL("DROP TABLE sampled"))


def count(place: int) -> Counts:
    """Count one column of the sample in a single pass."""
    v = sql.SQL("v")
    forms: dict[str, sql.Composable] = {
        str(kind): sql.SQL("v ~ {} AND pg_input_is_valid(v, {})").format(
            sql.Literal(form), sql.Literal(SQL_TYPES[kind])
        )
        for kind, form in FORMS.items()
    }
    forms[str(DataType.BOOLEAN)] = sql.SQL("lower(v) ~ {}").format(sql.Literal(WORDS))
    checks = {name: sql.SQL("NOT ({})").format(broken(v)) for name, broken in CHECKS.items()}
    tests = forms | checks
    found = one(
        sql.SQL(
            "SELECT count(*), count(v), count(DISTINCT v), coalesce(max(char_length(v)), 0),"
            " coalesce(min(char_length(v)), 0),"
            " coalesce(max(char_length(split_part(v, '.', 2))), 0),"
            " count(*) FILTER (WHERE v ~ '^0[0-9]'), {} FROM (SELECT {} AS v FROM sampled) AS s"
        ).format(
            comma(
                [
                    sql.SQL("count(*) FILTER (WHERE v IS NOT NULL AND {})").format(test)
                    for test in tests.values()
                ]
            ),
            sql.Identifier(f"c{place}"),
        )
    )
    sampled, present, distinct, longest, shortest, decimals, zeros, *passing = found
    named = dict(zip(tests, passing, strict=True))
    return Counts(sampled, present, distinct, longest, shortest, decimals, zeros, named)
