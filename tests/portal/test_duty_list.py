"""The public duty list: each duty with its law and published datasets, nothing internal."""

import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.roles import Role
from catalog import duties
from catalog.terms import State
from tests.factories import accounts, catalog
from tests.factories.catalog import NOW

pytestmark = pytest.mark.django_db


def asked(path="/duty-list", language="en", **params):
    return Client(headers={"Accept-Language": language}).get(path, params)


def text_of(**params):
    return asked(**params).content.decode()


def duty(place, *datasets, code="D1", **over):
    by = accounts.user(Role.PUBLISHER, place)
    told = {"title_zh": "停车管理", "title_en": "Parking", "legal_basis": "测试法第一条"} | over
    made = duties.create(code, organization=place, by=by, at=NOW, **told)
    return duties.link(made.pk, datasets=datasets, by=by, at=NOW)


def test_a_duty_stands_there_with_department_law_and_published_datasets():
    made = catalog.dataset()
    draft = catalog.dataset(State.DRAFT, owner=made.owner)
    duty(made.owner, made, draft)

    english = text_of()
    chinese = asked(language="zh-CN").content.decode()

    for told in ("Parking", made.owner.name_en, "测试法第一条", made.title_en):
        assert told in english
    assert draft.title_en not in english
    assert "停车管理" in chinese
    assert "责任清单" in chinese


def test_a_duty_that_ended_is_not_listed():
    made = duty(accounts.organization())
    duties.retire(made.pk, by=accounts.user(Role.HEAD, made.organization), at=NOW)

    assert "Parking" not in text_of()
    assert "No department has entered its duties yet." in text_of()


def test_words_narrow_the_list():
    duty(accounts.organization())
    duty(accounts.organization(), title_zh="园林", title_en="Parks")

    found = text_of(q="Parking")

    assert "Parks" not in found
    assert "Parking" in found
    assert "No duty has “nothing”" in text_of(q="nothing")


def test_it_comes_as_both_kinds_of_file():
    made = catalog.dataset()
    duty(made.owner, made)

    as_csv = asked("/duty-list.csv").content.decode("utf-8-sig")
    book = load_workbook(io.BytesIO(asked("/duty-list.xlsx").content))

    assert f"{made.title_en} ({made.slug})" in as_csv
    assert next(iter(book.active.values))[:3] == ("Department", "Code", "Duty")
    assert asked("/duty-list.pdf").status_code == 404


def test_fifty_are_shown_at_once_in_a_constant_number_of_queries():
    place = accounts.organization()
    for number in range(52):
        duty(place, code=f"{number:03d}", title_en=f"Duty {number}")

    with CaptureQueriesContext(
        connection,
    ) as asked_for:
        first = text_of()

    assert len(asked_for) <= 6
    assert "Duty 49<" in first
    assert "Duty 50<" not in first
    assert "Duty 51<" in text_of(page=2)


def test_the_negative_list_comes_as_a_workbook_too():
    line = catalog.negative_line()

    book = load_workbook(io.BytesIO(asked("/negative-list.xlsx").content))

    assert [row[0] for row in book.active.values] == ["Number", line.number]
    assert asked("/negative-list.pdf").status_code == 404
