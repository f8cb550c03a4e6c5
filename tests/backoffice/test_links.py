"""No page leads where its reader may not go: there stands a name, and no link."""

import re
from html import unescape

import pytest
from django.utils.translation import override

from accounts.models import Organization
from accounts.roles import OFFICE_ROLES, Role
from backoffice import navigation
from backoffice.linked import linked
from catalog.terms import State
from tests.factories import accounts, catalog

pytestmark = pytest.mark.django_db
LINK = re.compile(r'href="(/office/[^"#]*)"')


def links_of(page) -> set[str]:
    return set(map(unescape, LINK.findall(page.content.decode())))


def test_a_publisher_reads_who_signed_and_follows_only_what_is_theirs(at_desk):
    mine = catalog.dataset(State.SIGNED)
    desk = at_desk(catalog.staff(Role.PUBLISHER, mine.owner))

    page = desk.page(mine)

    assert str(mine.signed_by) in page.content.decode()
    assert not [link for link in links_of(page) if link.startswith("/office/accounts/user/")]
    assert desk.path(Organization, "change", mine.owner_id) in links_of(page)


@pytest.mark.parametrize(
    ("state", "follows"), [(State.PUBLISHED, True), (State.DRAFT, False), (State.WITHDRAWN, False)]
)
def test_another_departments_entry_is_linked_only_while_everybody_finds_it(state, follows, rf):
    entry = catalog.dataset(state)
    request = rf.get("/")
    request.user = accounts.user(Role.PUBLISHER)

    named = linked(request, entry)

    assert str(entry) in named
    assert ("href" in named) is follows


def test_a_row_beside_another_is_linked_for_who_may_open_it(at_desk):
    held = accounts.user(Role.PUBLISHER).memberships.get()
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))

    links = links_of(desk.page(held.organization))

    assert desk.path(type(held.user), "change", held.user_id) in links


def test_only_who_reviews_is_led_to_the_review(at_desk):
    entry = catalog.dataset(State.IN_REVIEW)
    way = f"/office/review/{entry.pk}/"

    publisher = at_desk(catalog.staff(Role.PUBLISHER, entry.owner))
    operator = at_desk(accounts.user(Role.OPERATOR))

    assert way not in links_of(publisher.page(entry))
    assert way in links_of(operator.page(entry))


@pytest.mark.parametrize("role", sorted(OFFICE_ROLES))
def test_the_words_of_the_sidebar_all_begin_with_a_capital(role, rf):
    request = rf.get("/office/")
    request.user = accounts.user(role)

    with override("en"):
        titles = [
            str(item["title"]) for group in navigation.of(request) for item in group["items"]
        ]

    assert [title for title in titles if not title[0].isupper()] == []
    assert len(titles) > 3
