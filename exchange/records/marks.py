"""Marks that name the grant of a batch file: the order of its rows, and a column where wanted.

The rows stand in the order of a keyed digest of their number `_id`, by a key of the grant's own.
Whatever is cut off, left out or taken from the middle, what remains still stands in that order,
and in no other grant's; columns may be moved or gone. Sorted by something else it is lost: then
the column `_mark` helps, in which each row bears a token of its own that only the grant's key
makes. The same is said here for the database, which writes files, and for who traces them.
"""

import hashlib
import hmac

from psycopg import sql

from exchange import vault

COLUMN = "_mark"
SETTING = "city.mark_key"
"""The setting of the writing session that holds the key: no statement does."""

RANK_BYTES, SALT_BYTES, TAG_BYTES = 16, 4, 8
ORDER, SALT, TAG = b"o", b"s", b"t"  # one key, three uses


def key(grant_id: int) -> bytes:
    """Return the key of one grant's marks."""
    return hmac.new(vault.mark_secret(), b"grant:%d" % grant_id, hashlib.sha256).digest()


def rank(row: int, *, key: bytes) -> bytes:
    """Return where a row (its `_id`) stands under a key; ranks are compared as bytes."""
    return hashlib.sha256(key + ORDER + _number(row)).digest()[:RANK_BYTES]


def token(row: int, *, key: bytes) -> str:
    """Return a row's token: a salt of the row's, and a tag that only the key makes of it."""
    salt = hashlib.sha256(key + SALT + _number(row)).digest()[:SALT_BYTES]
    return (salt + _tag(salt, key)).hex()


def bears(text: str, *, key: bytes) -> bool:
    """Whether a text is a token made with this key; by chance in one of 2^64 cases."""
    try:
        held = bytes.fromhex(text)
    except ValueError:
        return False
    salt, tag = held[:SALT_BYTES], held[SALT_BYTES:]
    return len(held) == SALT_BYTES + TAG_BYTES and hmac.compare_digest(tag, _tag(salt, key))


def _tag(salt: bytes, key: bytes) -> bytes:
    return hashlib.sha256(key + TAG + salt).digest()[:TAG_BYTES]


def _number(row: int) -> bytes:
    return row.to_bytes(8, "big", signed=True)


# asked once a statement, not once a row
_KEY = sql.SQL("(SELECT decode(current_setting({}), 'hex'))").format(sql.Literal(SETTING))


def rank_of(row: sql.Composable) -> sql.Composed:
    """Return `rank` as SQL, for a session that holds the key."""
    return _digest(ORDER, sql.SQL("int8send({})").format(row), RANK_BYTES)


def token_of(row: sql.Composable) -> sql.Composed:
    """Return `token` as SQL, for a session that holds the key."""
    salt = _digest(SALT, sql.SQL("int8send({})").format(row), SALT_BYTES)
    tag = _digest(TAG, salt, TAG_BYTES)
    return sql.SQL("encode({} || {}, 'hex')").format(salt, tag)


def _digest(use: bytes, of: sql.Composable, length: int) -> sql.Composed:
    return sql.SQL("substr(sha256({} || {}::bytea || {}), 1, {})").format(
        _KEY, sql.Literal(use), of, sql.Literal(length)
    )
