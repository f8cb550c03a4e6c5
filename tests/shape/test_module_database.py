"""What a fixture of module scope makes is there for each test; what a test changes is undone."""

import pytest

from accounts.models import Organization
from tests import databases
from tests.factories import accounts

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(module_database) -> int:
    with module_database.unblock():
        return accounts.organization().pk


@pytest.mark.parametrize("_turn", range(2))
def test_what_a_test_changes_and_adds_is_undone_for_the_next(made, _turn):
    there = Organization.objects.filter(pk=made, closed_at=None)
    assert there.exists()
    assert not Organization.objects.filter(slug="of-another-turn").exists()

    there.update(closed_at=accounts.NOW)
    accounts.organization(slug="of-another-turn")

    assert not there.exists()


def test_a_live_database_beside_it_is_another_and_leaves_it_as_it_was(
    made, django_db_blocker, monkeypatch
):
    with databases.committing(django_db_blocker, monkeypatch):
        assert not Organization.objects.filter(pk=made).exists()
        accounts.organization(slug="of-the-live-one")

    assert Organization.objects.filter(pk=made).exists()
    assert not Organization.objects.filter(slug="of-the-live-one").exists()
