"""What people say, for everybody: only what was looked at, without who they are, gone at once."""

import re

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import OrganizationKind, Role
from catalog.terms import State
from community import comments, showcases, speaking, wishes
from community.models import Comment, CommentKind, Showcase, Wish
from community.states import Outcome
from community.wishes import Reply
from exchange.database_roles import FACE, HIDDEN
from portal import talk
from portal.frame import frame_of
from portal.taking_part import APPS, WISHES
from tests.backoffice.conftest import Desk
from tests.databases import as_open_door
from tests.factories import accounts, catalog, community

pytestmark = pytest.mark.django_db
NOW = community.NOW


def get(path, language="en", **params):
    return Client(headers={"Accept-Language": language}).get(path, params)


def page(path, language="en", **params) -> str:
    answer = get(path, language, **params)
    assert answer.status_code == 200, path
    return answer.content.decode()


def talked(dataset) -> str:
    """Return the blocks of a dataset's page."""
    request = RequestFactory().get("/")
    context = {
        "talk": talk.about(dataset),
        "frame": frame_of(request, is_english=True),
        "is_english": True,
    }
    return render_to_string("portal/talk.html", context, request)


@pytest.fixture
def lively():
    """A dataset that is spoken of in every way, with answers."""
    dataset = catalog.dataset(title_en="Bus stops")
    community.comment(
        dataset,
        by=community.member("Lin"),
        kind=CommentKind.CORRECTION,
        text="Stop 7 moved",
        answer="Corrected on Monday",
    )
    app = community.showcase(
        dataset, by=community.member("Ma"), title_en="Next bus", picture=community.picture()
    )
    showcases.show(app.pk, by=community.operator(), at=NOW)
    wish = community.wish(
        by=community.member("He"), dataset=dataset, title="Bus arrivals", shown=True
    )
    reviewer = accounts.user(Role.REVIEWER, dataset.owner)
    reply = Reply(Outcome.REFUSED, "The law says no", basis=catalog.basis(law_en="Bus Law"))
    wishes.answer(wish.pk, reply, by=reviewer, at=NOW)
    return dataset, app, wish


def pages(lively) -> list[str]:
    dataset, app, wish = lively
    return [
        "/apps",
        f"/apps/{app.pk}",
        "/wishes",
        f"/wishes/{wish.pk}",
        f"/datasets/{dataset.slug}/talk",
    ]


def test_the_pages_say_who_what_and_what_was_answered(lively):
    dataset, app, wish = lively

    talk_page = page(f"/datasets/{dataset.slug}/talk")
    assert [one for one in ("Lin", "Stop 7 moved", "Corrected on Monday") if one in talk_page] == [
        "Lin",
        "Stop 7 moved",
        "Corrected on Monday",
    ]
    assert dataset.owner.name_en in talk_page
    assert "Next bus" in page("/apps")
    app_page = page(f"/apps/{app.pk}")
    assert "Bus stops" in app_page
    assert 'href="https://app.example/" rel="nofollow ugc noopener noreferrer"' in app_page
    assert "refused by law" in page("/wishes")
    wish_page = page(f"/wishes/{wish.pk}")
    assert "The law says no" in wish_page
    assert catalog.TEXT in wish_page


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_each_page_works_as_the_open_doors_role_and_in_both_languages(lively, language):
    found = pages(lively)

    with as_open_door():
        told = [page(path, language) for path in found]
        block = talked(lively[0])

    assert "Lin" in told[4]
    assert "Lin" in block
    app = lively[1]
    assert (app.title_en if language == "en" else app.title_zh) in block
    assert all(f'<html lang="{"en" if language == "en" else "zh-Hans"}">' in one for one in told)


def test_the_picture_is_served_as_a_picture_and_nothing_else(lively):
    _dataset, app, _wish = lively

    with as_open_door():
        answer = get(f"/apps/{app.pk}/picture")
    again = Client().get(f"/apps/{app.pk}/picture", headers={"If-None-Match": answer["ETag"]})

    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert answer.content[8:12] == b"WEBP"
    assert again.status_code == 304


def test_the_open_door_reads_nobodys_account_and_nothing_that_is_not_shown(lively):
    waiting = community.comment(lively[0])
    with as_open_door(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(user_id) FROM community_speaker")
        speakers = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM accounts_user")
        users = cursor.fetchone()
        cursor.execute("SELECT count(moved_by_id), count(answered_by_id) FROM community_comment")
        people = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM community_comment WHERE id = %s", [waiting.pk])
        unseen = cursor.fetchone()

    assert speakers[0] >= 3
    assert (speakers[1], users[0], people, unseen[0]) == (0, 0, (0, 0), 0)
    assert "community_vote" not in FACE


def test_every_column_that_names_a_person_of_the_office_is_hidden():
    for model in (Comment, Showcase, Wish):
        table = model._meta.db_table
        people = {
            field.column
            for field in model._meta.concrete_fields
            if field.is_relation and field.related_model is User
        }
        assert people <= HIDDEN[table]


def test_the_blocks_of_a_dataset_ask_three_queries(lively):
    with CaptureQueriesContext(connection) as asked:
        talked(lively[0])

    assert len(asked) <= 3


def test_the_pages_ask_a_constant_number_of_queries(lively):
    dataset, *_ = lively
    counts = {}
    for path in pages(lively):
        with CaptureQueriesContext(connection) as asked:
            page(path)
        counts[path] = len(asked)
    for _more in range(4):
        community.comment(dataset, answer="yes")
        community.showcase(dataset, shown=True)
        community.wish(dataset=dataset, shown=True)

    for path, before in counts.items():
        with CaptureQueriesContext(connection) as asked:
            page(path)
        assert len(asked) == before <= 8, path


# what is not shown is nowhere


def words_everywhere(lively) -> str:
    found = [page(path) for path in [*pages(lively)[:1], *pages(lively)[2:3], pages(lively)[4]]]
    return "".join([*found, talked(lively[0]), page("/"), page("/datasets")])


def test_what_waits_is_on_no_page(lively):
    dataset, *_ = lively
    made = community.comment(dataset, text="not looked at")
    app = community.showcase(dataset, title_en="Unseen app", picture=community.picture())
    wish = community.wish(title="Unseen wish", dataset=dataset)

    told = words_everywhere(lively)

    assert not [one for one in ("not looked at", "Unseen app", "Unseen wish") if one in told]
    assert f"comment-{made.pk}" not in told
    for path in (f"/apps/{app.pk}", f"/apps/{app.pk}/picture", f"/wishes/{wish.pk}"):
        assert get(path).status_code == 404


def test_what_is_hidden_is_gone_from_every_page_at_once(lively):
    dataset, app, wish = lively
    operator = community.operator()
    assert get(f"/apps/{app.pk}/picture").status_code == 200

    comments.hide(Comment.objects.get().pk, reason="names a person", by=operator, at=NOW)
    showcases.end(app.pk, reason="is gone", by=operator, at=NOW)
    wishes.hide(wish.pk, reason="names a person", by=operator, at=NOW)

    told = words_everywhere(lively)
    assert not [
        one
        for one in ("Stop 7 moved", "Corrected on Monday", "Next bus", "Bus arrivals", "names a")
        if one in told
    ]
    for path in (f"/apps/{app.pk}", f"/apps/{app.pk}/picture", f"/wishes/{wish.pk}"):
        assert get(path).status_code == 404
    for path in ("", "/records", "/explain"):
        assert "Stop 7" not in get(f"/api/v1/datasets/{dataset.slug}{path}").content.decode()


@pytest.mark.parametrize("door", ["one process", "the open door alone"])
def test_a_closed_account_is_named_nowhere_and_what_was_said_stays(lively, door):
    members = User.objects.filter(speaker__name__in=["Lin", "Ma", "He"])
    members.update(is_active=False, deactivated_at=NOW)

    if door == "one process":
        told = [*(page(path) for path in pages(lively)), talked(lively[0])]
    else:
        with as_open_door():
            told = [*(page(path) for path in pages(lively)), talked(lively[0])]

    whole = "".join(told)
    assert not re.search(r">\s*(Lin|Ma|He)\b", whole)
    assert "Stop 7 moved" in whole
    assert "Former member" in whole


def test_a_forgotten_name_is_gone_from_the_database(lively):
    author = User.objects.get(speaker__name="Lin")

    speaking.forget(by=author, at=NOW)

    assert not re.search(r"\bLin\b", page(f"/datasets/{lively[0].slug}/talk"))


# addresses


def test_a_joined_wish_leads_to_the_other():
    first, second = community.wish(shown=True), community.wish(shown=True)
    wishes.merge(second.pk, into=first, by=community.operator(), at=NOW)

    with as_open_door():
        answer = get(f"/wishes/{second.pk}")

    assert (answer.status_code, answer["Location"]) == (302, f"/wishes/{first.pk}")


def test_a_wish_joined_with_one_that_was_hidden_is_not_there():
    first, second = community.wish(shown=True), community.wish(shown=True)
    wishes.merge(second.pk, into=first, by=community.operator(), at=NOW)
    wishes.hide(first.pk, reason="x", by=community.operator(), at=NOW)

    assert get(f"/wishes/{second.pk}").status_code == 404
    with as_open_door():
        assert get(f"/wishes/{second.pk}").status_code == 404


@pytest.mark.parametrize("state", [State.DRAFT, State.SIGNED, State.IN_REVIEW])
def test_unpublished_datasets_have_no_talk(state):
    made = catalog.dataset(state)

    assert get(f"/datasets/{made.slug}/talk").status_code == 404
    assert get("/datasets/nothing-here/talk").status_code == 404


@pytest.mark.parametrize("number", ["0", "999999999", "99999999999999999999999"])
def test_numbers_beyond_all_are_not_found(number):
    for path in (f"/apps/{number}", f"/wishes/{number}", f"/apps/{number}/picture"):
        assert get(path).status_code == 404


@pytest.mark.parametrize(
    "params",
    [
        {"page": "999999999999"},
        {"page": "-1"},
        {"page": "x"},
        {"sort": "<script>"},
        {"state": "hidden"},
        {"dataset": "no such"},
        {"theme": "'--"},
        {"q": "x" * 5000},
        {"q": "%_\\"},
        {"before": "x"},
    ],
)
def test_odd_questions_are_answered_with_a_page(lively, params):
    for path in ("/apps", "/wishes", f"/datasets/{lively[0].slug}/talk"):
        assert get(path, **params).status_code == 200


def test_wishes_are_sorted_and_narrowed(lively):
    wanted = community.wish(title="Wanted most", shown=True)
    for _each in range(3):
        wishes.vote(wanted.pk, by=community.member(), at=NOW)

    by_votes = page("/wishes")
    newest = page("/wishes", sort="newest")
    refused = page("/wishes", state="refused")

    assert by_votes.index("Wanted most") < by_votes.index("Bus arrivals")
    assert newest.index("Wanted most") < newest.index("Bus arrivals")
    assert "Wanted most" not in refused
    assert "Wanted most" not in page("/wishes", sort="answered")
    assert "Bus arrivals" in page("/wishes", q="arrivals")


def test_apps_are_narrowed_by_dataset_theme_and_words(lively):
    subject = catalog.subject(name_en="Water")
    other = catalog.dataset(subject=subject)
    community.showcase(other, title_en="Tap water", shown=True)

    assert "Tap water" in page("/apps", theme=subject.code)
    assert "Next bus" not in page("/apps", theme=subject.code)
    assert "Next bus" not in page("/apps", dataset=other.slug)
    assert "Next bus" in page("/apps", q="next BUS")
    assert "Tap water" not in page("/apps", q="next bus")


def test_all_comments_are_reached_page_by_page():
    dataset = catalog.dataset()
    author = community.member()
    made = [
        Comment.objects.create(
            dataset=dataset,
            speaker=author.speaker,
            kind="comment",
            text=f"No. {number}!",
            state=Comment.State.SHOWN,
            said_at=NOW,
            moved_at=NOW,
        )
        for number in range(talk.PAGE + 1)
    ]

    first = page(f"/datasets/{dataset.slug}/talk")
    second = page(f"/datasets/{dataset.slug}/talk", before=made[1].pk)

    assert f"?before={made[1].pk}" in first
    assert "No. 0!" not in first
    assert re.findall(r"No\. \d+!", second) == ["No. 0!"]


# the front page


def test_the_front_page_shows_apps_and_wishes_open_and_answered(lively):
    _dataset, app, wish = lively
    waiting = community.wish(title="Wanted still", shown=True)

    with as_open_door():
        front = page("/")

    for path in ("/apps", "/wishes", f"/apps/{app.pk}", f"/wishes/{wish.pk}"):
        assert f'href="{path}"' in front
    assert front.index("Waiting for an answer") < front.index("Wanted still")
    assert (
        front.index("Wanted still") < front.index(">Latest answers<") < front.index("Bus arrivals")
    )
    assert f'href="/wishes/{waiting.pk}"' in front


def test_the_front_page_says_nothing_of_what_nobody_made_or_wished_for():
    catalog.dataset()

    front = page("/")

    assert 'id="apps-title"' not in front
    assert 'id="wishes-title"' not in front


def test_the_front_page_shows_a_few_whatever_is_there(lively):
    page("/")  # the facets are counted once
    with CaptureQueriesContext(connection) as asked:
        page("/")
    for _more in range(WISHES + 1):
        community.showcase(lively[0], shown=True)
        community.wish(shown=True)
    with CaptureQueriesContext(connection) as again:
        front = page("/")

    assert len(again) == len(asked) <= 12
    assert len(set(re.findall(r'href="/apps/(\d+)"', front))) == APPS
    assert len(set(re.findall(r'href="/wishes/(\d+)"', front))) == WISHES + 1


# scripts in every field

ATTACKS = (
    "<script>alert('{}')</script>",
    '"><img src=x onerror=alert({})>',
    "' onmouseover='alert({})' x='",
    "</title><svg/onload=alert({})>",
    "{{% load i18n %}}{{{{ {}|safe }}}}javascript:alert({})",
)
MARKS = re.compile(
    r"<script>alert|<img src=x|<svg/onload|\son(?:error|load|mouseover)='|' onmouse"
)


def office(user: User) -> Desk:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return Desk(user, client)


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_script_in_any_field_is_text_on_every_page_and_desk(attack):
    def evil(field: str) -> str:
        return attack.format(field, field)

    company = accounts.organization(
        OrganizationKind.COMPANY, name_zh=evil("company"), name_en=evil("company")
    )
    author = accounts.user(Role.DEVELOPER, company)
    speaking.take_name(evil("name")[:40], by=author, at=NOW)
    dataset = catalog.dataset(title_zh=evil("t")[:100], title_en=evil("t"))
    operator, reviewer = community.operator(), accounts.user(Role.REVIEWER, dataset.owner)
    said = comments.say(
        dataset.pk,
        comments.Remark(CommentKind.CORRECTION, evil("text"), field=evil("f")),
        by=author,
        at=NOW,
    )
    comments.show(said.pk, by=operator, at=NOW)
    comments.answer(said.pk, text=evil("answer"), by=reviewer, at=NOW)
    app = community.showcase(
        dataset,
        by=author,
        organization=company,
        title_zh=evil("zh")[:100],
        title_en=evil("en"),
        text=evil("about"),
        url="https://app.example/?a=%22%3E%3Cscript%3E&b='",
        shown=True,
    )
    wish = community.wish(
        by=author, title=evil("title"), text=evil("wish"), purpose=evil("for"), dataset=dataset
    )
    wishes.show(wish.pk, by=operator, at=NOW)
    day = NOW.date()
    wishes.answer(
        wish.pk, Reply(Outcome.PLANNED, evil("reply"), planned_on=day), by=reviewer, at=NOW
    )
    hidden = community.comment(dataset, by=author, text=evil("hidden"))
    comments.hide(hidden.pk, reason=evil("reason"), by=operator, at=NOW)

    told = [
        page(path, language) for path in pages((dataset, app, wish)) for language in ("en", "zh")
    ]
    told += [talked(dataset), page("/apps", q=evil("q")), page("/wishes", q=evil("q"))]
    desk = office(operator)
    for row in (said, hidden, app, wish, author.speaker):
        told += [desk.page(row).content.decode(), desk.list(type(row)).content.decode()]
    for row, button in ((said, "hide"), (app, "end"), (wish, "answer"), (wish, "hide")):
        told.append(desk.ask(row, button).content.decode())
    own = office(reviewer)
    told += [own.ask(said, "take-up").content.decode(), own.page(said).content.decode()]
    told.append(own.client.get("/office/inbox/").content.decode())

    assert [found for one in told if (found := MARKS.findall(one))] == []
    assert sum("alert(" in one or "alert(&#x27;" in one for one in told) >= 15
    assert "javascript:alert" not in "".join(
        re.findall(r'(?:href|src|action)="[^"]*"', "".join(told))
    )
