"""Contests held on the data: drafted, published, entered by members, and ended with awards.

A contest is closed by its day: days are those of the city, and `entries_until` is the last on
which an app can be entered or taken back. Who enters does so with an app of their own, or of a
company they belong to; others see the entry once the app is shown.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import Organization, User
from accounts.roles import NotAllowed, OrganizationKind, require
from audit import chain
from catalog.bilingual import choose
from catalog.models import Dataset
from community import speaking, texts
from community.models import Contest, ContestEntry, Showcase
from community.models.contests import CONTEST_LENGTH
from community.refusals import ContestRefused
from community.states import ContestState, ContestStep, ShowcaseState, move_contest
from exchange.workflow import StepRefused

REASON_LENGTH = 500
MOST_DATASETS = 50
in_words = lazy(choose, str)
"""Picks of a pair of texts when it is read, in the language of who reads."""
RESULTS_DUE = "contest.results_due"
ENTERABLE = (ShowcaseState.SUBMITTED, ShowcaseState.SHOWN)


@dataclass(frozen=True, slots=True)
class Told:
    """A contest as its organiser tells of it; `datasets` are ids of published ones."""

    slug: str
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    rules_zh: str
    rules_en: str
    organizer: Organization
    opens_on: date
    entries_until: date
    results_on: date
    prizes_zh: str = ""
    prizes_en: str = ""
    datasets: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Award:
    """What an entry gets: `place` 1 is the best, and several may share one."""

    place: int
    name_zh: str
    name_en: str


@transaction.atomic
def draft(told: Told, *, by: User, at: datetime) -> Contest:
    """Draft a contest, which nobody but the office sees.

    Raises NotAllowed, TextRefused, ContestRefused, and ValidationError for an address that is
    none or taken.
    """
    require(by, "community.hold_contest")
    made = Contest(created_at=at, moved_by=by)
    _say(made, told)
    chain.record("contest.draft", made.address, by=by, at=at, slug=made.slug, title=made.title_zh)
    return made


@transaction.atomic
def change(contest_id: int, told: Told, *, by: User, at: datetime) -> Contest:
    """Change a contest until its results are announced.

    Of one that is published the address stays, and the last day never comes earlier.
    Raises NotAllowed, StepRefused, TextRefused, ContestRefused, ValidationError.
    """
    require(by, "community.hold_contest")
    made = _locked(contest_id)
    made.state = move_contest(made.state, ContestStep.CHANGE, of=made.title)
    if made.state == ContestState.PUBLISHED:
        _require_kept(made, told)
    made.moved_by = by
    _say(made, told)
    days = {name: str(getattr(made, name)) for name in ("opens_on", "entries_until", "results_on")}
    chain.record("contest.change", made.address, by=by, at=at, title=made.title_zh, **days)
    return made


def _require_kept(made: Contest, told: Told) -> None:
    """Return if what entrants rely on stays. Raises ContestRefused."""
    if told.slug != made.slug:
        raise ContestRefused(
            _("The contest is published at /contests/%(slug)s, and its address stays.")
            % {"slug": made.slug}
        )
    if told.entries_until < made.entries_until:
        raise ContestRefused(
            _(
                "The contest is published with entries until %(day)s. The last day can be moved"
                " to a later one, not to an earlier one."
            )
            % {"day": made.entries_until}
        )


def _say(made: Contest, told: Told) -> None:
    """Take over what is told, and save. Raises TextRefused, ContestRefused, ValidationError."""
    _require_order(told)
    if told.organizer.kind == OrganizationKind.COMPANY or told.organizer.closed_at is not None:
        raise ContestRefused(
            _("“%(place)s” cannot hold a contest. Name a department that goes on.")
            % {"place": told.organizer}
        )
    made.slug, made.organizer = told.slug.strip(), told.organizer
    made.title_zh = texts.line(told.title_zh, 100)
    made.title_en = texts.line(told.title_en, 200)
    for name in ("text_zh", "text_en", "rules_zh", "rules_en"):
        setattr(made, name, texts.body(getattr(told, name), CONTEST_LENGTH))
    _say_prizes(made, told)
    made.opens_on, made.entries_until = told.opens_on, told.entries_until
    made.results_on = told.results_on
    made.full_clean()
    used = _published(told.datasets)
    made.save()
    made.datasets.set(used)


def _require_order(told: Told) -> None:
    """Return if the days follow each other. Raises ContestRefused."""
    if told.opens_on <= told.entries_until < told.results_on:
        return
    raise ContestRefused(
        _(
            "The days are out of order: opens on %(opens)s, entries until %(until)s, results on"
            " %(results)s. Entries end on the day of opening or later, and results come after"
            " that."
        )
        % {
            "opens": told.opens_on,
            "until": told.entries_until,
            "results": told.results_on,
        }
    )


def _say_prizes(made: Contest, told: Told) -> None:
    """Prizes are told in both languages, or not at all. Raises TextRefused, ContestRefused."""
    zh, en = told.prizes_zh.strip(), told.prizes_en.strip()
    if bool(zh) != bool(en):
        raise ContestRefused(_("Tell the prizes in Chinese and in English, or in neither."))
    made.prizes_zh = texts.body(zh, CONTEST_LENGTH) if zh else ""
    made.prizes_en = texts.body(en, CONTEST_LENGTH) if en else ""


def _published(wanted: Collection[int]) -> list[Dataset]:
    found = list(Dataset.objects.published().filter(pk__in=wanted).order_by("pk"))
    if len(found) < len(set(wanted)) or len(found) > MOST_DATASETS:
        raise ContestRefused(
            _("Name published datasets only, at most %(most)s.") % {"most": MOST_DATASETS}
        )
    return found


@transaction.atomic
def publish(contest_id: int, *, by: User, at: datetime) -> Contest:
    """Show a contest to everybody. Raises NotAllowed, StepRefused; ContestRefused where its last
    day is over.
    """
    require(by, "community.hold_contest")
    made = _moved(contest_id, ContestStep.PUBLISH, by=by)
    if made.entries_until < timezone.localdate(at):
        raise ContestRefused(
            _("Entries would have ended on %(day)s. Set a day that is still to come.")
            % {"day": made.entries_until}
        )
    made.published_at = at
    made.save()
    chain.record("contest.publish", made.address, by=by, at=at, title=made.title_zh)
    return made


@transaction.atomic
def withdraw(contest_id: int, *, reason: str, by: User, at: datetime) -> Contest:
    """Call a contest off; where it was published its page says so, with the day and the reason,
    and who entered is told.

    Raises NotAllowed, StepRefused, TextRefused without a reason.
    """
    require(by, "community.hold_contest")
    made = _moved(contest_id, ContestStep.WITHDRAW, by=by)
    made.reason, made.withdrawn_at = texts.body(reason, REASON_LENGTH), at
    made.save()
    notices.settle(made.address, RESULTS_DUE, at=at)
    for entry in _entries(made):
        _tell("contest.withdrawn", entry, at=at, reason=made.reason)
    chain.record("contest.withdraw", made.address, by=by, at=at, reason=made.reason)
    return made


@transaction.atomic
def announce(contest_id: int, awards: Mapping[int, Award], *, by: User, at: datetime) -> Contest:
    """Announce the results: the awards by id of the entry, which stand for any earlier ones.

    Raises NotAllowed, StepRefused also while apps can be entered, TextRefused, and
    ContestRefused for an entry of another contest or an app that is not shown.
    """
    require(by, "community.hold_contest")
    made = _moved(contest_id, ContestStep.ANNOUNCE, by=by)
    if timezone.localdate(at) <= made.entries_until:
        raise StepRefused(
            _("Apps can be entered until %(day)s. Announce the results after that day.")
            % {"day": made.entries_until}
        )
    given = list(_given(made, awards))
    made.announced_at = at
    made.save()
    notices.settle(made.address, RESULTS_DUE, at=at)
    made.entries.update(place=None, award_zh="", award_en="")
    ContestEntry.objects.bulk_update(given, ["place", "award_zh", "award_en"])
    for entry in given:
        _tell("contest.awarded", entry, at=at, award=in_words(entry.award_zh, entry.award_en))
    told = [[entry.showcase.address, entry.place, entry.award_zh] for entry in given]
    chain.record("contest.announce", made.address, by=by, at=at, awards=told)
    return made


def _given(made: Contest, awards: Mapping[int, Award]) -> Iterable[ContestEntry]:
    """Yield the entries with their awards. Raises TextRefused, ContestRefused."""
    found = {entry.pk: entry for entry in _entries(made)}
    if not awards.keys() <= found.keys():
        raise ContestRefused(_("An award goes to an app that was entered in this contest."))
    for pk, award in sorted(awards.items()):
        entry = found[pk]
        if entry.showcase.state != ShowcaseState.SHOWN:
            raise ContestRefused(
                _("“%(app)s” is not shown to everybody. Review it before it gets an award.")
                % {"app": entry.showcase.title}
            )
        entry.place = award.place
        entry.award_zh = texts.line(award.name_zh, 100)
        entry.award_en = texts.line(award.name_en, 100)
        yield entry


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Tell the organiser, once, of each contest whose results are promised for today or were.

    Returns how many were told of.
    """
    told = notices.open_targets(RESULTS_DUE)
    due = Contest.objects.promised(timezone.localdate(at)).select_related("organizer")
    fresh = [one for one in due.order_by("pk") if one.address not in told]
    for one in fresh:
        notices.tell(
            RESULTS_DUE,
            organization=one.organizer,
            target=one.address,
            at=at,
            due_on=one.results_on,
            contest=one,
            day=one.results_on,
        )
    return len(fresh)


@transaction.atomic
def enter(contest_id: int, showcase_id: int, *, by: User, at: datetime) -> ContestEntry:
    """Enter an app in a contest; one that is entered already stays so.

    Raises NotAllowed for another's app; StepRefused before the first and after the last day, for
    an app that is taken back or refused, and for a contest that is over.
    """
    app = _own_app(showcase_id, by)
    made = Contest.objects.seen().get(pk=contest_id)
    _require_open(made, ContestStep.ENTER, at=at)
    if app.state not in ENTERABLE:
        raise StepRefused(
            _("“%(app)s” is %(state)s. Enter an app that is shown or waits for review.")
            % {"app": app.title, "state": app.get_state_display()}
        )
    entry, fresh = ContestEntry.objects.get_or_create(
        contest=made, showcase=app, defaults={"entered_at": at, "entered_by": by}
    )
    if fresh:
        chain.record("contest.enter", made.address, by=by, at=at, app=app.address)
    return entry


@transaction.atomic
def leave(contest_id: int, showcase_id: int, *, by: User, at: datetime) -> None:
    """Take an app out of a contest again; one that is not in it changes nothing.

    Raises NotAllowed for another's app, StepRefused after the last day.
    """
    app = _own_app(showcase_id, by)
    made = Contest.objects.seen().get(pk=contest_id)
    _require_open(made, ContestStep.LEAVE, at=at)
    gone, _models = ContestEntry.objects.filter(contest=made, showcase=app).delete()
    if gone:
        chain.record("contest.leave", made.address, by=by, at=at, app=app.address)


def _own_app(showcase_id: int, by: User) -> Showcase:
    """Return an app of the member's or of their company's, locked. Raises NotAllowed."""
    speaking.require_member(by)
    app = Showcase.objects.select_for_update(of=("self",)).without_picture().get(pk=showcase_id)
    if not Showcase.objects.spoken_for(by).filter(pk=app.pk).exists():
        raise NotAllowed(_("You can enter apps of your own, and of companies you belong to."))
    return app


def _require_open(made: Contest, step: ContestStep, *, at: datetime) -> None:
    """Return if apps can come and go today. Raises StepRefused, with the day that decides."""
    move_contest(made.state, step, of=made.title)
    today = timezone.localdate(at)
    if today < made.opens_on:
        raise StepRefused(
            _("“%(contest)s” opens on %(day)s. Come back on that day.")
            % {"contest": made.title, "day": made.opens_on}
        )
    if today > made.entries_until:
        raise StepRefused(
            _("Entries to “%(contest)s” ended on %(day)s. What is entered stays as it is.")
            % {"contest": made.title, "day": made.entries_until}
        )


def _moved(contest_id: int, step: ContestStep, *, by: User) -> Contest:
    made = _locked(contest_id)
    made.state = move_contest(made.state, step, of=made.title)
    made.moved_by = by
    return made


def _locked(contest_id: int) -> Contest:
    return Contest.objects.select_for_update().get(pk=contest_id)


def _entries(made: Contest) -> list[ContestEntry]:
    """Return a contest's entries with their apps and makers, held until the verb ends."""
    rows = made.entries.select_for_update(of=("self",)).order_by("pk")
    return list(rows.select_related("showcase__speaker__user").defer("showcase__picture"))


def _tell(kind: str, entry: ContestEntry, *, at: datetime, **words: object) -> None:
    """Tell who made the app."""
    speaking.answered(
        kind,
        entry.showcase.speaker,
        target=f"entry:{entry.pk}",
        at=at,
        contest=entry.contest,
        app=in_words(entry.showcase.title_zh, entry.showcase.title_en),
        **words,
    )
