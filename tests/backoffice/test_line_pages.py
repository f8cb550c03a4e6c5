"""A line's effect is shown before its button is pressed; a basis shows what leans on it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts import notices
from accounts.roles import Role
from catalog import bases
from catalog.models import LegalBasis, NegativeLine
from catalog.terms import LineState
from tests.factories import accounts, catalog
from tests.factories.catalog import NOW, TODAY

pytestmark = pytest.mark.django_db


def effect(person, line, language="en"):
    client = Client(headers={"Accept-Language": language})
    client.force_login(person)
    return client.get(reverse("admin:line_effect", args=[line.pk]))


@pytest.mark.parametrize(
    ("state", "title"),
    [
        (LineState.PROPOSED, "If this line were published"),
        (LineState.AUTHORITY_REVIEW, "If this line were published"),
        (LineState.PUBLISHED, "If this line ended"),
    ],
)
def test_a_line_shows_what_it_changes(state, title):
    line = catalog.negative_line(state=state)
    text = effect(accounts.user(Role.OPERATOR), line).content.decode()

    assert title in text
    assert "a department that verifies" in text
    assert "<code>name</code>" in text


@pytest.mark.parametrize("state", [LineState.RETURNED, LineState.ENDED])
def test_a_line_that_is_over_changes_nothing_more(state):
    line = catalog.negative_line(state=state)

    assert effect(accounts.user(Role.OPERATOR), line).status_code == 404


def test_the_page_is_in_chinese_too():
    line = catalog.negative_line(state=LineState.AUTHORITY_REVIEW)

    text = effect(accounts.user(Role.OPERATOR), line, "zh-CN").content.decode()

    assert "若本条目发布" in text
    assert "社会公众" in text


def test_another_departments_line_is_not_shown_and_no_administrator_sees_any():
    line = catalog.negative_line(state=LineState.PROPOSED)

    assert effect(accounts.user(Role.HEAD), line).status_code == 404
    assert effect(accounts.user(Role.SECURITY_ADMIN), line).status_code == 403


@pytest.mark.parametrize(
    ("role", "state", "button"),
    [
        (Role.OPERATOR, LineState.AUTHORITY_REVIEW, "publish"),
        (Role.PUBLISHER, LineState.AUTHORITY_REVIEW, ""),
        (Role.HEAD, LineState.PROPOSED, "forward"),
        (Role.HEAD, LineState.PUBLISHED, "end"),
    ],
)
def test_the_page_leads_to_the_button_that_the_person_may_press(role, state, button):
    line = catalog.negative_line(state=state)

    text = effect(catalog.staff(role, line.dataset.owner), line).content.decode()

    assert (f"/do/{button}/" in text) if button else ("/do/" not in text)


@pytest.mark.parametrize(
    ("state", "button"), [(LineState.AUTHORITY_REVIEW, "publish"), (LineState.PUBLISHED, "end")]
)
def test_the_effect_stands_above_the_button_that_brings_it_about(state, button, at_desk):
    line = catalog.negative_line(state=state)

    text = at_desk(accounts.user(Role.OPERATOR)).ask(line, button).content.decode()

    assert "What changes on" in text
    assert "Other lines that bar the same" in text


def test_the_list_leads_to_the_effect_and_says_that_a_line_ran_out(at_desk):
    line = catalog.negative_line(until_on=TODAY)

    text = at_desk(accounts.user(Role.OPERATOR)).list(NegativeLine).content.decode()

    assert reverse("admin:line_effect", args=[line.pk]) in text
    assert f"ran out on {TODAY}" in text


def test_ending_a_basis_shows_the_lines_that_lean_on_it_and_tells_their_people(at_desk):
    line = catalog.negative_line()
    waiting = catalog.negative_line(state=LineState.PROPOSED, on=line.basis)
    publisher = accounts.user(Role.PUBLISHER, line.dataset.owner)
    operator = accounts.user(Role.OPERATOR)

    text = at_desk(operator).ask(line.basis, "end").content.decode()
    bases.end(line.basis_id, until=TODAY, by=operator, at=NOW)

    assert f"/negativeline/{line.pk}/change/" in text
    assert f"/negativeline/{waiting.pk}/change/" not in text
    told = {one.kind: one for one in notices.inbox(publisher)}
    assert told["line.review_due"].due_on == TODAY
    assert "dataset.update_due" in told
    assert "line.review_due" in [one.kind for one in notices.inbox(operator)]


def test_a_basis_shows_its_gist_and_the_lines_that_rest_on_it(at_desk):
    line = catalog.negative_line()
    desk = at_desk(accounts.user(Role.OPERATOR))

    assert line.basis.gist_zh in desk.list(LegalBasis).content.decode()
    page = desk.page(line.basis).content.decode()
    assert catalog.TEXT in page
    assert line.dataset.title_en in page


@pytest.mark.parametrize("role", [Role.HEAD, Role.REVIEWER])
def test_a_proposed_line_stands_on_the_desk_of_the_legal_unit(role):
    line = catalog.negative_line(state=LineState.PROPOSED)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(accounts.user(role, line.dataset.owner))

    assert "Lines for legal review" in client.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize(
    ("later", "told"), [(400, "its law ends on"), (0, "its law ended on")], ids=["ahead", "over"]
)
def test_the_list_marks_each_line_whose_law_ends(at_desk, later, told):
    line = catalog.negative_line()
    last = max(TODAY, line.basis.in_force_from) + timedelta(days=later)
    operator = accounts.user(Role.OPERATOR)
    bases.end(line.basis_id, until=last, by=operator, at=NOW)

    text = at_desk(operator).list(NegativeLine).content.decode()

    assert f"{told} {last}" in text
