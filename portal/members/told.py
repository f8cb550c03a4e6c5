"""An application and a grant as a company reads them: in words, with what can be done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership
from catalog.labels import GRADES
from catalog.models import Field
from exchange.models import Grant, ShareRequest
from exchange.sharing import clocks, foreseen
from exchange.sharing.matrix import Line, Offer
from exchange.sharing.requests import BY_ASKER
from exchange.workflow import MOVES, State, Step
from policy.decision import FieldDecision
from policy.terms import ScopeOperator, Treatment
from portal.dataset.words import TREATMENTS
from portal.members.apply_form import way_of

STATES: dict[str, Promise] = {
    State.DRAFT: gettext_lazy("draft, seen by your company alone"),
    State.IN_REVIEW: gettext_lazy("with the department"),
    State.SUPPLEMENT: gettext_lazy("to be completed by you"),
    State.TO_ANSWER: gettext_lazy("with the head of the department, to be signed"),
    State.GRANTED: gettext_lazy("granted"),
    State.REFUSED: gettext_lazy("not agreed to"),
    State.WITHDRAWN: gettext_lazy("withdrawn by you"),
}
TONES: dict[str, str] = {
    State.GRANTED: "good",
    State.REFUSED: "bad",
    State.SUPPLEMENT: "warm",
}
INSIDE = {str(Step.PROPOSE), str(Step.RECONSIDER)}
"""What reviewer and head say to each other before the answer is given: its words are not out."""
MINE = {str(step) for step in (*BY_ASKER, Step.HAND_IN, Step.WITHDRAW)}
"""What only somebody of the company does."""


@dataclass(frozen=True, slots=True)
class SeenLine:
    """A field: how the company sees it now, would see it, and why."""

    field: Field
    grade: Promise | str
    asked: bool
    now: str
    now_word: Promise
    then: str
    then_word: Promise
    gains: bool
    reasons: tuple[str, ...]


def lines(found: Iterable[Line]) -> list[SeenLine]:
    """Return the lines of a matrix in words: what is asked for first."""
    told = [_line(one) for one in found]
    return sorted(told, key=lambda one: not one.asked)


def _line(one: Line) -> SeenLine:
    decided: FieldDecision = one.proposed
    return SeenLine(
        field=one.field,
        grade=GRADES.get(one.field.grade or 0, "–"),
        asked=one.asked,
        now=one.now.treatment.name.lower(),
        now_word=TREATMENTS[one.now.treatment],
        then=decided.treatment.name.lower(),
        then_word=TREATMENTS[decided.treatment],
        gains=one.gains,
        reasons=tuple(why.text for why in foreseen.grounds(decided)),
    )


def counted(found: Sequence[SeenLine]) -> dict[str, int]:
    """Return how many of the fields asked for would be seen how."""
    names = [one.then for one in found if one.asked]
    return {one.name.lower(): names.count(one.name.lower()) for one in Treatment}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened, without the people of the department."""

    what: str
    text: str
    who: str
    at: datetime


def happenings(request: ShareRequest) -> list[Happening]:
    """Return what happened to an application, the first thing first. Two queries.

    That an answer was proposed is told, and its words when the head has signed them.
    """
    ours = dict(
        Membership.objects.filter(organization=request.organization_id).values_list(
            "user_id", "user__name"
        )
    )
    return [
        Happening(
            one.get_what_display(),
            "" if one.what in INSIDE else one.text,
            _who(one.what, one.by_id, ours),
            one.at,
        )
        for one in request.events.order_by("at", "pk")
    ]


def _who(what: str, by: int | None, ours: dict[int, str]) -> str:
    if by is None:
        return _("the platform")
    if by in ours:
        return ours[by]
    return _("your company") if what in MINE else _("the department")


@dataclass(frozen=True, slots=True)
class Due:
    """Until when an application is answered, and who says so."""

    day: date
    light: str
    left: int
    days: int
    extension: int
    extended: bool
    citation: str
    unverified: bool


def due(request: ShareRequest) -> Due | None:
    """Return until when the department answers; None where no limit runs. Two queries."""
    if request.due_from is None:
        return None
    deadline = clocks.deadline(request)
    limit = clocks.limit(request)
    return Due(
        day=deadline.due_on,
        light=deadline.light,
        left=deadline.days_left,
        days=limit.working_days,
        extension=limit.extension_days,
        extended=request.extended_at is not None,
        citation=deadline.citation,
        unverified=deadline.certainty != "verified",
    )


def can(request: ShareRequest, step: Step) -> bool:
    """Return whether a step is possible now."""
    return (State(request.state), step) in MOVES


def terms(given: Offer | Grant, names: dict[int, str]) -> dict[str, Any]:
    """Return what an offer or grant holds beside its fields, in words."""
    modes = [given.mode] if isinstance(given, Offer) else given.modes
    return {
        "fields": [names[pk] for pk in given.fields if pk in names],
        "ways": [way_of(str(mode)) for mode in modes],
        "grade": GRADES.get(int(given.clear_up_to), "–"),
        "rows": [_condition(one, names) for one in given.rows],
    }


def _condition(one: dict[str, Any], names: dict[int, str]) -> str:
    told = {
        "field": names.get(int(one["field"]), "–"),
        "values": ", ".join(map(str, one["values"])),
    }
    equal = one["operator"] == ScopeOperator.EQ
    text = _("%(field)s is %(values)s") if equal else _("%(field)s is one of: %(values)s")
    return text % told


def labels(dataset_id: int) -> dict[int, str]:
    """Return the labels of a dataset's fields by number; ended ones too. One query."""
    rows = Field.objects.filter(resource__dataset=dataset_id)
    return {one.pk: one.label for one in rows}
