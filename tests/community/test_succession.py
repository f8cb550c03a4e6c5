"""A department is handed over: what waits for its answer goes along, what was answered stays."""

import pytest

from accounts.roles import Role
from audit.models import Entry
from catalog.terms import State
from community import succession
from community.models import Contest, Showcase, Wish
from tests.factories import accounts, catalog, community

pytestmark = pytest.mark.django_db


def security():
    return accounts.user(Role.SECURITY_ADMIN)


def test_wishes_that_wait_and_apps_go_to_the_successor():
    old, heir = accounts.organization(), accounts.organization()
    waiting = community.wish(dataset=catalog.dataset(State.PUBLISHED, owner=old), shown=True)
    app = community.showcase(shown=True)
    Showcase.objects.filter(pk=app.pk).update(organization=old)

    succession.transfer(old.pk, to=heir, by=security(), at=community.NOW)

    assert Wish.objects.get(pk=waiting.pk).provider == heir
    assert Showcase.objects.get(pk=app.pk).organization == heir


def test_contests_that_go_on_go_to_the_successor_and_one_that_is_over_stays():
    old, heir = accounts.organization(), accounts.organization()
    going = community.contest(organizer=old)
    over = community.awarded(community.showcase(shown=True), organizer=old)

    succession.transfer(old.pk, to=heir, by=security(), at=community.NOW)

    assert Contest.objects.get(pk=going.pk).organizer == heir
    assert Contest.objects.get(pk=over.pk).organizer == old


def test_who_answered_stays_as_it_was_on_the_day():
    old, heir = accounts.organization(), accounts.organization()
    said = community.comment(catalog.dataset(State.PUBLISHED, owner=old), answer="已更正。")
    wished = community.planned(community.wish(shown=True))
    Wish.objects.filter(pk=wished.pk).update(provider=old, answered_for=old)

    succession.transfer(old.pk, to=heir, by=security(), at=community.NOW)

    said.refresh_from_db()
    wished.refresh_from_db()
    assert said.answered_for == old
    assert (wished.answered_for, wished.provider) == (old, old)


def test_it_is_one_transaction_and_one_entry():
    old, heir = accounts.organization(), accounts.organization()

    succession.transfer(old.pk, to=heir, by=security(), at=community.NOW)

    assert Entry.objects.filter(verb="organization.transfer").count() == 1
