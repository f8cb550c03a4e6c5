"""What the page of a request shows: the clock as it is counted, the matrix, what is alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import notices
from backoffice import lights, words
from backoffice.forms.deciding import conditions
from catalog import alarms, deadlines, workdays
from catalog.models import Clock, Field
from exchange.models import ShareRequest
from exchange.sharing import clocks
from exchange.sharing.matrix import PROPOSED, Line, Offer
from exchange.sharing.requests import asked
from policy.decision import FieldDecision
from policy.sentences import Reason
from policy.terms import Because, Treatment

TONES = {Treatment.CLEAR: "good", Treatment.MASKED: "warn", Treatment.WITHHELD: "bad"}


@dataclass(frozen=True, slots=True)
class Seen:
    """How a field is treated, in words, with its tone and its reasons."""

    label: object
    tone: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One field: whether it was asked for and is offered, what is seen now and what would be."""

    field: Field
    grade: object
    share: object
    wanted: bool
    offered: bool
    now: Seen
    proposed: Seen
    gains: bool


@dataclass(frozen=True, slots=True)
class Rung:
    """An alarm of a limit: what it is, when it comes, who is told, and when they were."""

    alarm: object
    when: str
    roles: str
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counted:
    """A running limit, with every day that was counted, so that anybody can count again.

    `rules` is the body of rules the request was asked under, "" for a company, whose limit says
    itself where it is from; `filled_from` the one that has the limit where those leave it open,
    else "". `ordered_on` is a day that a dispute named.
    """

    light: str
    words: str
    rules: object
    filled_from: object
    step: object
    limit: Clock
    since: date
    extended: bool
    ordered_on: date | None
    alarms: list["Rung"]
    certainty: object
    estimated: bool
    days: list[workdays.Step]


def matrix_rows(lines: Iterable[Line], request: ShareRequest) -> list[MatrixRow]:
    """Return the matrix as people read it: what was asked for first."""
    wanted = set(request.fields)
    rows = [
        MatrixRow(
            field=line.field,
            grade=words.GRADES.get(line.field.grade, "–") if line.field.grade else "–",
            share=(
                words.OPEN_TYPES[line.field.open_type]
                if request.opening
                else words.SHARE_TYPES[line.field.share_type]
            ),
            wanted=line.field.pk in wanted,
            offered=line.asked,
            now=_seen(line.now),
            proposed=_seen(line.proposed),
            gains=line.gains,
        )
        for line in lines
    ]
    return sorted(rows, key=lambda row: not row.wanted)


def _seen(decision: FieldDecision) -> Seen:
    return Seen(
        label=words.TREATMENTS[int(decision.treatment)],
        tone=TONES[decision.treatment],
        reasons=tuple(_why(reason) for reason in decision.reasons),
    )


def _why(reason: Reason) -> str:
    """Return a reason as a sentence; a grant that is only thought of has no number to be told."""
    if ("grant", str(PROPOSED)) in reason.details:
        granted = reason.because == Because.GRANTED
        return _("The offer covers this field.") if granted else _("The offer does not cover it.")
    return reason.text(get_language() or "zh-hans")


def counted(request: ShareRequest) -> Counted | None:
    """Return the limit that runs, day by day; None where none does. Two queries."""
    if request.due_from is None or not request.due_step:
        return None
    limits = deadlines.clocks().under(request.profile)
    due = clocks.deadline(request, limits)
    limit, since = limits.limit(request.due_step), timezone.localdate(request.due_from)
    return Counted(
        light=due.light,
        words=lights.told(due),
        rules="" if request.opening else words.PROFILES.get(limits.profile, limits.profile),
        filled_from=""
        if limit.profile == limits.profile
        else words.PROFILES.get(limit.profile, limit.profile),
        step=request.get_due_step_display(),
        limit=limit,
        since=since,
        extended=request.extended_at is not None,
        ordered_on=request.ordered_on,
        alarms=_alarms(request, limits),
        certainty=words.CERTAINTIES[due.certainty],
        estimated=due.estimated,
        days=limits.calendar.walk(since, due.due_on),
    )


def _alarms(request: ShareRequest, limits: deadlines.Clocks) -> list[Rung]:
    """Return what follows as the limit nears and passes; one query."""
    running = clocks.term(request, limits)
    told = alarms.told([running])[running.target, running.term]
    return [
        Rung(
            alarm=alarm.label,
            when=alarms.when(running.limit, alarm),
            roles=", ".join(
                str(role.label) for role in notices.KINDS[clocks.kind_of(request, alarm)].roles
            ),
            told_at=told.get(alarm),
        )
        for alarm in alarms.Alarm
        if alarms.when(running.limit, alarm)
    ]


def terms(offer: Offer, names: Mapping[int, str]) -> dict[str, Any]:
    """Return what an offer holds beside its fields, in words."""
    return {
        "mode": words.MODES[offer.mode.value],
        "clear_up_to": words.GRADES[int(offer.clear_up_to)],
        "valid_from": offer.valid_from,
        "valid_until": offer.valid_until,
        "daily_quota": offer.daily_quota,
        "rows": conditions(offer.rows, names),
        "count": len(offer.fields),
    }


def differs(offer: Offer, request: ShareRequest) -> bool:
    """Return whether an offer is another thing than what was asked for."""
    return offer != asked(request)
