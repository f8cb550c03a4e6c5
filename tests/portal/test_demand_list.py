"""The public demand list: what departments need, and nothing that a stranger may not know."""

import csv
import io
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounts.roles import Role
from catalog import demands
from catalog.models import Dataset, Demand
from catalog.terms import DemandState, State
from community import wishes
from community.states import Outcome
from community.wishes import Reply
from exchange import opening
from portal import demand_list as page
from tests.databases import as_open_door, undone
from tests.factories import accounts, catalog, community
from tests.factories.catalog import NOW

pytestmark = pytest.mark.django_db
TOLD = {
    "title_zh": "电梯检验结果",
    "title_en": "Lift inspections",
    "description": "各电梯最近一次检验的结论和日期",
    "scene": "住宅小区安全检查",
    "legal_basis": "《特种设备安全法》第五十七条",
}
SECRET = "线人酬金"


def get(path="/demand-list", language="en", **params):
    return Client(headers={"Accept-Language": language}).get(path, params)


def asked(path="/demand-list", language="en", **params):
    return get(path, language, **params).content.decode()


def rows(**params):
    text = asked("/demand-list.csv", **params).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def raised(place=None, **over):
    place = place or accounts.organization()
    by = over.pop("by", None) or accounts.user(Role.PUBLISHER, place)
    return demands.raise_demand(organization=place, by=by, at=NOW, **TOLD | over)


def answered(demand, dataset):
    return demands.catalogue(
        demand.pk, dataset=dataset, by=accounts.user(Role.OPERATOR), at=NOW + timedelta(days=3)
    )


def hidden(dataset):
    """Take an entry out of what the public knows of, as no verb does."""
    Dataset.objects.filter(pk=dataset.pk).update(state=State.DRAFT)


def test_a_demand_stands_there_with_who_asks_for_what_and_what_became_of_it():
    entry = catalog.dataset()
    demand = answered(raised(), entry)

    english, chinese = asked(), asked(language="zh-CN")

    for told in (
        f"Demand {demand.pk}",
        *("Lift inspections", TOLD["description"], TOLD["scene"], TOLD["legal_basis"]),
        *(demand.organization.name_en, entry.owner.name_en, "in the catalogue"),
        f'href="/datasets/{entry.slug}"',
        entry.title_en,
        *("2026-03-02", "2026-03-05"),
    ):
        assert told in english
    for told in (
        "电梯检验结果",
        demand.organization.name_zh,
        "已编目",
        entry.title_zh,
        "需求清单",
    ):
        assert told in chinese


def test_each_state_is_told_in_words():
    operator, entry = accounts.user(Role.OPERATOR), catalog.dataset()
    raised()
    demands.accept(raised().pk, provider=entry.owner, by=operator, at=NOW)
    served = raised()
    answered(served, entry)
    demands.satisfy(served.pk, by=served.raised_by, at=NOW)
    demands.decline(raised().pk, reason="否", by=operator, at=NOW)

    found = [row["State"] for row in rows()]

    assert found == [
        *("declined", "satisfied", "with the department that has the duty"),
        "waiting for the data authority",
    ]
    assert all(state in asked() for state in found)


def test_nobody_and_nothing_that_departments_write_to_each_other_is_told():
    operator, entry = accounts.user(Role.OPERATOR), catalog.dataset()
    declined, noted, reopened = raised(), raised(), raised()
    demands.decline(declined.pk, reason="内部意见甲", by=operator, at=NOW)
    demands.catalogue(noted.pk, dataset=entry, by=operator, at=NOW, note="内部意见乙")
    answered(reopened, entry)
    demands.reopen(reopened.pk, reason="内部意见丙", by=reopened.raised_by, at=NOW)

    text = asked() + asked(language="zh-CN") + asked("/demand-list.csv")

    assert "内部意见" not in text
    for person in (operator, declined.raised_by):
        assert person.username not in text
        assert str(person) not in text


def test_a_demand_that_is_kept_back_is_not_there_until_its_department_shows_it():
    demand = raised(title_zh=SECRET, title_en="", kept_back_because="侦查工作")

    before = asked() + asked("/demand-list.csv") + asked(q=SECRET)
    demands.show(demand.pk, by=demand.raised_by, at=NOW)
    shown = asked()
    demands.keep_back(demand.pk, reason="侦查工作", by=accounts.user(Role.OPERATOR), at=NOW)

    assert f"Demand {demand.pk}" not in before
    assert "侦查工作" not in before + shown
    assert SECRET in shown
    assert SECRET not in asked()
    assert "No demand stands here." in asked()


def test_an_answer_that_nobody_outside_knows_of_reads_as_if_it_were_still_worked_on():
    entry = catalog.dataset(title_zh=SECRET, title_en="Informants")
    demand = answered(raised(), entry)
    hidden(entry)

    pages = asked(), asked(language="zh-CN"), asked("/demand-list.csv")
    Demand.objects.filter(pk=demand.pk).update(state=DemandState.ACCEPTED, dataset=None)

    assert pages == (asked(), asked(language="zh-CN"), asked("/demand-list.csv"))
    assert "with the department that has the duty" in pages[0]
    assert SECRET not in "".join(pages)
    assert entry.slug not in "".join(pages)


def test_a_dataset_that_was_withdrawn_since_is_said_to_be():
    entry = catalog.dataset()
    answered(raised(), entry)
    opening.withdraw(entry.pk, reason="重复", by=accounts.user(Role.HEAD, entry.owner), at=NOW)

    text = asked()

    assert f'href="/datasets/{entry.slug}"' in text
    assert "withdrawn since" in text


def test_words_narrow_the_list_and_the_download_and_ask_no_title_of_a_dataset():
    entry = catalog.dataset(title_zh=SECRET, title_en="Informants")
    one, other = raised(), answered(raised(title_zh="路灯", title_en="Street lamps"), entry)

    text = asked(q="inspections")

    assert f"Demand {one.pk}" in text
    assert f"Demand {other.pk}" not in text
    assert [row["Number"] for row in rows(q="inspections")] == [str(one.pk)]
    assert [row["Number"] for row in rows(q=entry.owner.name_zh)] == [str(other.pk)]
    assert rows(q=SECRET) == []
    assert "No demand has “nothing-like-this”" in asked(q="nothing-like-this")


def test_it_comes_as_both_kinds_of_file_that_run_no_formula():
    demand = raised(title_en="=HYPERLINK(1)", description="@SUM(1)")

    (row,) = rows()
    cells = list(load_workbook(io.BytesIO(get("/demand-list.xlsx").content)).active.iter_rows())

    assert (row["Title"], row["What is needed"]) == ("'=HYPERLINK(1)", "'@SUM(1)")
    assert (row["Raised on"], row["Answered on"]) == ("2026-03-02", "")
    assert [one.value for one in cells[0]] == list(row)
    assert cells[1][0].value == demand.pk
    assert not [one for one in cells[1] if one.data_type == "f"]
    assert get("/demand-list.pdf").status_code == 404


def test_scripts_show_as_text():
    raised(title_en="<script>alert(1)</script>", description="<img src=x onerror=alert(1)>")

    text = asked()

    assert "&lt;script&gt;alert(1)" in text
    assert "<img src=x" not in text


def test_many_are_paged_newest_first_in_a_constant_number_of_queries(monkeypatch):
    monkeypatch.setattr(page, "PAGE", 3)
    entry = catalog.dataset()
    made = [answered(raised(), entry) for _ in range(5)]
    client = Client(headers={"Accept-Language": "en"})

    with CaptureQueriesContext(
        connection,
    ) as first:
        text = client.get("/demand-list").content.decode()
    with CaptureQueriesContext(connection) as second:
        rest = client.get("/demand-list", {"before": made[2].pk}).content.decode()

    assert f"?before={made[2].pk}#demands" in text
    assert [f'"demand-{one.pk}"' in rest for one in made] == [True] * 2 + [False] * 3
    assert len(first) == len(second) == 1


def test_the_page_is_the_same_to_the_open_doors_role():
    entry, ghost = catalog.dataset(), catalog.dataset(title_zh=SECRET)
    for one in (entry, ghost):
        answered(raised(), one)
    raised(title_zh=SECRET, kept_back_because="侦查工作")
    demands.decline(raised().pk, reason="否", by=accounts.user(Role.OPERATOR), at=NOW)
    hidden(ghost)
    ways = ("/demand-list", "/demand-list.csv")
    plain = [asked(way) for way in ways]

    with as_open_door():
        through = [asked(way) for way in ways]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), count(answer), count(raised_by_id),"
                " count(*) FILTER (WHERE kept_back_because <> '') FROM catalog_demand"
            )
            seen = cursor.fetchone()

    assert through == plain
    assert SECRET not in "".join(through)
    assert seen == (3, 0, 0, 0)


def test_a_wish_leads_to_the_demand_that_its_answer_names_where_everybody_reads_it():
    demand = raised()
    wish = community.wish(by=community.member("He"), dataset=catalog.dataset(), shown=True)
    reply = Reply(Outcome.REFUSED, "否", basis=catalog.basis(), demand=demand)
    wishes.answer(wish.pk, reply, by=community.operator(), at=community.NOW)
    address = f'href="/demand-list?before={demand.pk + 1}#demand-{demand.pk}"'

    told = asked(f"/wishes/{wish.pk}")
    with as_open_door():
        at_the_door = asked(f"/wishes/{wish.pk}")
    demands.keep_back(demand.pk, reason="侦查工作", by=demand.raised_by, at=NOW)
    kept = asked(f"/wishes/{wish.pk}")
    with as_open_door():
        kept_at_the_door = asked(f"/wishes/{wish.pk}")

    assert address in told
    assert address in at_the_door
    assert "#demand-" not in kept + kept_at_the_door
    assert "Lift inspections" not in kept + kept_at_the_door


def test_the_page_has_landmarks_one_heading_and_nothing_inline():
    raised()

    text = asked()

    assert all(landmark in text for landmark in ("<header", "<main", "<footer", "<nav"))
    assert text.count("<h1") == 1
    assert text.count("<script") == text.count("portal/menu.js") == 1
    assert " style=" not in text


@pytest.mark.parametrize("path", ["/negative-list", "/duty-list", "/demand-list"])
def test_each_of_the_three_lists_leads_to_the_others_and_to_wishes(path):
    main = asked(path).partition("<main")[2].partition("</main")[0]

    for other in ("/negative-list", "/duty-list", "/demand-list", "/wishes"):
        assert f'href="{other}"' in main


KINDS = ("open", "declined", "known", "unknown", "kept")
WORDS = ("", "电梯", "检验 结果", SECRET, "侦查", "否", "1")


@dataclass
class Cast:
    """Who and what the demands of a world name."""

    asker: object
    other: object
    clerk: object
    second: object
    known: Dataset
    unknown: Dataset


@pytest.fixture
def cast():
    asker, other = accounts.organization(), accounts.organization()
    unknown = catalog.dataset(title_zh=SECRET, title_en="Informants", owner=other)
    hidden(unknown)
    return Cast(
        asker,
        other,
        accounts.user(Role.PUBLISHER, asker),
        accounts.user(Role.PUBLISHER, other),
        catalog.dataset(owner=other),
        unknown,
    )


def enter(cast, number, kind, told, *, mirrored):
    """Enter a demand of a kind. What a stranger may not know is another thing where `mirrored`."""
    row = {
        "organization": cast.asker,
        "provider": None if kind == "open" else cast.other,
        "state": DemandState.OPEN,
        "answer": "侦查" if mirrored else "否",
        "raised_by": cast.second if mirrored else cast.clerk,
        "raised_at": NOW,
        "moved_at": NOW + timedelta(days=number),
    }
    row |= TOLD | {"description": told}
    if kind == "declined":
        row["state"] = DemandState.DECLINED
    if kind == "known":
        row |= {"state": DemandState.SATISFIED, "dataset": cast.known}
    if kind == "unknown":
        row["state"] = DemandState.ACCEPTED
        if mirrored:
            row |= {"state": DemandState.CATALOGUED, "dataset": cast.unknown}
            row["moved_at"] += timedelta(days=400)
    if kind == "kept":
        row |= {"kept_back_because": "侦查", "title_zh": SECRET + told}
        if mirrored:
            row |= {
                "organization": cast.other,
                "title_zh": "1",
                "state": DemandState.SATISFIED,
                "dataset": cast.known,
                "moved_at": NOW + timedelta(days=900),
            }
    Demand.objects.create(pk=number, **row)


def told_of(world, cast, *, mirrored, words, before):
    with undone():
        for number, (kind, told) in enumerate(world, start=1):
            enter(cast, number, kind, told, mirrored=mirrored)
        answers = [
            get("/demand-list", language, q=words, **before) for language in ("en", "zh-CN")
        ]
        answers.append(get("/demand-list.csv", q=words))
    unsaid = {"X-Request-ID", "X-Request-Id"}
    return [
        (one.status_code, one.content, {k: v for k, v in one.items() if k not in unsaid})
        for one in answers
    ]


@given(
    world=st.lists(
        st.tuples(st.sampled_from(KINDS), st.text("电梯检验=<&\"'1 ", min_size=1, max_size=6)),
        max_size=6,
    ),
    words=st.sampled_from(WORDS),
    before=st.sampled_from([{}, {"before": "3"}, {"before": "0"}, {"before": "x"}]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cities_that_differ_in_what_a_stranger_may_not_know_answer_the_same_bytes(
    cast, world, words, before
):
    one, other = (
        told_of(world, cast, mirrored=mirrored, words=words, before=before)
        for mirrored in (False, True)
    )

    assert one == other
    assert all(status == 200 for status, _body, _headers in one)
