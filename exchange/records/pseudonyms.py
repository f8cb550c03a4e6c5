"""Pseudonyms on their way out: made on the bytes of rows, where the database never sees the key.

PostgreSQL could make an HMAC by itself, but its key would stand in the statement or, bound, in the
log of parameters (`log_parameter_max_length` is a superuser's to set). So the statement only marks
the values, and they are replaced here, a page or a chunk of a whole copy at a time. The mark is
128 random bits of this process: no row can hold one by chance, and none leaves. A value stands
behind it as hexadecimal digits, which neither JSON nor CSV quotes or escapes.
"""

import re
import secrets

from psycopg import sql

from exchange.access import Seen
from exchange.records.compile import VisibleField
from policy.masking import pseudonym
from policy.terms import MaskKind

MARK = f"pseudonym:{secrets.token_hex(16)}:"
MARKED = re.compile(MARK.encode() + rb"([0-9a-f]*);")


class MarkLeft(Exception):
    """A marked value was not replaced: nothing of the page may leave."""


def wanted(field: VisibleField) -> bool:
    """Whether a field comes out as a pseudonym, if there is a key."""
    return bool(field.mask) and MaskKind((field.mask or {})["kind"]) == MaskKind.PSEUDONYM


def marked(value: sql.Composable) -> sql.Composed:
    """Return a column's value behind the mark, in the bytes of its text; NULL stays NULL."""
    return sql.SQL("{} || encode(convert_to({}::text, 'UTF8'), 'hex') || ';'").format(
        sql.Literal(MARK), value
    )


def put(rows: bytes, fields: Seen) -> bytes:
    """Return rows (JSON or CSV) with a pseudonym for each marked value, by the reader's own key.

    `rows` ends with a whole row. Raises MarkLeft where one would leave as it is.
    """
    key = fields.pseudonym_key
    if key is None or not any(wanted(one) for one in fields.values()):
        return rows

    def pseudonymised(found: re.Match[bytes]) -> bytes:
        return pseudonym(bytes.fromhex(found[1].decode()).decode(), key=key).encode()

    replaced = MARKED.sub(pseudonymised, rows)
    if MARK.encode() in replaced:
        raise MarkLeft
    return replaced
