"""Sealed cursors: where a reader has got to, in a form only we can read or make.

AES-SIV (RFC 5297): the same place gives the same token, so that a page's bytes, and with them its
ETag, depend on nothing but what it shows.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

from accounts.wording import said as _
from exchange import vault
from exchange.problems import Problem

PURPOSE = "records.cursor"
LONGEST = 2000


class CursorBroken(Problem):
    """The cursor is not one of ours, was altered, or belongs to another query."""

    code = "cursor-broken"
    status = 400


@dataclass(frozen=True, slots=True)
class Position:
    """The last row a reader has: its sort values and `_id`, and the zone's `_seq` at the start."""

    after: tuple[Any, ...]
    seq: int


def sealed(position: Position, *, bound_to: str) -> str:
    """Return the position as a token bound to a dataset and query."""
    plain = json.dumps([list(position.after), position.seq], ensure_ascii=False).encode()
    token = vault.seal_alike(plain, purpose=f"{PURPOSE}:{bound_to}")
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def opened(token: str, *, bound_to: str) -> Position:
    """Return the position in a token. Raises CursorBroken."""
    try:
        short = token[:LONGEST]  # a longer one is none of ours, and does not open cut off
        raw = base64.urlsafe_b64decode(short + "=" * (-len(short) % 4))
        after, seq = json.loads(vault.unseal_alike(raw, purpose=f"{PURPOSE}:{bound_to}"))
    except (ValueError, vault.SealBroken) as broken:
        raise CursorBroken(
            _(
                "This cursor does not belong to this query: it was altered, cut, or made for"
                " another dataset, filter or order. Start again without “cursor” and follow the"
                " “next” links as they are."
            )
        ) from broken
    return Position(tuple(after), seq)
