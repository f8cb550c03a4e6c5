"""How often something may be tried at the members' door: counted in Valkey, one call each.

By a window that begins with the first try. Whoever is over is refused with the time that is left;
where Valkey does not answer nothing is let through, as with the quotas of the API.
"""

from dataclasses import dataclass

import redis
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from audit import stream

HOUR, DAY = 3600, 86_400


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries in so many seconds."""

    name: str
    most: int
    seconds: int


SIGN_UP = Limit("sign-up", 10, HOUR)
"""Sign-ups from one network address."""
FORGOTTEN = Limit("forgotten", 10, HOUR)
"""Letters for a new password asked for from one address."""
SIGN_IN = Limit("sign-in", 120, HOUR)
"""Tries to sign in from one address, right or wrong; `accounts.guessing` counts the wrong ones."""
MAIL = Limit("mail", 5, HOUR)
"""Letters to one e-mail address."""
CLAIM = Limit("claim", 5, DAY)
"""Companies that one person claims."""
INVITE = Limit("invite", 20, DAY)
"""Colleagues whom one person invites to companies."""
LEAK = Limit("leak", 20, HOUR)
"""Keys reported as leaked from one address."""
PASSWORD = Limit("password", 10, HOUR)
"""Tries of one person who is signed in with the password: to change it, to close the account."""
NEW_KEY = Limit("new-key", 20, DAY)
"""Keys that one person makes."""
PICTURE = Limit("picture", 20, HOUR)
"""Pictures that one person hands in, taken or not: each is unpacked and made anew."""

FOLLOW = Limit("follow", 300, DAY)
"""Datasets that one person puts on their list and takes off it, and letters chosen."""

PING = Limit("ping", 30, HOUR)
"""Pings to webhooks that one person sends, those of new ones among them."""
REPLAY = Limit("replay", 200, DAY)
"""Deliveries to webhooks that one person has sent once more."""


class TooOften(Exception):
    """It was tried too often; `seconds` until it may be tried again."""

    status = 429
    code = "too-often"

    def __init__(self, seconds: int):
        minutes = max(1, -(-seconds // 60))
        text = _(
            "That was tried very often from here just now, so nothing was done. "
            "Try again in %(minutes)s minutes."
        )
        super().__init__(text % {"minutes": minutes})
        self.seconds = seconds


class Uncounted(Exception):
    """Tries cannot be counted just now, so none is let through."""

    status = 503
    code = "limits-unavailable"


def spend(limit: Limit, who: str) -> None:
    """Count a try of somebody. Raises TooOften where they are over the limit, and Uncounted.

    `who` (a network address, an e-mail address, a number) is kept as a keyed digest alone.
    """
    digest = salted_hmac("accounts.limits", who, algorithm="sha256").hexdigest()
    name = f"limit:{limit.name}:{digest}"
    try:
        count = int(stream.call("INCR", name))
        if count == 1:
            stream.call("EXPIRE", name, limit.seconds)
        left = int(stream.call("TTL", name)) if count > limit.most else 0
        if left < 0:  # the process died between the first two
            stream.call("EXPIRE", name, limit.seconds)
    except redis.RedisError as down:
        raise Uncounted(
            _("The platform cannot count tries at the moment. Try again in a few seconds.")
        ) from down
    if count > limit.most:
        raise TooOften(left if left > 0 else limit.seconds)
