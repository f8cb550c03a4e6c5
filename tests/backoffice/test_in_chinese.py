"""The back office in Chinese: no page, button or label is left in English."""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from itertools import chain
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import Role
from accounts.roles import CITY_WIDE, OFFICE_ROLES, PERMISSIONS
from backoffice.pages import ADDRESSES
from catalog.models import SearchEntry, SearchWord, WordGroup
from tests.backoffice import test_pages_by_role as beside
from tests.backoffice.test_desks import MODELS, a_whole_city, viewers
from tests.factories import accounts

pytestmark = pytest.mark.django_db

ENGLISH = re.compile(r"\b[A-Za-z]{3,}\s+[A-Za-z]{2,}\b")
SILENT = {"script", "style", "code", "pre", "textarea", "option", "svg", "title"}
INVENTED = re.compile(
    r"Person \d+|Organisation \d+|Dataset \d+|Test Law \d+|For tests\.|a test"
    r"|Synthetic data for tests\.|Data contest \d+|Build an app on open data\.|One entry an app\."
    r"|(?i:[a-z_]+\.[a-z_]+ [a-z]+:\d+)|^\d+: [a-z-]+ \w+$|^GET \S+$"
)
"""Data of the tests, and names that the platform speaks in no language: kinds, verbs, targets."""


class Reading(HTMLParser):
    """Collects what a person reads on a page, with what is said to those who only hear it."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in SILENT:
            self._within.append(tag)
        self.texts += [
            value
            for name, value in attrs
            if name in {"title", "placeholder", "aria-label", "alt"} and value
        ]

    def handle_endtag(self, tag):
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data):
        if not self._within and data.strip():
            self.texts.append(" ".join(data.split()))


def english(page: str) -> list[str]:
    """Return the texts of a page that hold two English words beside each other."""
    reading = Reading()
    reading.feed(page)
    return [text for text in reading.texts if ENGLISH.search(INVENTED.sub("", text))]


def left(texts: Iterable[str]) -> list[str]:
    """Return those that say something else than rows do, by the database: the rest is data.

    Groups of words that mean the same hold English beside Chinese, so that either finds; words
    that are searched for stand as they are, and what is found by its sound is spelt in pinyin.
    """
    groups = sorted(map(str, WordGroup.objects.all()), key=len, reverse=True)
    rows = SearchWord.objects.values_list("word", "sound")
    titles = SearchEntry.objects.values_list("title_key", flat=True)
    whole = {" ".join(one.split()) for one in (*chain.from_iterable(rows), *titles)}
    return sorted(
        text
        for text in texts
        if text not in whole and ENGLISH.search(INVENTED.sub("", _without(text, groups)))
    )


def _without(text: str, groups: Iterable[str]) -> str:
    for one in groups:
        text = text.replace(one, "")
    return text


def test_english_is_found_where_it_is():
    page = '<p>待办</p><a title="Go there now">去</a><p>Nothing to do</p><code>SELECT a row</code>'

    assert english(page) == ["Go there now", "Nothing to do"]


def test_what_a_row_says_is_data_and_what_stands_beside_it_is_not():
    group = WordGroup.objects.create(words="渡口\nferry pier\nferry landing")
    SearchWord.objects.create(word="ferry quay", sound="du kou", signs=[])

    found = [
        f"{group}",
        f"{group} was kept here",
        "ferry pier",
        "ferry quay",
        "du kou",
        "Look here",
    ]

    assert left(found) == ["Look here", "ferry pier", f"{group} was kept here"]


@pytest.mark.slow
def test_no_list_page_or_button_shows_english_to_who_reads_chinese():
    with translation.override("zh-hans"):
        where = a_whole_city()
    found: dict[str, set[str]] = {}

    for role in [role for role in Role if role in OFFICE_ROLES]:
        client = Client(headers={"Accept-Language": "zh-hans"})
        client.force_login(accounts.user(role, None if role in CITY_WIDE else where.department))
        for address, answer in _opened(client, role):
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                for text in english(answer.content.decode()):
                    found.setdefault(text, set()).add(address)

    assert left(found) == []


@pytest.mark.slow
def test_no_page_beside_the_desks_shows_english_to_who_reads_chinese():
    with translation.override("zh-hans"):
        where = a_whole_city()
    found: dict[str, set[str]] = {}

    for role in [role for role in Role if role in OFFICE_ROLES]:
        client = Client(headers={"Accept-Language": "zh-hans"})
        client.force_login(accounts.user(role, None if role in CITY_WIDE else where.department))
        for page in ADDRESSES:
            if beside.asked_by(page) and beside.asked_by(page) not in PERMISSIONS[role]:
                continue
            answer = client.get(beside.address(page))
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                for text in english(answer.content.decode()):
                    found.setdefault(text, set()).add(str(page.name))

    assert {text: found[text] for text in left(found)} == {}


def _opened(client: Client, role: Role) -> Iterator[tuple[str, Any]]:
    """Yield the first pages, the lists a role may open, a row of each, and that row's buttons:
    each address with its answer, asked for once."""
    for first in (reverse("admin:index"), reverse("admin:inbox")):
        yield first, client.get(first)
    for model in MODELS:
        if role not in viewers(model) or model not in admin.site._registry:
            continue
        meta = model._meta
        place = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
        listed = client.get(place)
        yield place, listed
        for action in listed.context.get("actions_list") or []:
            yield action["path"], client.get(action["path"])
        for row in listed.context["cl"].result_list[:2]:
            page = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
            shown = client.get(page)
            yield page, shown
            for action in (shown.context or {}).get("actions_detail") or []:
                yield action["path"], client.get(action["path"])
