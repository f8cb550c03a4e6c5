"""Handing one mail to the mail server, and what it says: taken, never, not now, or not there.

What it says of one mail concerns that mail alone, and holds no other up. Only where the server
itself is not to be had has a round of mails to stop.
"""

import logging
from datetime import datetime, timedelta
from enum import StrEnum
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused

from django.core.mail import EmailMessage

log = logging.getLogger(__name__)

WAITS = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=24),
    timedelta(hours=24),
    timedelta(hours=24),
)
"""How long after a mail was not taken it is tried again; after the last of them it is given up.

Together nearly five days, as RFC 5321, 4.5.4.1 has it."""

REST = WAITS[0]
"""How long a mail waits at which the server went away: if it was the mail that made it go, others
come first. It counts as no try."""

PERMANENT = 500
"""From this code on a mail server says no for good (RFC 5321, 4.2.1)."""
GOING = 421
"""The server closes down: it says so of itself and not of a mail."""


class Handed(StrEnum):
    """What became of a mail that was handed over."""

    TAKEN = "taken"
    REFUSED = "refused"
    LATER = "later"
    NO_SERVER = "no_server"


def hand_over(letter: EmailMessage) -> Handed:
    """Hand a mail to one address over to the mail server, and return what became of it."""
    try:
        letter.send()
    except (SMTPRecipientsRefused, SMTPDataError) as refusal:
        codes = _codes(refusal)
        log.warning("the mail server did not take a mail: %s", codes)
        return _meaning(codes)
    except (OSError, SMTPException) as failure:
        log.warning("the mail server is not to be had: %s", type(failure).__name__)
        return Handed.NO_SERVER
    return Handed.TAKEN


def _codes(refusal: SMTPRecipientsRefused | SMTPDataError) -> list[int]:
    if isinstance(refusal, SMTPDataError):
        return [refusal.smtp_code]
    return [code for code, _said in refusal.recipients.values()]


def _meaning(codes: list[int]) -> Handed:
    if GOING in codes:
        return Handed.NO_SERVER
    return Handed.LATER if any(code < PERMANENT for code in codes) else Handed.REFUSED


def next_try(tries: int, *, at: datetime) -> datetime | None:
    """Return when a mail is tried again that was not taken `tries` times, None: not any more."""
    return at + WAITS[tries - 1] if tries <= len(WAITS) else None
