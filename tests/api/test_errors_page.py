"""The page behind the `type` of a problem: every code, its statuses, what to do."""

import importlib
import pkgutil
import re
from urllib.parse import urldefrag, urlsplit

import pytest
from django.urls import reverse
from django.utils import translation

import accounts
import api
import catalog
import exchange
from accounts import keys, quotas
from accounts.refusals import StepRefused
from accounts.roles import NotAllowed
from api.errors import title
from api.refusals import REFUSALS, TITLES
from catalog.refusals import CatalogRefusal
from exchange.problems import Problem
from tests.demo.test_documents import read

ROOMS = ("accounts", "api", "catalog", "exchange")
ON_PAGES = "exchange.hooks"
"""Whose refusals a call of the API can meet; people meet those of the others on pages."""
STATUSES = {one.code: set(one.statuses) for one in REFUSALS}


def below(kind):
    yield kind
    for one in kind.__subclasses__():
        yield from below(one)


def classes():
    for room in (accounts, api, catalog, exchange):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if ".migrations" not in module.name and ".management" not in module.name:
                importlib.import_module(module.name)
    yield from below(Problem)
    yield from below(CatalogRefusal)
    yield from (NotAllowed, quotas.QuotaUnavailable)


def test_every_refusal_stands_on_the_page_with_its_status():
    found: dict[str, set[int]] = {}
    for one in classes():
        room = one.__module__.split(".")[0]
        if room in ROOMS and not one.__module__.startswith(ON_PAGES):
            found.setdefault(one.code, set()).add(one.status)

    assert {code: told for code, told in found.items() if told - STATUSES.get(code, set())} == {}


def test_every_code_that_the_document_names_stands_on_the_page():
    table = read("docs/api.md").split("## Errors", 1)[1]
    documented = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", table, re.MULTILINE)

    assert [
        (code, status) for code, status in documented if int(status) not in STATUSES[code]
    ] == []
    assert keys.KeyRefused.status in STATUSES["key-unknown"]
    assert StepRefused.status in STATUSES["wrong-state"] & STATUSES["organization-closed"]


def test_no_code_stands_there_twice_and_every_status_has_a_title():
    assert len(STATUSES) == len(REFUSALS)
    assert set().union(*STATUSES.values()) <= set(TITLES)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "said", "told"),
    [
        ("en", "Not there", "Look at the list of datasets."),
        ("zh-hans", "不存在", "请查看数据集列表。"),
    ],
)
def test_the_type_of_a_problem_leads_to_its_line_in_the_readers_language(
    client, language, said, told
):
    headers = {"Accept-Language": language}
    problem = client.get("/api/v1/datasets/none", headers=headers).json()
    address, code = urldefrag(problem["type"])

    page = client.get(urlsplit(address).path, headers=headers)

    assert page.status_code == 200
    line = re.search(rf'<tr id="{code}">.*', page.content.decode())[0]
    assert problem["title"] == said
    assert said in line
    assert told in line
    assert "404" in line


def test_the_page_changes_its_language_by_its_own_links(client):
    page = client.get(
        reverse("api:errors"), {"lang": "en"}, headers={"Accept-Language": "zh-hans"}
    )

    assert "What it means, and what to do" in page.content.decode()


def test_an_unusual_status_has_its_own_phrase():
    with translation.override("en"):
        assert title(418) == "I'm a Teapot"
