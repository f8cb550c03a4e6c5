"""Contests of the demo city: open for entries, with results, before its jury, in draft.

All is invented. Days are told as so many before or after the day on which the city is built.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from accounts.models import User
from catalog.models import Dataset
from community import contests
from community.contests import Award, Told
from community.models import Contest, Showcase


@dataclass(frozen=True, slots=True)
class Held:
    """A contest: its texts, by pair; its days from today; apps that entered, by English title.

    `awards` are given by the same titles, in the order of their places; `shown` once it is
    published, which is a week before it opens.
    """

    slug: str
    title: tuple[str, str]
    text: tuple[str, str]
    rules: tuple[str, str]
    prizes: tuple[str, str]
    days: tuple[int, int, int]
    datasets: tuple[str, ...]
    entered_days_ago: int = 0
    apps: tuple[str, ...] = ()
    awards: Mapping[str, tuple[str, str]] | None = None
    shown: bool = True


RULES = (
    (
        "一、个人、团队和企业均可参加，作品须使用至少一个本市开放数据集。\n"
        "二、作品须能在线访问，并已在“应用”页提交；审核通过后对外展示。\n"
        "三、一个作品报名一次，截止日之前可以退出。\n"
        "四、评审看四项：是否有用、数据用得是否恰当、是否人人可用、能否持续。"
    ),
    (
        "1. People, teams and companies can take part. What they enter uses at least one open"
        " dataset of the city.\n"
        "2. It can be reached online and was handed in on the page of apps; it is shown once it"
        " was reviewed.\n"
        "3. An app is entered once, and can be taken out until the last day.\n"
        "4. The jury looks at four things: is it useful, is the data used well, can everybody use"
        " it, will it last."
    ),
)
CONTESTS = (
    Held(
        "open-data-2027",
        ("海湾市开放数据创新大赛（虚构）", "Bay City open data contest (invented)"),
        (
            "用开放数据让出门、办事、散步都更方便。题目不限，鼓励使用页面上列出的数据集。",
            (
                "Make going out, getting things done and taking a walk easier with open data. Any"
                " subject will do; the datasets named here are a good start."
            ),
        ),
        RULES,
        (
            "一等奖一名，二等奖两名。获奖者受邀在海湾市数据日展示作品。",
            (
                "One first prize and two second prizes. The winners show what they built on the"
                " city’s day of data."
            ),
        ),
        (-20, 25, 55),
        ("air-quality-daily", "parks", "public-toilets", "accessible-places"),
        entered_days_ago=0,
        apps=("Run tonight?", "City without steps", "New here"),
    ),
    Held(
        "getting-around-2026",
        ("出行与生活应用赛（虚构）", "Getting around: a contest of apps (invented)"),
        (
            "征集帮助市民出行和安排生活的应用。",
            "For apps that help people to get around and to plan their days.",
        ),
        RULES,
        ("", ""),
        (-58, -18, -4),
        ("ferry-timetable", "kindergartens"),
        entered_days_ago=19,
        apps=("Bay ferries", "Find a kindergarten", "Prices of the bay"),
        awards={
            "Bay ferries": ("一等奖", "First prize"),
            "Find a kindergarten": ("二等奖", "Second prize"),
        },
    ),
    Held(
        "neighbourhoods-2026",
        ("社区便民应用赛（虚构）", "Round the corner: a contest of apps (invented)"),
        (
            "征集让社区生活更方便的应用。报名已截止，正在评审。",
            "For apps that make life round the corner easier. Entries are closed, the jury sits.",
        ),
        RULES,
        ("", ""),
        (-40, -3, 12),
        ("public-toilets", "kindergartens"),
        entered_days_ago=5,
        apps=("Prices of the bay", "Find a kindergarten"),
    ),
    Held(
        "pictures-of-data",
        ("数据可视化赛（草稿，虚构）", "Pictures of data (draft, invented)"),
        ("用一张图讲清一个数据集。", "Tell what a dataset says in one picture."),
        RULES,
        ("", ""),
        (40, 90, 120),
        ("price-watch-weekly",),
        shown=False,
    ),
)


def hold(operator: User, *, at: datetime) -> None:
    """Hold the contests of CONTESTS; the apps that enter them are there."""
    datasets = {one.slug: one.pk for one in Dataset.objects.published()}
    for held in CONTESTS:
        _hold(held, operator, datasets, at=at)


def _hold(held: Held, operator: User, datasets: Mapping[str, int], *, at: datetime) -> None:
    first = at + timedelta(days=min(held.days[0] - 7, -1))
    made = contests.draft(_told(held, operator, datasets, at=at), by=operator, at=first)
    if not held.shown:
        return
    contests.publish(made.pk, by=operator, at=first)
    then = at - timedelta(days=held.entered_days_ago)
    for title in held.apps:
        app = Showcase.objects.get(title_en=title)
        author = User.objects.get(speaker__showcases=app)
        contests.enter(made.pk, app.pk, by=author, at=then)
    if held.awards is not None:
        announced = at + timedelta(days=held.days[2])
        contests.announce(made.pk, _awards(made, held.awards), by=operator, at=announced)


def _told(held: Held, operator: User, datasets: Mapping[str, int], *, at: datetime) -> Told:
    opens, until, results = (_day(days, at) for days in held.days)
    return Told(
        slug=held.slug,
        title_zh=held.title[0],
        title_en=held.title[1],
        text_zh=held.text[0],
        text_en=held.text[1],
        rules_zh=held.rules[0],
        rules_en=held.rules[1],
        prizes_zh=held.prizes[0],
        prizes_en=held.prizes[1],
        organizer=operator.organizations()[0],
        opens_on=opens,
        entries_until=until,
        results_on=results,
        datasets=[datasets[slug] for slug in held.datasets],
    )


def _day(days: int, at: datetime) -> date:
    return timezone.localdate(at) + timedelta(days=days)


def _awards(made: Contest, names: Mapping[str, tuple[str, str]]) -> dict[int, Award]:
    entries = {one.showcase.title_en: one.pk for one in made.entries.select_related("showcase")}
    return {entries[title]: Award(place, *names[title]) for place, title in enumerate(names, 1)}
