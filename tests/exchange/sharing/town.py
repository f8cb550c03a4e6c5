"""Three departments and the data authority, whose people try everything: for walks over the verbs.

What they are held against is told apart from the code: by the catalogue's rows as they stand, by
what was signed when it was signed, and by the audit trail.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import chinese_calendar
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organization, User
from accounts.roles import CITY_WIDE, NotAllowed, Role, holders
from audit import stream
from audit.models import Entry
from catalog.models import Clock, Field, NegativeLine, WorkingDay
from catalog.refusals import CatalogRefusal
from catalog.terms import LineState
from exchange import access
from exchange.models import Grant, ShareRequest
from exchange.problems import Problem
from exchange.sharing import contents, entering
from exchange.sharing.requests import as_json, asked, offered
from policy.terms import Channel, Grade, Mode, ShareType
from tests.factories import accounts, sharing

REFUSALS = (Problem, NotAllowed, CatalogRefusal)
STAFF = (Role.PUBLISHER, Role.REVIEWER, Role.HEAD)


@dataclass
class Town:
    """Two datasets of two departments, a third department, and everybody's roles."""

    first: sharing.Two
    second: sharing.Two
    roles: dict[User, set[tuple[Role, int]]]

    @property
    def departments(self) -> list[Organization]:
        """The providers of both datasets, and the third."""
        return [
            self.first.where.department,
            self.second.where.department,
            self.first.asker,
        ]

    @property
    def datasets(self) -> list[sharing.Two]:
        """Both, each with its provider."""
        return [self.first, self.second]

    def able(self, permission: str, organization: Organization | None) -> list[User]:
        """Return who holds a permission for an organisation, by the table of roles alone."""
        roles = set(holders(permission))
        return [
            user
            for user, held in self.roles.items()
            if any(
                role in roles
                and (role in CITY_WIDE or organization is None or place == organization.pk)
                for role, place in held
            )
        ]


def built() -> Town:
    """Build the town; some of its people serve two departments, or the authority beside one."""
    first = sharing.two()
    second = sharing.two(asker=first.where.department)
    roles: dict[User, set[tuple[Role, int]]] = {}

    def person(*held: tuple[Role, Organization]) -> None:
        user = accounts.user(*held[0])
        for role, place in held[1:]:
            user.memberships.create(organization=place, role=role)
        roles[user] = {(role, place.pk) for role, place in held}

    one, two, three = first.where.department, second.where.department, first.asker
    authority = first.where.operator.memberships.get().organization
    for place in (one, two, three):
        for role in STAFF:
            person((role, place))
    person((Role.HEAD, one), (Role.REVIEWER, one))
    person((Role.PUBLISHER, three), (Role.REVIEWER, one), (Role.HEAD, one))
    person((Role.HEAD, three), (Role.HEAD, two), (Role.REVIEWER, two))
    person((Role.OPERATOR, authority))
    person((Role.OPERATOR, authority), (Role.PUBLISHER, three), (Role.REVIEWER, two))
    return Town(first, second, roles)


@dataclass
class Signed:
    """What was vouched for when a request was signed, and what an answer said when it was.

    `free` says whether it could be granted at once: all have it, nothing was misused or stopped.
    """

    digest: str
    by: User
    free: bool
    asked: dict[str, Any]
    answer: dict[str, Any] | None = None
    answered_by: User | None = None


@dataclass
class Books:
    """What the walkers remember of each request: who asked, and what was signed."""

    askers: dict[int, set[int]] = field(default_factory=dict)
    signed: dict[int, Signed] = field(default_factory=dict)
    guessed: Counter[tuple[int, int, date, int]] = field(default_factory=Counter)

    def asks(self, request: ShareRequest, by: User) -> None:
        """Keep who wrote a request, laid it before the head, or signed it."""
        self.askers.setdefault(request.pk, set()).add(by.pk)

    def signs(self, request: ShareRequest, by: User, today: date) -> None:
        """Keep what a head vouched for, and whether it could be had at once on that day."""
        free = given_to_all(request, today) and not misused(request, today)
        free = free and not stopped(request)
        said = as_json(asked(request))
        self.signed[request.pk] = Signed(contents.digest(request), by, free, said)

    def answers(self, request: ShareRequest, by: User) -> None:
        """Keep what a head of the provider answered."""
        assert request.pk in self.signed, "answered, and never signed by who asks"
        kept = self.signed[request.pk]
        kept.answer, kept.answered_by = as_json(offered(request)), by


def forget() -> None:
    """Drop what the process keeps of decisions: the next walk has another history."""
    access._decisions.clear()
    access._looks.clear()
    entering._kept.clear()
    stream.call("FLUSHDB")


def attempt(verb: Callable[..., Any], *args: Any, **told: Any) -> Any:
    """Take a step, which leaves an entry; None where it was refused, which leaves nothing."""
    before = Entry.objects.count()
    try:
        with transaction.atomic():
            done = verb(*args, **told)
            assert Entry.objects.count() > before, f"{verb.__name__} left no entry"
            return done
    except REFUSALS as refused:
        assert str(refused)
        assert Entry.objects.count() == before
        return None


# The law, said once more and plainly


def given_to_all(request: ShareRequest, today: date) -> bool:
    """Whether every department may have all that is asked for, and what conditions lean on."""
    leaned = {int(one["field"]) for one in request.rows}
    fields = Field.objects.filter(pk__in={*request.fields, *leaned})
    return all(_free(one, one.pk in leaned, request.clear_up_to, today) for one in fields)


def _free(one: Field, leaned: bool, clear_up_to: int, today: date) -> bool:
    if one.share_type != ShareType.UNCONDITIONAL or lines_on(one, today) or _lapsed(one, today):
        return False
    grade = one.grade or Grade.L3
    masked = grade == Grade.L3 and bool(one.mask_kind) and clear_up_to < Grade.L3
    return grade <= Grade.L2 or (masked and not leaned)


def misused(request: ShareRequest, today: date) -> bool:
    """Whether the department misused the dataset: a grant not mended, and none signed since."""
    held = Grant.objects.filter(organization=request.organization, dataset=request.dataset)
    others = [one for one in held if one.request_id != request.pk]
    last = max((one.created_at for one in others), default=None)
    unmended = [one for one in others if one.suspended_at]
    return any(
        last <= one.suspended_at or (not one.revoked_at and one.valid_until >= today)
        for one in unmended
    )


def stopped(request: ShareRequest) -> bool:
    """Whether a service of it to the department was stopped, and nothing was signed since."""
    held = Grant.objects.filter(organization=request.organization, dataset=request.dataset)
    others = [one for one in held if one.request_id != request.pk]
    last = max((one.created_at for one in others), default=None)
    entries = Entry.objects.filter(target__in=[one.address for one in others])
    settled = entries.filter(verb="grant.stop_agree") | entries.filter(
        verb="grant.stop_decide", details__ends=True
    )
    return last is not None and settled.filter(at__gte=last).exists()


def no_more(less: dict[str, Any], more: dict[str, Any]) -> bool:
    """Whether one offer, as JSON, gives nothing that another does not."""
    quota, most = less["daily_quota"], more["daily_quota"]
    return (
        set(less["fields"]) <= set(more["fields"])
        and less["mode"] in (more["mode"], "verify")
        and less["clear_up_to"] <= more["clear_up_to"]
        and more["valid_from"] <= less["valid_from"] <= less["valid_until"] <= more["valid_until"]
        and all(one in less["rows"] for one in more["rows"])
        and (most is None or (quota is not None and quota <= most))
    )


def clear_by_law(one: Field, *, clear_up_to: int, mode: Mode, today: date) -> bool:
    """Whether a field can be shown as it is under a grant that names it."""
    grade = one.grade or Grade.L3
    if lines_on(one, today) or (grade > Grade.L3 and mode != Mode.VERIFY):
        return False
    return grade <= max(clear_up_to, Grade.L2)


def lines_on(one: Field, today: date) -> list[NegativeLine]:
    """Return the lines that bar sharing a field on a day."""
    return [
        line
        for line in _lines(one)
        if line.from_on <= today and (line.until_on is None or today <= line.until_on)
        if line.state == LineState.PUBLISHED
    ]


def _lapsed(one: Field, today: date) -> bool:
    """Whether a line on a field is over and nobody has graded the field since."""
    for line in _lines(one):
        by_hand = line.state == LineState.ENDED
        if by_hand and (one.graded_at is None or one.graded_at <= line.ended_at):
            return True
        ran_out = line.until_on is not None and line.until_on < today
        if ran_out and (one.graded_at is None or _day(one.graded_at) <= line.until_on):
            return True
    return False


def _day(at: datetime) -> date:
    return timezone.localdate(at)


def _lines(one: Field) -> list[NegativeLine]:
    named = Q(fields=one) | Q(fields=None)
    every = NegativeLine.objects.filter(named, dataset=one.resource.dataset_id, bars_share=True)
    return list(every.exclude(published_at=None))


def due(request: ShareRequest) -> date:
    """Count a due day by hand: rows of the table of limits, rows of the calendar, the package."""
    assert request.due_from is not None
    own = Clock.objects.filter(profile=request.profile, step=request.due_step)
    national = Clock.objects.filter(profile="order809", step=request.due_step)
    clock = own.first() or national.get()
    days = clock.working_days + (clock.extension_days if request.extended_at else 0)
    moved = dict(WorkingDay.objects.values_list("day", "working"))
    day = timezone.localdate(request.due_from)
    while days:
        day += timedelta(days=1)
        works = chinese_calendar.is_workday(day) if day.year <= 2026 else day.weekday() < 5
        days -= moved.get(day, works)
    return day


# The audit trail, read back

AFTER = {
    "request.draft": "draft",
    "request.submit": "to_sign",
    "request.give_back": "draft",
    "request.check": "in_review",
    "request.ask_more": "supplement",
    "request.propose": "to_answer",
    "request.reconsider": "in_review",
    "request.withdraw": "withdrawn",
    "grant.suspend": "suspended",
    "grant.resume": "live",
    "grant.end": "ended",
    "grant.dispose": "disposed",
}


BEFORE = {
    "request.submit": {"draft", "supplement"},
    "request.give_back": {"to_sign"},
    "request.sign": {"to_sign"},
    "request.check": {"in_check"},
    "request.ask_more": {"in_check", "in_review"},
    "request.propose": {"in_review"},
    "request.reconsider": {"to_answer"},
    "request.answer": {"to_answer"},
    "grant.suspend": {"live"},
    "grant.resume": {"suspended"},
    "grant.end": {"live", "suspended"},
}
"""From where each step is taken: by Order 809 arts 20, 21 and 27."""


def replayed() -> dict[str, str]:
    """Return the state of each request and grant as the entries of the trail alone tell it.

    On the way no step is skipped: each entry follows on a state from which it can be taken.
    """
    states: dict[str, str] = {}
    for entry in Entry.objects.order_by("pk"):
        told = entry.details
        if entry.verb in BEFORE:
            assert states[entry.target] in BEFORE[entry.verb], f"{entry.verb} {entry.target}"
        if entry.verb in AFTER:
            states[entry.target] = AFTER[entry.verb]
        elif entry.verb == "request.sign":
            states[entry.target] = told["after"]
        elif entry.verb == "request.answer":
            refused = told["answer"] == "refusal"
            states[entry.target] = "refused" if refused else "granted"
        elif entry.verb == "dispute.settle" and told["state"] == "for_asker":
            address = f"request:{told['request']}"
            states[address] = "in_review" if states[address] == "refused" else states[address]
        if entry.verb in ("request.sign", "request.answer") and told.get("grant"):
            states[f"grant:{told['grant']}"] = "live"
    return states


def stand(today: date) -> dict[str, str]:
    """Return the state of each request and grant as it stands; the calendar ends no grant here."""
    states = {one.address: str(one.state) for one in ShareRequest.objects.all()}
    for grant in Grant.objects.filter(channel=Channel.SHARE):
        states[grant.address] = str(grant.state(min(today, grant.valid_until)))
    return states
