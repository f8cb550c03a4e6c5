"""What a page asks of its reader's rights: one look for all of it, taken anew with each page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from tests.factories import accounts

pytestmark = pytest.mark.django_db
PAGES = (
    "admin:index",
    "admin:inbox",
    "admin:search",
    "admin:deciding_desk",
    "admin:catalog_dataset_changelist",
    "admin:catalog_revision_changelist",
    "admin:exchange_syncrun_changelist",
    "admin:exchange_grant_changelist",
)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.REVIEWER, Role.HEAD, Role.PUBLISHER])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_reads_the_rights_of_its_reader_once(page, role, at_desk):
    desk = at_desk(accounts.user(role))

    with CaptureQueriesContext(connection) as queries:
        answer = desk.client.get(reverse(page))

    assert answer.status_code == 200
    told = [query["sql"] for query in queries]
    assert sum("accounts_delegation" in sql and "accounts_membership" in sql for sql in told) == 1


@pytest.mark.parametrize("page", PAGES)
def test_a_role_taken_away_is_gone_with_the_next_page(page, at_desk):
    desk = at_desk(accounts.user(Role.REVIEWER))
    assert desk.client.get(reverse(page)).status_code == 200
    desk.user.memberships.all().delete()

    assert desk.client.get(reverse(page)).status_code in (302, 403)
