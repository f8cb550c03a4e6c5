"""The table of grades as data: versions that stand, one in force, the first the built-in one."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from catalog.models import GradingTable
from policy.grading import BUILT_IN
from tests.factories import accounts

pytestmark = pytest.mark.django_db


def test_the_first_version_is_the_built_in_table():
    first = GradingTable.objects.get()

    assert first.table() == BUILT_IN
    assert first.rows == BUILT_IN.as_data()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE catalog_gradingtable SET note = 'x'",
        "DELETE FROM catalog_gradingtable",
        "TRUNCATE catalog_gradingtable",
    ],
)
def test_a_version_is_never_changed(statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("version", "over"),
    [(2, {"previous": None}), (3, {}), (2, {"note": ""}), (2, {"shown": ""})],
)
def test_a_version_follows_the_one_before_it_by_a_person_with_a_reason(version, over):
    first = GradingTable.objects.get()
    told = {
        "previous": first,
        "rows": first.rows,
        "note": "n",
        "shown": "d",
        "proposed_by": accounts.user(),
        "in_force_from": accounts.NOW,
    }

    with pytest.raises(IntegrityError), transaction.atomic():
        GradingTable.objects.create(version=version, **told | over)
