from datetime import timedelta

import pytest

from accounts.roles import NotAllowed, Role
from catalog import revisions
from catalog.models import Dataset, Field, Revision
from catalog.refusals import GradeRefused, StepRefused
from catalog.terms import RevisionState, State
from policy.terms import Grade
from tests.factories import accounts
from tests.factories.catalog import NOW, dataset, staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


@pytest.fixture
def made() -> Dataset:
    return dataset(fields=["phone", "name"], grade=Grade.L3)


def phone(made: Dataset) -> Field:
    return Field.objects.get(resource__dataset=made, name="phone")


def propose(made: Dataset, **wanted) -> Revision:
    return revisions.propose_revision(
        made,
        {phone(made).pk: wanted or {"grade": Grade.L1}},
        by=staff(Role.PUBLISHER, made.owner),
        at=NOW,
        reason="已脱敏",
    )


def test_a_proposed_revision_shows_old_and_new_and_changes_nothing(made):
    revision = propose(made)

    revision.refresh_from_db()
    assert revision.changes == {str(phone(made).pk): {"grade": [3, 1]}}
    assert revision.state == RevisionState.PROPOSED
    assert phone(made).grade == Grade.L3


def test_an_accepted_revision_is_applied_by_the_second_person_and_dated_then(made):
    revision = propose(made)
    head = staff(Role.HEAD, made.owner)
    before = Dataset.objects.get(pk=made.pk).policy_version

    revisions.decide_revision(revision.pk, by=head, at=LATER, accept=True, reason="同意")

    revision.refresh_from_db()
    field = phone(made)
    assert revision.state == RevisionState.APPLIED
    assert (field.grade, field.graded_by, field.graded_at) == (Grade.L1, head, LATER)
    assert field.grade_reason == "已脱敏"
    assert Dataset.objects.get(pk=made.pk).policy_version == before + 1


def test_a_refused_revision_changes_nothing_but_its_own_state(made):
    revision = propose(made)

    revisions.decide_revision(
        revision.pk, by=staff(Role.HEAD, made.owner), at=LATER, accept=False, reason="仍可识别"
    )

    revision.refresh_from_db()
    assert (revision.state, revision.decision_reason) == (RevisionState.REFUSED, "仍可识别")
    assert phone(made).grade == Grade.L3


def test_who_proposed_a_loosening_may_not_decide_on_it(made):
    head = staff(Role.HEAD, made.owner)
    revision = revisions.propose_revision(
        made, {phone(made).pk: {"grade": Grade.L1}}, by=head, at=NOW, reason="已脱敏"
    )

    with pytest.raises(NotAllowed, match="another person"):
        revisions.decide_revision(revision.pk, by=head, at=LATER, accept=True, reason="")

    assert phone(made).grade == Grade.L3


def test_another_department_may_neither_propose_nor_decide(made):
    revision = propose(made)

    with pytest.raises(NotAllowed):
        revisions.propose_revision(
            made,
            {phone(made).pk: {"grade": Grade.L1}},
            by=accounts.user(Role.PUBLISHER),
            at=NOW,
            reason="x",
        )
    with pytest.raises(NotAllowed):
        revisions.decide_revision(
            revision.pk, by=accounts.user(Role.HEAD), at=LATER, accept=True, reason="x"
        )


def test_a_revision_is_decided_once(made):
    revision = propose(made)
    head = staff(Role.HEAD, made.owner)
    revisions.decide_revision(revision.pk, by=head, at=LATER, accept=False, reason="")

    with pytest.raises(StepRefused, match="decided already"):
        revisions.decide_revision(revision.pk, by=head, at=LATER, accept=True, reason="")


def test_a_revision_of_what_has_changed_since_is_not_applied(made):
    revision = propose(made)
    head = staff(Role.HEAD, made.owner)
    revisions.apply_grades(
        made, {phone(made).pk: {"grade": Grade.L4}}, by=head, at=LATER, reason="更严"
    )

    with pytest.raises(StepRefused, match="changed since"):
        revisions.decide_revision(revision.pk, by=head, at=LATER, accept=True, reason="")

    assert phone(made).grade == Grade.L4


@pytest.mark.parametrize(
    "wanted", [{"name": "other"}, {"mask_kind": "keep_edges", "mask_params": {"keep": 1}}]
)
def test_only_grades_types_and_masks_that_work_are_revised(made, wanted):
    with pytest.raises(GradeRefused):
        revisions.apply_grades(
            made,
            {phone(made).pk: wanted},
            by=staff(Role.HEAD, made.owner),
            at=NOW,
            reason="x",
        )


def test_fields_of_another_dataset_are_not_revised_with_this_one(made):
    other = dataset()
    foreign = Field.objects.get(resource__dataset=other)

    with pytest.raises(GradeRefused):
        revisions.apply_grades(
            made,
            {foreign.pk: {"grade": Grade.L4}},
            by=staff(Role.HEAD, made.owner),
            at=NOW,
            reason="x",
        )


def test_a_draft_is_changed_and_not_revised():
    draft = dataset(State.DRAFT)

    with pytest.raises(StepRefused):
        revisions.apply_grades(draft, {}, by=staff(Role.HEAD, draft.owner), at=NOW, reason="x")
