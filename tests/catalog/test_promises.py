"""What the database holds by itself: each test tries to break one promise by SQL."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from catalog.models import Dataset, Field, NegativeLine
from catalog.terms import LineState, State
from policy.terms import OPEN_TIERS, SHARE_TIERS, BasisTier
from tests.factories.catalog import TODAY, basis, dataset, negative_line

pytestmark = pytest.mark.django_db
PUBLISH = (
    "UPDATE catalog_negativeline SET state = 'published', number = 999, published_at = now(),"
)
REVIEWED = " authority_by_id = %s, authority_at = now(), review_on = '2027-01-01'"


def refused(statement: str, *values: object) -> str:
    """Run SQL that has to fail, and return which promise it broke."""
    with pytest.raises(DatabaseError) as broken, transaction.atomic():
        run(statement, *values)
    cause = broken.value.__cause__
    return cause.diag.constraint_name


def run(statement: str, *values: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def somebody_else(line: NegativeLine) -> int:
    return line.dataset.published_by_id


def publish_by_sql(line: NegativeLine, also: str = "") -> str:
    return refused(f"{PUBLISH}{REVIEWED}{also} WHERE id = %s", somebody_else(line), line.pk)


def test_the_code_of_an_entry_never_changes_or_goes():
    made = dataset()

    assert (
        refused("UPDATE catalog_dataset SET code = 'x' WHERE id = %s", made.pk)
        == "catalog_dataset_code_kept"
    )
    assert (
        refused("UPDATE catalog_dataset SET code = NULL WHERE id = %s", made.pk)
        == "catalog_dataset_code_kept"
    )


def test_an_entry_that_has_its_code_is_never_deleted_but_a_first_draft_can_be():
    made = dataset(State.SIGNED)
    kept = dataset(State.WITHDRAWN)
    run(
        "DELETE FROM catalog_field WHERE resource_id IN (SELECT id FROM catalog_resource"
        " WHERE dataset_id = %s)",
        made.pk,
    )
    run("DELETE FROM catalog_resource WHERE dataset_id = %s", made.pk)
    run("DELETE FROM catalog_searchentry WHERE dataset_id = %s", made.pk)

    assert run("DELETE FROM catalog_dataset WHERE id = %s", made.pk) == 1
    assert (
        refused("DELETE FROM catalog_dataset WHERE id = %s", kept.pk)
        == "catalog_dataset_never_deleted"
    )


def test_two_entries_never_have_one_code():
    first, second = dataset(), dataset(State.SIGNED)

    constraint = refused(
        "UPDATE catalog_dataset SET code = %s WHERE id = %s", first.code, second.pk
    )
    assert constraint.startswith("catalog_dataset_code")


def test_a_policy_version_never_goes_back():
    made = dataset()

    assert (
        refused("UPDATE catalog_dataset SET policy_version = 0 WHERE id = %s", made.pk)
        == "catalog_dataset_policy_version"
    )


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("published_by_id = submitted_by_id", "catalog_dataset_published_by_a_second_person"),
        ("signed_by_id = NULL", "catalog_dataset_signed_by_somebody"),
        ("submitted_at = NULL", "catalog_dataset_coded_when_submitted"),
        ("state = 'withdrawn'", "catalog_dataset_withdrawn_after_published"),
        ("item = '8'", "catalog_dataset_classified"),
    ],
)
def test_a_published_entry_keeps_what_made_it_one(change, constraint):
    made = dataset()

    assert refused(f"UPDATE catalog_dataset SET {change} WHERE id = %s", made.pk) == constraint


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("share_type = 'not_shared'", "catalog_field_not_shared_only_by_negative_list"),
        ("graded_by_id = NULL", "catalog_field_graded_by_somebody"),
        ("name = 'Drop Table'", "catalog_field_name_is_an_identifier"),
        ("data_type = 'date'", "catalog_field_type_kept"),
        ("resource_id = resource_id + 1", "catalog_field_type_kept"),
        ("minimum = 2, maximum = 1", "catalog_field_bounds"),
        (
            "suggested_grade = 4, suggested_at = graded_at - interval '1 day', grade_reason = ''",
            "catalog_field_grade_below_suggestion_has_reason",
        ),
    ],
)
def test_a_field_of_a_published_entry_keeps_type_name_and_grader(change, constraint):
    made = dataset()
    field = Field.objects.get(resource__dataset=made)

    assert refused(f"UPDATE catalog_field SET {change} WHERE id = %s", field.pk) == constraint


def test_a_field_that_was_submitted_is_never_deleted():
    field = Field.objects.get(resource__dataset=dataset())

    assert (
        refused("DELETE FROM catalog_field WHERE id = %s", field.pk)
        == "catalog_field_never_deleted"
    )


def test_a_resource_stays_with_its_dataset():
    made, other = dataset(), dataset(State.DRAFT)

    assert (
        refused(
            "UPDATE catalog_resource SET dataset_id = %s WHERE dataset_id = %s", other.pk, made.pk
        )
        == "catalog_resource_stays"
    )


def test_no_line_is_published_on_an_unverified_basis():
    line = negative_line(state=LineState.AUTHORITY_REVIEW, on=basis(verified=False))

    assert publish_by_sql(line) == "catalog_line_basis_verified"


@pytest.mark.parametrize("tier", BasisTier)
@pytest.mark.parametrize("channel", ["share", "open"])
def test_the_database_accepts_the_same_tiers_as_the_law(tier, channel):
    line = negative_line(state=LineState.AUTHORITY_REVIEW, on=basis(tier=tier), bars=[channel])

    if tier in {"share": SHARE_TIERS, "open": OPEN_TIERS}[channel]:
        done = run(f"{PUBLISH}{REVIEWED} WHERE id = %s", somebody_else(line), line.pk)
        assert done == 1
    else:
        assert publish_by_sql(line) == f"catalog_line_basis_tier_{channel}"


def test_no_line_begins_before_its_law_or_after_it():
    before = negative_line(
        state=LineState.AUTHORITY_REVIEW, on=basis(in_force_from=TODAY + timedelta(days=1))
    )
    after = negative_line(
        state=LineState.AUTHORITY_REVIEW, on=basis(in_force_until=TODAY - timedelta(days=1))
    )

    assert publish_by_sql(before) == "catalog_line_basis_in_force"
    assert publish_by_sql(after) == "catalog_line_basis_in_force"


@pytest.mark.parametrize(
    ("also", "constraint"),
    [
        (", legal_by_id = NULL", "catalog_negativeline_published_is_whole"),
        (", legal_by_id = proposed_by_id", "catalog_negativeline_four_eyes"),
        (", bars_share = false, bars_open = false", "catalog_negativeline_bars_something"),
        (", until_on = '2001-01-01'", "catalog_negativeline_period"),
        (", reason_zh = ''", "catalog_negativeline_reasoned"),
    ],
)
def test_a_published_line_is_whole(also, constraint):
    line = negative_line(state=LineState.AUTHORITY_REVIEW)

    assert publish_by_sql(line, also) == constraint


def test_a_line_is_not_published_by_who_proposed_it():
    line = negative_line(state=LineState.AUTHORITY_REVIEW)

    assert (
        refused(f"{PUBLISH}{REVIEWED} WHERE id = %s", line.proposed_by_id, line.pk)
        == "catalog_negativeline_four_eyes"
    )


@pytest.mark.parametrize("state", [LineState.PUBLISHED, LineState.ENDED])
def test_a_published_or_ended_line_is_never_deleted(state):
    line = negative_line(state=state)

    assert (
        refused("DELETE FROM catalog_negativeline WHERE id = %s", line.pk)
        == "catalog_line_never_deleted"
    )


@pytest.mark.parametrize(
    "change",
    [
        "bars_share = NOT bars_share",
        "reason_zh = 'x'",
        "from_on = from_on - 1",
        "state = 'returned'",
        "number = number + 1",
        "dataset_id = dataset_id + 1",
    ],
)
def test_a_published_line_can_only_end(change):
    line = negative_line()

    assert (
        refused(f"UPDATE catalog_negativeline SET {change} WHERE id = %s", line.pk)
        == "catalog_line_stands"
    )


def test_an_ended_line_does_not_come_back():
    line = negative_line(state=LineState.ENDED)

    assert (
        refused("UPDATE catalog_negativeline SET state = 'published' WHERE id = %s", line.pk)
        == "catalog_line_stands"
    )


def test_a_line_that_was_not_published_does_not_end():
    line = negative_line(state=LineState.PROPOSED)

    assert (
        refused(
            "UPDATE catalog_negativeline SET state = 'ended', ended_at = now(),"
            " ended_by_id = proposed_by_id, ended_reason = 'x' WHERE id = %s",
            line.pk,
        )
        == "catalog_line_ends_after_published"
    )


def test_the_fields_of_a_published_line_stand():
    made = dataset(fields=["a", "b"])
    line = negative_line(made, ["a"])
    other = Field.objects.get(resource__dataset=made, name="b")

    assert (
        refused("DELETE FROM catalog_negativelinefield WHERE line_id = %s", line.pk)
        == "catalog_line_fields_stand"
    )
    assert (
        refused(
            "INSERT INTO catalog_negativelinefield (line_id, field_id) VALUES (%s, %s)",
            line.pk,
            other.pk,
        )
        == "catalog_line_fields_stand"
    )
    assert (
        refused("UPDATE catalog_negativelinefield SET field_id = %s", other.pk)
        == "catalog_line_fields_stand"
    )


def test_a_line_names_no_field_of_another_dataset():
    line = negative_line(state=LineState.PROPOSED)
    foreign = Field.objects.get(resource__dataset=dataset())

    assert (
        refused(
            "INSERT INTO catalog_negativelinefield (line_id, field_id) VALUES (%s, %s)",
            line.pk,
            foreign.pk,
        )
        == "catalog_line_names_own_fields"
    )


@pytest.mark.parametrize(
    "change",
    [
        "text_zh = 'x'",
        "tier = 'other'",
        "certainty = 'unverified'",
        "in_force_from = '2030-01-01'",
    ],
)
def test_a_basis_that_carries_a_line_stands_as_it_was_read(change):
    line = negative_line()

    assert (
        refused(f"UPDATE catalog_legalbasis SET {change} WHERE id = %s", line.basis_id)
        == "catalog_basis_stands"
    )


def test_a_verification_that_carries_nothing_can_be_taken_back_but_not_rewritten():
    law = basis()

    assert (
        refused("UPDATE catalog_legalbasis SET text_zh = 'x' WHERE id = %s", law.pk)
        == "catalog_basis_stands"
    )
    assert run(
        "UPDATE catalog_legalbasis SET certainty = 'unverified', text_zh = '' WHERE id = %s",
        law.pk,
    )


def test_a_verified_basis_is_never_deleted():
    assert (
        refused("DELETE FROM catalog_legalbasis WHERE id = %s", basis().pk)
        == "catalog_basis_never_deleted"
    )


def test_a_basis_is_not_verified_without_its_text():
    law = basis(verified=False)

    assert (
        refused("UPDATE catalog_legalbasis SET certainty = 'verified' WHERE id = %s", law.pk)
        == "catalog_legalbasis_verified_by_reading"
    )


def test_a_looser_revision_is_not_applied_by_who_proposed_it():
    made = dataset()

    assert (
        refused(
            "INSERT INTO catalog_revision (dataset_id, kind, changes, loosens, state, reason,"
            " proposed_by_id, proposed_at, decided_by_id, decided_at, decision_reason)"
            " VALUES (%s, 'regrade', '{}', true, 'applied', 'x', %s, now(), %s, now(), '')",
            made.pk,
            made.published_by_id,
            made.published_by_id,
        )
        == "catalog_revision_looser_needs_four_eyes"
    )


def test_entries_of_all_states_obey_the_promises_they_were_made_under():
    for state in State:
        dataset(state)

    assert Dataset.objects.count() == len(State)


def test_who_proposed_a_line_does_not_review_its_law_in_any_state():
    for state in (LineState.PROPOSED, LineState.AUTHORITY_REVIEW, LineState.RETURNED):
        line = negative_line(state=state)

        constraint = refused(
            "UPDATE catalog_negativeline SET legal_by_id = proposed_by_id, legal_at = now()"
            " WHERE id = %s",
            line.pk,
        )
        assert constraint == "catalog_negativeline_legal_by_another"
