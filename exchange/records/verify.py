"""Claims held against rows by one statement: values go in, only yes or no comes out.

What is claimed is personal data. It goes to PostgreSQL as parameters of a prepared statement, so
it stands in no statement, and in none that a log keeps.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from psycopg import sql

from audit.prepared import first_row
from exchange.access import Head, Seen
from exchange.records import store
from exchange.records.columns import SQL_TYPES
from exchange.records.compile import VisibleField
from exchange.records.statements import comma
from policy.terms import DataType

Column = list[str | None]
BLANKS = " \t\n\r\f\v"
KEPT_STATEMENTS = 64
NO_SUBJECT = "-"
YES, NO = "1", "0"


def normal(text: str) -> str:
    """Return a text as it is compared: NFKC (full width made half), without blanks around it."""
    if text.isascii():  # has no other form
        return text.strip(BLANKS)
    return unicodedata.normalize("NFKC", text).strip(BLANKS)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Values of claims as PostgreSQL reads them, a list of all claims' for each field.

    Fields of the subject's key, then the others. `given` is the key as it was sent, `key` in its
    normal form; None is no value.
    """

    given: Sequence[Column]
    key: Sequence[Column]
    others: Sequence[Column]


def held(
    head: Head,
    fields: Seen,
    key: Sequence[VisibleField],
    others: Sequence[VisibleField],
    conditions: Sequence[sql.Composable],
    claims: Wanted,
) -> list[str]:
    """Return for each claim NO_SUBJECT, or YES or NO for each of `others` in their order.

    `key` is the table's whole key, so each claim costs one look into its index. `conditions` are
    the grant's on rows: outside them there is no subject. The statement is kept with `fields`, the
    decision that it rests on.
    """
    kept = ("verify", head.table_id, *(one.column for one in others), *map(repr, conditions))
    text = fields.statements.get(kept)
    if text is None:
        text = _statement(head, key, others, conditions).as_string()
        if len(fields.statements) < KEPT_STATEMENTS:
            fields.statements[kept] = text
    given = [
        column
        for one, column in zip(key, claims.given, strict=True)
        if one.data_type == DataType.TEXT
    ]
    columns = [_array(column) for column in (*given, *claims.key, *claims.others)]
    (told,) = first_row(text, columns)
    return (told or b"").decode().split(",")


def _statement(
    head: Head,
    key: Sequence[VisibleField],
    others: Sequence[VisibleField],
    conditions: Sequence[sql.Composable],
) -> sql.Composed:
    texts = [place for place, one in enumerate(key) if one.data_type == DataType.TEXT]
    names = [f"g{place}" for place in texts]
    names += [f"k{place}" for place in range(len(key))]
    names += [f"v{place}" for place in range(len(others))]
    kinds = [SQL_TYPES[one.data_type] for one in (*(key[place] for place in texts), *key, *others)]
    parts = [sql.SQL(f"${place}::{kind}[]") for place, kind in enumerate(kinds, 1)]
    same = [_same(one, f"v{place}") for place, one in enumerate(others)]
    return sql.SQL(
        "SELECT string_agg(coalesce(found.told, {none}), ',' ORDER BY c.n)"
        " FROM unnest({parts}) WITH ORDINALITY AS c({names}, n)"
        " LEFT JOIN LATERAL (SELECT {told} AS told FROM {table} AS t WHERE {where}"
        "{nearest}) AS found ON true"
    ).format(
        none=sql.Literal(NO_SUBJECT),
        parts=comma(parts),
        names=comma([sql.Identifier(name) for name in names]),
        told=sql.SQL(" || ").join(same) if same else sql.SQL("''"),
        table=store.relation(head.zone, head.table_name),
        where=sql.SQL(" AND ").join(
            [*(_found(one, place) for place, one in enumerate(key)), *conditions]
        ),
        nearest=_nearest(key),
    )


def _nearest(key: Sequence[VisibleField]) -> sql.Composable:
    """Return the end of the look: first a text as it was sent, then in its normal form.

    A key without texts finds one row at most.
    """
    texts = [
        sql.SQL(f"t.{{}} <> c.g{place}").format(one.ident)
        for place, one in enumerate(key)
        if one.data_type == DataType.TEXT
    ]
    return sql.SQL(" ORDER BY {} LIMIT 1").format(comma(texts)) if texts else sql.SQL("")


def _found(field: VisibleField, place: int) -> sql.Composed:
    """Return that a row has the claim's key: as it was sent, or in its normal form."""
    if field.data_type != DataType.TEXT:
        return sql.SQL(f"t.{{}} = c.k{place}").format(field.ident)
    return sql.SQL(f"t.{{}} = ANY(ARRAY[c.g{place}, c.k{place}])").format(field.ident)


def _same(field: VisibleField, claimed: str) -> sql.Composed:
    """Return YES where the row holds what is claimed, NO where not. Nothing equals nothing.

    A text that stands there as it is claimed, in its normal form, is not brought to it once more.
    """
    value = sql.SQL("t.{}").format(field.ident)
    same: sql.Composable = sql.SQL("")
    if field.data_type == DataType.TEXT:
        same = sql.SQL("{} = c.{} OR ").format(value, sql.Identifier(claimed))
        value = sql.SQL("nullif(btrim(normalize({}, NFKC), {}), '')").format(
            value, sql.Literal(BLANKS)
        )
    return sql.SQL("CASE WHEN {}{} IS NOT DISTINCT FROM c.{} THEN {} ELSE {} END").format(
        same, value, sql.Identifier(claimed), sql.Literal(YES), sql.Literal(NO)
    )


def _array(values: Sequence[str | None]) -> bytes:
    """Return values as the text of a PostgreSQL array."""
    if None not in values:
        joined = '","'.join(cast("Sequence[str]", values))
        plain = joined.count('"') == 2 * (len(values) - 1) and "\\" not in joined
        if plain:  # nothing to be escaped, as nearly always
            return f'{{"{joined}"}}'.encode()
    return f"{{{','.join(map(_element, values))}}}".encode()


def _element(value: str | None) -> str:
    if value is None:
        return "NULL"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
