"""What the database keeps as codes and as JSON is read in words, on lists, pages and filters."""

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.models import Role
from backoffice.templatetags import backoffice_words
from catalog import publishing
from catalog.models import Dataset, Field, FieldTerms, Revision
from catalog.terms import State
from exchange.models import Binding, Grant, RejectedRow
from tests.backoffice.test_desks import a_whole_city
from tests.factories import accounts, catalog

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def city(module_database):
    with module_database.unblock(), translation.override("en"):
        return a_whole_city()


@pytest.fixture(name="operator")
def _operator(city, at_desk):
    return at_desk(accounts.user(Role.OPERATOR))


def read(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_change_of_a_grade_is_told_in_words(operator):
    page = read(operator.page(Revision.objects.get()))

    assert "L1 public" in page
    assert "opened unconditionally" in page
    assert "<code>open_type</code>" not in page


def test_a_grant_names_its_fields_and_what_it_shows_in_clear(operator):
    grant = Grant.objects.earliest("pk")
    field = Field.objects.get(pk=grant.fields[0])

    page = read(operator.page(grant))

    assert f"{field.label} ({field.name})" in page
    assert "L2 internal" in page


def test_a_binding_names_the_fields_beside_their_columns(operator):
    binding = Binding.objects.get()

    page = read(operator.page(binding))

    [pk, column] = next(iter(binding.columns.items()))
    field = Field.objects.get(pk=pk)
    assert f"<dt>{field.label} ({field.name})</dt><dd>{column}</dd>" in page


def test_filters_name_what_they_hold(operator):
    page = read(operator.list(FieldTerms))

    assert "L1 public" in page
    assert "shared unconditionally" in page


def test_the_rule_of_a_rejected_row_is_a_sentence(city, at_desk):
    desk = at_desk(accounts.user(Role.PUBLISHER, city.department))

    assert "not of the declared type" in read(desk.page(RejectedRow.objects.first()))
    assert "not of the declared type" in read(desk.list(RejectedRow))


def test_another_departments_published_entry_leads_to_the_search_and_a_draft_back(at_desk, said):
    published, draft = catalog.dataset(State.PUBLISHED), catalog.dataset(State.DRAFT)
    desk = at_desk(accounts.user(Role.PUBLISHER, accounts.organization()))

    assert desk.page(published).url.startswith(f"{reverse('admin:search')}?q=")
    refused = desk.page(draft)
    assert refused.url == reverse("admin:index")
    assert "another department" in said(refused)
    assert desk.client.get(desk.path(Dataset, "change", "x")).url == reverse("admin:index")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({}, "–"),
        ([], "–"),
        (True, "yes"),
        (False, "no"),
        ({"表": ["<b>", 2]}, '<dl class="kept"><dt>表</dt><dd><ul class="kept-list">'),
    ],
)
def test_what_is_kept_as_json_is_shown_as_names_and_values(value, shown):
    with translation.override("en"):
        told = str(backoffice_words.kept(value))

    assert told.startswith(shown)
    assert "<b>" not in told


def test_a_reviewer_reads_further_elements_as_names_and_values(at_desk):
    entry = catalog.dataset(State.IN_REVIEW, extensions={"系统": "一", "备注": "二"})
    reviewer = accounts.user(Role.OPERATOR)

    page = at_desk(reviewer).client.get(reverse("admin:review", args=[entry.pk]))

    assert "备注: 二<br>系统: 一" in page.content.decode()


def test_further_elements_are_written_a_line_each_and_one_without_a_name_is_refused(at_desk, said):
    entry = catalog.dataset(State.DRAFT, extensions={"旧": "值: 一", "长": "上\n下"})
    desk = at_desk(catalog.staff(Role.PUBLISHER, entry.owner))
    words = {"title_zh": "停车场", "detail": "0"}

    form = desk.ask(entry, "update").context["form"]
    refused = desk.press(entry, "update", **words, extensions="没有名字")
    desk.press(entry, "update", **words, extensions=form["extensions"].value())
    entry.refresh_from_db()
    kept = dict(entry.extensions)
    desk.press(entry, "update", **words, extensions="系统：停车系统（2.0）：新\n\n备注: 无")

    assert refused.status_code == 400
    assert "has no name" in said(refused)
    assert kept == {"旧": "值: 一", "长": "上\n下"}
    entry.refresh_from_db()
    assert entry.extensions == {"系统": "停车系统（2.0）：新", "备注": "无"}


def test_an_entry_tells_what_was_found_missing_and_its_keywords_as_words(at_desk):
    entry = catalog.dataset(
        State.IN_REVIEW, keywords_zh=["停车", "交通"], extensions={"系统": "一"}
    )
    reviewer = accounts.user(Role.OPERATOR)
    publishing.send_back(
        entry.pk, by=reviewer, at=catalog.NOW, defects=["缺少联系方式。", "摘要太短。"]
    )

    page = read(at_desk(reviewer).page(entry))
    empty = read(at_desk(reviewer).page(catalog.dataset()))

    assert "<p>缺少联系方式。</p><p>摘要太短。</p>" in page
    assert "停车，交通" in page
    assert "<p>系统: 一</p>" in page
    assert not [raw for raw in ("[]", "{}", "\\u") if f">{raw}<" in empty]
