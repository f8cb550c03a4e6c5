"""A clock that a journey moves: the real one, and as many days ahead as a file says.

The rooms ask Django alone what time it is, by `timezone.now` at each call. The journey itself
and the server it starts (`clocked`) ask the same moved clock; nothing of it is in the platform.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

DAYS = "DAYS_AHEAD"
"""Names, in the server's environment, the file that says how many days its clock is ahead."""


def ahead(days: Path) -> Callable[[], datetime]:
    """Return a clock as many days ahead as a file says, read at each look."""
    real = timezone.now
    return lambda: real() + timedelta(days=int(days.read_text()))
