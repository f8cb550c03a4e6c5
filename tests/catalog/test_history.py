"""What a field stood under on a day is kept, and nobody rewrites it."""

from datetime import timedelta

import pytest
from django.db import InternalError, transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from catalog import history, publishing
from catalog.models import Dataset, FieldTerms
from policy.terms import Grade
from tests.factories import catalog

pytestmark = pytest.mark.django_db

DAY = timezone.localdate(catalog.NOW)


def graded(day) -> dict[str, int]:
    return {terms.name: terms.grade for terms in history.on(Dataset.objects.get().pk, day)}


def test_terms_are_kept_from_publication_on():
    catalog.dataset(fields=("name", "more"))

    assert graded(DAY) == {"name": 1, "more": 1}
    assert graded(DAY + timedelta(days=100)) == {"name": 1, "more": 1}
    assert graded(DAY - timedelta(days=1)) == {}


def test_a_draft_has_no_terms():
    catalog.dataset(catalog.State.DRAFT)

    assert not FieldTerms.objects.exists()


def test_each_day_has_the_terms_that_held_at_its_end():
    made = catalog.dataset(fields=("name", "more"))
    name = made.resources.get().fields.get(name="name")
    by = catalog.staff(catalog.Role.PUBLISHER, made.owner)
    for days, grade in ((3, Grade.L2), (5, Grade.L4)):
        at = catalog.NOW + timedelta(days=days)
        publishing.apply_grades(made, {name.pk: {"grade": grade}}, by=by, at=at, reason="stricter")

    grades = [graded(DAY + timedelta(days=days))["name"] for days in range(7)]
    assert grades == [1, 1, 1, 2, 2, 4, 4]
    assert graded(DAY + timedelta(days=6))["more"] == 1
    assert FieldTerms.objects.count() == 4  # one of each field, and one a change


def test_a_loosening_counts_from_its_decision_on():
    made = catalog.dataset(grade=Grade.L2, fields=("name",))
    name = made.resources.get().fields.get()
    by = catalog.staff(catalog.Role.PUBLISHER, made.owner)
    later = catalog.NOW + timedelta(days=2)
    revision = publishing.propose_revision(
        made, {name.pk: {"grade": Grade.L1}}, by=by, at=catalog.NOW, reason="it is a street"
    )
    assert graded(DAY) == {"name": 2}

    publishing.decide_revision(
        revision.pk,
        by=catalog.staff(catalog.Role.HEAD, made.owner),
        at=later,
        accept=True,
        reason="so it is",
    )

    assert graded(DAY + timedelta(days=1)) == {"name": 2}
    assert graded(DAY + timedelta(days=2)) == {"name": 1}


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_refuses_to_rewrite_it(change):
    catalog.dataset()
    kept = FieldTerms.objects.all()

    with (
        pytest.raises((InternalError, IntegrityError), match="only added to"),
        transaction.atomic(),
    ):
        kept.update(grade=4) if change == "update" else kept._raw_delete(kept.db)

    assert kept.count() == 1
