"""The public negative list: every published line with its law, and nothing of what is not."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from catalog import negative_list
from catalog.models import Field
from catalog.terms import LineState, State, Substitute
from portal import negative_list as page
from tests.databases import as_open_door
from tests.factories import accounts, catalog

pytestmark = pytest.mark.django_db


def asked(path="/negative-list", language="en", **params):
    return Client(headers={"Accept-Language": language}).get(path, params).content.decode()


def rows(**params):
    text = asked("/negative-list.csv", **params).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_line_stands_there_with_its_law_word_for_word_its_days_and_what_there_is_instead():
    made = catalog.dataset(fields=["name", "other"])
    line = catalog.negative_line(
        made, ["name"], substitute=Substitute.VERIFY, until_on=catalog.TODAY + timedelta(days=9999)
    )

    english, chinese = asked(), asked(language="zh-CN")

    for told in (
        f"Line {line.number}",
        made.title_en,
        "<code>name</code>",
        line.basis.law_en,
        catalog.TEXT,
        f"from {line.from_on} to {line.until_on}",
        str(line.review_on),
        "verification, yes or no",
        "sharing between departments, opening to the public",
    ):
        assert told in english
    assert "<code>other</code>" not in english
    assert made.title_zh in chinese
    assert line.basis.law_zh in chinese


def test_a_line_on_the_whole_dataset_says_all_fields():
    catalog.negative_line()

    assert "all fields" in asked()


@pytest.mark.parametrize("state", [one for one in LineState if one != LineState.PUBLISHED])
def test_a_line_that_is_not_published_is_not_there(state):
    catalog.negative_line(state=state)

    assert "nothing is refused" in asked()


def test_a_line_on_a_draft_is_not_there():
    draft = catalog.dataset(State.DRAFT)

    catalog.negative_line(draft)

    assert draft.title_en not in asked()


def test_a_concealed_field_is_not_named_nor_a_line_that_names_nothing_else():
    made = catalog.dataset(fields=["name", "ghost"])
    both, hidden = (
        catalog.negative_line(made, ["name", "ghost"]),
        catalog.negative_line(made, ["ghost"]),
    )
    Field.objects.filter(name="ghost").update(concealed=True)

    text = asked()

    assert f"Line {both.number}" in text
    assert f"Line {hidden.number}" not in text
    assert "ghost" not in text
    assert [row["Number"] for row in rows()] == [str(both.number)]


def test_a_line_that_ran_out_says_so():
    catalog.negative_line(until_on=catalog.TODAY)

    text = asked()

    assert "has run out: conditional again" in text
    assert timezone.localdate() > catalog.TODAY


def test_words_narrow_the_list_and_the_download():
    one, other = catalog.negative_line(), catalog.negative_line()

    text = asked(q=one.basis.law_zh)

    assert one.dataset.title_en in text
    assert other.dataset.title_en not in text
    assert [row["Number"] for row in rows(q=one.basis.law_zh)] == [str(one.number)]
    assert "No line has" in asked(q="nothing-like-this")


def test_the_download_runs_no_formula():
    line = catalog.negative_line(reason_en="=HYPERLINK(1)")

    (row,) = rows()

    assert row["Number"] == str(line.number)
    assert row["Reason"] == "'=HYPERLINK(1)"
    assert row["The article, word for word"] == catalog.TEXT


def test_many_lines_are_paged_in_a_constant_number_of_queries(monkeypatch):
    monkeypatch.setattr(page, "PAGE", 3)
    lines = [catalog.negative_line() for _ in range(5)]
    client = Client(headers={"Accept-Language": "en"})

    with CaptureQueriesContext(
        connection,
    ) as first:
        text = client.get("/negative-list").content.decode()
    with CaptureQueriesContext(connection) as second:
        rest = client.get("/negative-list", {"after": lines[2].number}).content.decode()

    assert f"?after={lines[2].number}" in text
    assert [f"Line {line.number} " in rest for line in lines] == [False] * 3 + [True] * 2
    assert len(first) == len(second) == 2


def test_what_ends_is_gone_from_the_page():
    line = catalog.negative_line()
    negative_list.end(line.pk, by=accounts.user(Role.OPERATOR), at=catalog.NOW, reason="期满")

    assert line.dataset.title_en not in asked()


def test_the_front_page_leads_there():
    assert 'href="/negative-list"' in asked("/")


def test_the_page_works_as_the_open_doors_role():
    made = catalog.dataset(fields=["name", "ghost"])
    lines = [catalog.negative_line(made, names) for names in (["name"], ["ghost"], [])]
    Field.objects.filter(name="ghost").update(concealed=True)
    with as_open_door():
        text, numbers = asked(), [row["Number"] for row in rows()]

    assert numbers == [str(lines[0].number), str(lines[2].number)]
    assert catalog.TEXT in text
    assert "ghost" not in text


def test_the_page_has_landmarks_one_heading_and_nothing_inline():
    catalog.negative_line()

    text = asked()

    assert all(landmark in text for landmark in ("<header", "<main", "<footer", "<nav"))
    assert text.count("<h1") == 1
    assert text.count("<script") == text.count("portal/menu.js") == 1
    assert " style=" not in text
