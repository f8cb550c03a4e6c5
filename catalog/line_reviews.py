"""Published lines that need a person: those that ran out, and those whose review comes near."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import notices
from accounts.models import Notice
from catalog.facts import last_day, prohibitions
from catalog.models import Dataset, NegativeLine
from catalog.negative_list import place
from catalog.terms import LineState

REMINDED = (timedelta(days=30), timedelta(days=7))
"""So long before the day of a review its people are told, each time with a mail of its own."""


class Due(StrEnum):
    """Why a published line needs a person."""

    LAPSED = "lapsed"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class LineDue:
    """A line that ran out, or whose review is due, and since which day."""

    line: NegativeLine
    why: Due
    since: date


def due(today: date) -> list[LineDue]:
    """Return published lines that ran out or whose review has come, in order of number.

    A line that ran out bars nothing any more: its fields are conditional, and somebody has to
    renew it or end it and grade them anew.
    """
    found = []
    for line in _standing():
        until = last_day(line)
        if until is not None and until < today:
            found.append(LineDue(line, Due.LAPSED, until))
        elif line.review_on is not None and line.review_on <= today:
            found.append(LineDue(line, Due.REVIEW, line.review_on))
    return found


def _standing() -> QuerySet[NegativeLine]:
    lines = NegativeLine.objects.filter(state=LineState.PUBLISHED)
    return lines.select_related("basis", "dataset__owner").order_by("number")


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Tell department and authority of reviews that come near and of lines that ran out.

    For the clock. Safe to repeat: each line is told of once 30 and once 7 days before its review,
    and once when it has run out. Returns how many lines were told of.
    """
    today = timezone.localdate(at)
    return sum(_reminded(line, today, at) for line in _standing())


def _reminded(line: NegativeLine, today: date, at: datetime) -> bool:
    until = last_day(line)
    if until is not None and until < today:
        notices.settle(place(line), "line.review_due", at=at)
        return _once("line.lapsed", line, until + timedelta(days=1), at)
    if line.review_on is None:
        return False
    reached = [line.review_on - days for days in REMINDED if line.review_on - days <= today]
    if not reached:
        return False
    return _once("line.review_due", line, max(reached), at, day=line.review_on)


def _once(kind: str, line: NegativeLine, since: date, at: datetime, **words: Any) -> bool:
    """Tell it, unless it was told on or after a day; what was told before is settled."""
    told = Notice.objects.filter(target=place(line), kind=kind).order_by("-told_at").first()
    if told is not None and timezone.localdate(told.told_at) >= since:
        return False
    notices.settle(place(line), kind, at=at)
    notices.tell(
        kind,
        organization=line.dataset.owner,
        target=place(line),
        at=at,
        due_on=line.review_on if kind == "line.review_due" else None,
        number=line.number,
        dataset=line.dataset,
        **words,
    )
    return True


def settle(dataset: Dataset, *, at: datetime) -> None:
    """Close the task that an ended line left, once all of its fields are graded anew."""
    done = [one.number for one in prohibitions(dataset) if one.settled_on is not None]
    for line in NegativeLine.objects.filter(number__in=done):
        notices.settle(place(line), "line.ended", at=at)


__all__ = ["REMINDED", "Due", "LineDue", "due", "remind", "settle"]
