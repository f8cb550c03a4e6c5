"""Texts as people send them: what is taken out of them, and what is not taken at all."""

import unicodedata

from django.utils.translation import gettext as _

from community.refusals import TextRefused

TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of text, and so what stands around it."""
UNSEEN = frozenset(
    "\u00ad\u034f\u115f\u1160\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u206a\u206b\u206c\u206d"
    "\u206e\u206f\u2800\u3164\ufeff\uffa0\ufff9\ufffa\ufffb"
)
"""Characters that take no room, or room with nothing in it."""
JOINERS = "\u200c\u200d"
"""Characters that join what stands around them, as in scripts of India and in emoji."""
KEPT = frozenset("\n\t")


def line(text: str, most: int) -> str:
    """Return one line of text, at most so many characters. Raises TextRefused for none or more."""
    return body(" ".join(readable(text).split()), most)


def body(text: str, most: int) -> str:
    """Return a text without characters that nobody sees, at most so many of them.

    Raises TextRefused where nothing is left, or too much.
    """
    seen = readable(text)
    if not any(unicodedata.category(one)[0] in "LNPS" for one in seen):
        raise TextRefused(_("Nothing is written here. Write what you want to say."))
    if len(seen) > most:
        raise TextRefused(
            _("This is %(length)s characters long, and at most %(most)s are kept. Shorten it.")
            % {"length": len(seen), "most": most}
        )
    return seen


def readable(text: str) -> str:
    """Return text with plain line ends, without control characters and turned directions."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(one for one in plain if one in KEPT or _is_seen(one)).strip()


def _is_seen(one: str) -> bool:
    drawn = (
        unicodedata.category(one) not in ("Cc", "Cs") and not "\U000e0000" <= one <= "\U000e0fff"
    )
    return drawn and one not in TURNING and one not in UNSEEN
