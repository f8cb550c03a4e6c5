"""Every page beside the desks, opened and posted to by who may not: 403, or 404 for the row."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, reverse

from accounts.roles import CITY_WIDE, OFFICE_ROLES, PERMISSIONS, Role
from audit.models import Entry
from backoffice import pages
from backoffice.pages import ADDRESSES
from catalog.models import (
    Dataset,
    Field,
    FileVersion,
    NegativeLine,
    Revision,
    SheetImport,
)
from exchange.models import (
    Binding,
    Dispute,
    RejectedRow,
    RequestAttachment,
    ShareRequest,
    Source,
    SyncRun,
)
from tests.backoffice.test_desks import a_whole_city
from tests.factories import accounts

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def city(module_database):
    with module_database.unblock():
        return a_whole_city()


OF_EVERYBODY = {
    "search": "what is published is found by all; drafts by their department",
    "inbox": "everybody's own notices",
    "inbox_seen": "everybody's own notices",
    "me": "everybody's own account",
    "away": "whoever has a role to lend; others find nothing to choose",
    "away_end": "who lent or took the role, which the verb looks at",
    "second_factor": "everybody's own account",
    "second_factor_codes": "everybody's own account",
    "second_factor_remove": "everybody's own account",
}
"""Pages for whoever works in the back office, and why."""

ROWS: dict[str, type[Model]] = {
    "dataset_id": Dataset,
    "field_id": Field,
    "run_id": SyncRun,
    "binding_id": Binding,
    "source_id": Source,
    "row_id": RejectedRow,
    "import_id": SheetImport,
    "request_id": ShareRequest,
    "dispute_id": Dispute,
    "revision_id": Revision,
    "line_id": NegativeLine,
    "attachment_id": RequestAttachment,
    "version_id": FileVersion,
}
OTHERS = {"kind": "csv", "name": "answer", "place": 0}
LEADS_ON = {
    "last_run": "to the binding's own page, whether there is one or not",
    "request_place": "to the page of who answers, or of who asked",
}
"""Pages that show nothing: they lead to one that asks again."""


def asked_by(page: URLPattern) -> str:
    """Return the permission that a page asks for, "" for none."""
    return page.callback.__dict__["permission"]


def address(page: URLPattern) -> str:
    """Return a page's address with the first row of each kind in it."""
    told = {}
    for name in page.pattern.converters:
        row = ROWS[name]._default_manager.order_by("pk").first() if name in ROWS else None
        told[name] = OTHERS.get(name, row.pk if row else 1)
    return reverse(f"admin:{page.name}", kwargs=told)


def signed_in(role: Role, place=None) -> Client:
    client = Client(headers={"Accept-Language": "en"}, raise_request_exception=False)
    client.force_login(accounts.user(role, None if role in CITY_WIDE else place))
    return client


def answers(client: Client, path: str) -> Iterator[int]:
    """Yield how a page answers a look and a press."""
    yield client.get(path).status_code
    yield client.post(path, {"reason": "none"}).status_code


ASKED = re.compile(r"GET\.get(?:list)?\(\"(\w+)\"")
STRANGE = ("²", "٣", "-1", "9" * 30, "9" * 5000, "x\0y", "[]", "1 OR 1=1")


def names_asked() -> set[str]:
    """Return what pages read from their addresses, as their code has it."""
    folder = Path(pages.__file__).parent
    return {name for path in folder.rglob("*.py") for name in ASKED.findall(path.read_text())}


@pytest.mark.slow
def test_no_page_falls_over_what_somebody_types_into_its_address(city):
    names = sorted(names_asked())
    clients = {role: signed_in(role, city.department) for role in Role if role in OFFICE_ROLES}

    fell = []
    for page in ADDRESSES:
        asked = asked_by(page)
        role = next(one for one in clients if not asked or asked in PERMISSIONS[one])
        for strange in STRANGE:
            for query in (dict.fromkeys(names, strange), {"as": "department", "q": strange}):
                got = clients[role].get(address(page), {"department": strange} | query).status_code
                fell += [(page.name, role, strange[:9])] if got >= 500 else []

    assert {"q", "after", "page"} <= set(names)
    assert not fell, "\n".join(map(str, fell))


def test_each_page_asks_a_permission_or_says_why_not():
    without = {page.name for page in ADDRESSES if not asked_by(page)}

    assert without == OF_EVERYBODY.keys()


@pytest.mark.slow
def test_each_page_is_refused_to_every_role_without_its_permission(city):
    clients = {role: signed_in(role, city.department) for role in Role if role in OFFICE_ROLES}
    entries = Entry.objects.count()

    let_in, tried = [], 0
    for page in ADDRESSES:
        for role, client in clients.items():
            if not asked_by(page) or asked_by(page) in PERMISSIONS[role]:
                continue
            tried += 1
            path = address(page)
            let_in += [(page.name, role, got) for got in answers(client, path) if got != 403]

    assert let_in == []
    assert tried > 200
    assert Entry.objects.count() == entries


@pytest.mark.usefixtures("city")
def test_each_page_of_a_row_is_refused_to_the_same_role_of_another_department():
    strangers = {
        role: signed_in(role) for role in Role if role in OFFICE_ROLES and role not in CITY_WIDE
    }
    entries = Entry.objects.count()

    let_in, tried = [], 0
    for page in ADDRESSES:
        if not ROWS.keys() & page.pattern.converters.keys() or page.name in LEADS_ON:
            continue
        for role, client in strangers.items():
            if asked_by(page) and asked_by(page) not in PERMISSIONS[role]:
                continue
            tried += 1
            path = address(page)
            let_in += [
                (page.name, role, got)
                for got in answers(client, path)
                if got not in (403, 404, 405)
            ]

    assert let_in == []
    assert tried > 60
    assert Entry.objects.count() == entries
