"""The regrade queue: accepted at once where that is stricter, or kept with a reason."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from accounts.models import Notice
from accounts.roles import NotAllowed, Role
from catalog import grading_change, grading_table, regrading
from catalog.models import Field
from catalog.refusals import GradeRefused, StepRefused
from catalog.terms import State
from exchange import regrading as desk
from policy.detect import Kind
from policy.terms import Grade, OpenType, ShareType
from tests.factories import accounts
from tests.factories.catalog import NOW, dataset, found, staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
EVEN_LATER = NOW + timedelta(days=2)


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


def waiting(state=State.PUBLISHED, fields=("mail",)):
    """Return fields at L2, in each of which an e-mail address was found, that is L3 by now."""
    made = dataset(state, fields=fields, grade=Grade.L2)
    found_in = list(Field.objects.filter(resource__dataset=made).order_by("pk"))
    for one in found_in:
        found(one, Kind.EMAIL, at=NOW - timedelta(days=1))
    rows = grading_change.in_force().rows
    rows["rows"]["email"]["grade"] = "L3"
    table = grading_table.proposed(rows)
    grading_table.replace(
        rows,
        note="更严",
        digest=grading_change.dry_run(table, at=LATER).digest,
        by=accounts.user(Role.SECURITY_ADMIN),
        at=LATER,
    )
    for one in found_in:
        one.refresh_from_db()
    return found_in


def publisher(field):
    return staff(Role.PUBLISHER, field.resource.dataset.owner)


@pytest.mark.parametrize("state", [State.PUBLISHED, State.DRAFT])
def test_an_accepted_suggestion_is_the_fields_grade_with_types_mask_and_reason(state):
    (field,) = waiting(state)
    by = publisher(field)

    revision = desk.accept(field.resource.dataset_id, [field.pk], by=by, at=EVEN_LATER)

    field.refresh_from_db()
    assert revision is None
    assert (field.grade, field.graded_by) == (Grade.L3, by)
    assert (field.share_type, field.open_type) == (ShareType.CONDITIONAL, OpenType.NOT_OPEN)
    assert field.mask_kind == "keep_edges"
    assert "version 2" in field.grade_reason
    assert not regrading.waiting().exists()
    assert not Notice.objects.open().filter(kind="grading.changed").exists()


def test_a_kept_grade_leaves_the_queue_with_its_reason():
    (field,) = waiting()

    desk.keep(field.pk, reason="只保留邮箱域名", by=publisher(field), at=EVEN_LATER)

    field.refresh_from_db()
    assert (field.grade, field.grade_reason) == (Grade.L2, "只保留邮箱域名")
    assert field.share_type == ShareType.UNCONDITIONAL
    assert not regrading.waiting().exists()


def test_keeping_needs_a_reason():
    (field,) = waiting()

    with pytest.raises(GradeRefused, match="Say why"):
        desk.keep(field.pk, reason=" ", by=publisher(field), at=EVEN_LATER)


def test_the_notice_stays_while_a_field_waits():
    first, second = waiting(fields=("mail", "other"))

    desk.accept(first.resource.dataset_id, [first.pk], by=publisher(first), at=EVEN_LATER)

    assert list(regrading.waiting()) == [second]
    assert Notice.objects.open().filter(kind="grading.changed").exists()


def test_what_does_not_wait_is_not_accepted_twice():
    (field,) = waiting()
    by = publisher(field)
    desk.accept(field.resource.dataset_id, [field.pk], by=by, at=EVEN_LATER)

    with pytest.raises(StepRefused, match="does not wait"):
        desk.accept(field.resource.dataset_id, [field.pk], by=by, at=EVEN_LATER)
    with pytest.raises(StepRefused, match="does not wait"):
        desk.keep(field.pk, reason="a", by=by, at=EVEN_LATER)


def test_an_entry_under_review_is_graded_before_or_after():
    (field,) = waiting(State.IN_REVIEW)

    with pytest.raises(StepRefused, match="under review"):
        desk.accept(field.resource.dataset_id, [field.pk], by=publisher(field), at=EVEN_LATER)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.OPERATOR, Role.SECURITY_ADMIN])
def test_only_who_grades_for_the_department_works_its_queue_off(role):
    (field,) = waiting()
    person = accounts.user(role, None if role != Role.REVIEWER else field.resource.dataset.owner)

    for stranger in (person, accounts.user(Role.PUBLISHER)):
        with pytest.raises(NotAllowed):
            desk.accept(field.resource.dataset_id, [field.pk], by=stranger, at=EVEN_LATER)
        with pytest.raises(NotAllowed):
            desk.keep(field.pk, reason="a", by=stranger, at=EVEN_LATER)


def test_the_queue_of_a_department_is_its_own():
    (field,) = waiting()
    other = accounts.organization()

    assert list(regrading.waiting([field.resource.dataset.owner_id])) == [field]
    assert list(regrading.waiting([other.pk])) == []
    assert regrading.counts() == {field.resource.dataset.owner_id: 1}
