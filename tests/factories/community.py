"""Members and what they say, for tests, made through the verbs. All of it is invented."""

from datetime import datetime, timedelta
from io import BytesIO
from itertools import count

from django.utils import timezone
from PIL import Image

from accounts.models import User
from accounts.roles import OrganizationKind, Role
from catalog.models import Dataset
from community import comments, contests, follows, showcases, speaking, wishes
from community.comments import Remark
from community.contests import Award, Told
from community.models import Comment, CommentKind, Contest, Letters, Showcase, Wish
from community.showcases import Shown
from community.states import Outcome
from community.wishes import Reply, Wished
from tests.factories import accounts, catalog

NOW = accounts.NOW
_numbers = count(1)


def member(name: str = "", **over) -> User:
    """Make a citizen who takes part under a name."""
    made = accounts.user(None, **over)
    speaking.take_name(name or f"Citizen {next(_numbers)}", by=made, at=NOW)
    return made


def operator() -> User:
    """Make an operator of the data authority."""
    return accounts.user(Role.OPERATOR)


def comment(
    dataset: Dataset | None = None,
    *,
    by: User | None = None,
    kind: CommentKind = CommentKind.COMMENT,
    text: str = "很有用",
    shown: bool = False,
    answer: str = "",
    at: datetime = NOW,
) -> Comment:
    """Let somebody comment on a dataset; show it, and let the department answer."""
    place = dataset or catalog.dataset()
    made = comments.say(place.pk, Remark(kind, text), by=by or member(), at=at)
    if shown or answer:
        made = comments.show(made.pk, by=operator(), at=at)
    if answer:
        reviewer = accounts.user(Role.REVIEWER, place.owner)
        made = comments.answer(made.pk, text=answer, by=reviewer, at=at)
    return made


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> BytesIO:
    """Draw a picture."""
    drawn = BytesIO()
    Image.new("RGB", size, (11, 85, 99)).save(drawn, kind)
    drawn.seek(0)
    return drawn


def showcase(
    dataset: Dataset | None = None, *, by: User | None = None, shown: bool = False, **over
) -> Showcase:
    """Let somebody hand an app in, and show it."""
    told = {
        "title_zh": f"应用{next(_numbers)}",
        "title_en": f"App {next(_numbers)}",
        "text": "一张地图。",
        "url": "https://app.example/",
        "datasets": [(dataset or catalog.dataset()).pk],
    }
    made = showcases.submit(Shown(**told | over), by=by or member(), at=NOW)
    return showcases.show(made.pk, by=operator(), at=NOW) if shown else made


def wish(
    *, by: User | None = None, dataset: Dataset | None = None, shown: bool = False, **over
) -> Wish:
    """Let somebody wish for data, and put it on the list."""
    told = {
        "title": f"公交到站时间{next(_numbers)}",
        "text": "希望开放实时到站数据。",
        "purpose": "做一个出行应用",
        "dataset": None if dataset is None else dataset.pk,
    }
    made = wishes.wish(Wished(**told | over), by=by or member(), at=NOW)
    return wishes.show(made.pk, by=operator(), at=NOW) if shown else made


def planned(made: Wish, text: str = "年底前开放。") -> Wish:
    """Answer a wish: it will be opened."""
    day = NOW.date() + timedelta(days=60)
    reply = Reply(Outcome.PLANNED, text, planned_on=day)
    return wishes.answer(made.pk, reply, by=operator(), at=NOW)


def follower(*datasets: Dataset, daily: bool = True, language: str = "en", **over) -> User:
    """Make a member who follows datasets, with letters or without."""
    number = next(_numbers)
    told = {"email": f"citizen{number}@example.org"} | over
    made = accounts.user(None, **told)
    for one in datasets:
        follows.follow(one.pk, language=language, by=made, at=NOW)
    letters = Letters.DAILY if daily else Letters.NONE
    follows.choose_letters(letters, language=language, by=made, at=NOW)
    return made


def contest_told(at: datetime = NOW, **over) -> Told:
    """Return what a contest says of itself; it takes entries on the day of `at`."""
    number, day = next(_numbers), timezone.localdate(at)
    told = {
        "slug": f"contest-{number}",
        "title_zh": f"数据大赛{number}",
        "title_en": f"Data contest {number}",
        "text_zh": "用开放数据做一个应用。",
        "text_en": "Build an app on open data.",
        "rules_zh": "一个应用报名一次。",
        "rules_en": "One entry an app.",
        "organizer": accounts.organization(OrganizationKind.AUTHORITY),
        "opens_on": day - timedelta(days=10),
        "entries_until": day + timedelta(days=10),
        "results_on": day + timedelta(days=20),
    }
    return Told(**told | over)


def contest(*, shown: bool = True, at: datetime = NOW, **over) -> Contest:
    """Draft a contest that takes entries on the day of `at`, and publish it."""
    by = operator()
    made = contests.draft(contest_told(at, **over), by=by, at=at)
    return contests.publish(made.pk, by=by, at=at) if shown else made


def judged(*apps: Showcase, at: datetime = NOW, **over) -> Contest:
    """Hold a contest whose last day was before `at`, in which these apps were entered."""
    then = at - timedelta(days=15)
    made = contest(at=then, **over)
    for app in apps:
        contests.enter(made.pk, app.pk, by=app.speaker.user, at=then)
    return made


def awarded(app: Showcase, *others: Showcase, at: datetime = NOW, **over) -> Contest:
    """Announce the results of a contest that an app won over others."""
    made = judged(app, *others, at=at, **over)
    entry = made.entries.get(showcase=app)
    first = {entry.pk: Award(1, "一等奖", "First prize")}
    return contests.announce(made.pk, first, by=operator(), at=at)
