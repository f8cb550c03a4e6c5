"""A walk over the back office, role by role: every list, row, button and link that is shown.

Each role opens an address once: what is led to from many pages need not be drawn for each.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import resolve, reverse
from django.utils.html import escape

from accounts.roles import CITY_WIDE, OFFICE_ROLES, Role
from tests import forms
from tests.backoffice.test_desks import MODELS, a_whole_city, viewers
from tests.factories import accounts
from tests.factories.hostile import SCRIPT
from tests.forms import Form

pytestmark = pytest.mark.django_db
FILLING = (Role.PUBLISHER, Role.REVIEWER, Role.OPERATOR)
"""Clerk, reviewer and operator: they write most of what is typed in the office."""
LINK = re.compile(r'href="(/office/[^"#]*)"')
WRITTEN = re.compile(
    r"<script\b(?![^>]*(?:\ssrc=|application/json))[^>]*>|<style\b[^>]*>"
    r"|<[a-z][^<>]*\s(?:style|on[a-z]+|hx-on[:\w-]*)=[^<>]*>"
)
"""Scripts and styles in a page itself, which its content policy refuses."""


@dataclass(frozen=True)
class Opened:
    """What came of an address: status, where links and buttons lead, what its policy refuses,
    where one may type."""

    status: int
    links: frozenset[str]
    buttons: tuple[str, ...] | None
    rows: tuple[Model, ...]
    written: tuple[str, ...]
    forms: tuple[Form, ...]


@dataclass
class Seat:
    """Somebody of one role, and what they have opened so far."""

    client: Client
    opened: dict[str, Opened] = field(default_factory=dict)

    def open(self, address: str) -> Opened:
        """Return what comes of an address, which is asked for the first time only."""
        if address not in self.opened:
            self.opened[address] = read(self.client.get(address))
        return self.opened[address]

    def list(self, model: type[Model]) -> Opened:
        """Open the list of a model."""
        return self.open(place(model, "changelist"))

    def page(self, row: Model) -> Opened:
        """Open the page of a row."""
        return self.open(place(type(row), "change", row.pk))


def place(model: type[Model], what: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=args)


def read(answer) -> Opened:
    context = {} if answer.streaming else answer.context or {}
    listed, drawn = context.get("cl"), context.get("actions_detail")
    text = "" if answer.streaming else answer.content.decode(errors="replace")
    return Opened(
        answer.status_code,
        frozenset() if answer.streaming else links_of(answer.content),
        None if drawn is None else tuple(action["path"] for action in drawn),
        tuple(listed.result_list[:9]) if listed else (),
        tuple(WRITTEN.findall(text)),
        tuple(forms.of(text)),
    )


def links_of(content: bytes) -> frozenset[str]:
    return frozenset(map(unescape, LINK.findall(content.decode(errors="replace"))))


@pytest.fixture(scope="module")
def seats(module_database) -> dict[Role, Seat]:
    with module_database.unblock():
        where = a_whole_city()
        taken = {}
        for role in sorted(OFFICE_ROLES):
            client = Client(headers={"Accept-Language": "en"})
            client.force_login(
                accounts.user(role, None if role in CITY_WIDE else where.department)
            )
            taken[role] = Seat(client)
        return taken


def lists(seats: dict[Role, Seat]) -> Iterator[tuple[Role, Seat, type[Model]]]:
    """Yield every list with each role that may see it."""
    for role, seat in seats.items():
        yield from ((role, seat, model) for model in MODELS if role in viewers(model))


@pytest.mark.slow
def test_every_list_page_and_button_opens_with_rows_for_each_role_that_may_see_them(seats):
    opened = set()

    for role, seat, model in lists(seats):
        listed = seat.list(model)
        assert listed.status == 200, (model, role)
        for row in listed.rows:
            page = seat.page(row)
            assert page.status == 200, (row, role)
            opened.add(model)
            assert page.buttons is not None, (row, role)
            for button in page.buttons:
                assert seat.open(button).status == 200, (button, role)

    unmade = {model._meta.label for model in set(MODELS) - opened}
    assert not [label for label in unmade if not label.startswith("audit.")]


@pytest.mark.slow
def test_no_page_holds_a_script_or_a_style_that_its_policy_refuses(seats):
    for role, seat, model in lists(seats):
        pages = [seat.list(model), *(seat.page(row) for row in seat.list(model).rows)]
        pages += [seat.open(button) for page in pages for button in page.buttons or ()]
        assert [page.written for page in pages if page.written] == [], (role, model)


@pytest.mark.slow
def test_no_link_on_a_rows_page_is_refused_to_the_role_that_reads_it(seats):
    followed = set()

    for role, seat, model in lists(seats):
        for row in seat.list(model).rows[:5]:
            for link in seat.page(row).links:
                followed.add((role, link))
                assert seat.open(link).status != 403, (role, row, link)

    assert len(followed) > 300


def typed_into(role: Role, seat: Seat) -> Iterator[tuple[str, Form]]:
    """Yield the forms on the pages of a role, each with the address to which it is sent."""
    rows = [model for model in MODELS if role in viewers(model)]
    pages = {*seat.open("/office/").links}
    for listed in map(seat.list, rows):
        pages |= {one for one in listed.links if one.endswith("/add/")}
        for row in listed.rows[:2]:
            pages |= {place(type(row), "change", row.pk), *(seat.page(row).buttons or ())}
    for address in sorted(pages):
        for form in seat.open(address).forms:
            yield urljoin(address, form.action), form


@pytest.mark.slow
def test_a_script_that_is_typed_into_any_form_is_shown_as_text(seats):
    sent, wrong = set(), []

    for role in FILLING:
        for address, form in list(typed_into(role, seats[role])):
            sort = (resolve(urlsplit(address).path).view_name, *form.typed)
            if sort in sent:
                continue
            sent.add(sort)
            answer = seats[role].client.post(address, form.filled(SCRIPT), follow=True)
            planted = forms.planted(answer.content.decode())
            if planted or answer.status_code >= 500:
                wrong.append((address, role, answer.status_code, planted))

    assert wrong == []
    assert len(sent) > 40


def test_a_script_that_would_run_is_seen():
    assert len(forms.planted(f"<p>{SCRIPT}</p>")) == 2
    assert forms.planted(f'<input name="a" value="{SCRIPT}">')
    assert forms.planted(f'<p>{escape(SCRIPT)}</p><input value="{escape(SCRIPT)}">') == []
