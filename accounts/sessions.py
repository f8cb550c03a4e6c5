"""How long a session lasts: idle for so long, and so long in all (GB/T 22239-2019 level 3).

Times are kept in the session itself, in seconds since 1970.
"""

from collections.abc import MutableMapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings

BEGAN, USED = "began_at", "used_at"
TO_RENEW = "renews_password"
"""In a session that first has to choose a new password, since the one it came with is too old."""
SETTLES_SECONDS = 60
"""Use is written down once a minute at most: not every page costs a write."""


class Ended(StrEnum):
    """Why a session is over."""

    IDLE = "idle"
    OLD = "old"


def use(session: MutableMapping[str, Any], *, at: datetime, by_hand: bool = True) -> Ended | None:
    """Note that a session is used at `at`; return why it is over if it is.

    What a page asks by itself (`by_hand` false) keeps no session alive.
    """
    now = at.timestamp()
    began, used = session.get(BEGAN), session.get(USED)
    if began is None or used is None:
        session[BEGAN] = session[USED] = now
        return None
    if now - began >= settings.SESSION_COOKIE_AGE:
        return Ended.OLD
    if settings.SESSION_IDLE_MINUTES and now - used >= settings.SESSION_IDLE_MINUTES * 60:
        return Ended.IDLE
    if by_hand and now - used >= SETTLES_SECONDS:
        session[USED] = now
    return None
