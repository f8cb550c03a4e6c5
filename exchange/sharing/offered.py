"""What a department may have of the catalogue: what it reads now, and how it comes to the rest.

That a dataset exists is known to every department; how its rows are had follows from its share
types, the negative list and the department's own grants.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from catalog import facts
from catalog.models import Dataset, Field, NegativeLine
from exchange import access
from exchange.access import Caller
from exchange.models import Grant
from exchange.problems import Ground
from exchange.sharing import beside, serving
from exchange.workflow import GrantState
from policy.decision import FieldDecision, decide
from policy.facts import Case, FieldFacts, Prohibition
from policy.terms import Because, Channel, Mode, Treatment


class Way(models.TextChoices):
    """How a department comes to a dataset's rows."""

    OWN = "own", gettext_lazy("its own data")
    GRANTED = "granted", gettext_lazy("under a grant in force")
    AT_ONCE = "at_once", gettext_lazy("at once, with the head's signature")
    IN_PART = "in_part", gettext_lazy("in part at once, the rest by the provider's answer")
    ON_ANSWER = "on_answer", gettext_lazy("by the provider's answer")
    BARRED = "barred", gettext_lazy("not, by the negative list")


HOW = {
    Way.OWN: gettext_noop("It is your own department's data: read it where you keep it."),
    Way.GRANTED: gettext_noop("Read it now under grant no. %(grants)s."),
    Way.AT_ONCE: gettext_noop(
        "All of it is shared without condition. Ask for it with your purpose: it is granted as"
        " soon as your head has signed."
    ),
    Way.IN_PART: gettext_noop(
        "Ask for it with basis and purpose: what is unconditional is granted as soon as your head"
        " has signed, for the rest the provider answers in the time that the law sets."
    ),
    Way.ON_ANSWER: gettext_noop(
        "Ask for it with basis and purpose: the provider answers in the time that the law sets."
    ),
    Way.BARRED: gettext_noop(
        "The negative list bars it, so it cannot be asked for as it stands. The reasons say by"
        " which law and what is offered instead."
    ),
}
AFTER_MISUSE = gettext_noop(
    "A grant of your department on it is suspended, or ended with its misuse not mended, so the"
    " provider answers also what is unconditional."
)
AFTER_STOP = gettext_noop(
    "A service of it to your department was stopped by agreement or decision, so the provider"
    " answers also what is unconditional."
)


@dataclass(frozen=True, slots=True)
class Offered:
    """How a department stands to one dataset: its grants in force, the way to its rows, why.

    Nothing is granted at once where `held_up` says why, such as AFTER_MISUSE.
    """

    grants: tuple[int, ...]
    way: Way
    grounds: tuple[Ground, ...]
    held_up: str = ""

    @property
    def readable(self) -> bool:
        """Whether a call for rows would be answered now."""
        return self.way == Way.GRANTED

    @property
    def how(self) -> str:
        """How to get it, in words."""
        how = _(HOW[self.way]) % {"grants": ", ".join(map(str, self.grants))}
        return f"{how} {_(self.held_up)}" if self.held_up else how


def offered(datasets: Sequence[Dataset], caller: Caller, *, today: date) -> dict[int, Offered]:
    """Return how a department stands to each dataset, by its number.

    Six queries, and one for each dataset that has a line on the negative list.
    """
    numbers = [one.pk for one in datasets]
    grants = _live(caller, numbers, today)
    fields = _fields(numbers)
    held_up = _held_up(numbers, caller, today)
    barred = set(
        NegativeLine.objects.filter(dataset__in=numbers).values_list("dataset_id", flat=True)
    )
    return {
        one.pk: _by_answer(
            _offered(
                one,
                caller,
                grants[one.pk],
                fields[one.pk],
                facts.prohibitions(one) if one.pk in barred else (),
                today,
            ),
            held_up.get(one.pk, ""),
        )
        for one in datasets
    }


def _held_up(datasets: Collection[int], caller: Caller, today: date) -> dict[int, str]:
    """Return the datasets of which nothing is granted at once to a department, with why."""
    place = caller.organization_id or 0
    return dict.fromkeys(beside.stopped_on(datasets, place), AFTER_STOP) | dict.fromkeys(
        beside.misused_on(datasets, place, today=today), AFTER_MISUSE
    )


def _by_answer(found: Offered, held_up: str) -> Offered:
    """Return what is offered where nothing is granted at once: the provider answers all of it."""
    if not (held_up and found.way in (Way.AT_ONCE, Way.IN_PART)):
        return found
    return replace(found, way=Way.ON_ANSWER, held_up=held_up)


def _live(caller: Caller, datasets: Collection[int], today: date) -> dict[int, list[Grant]]:
    found = defaultdict(list)
    for grant in serving.own_grants(caller, datasets):
        begun = grant.valid_from <= today and grant.state(today) == GrantState.LIVE
        if begun:
            found[grant.dataset_id].append(grant)
    return found


def _fields(datasets: Collection[int]) -> dict[int, list[FieldFacts]]:
    found = defaultdict(list)
    listed = Field.objects.filter(resource__dataset__in=datasets).live()
    for one in listed.select_related("resource"):
        found[one.resource.dataset_id].append(facts.field_facts(one))
    return found


def _offered(
    dataset: Dataset,
    caller: Caller,
    grants: Sequence[Grant],
    fields: Sequence[FieldFacts],
    lines: tuple[Prohibition, ...],
    today: date,
) -> Offered:
    if dataset.owner_id == caller.organization_id:
        return Offered((), Way.OWN, ())
    numbers = tuple(one.pk for one in grants)
    case = Case(Channel.SHARE, Mode.QUERY, caller.reader, today, lines, ())
    decided = [one for one in decide(case, fields).fields.values() if not one.concealed]
    grounds = tuple(
        dict.fromkeys(access.ground(reason) for one in _hidden(decided) for reason in one.reasons)
    )
    if any(str(Mode.QUERY) in one.modes for one in grants):
        return Offered(numbers, Way.GRANTED, grounds)
    return Offered(numbers, _way(decided), grounds)


def _hidden(decided: Sequence[FieldDecision]) -> list[FieldDecision]:
    return [one for one in decided if one.treatment == Treatment.WITHHELD]


def _way(decided: Sequence[FieldDecision]) -> Way:
    hidden = _hidden(decided)
    if not hidden and decided:
        return Way.AT_ONCE
    if len(hidden) < len(decided):
        return Way.IN_PART
    barred = [one for one in hidden if _is_barred(one)]
    return Way.BARRED if decided and len(barred) == len(decided) else Way.ON_ANSWER


def _is_barred(one: FieldDecision) -> bool:
    return any(reason.because == Because.NEGATIVE_LIST for reason in one.reasons)
