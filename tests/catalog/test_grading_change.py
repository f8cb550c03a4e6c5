"""Another table of grades: tried out before it is saved, and then acting on suggestions alone."""

from copy import deepcopy
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import notices
from accounts.models import Notice
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog import grading_change, grading_table, regrading
from catalog.models import Field, GradingTable
from catalog.refusals import GradeRefused, StepRefused
from catalog.terms import State
from policy.comparison import Viewpoint
from policy.detect import Kind
from policy.terms import Grade, OpenType, Treatment
from tests.factories import accounts
from tests.factories.catalog import NOW, dataset, found, negative_line

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


def data(kind=Kind.EMAIL, grade="L3", mask=None):
    """Return the table in force with one row changed."""
    rows = deepcopy(grading_change.in_force().rows)
    rows["rows"][kind.value] = {"grade": grade, "mask": mask or rows["rows"][kind.value]["mask"]}
    return rows


def tried(told=None):
    return grading_change.dry_run(grading_table.proposed(told or data()), at=LATER)


def replace(told=None, **over):
    told = told or data()
    return grading_table.replace(
        told,
        **{
            "note": "网信部门要求",
            "digest": tried(told).digest,
            "by": accounts.user(Role.SECURITY_ADMIN),
            "at": LATER,
        }
        | over,
    )


def mailed(grade=Grade.L2, kinds=(Kind.EMAIL,), **over):
    """Return the only field of a published dataset, in which an e-mail address was found."""
    made = dataset(fields=["mail"], grade=grade, **over)
    return found(Field.objects.get(resource__dataset=made), *kinds, at=NOW - timedelta(days=1))


def test_a_dry_run_counts_fields_departments_and_decisions_and_writes_nothing():
    field, high = mailed(), mailed(Grade.L3)
    other = mailed(kinds=(Kind.USCC,))

    run = tried()

    assert run.fields == 2
    told = {one.department: one for one in run.departments}
    assert set(told) == {field.resource.dataset.owner, high.resource.dataset.owner}
    assert other.resource.dataset.owner not in told
    mine = told[field.resource.dataset.owner]
    assert (mine.higher, mine.lower, mine.waiting, mine.decided) == (1, 0, 1, 1)
    assert told[high.resource.dataset.owner].waiting == 0
    assert (Viewpoint.DEPARTMENT, Treatment.CLEAR, Treatment.WITHHELD, 1) in [
        (one.viewpoint, one.before, one.after, one.fields) for one in run.decisions
    ]
    assert GradingTable.objects.count() == 1
    field.refresh_from_db()
    assert field.suggested_grade == Grade.L2


def test_a_dry_run_tells_of_each_field_what_would_become_of_it():
    field = mailed()
    table = grading_table.proposed(data())

    (one,) = grading_change.described(grading_change.changed_fields(table), table, at=LATER)

    assert one.field == field
    assert (one.before.grade, one.after.grade) == (Grade.L2, Grade.L3)
    assert one.differences[Viewpoint.DEPARTMENT] == (Treatment.CLEAR, Treatment.WITHHELD)


def test_what_the_negative_list_bars_does_not_change_by_a_grade():
    field = mailed()
    negative_line(field.resource.dataset, ["mail"])
    table = grading_table.proposed(data())

    run = grading_change.dry_run(table, at=LATER)
    (one,) = grading_change.described(grading_change.changed_fields(table), table, at=LATER)

    assert run.fields == 1
    assert run.decisions == ()
    assert one.differences == {}


def test_a_lower_row_changes_suggestions_and_no_decision_on_what_a_person_graded():
    mailed()

    run = tried(data(grade="L1"))

    (department,) = run.departments
    assert (department.lower, department.waiting, department.decided) == (1, 0, 0)
    assert run.decisions == ()


def test_an_ungraded_field_is_counted_with_what_it_would_open():
    made = dataset(State.DRAFT, fields=["mail"], grade=None)
    found(Field.objects.get(resource__dataset=made), Kind.EMAIL)

    run = tried(data(grade="L1", mask={"kind": "blank"}))

    seen = {one.viewpoint: (one.before, one.after) for one in run.decisions}
    assert seen[Viewpoint.PUBLIC] == (Treatment.WITHHELD, Treatment.CLEAR)
    assert run.departments[0].decided == 1


def test_a_suggestion_of_an_older_release_is_counted_apart():
    field = mailed()
    Field.objects.filter(pk=field.pk).update(suggestion={"evidence": ["a name"]})

    run = tried()

    assert (run.fields, run.unknown) == (0, 1)


def test_a_dry_run_costs_as_many_queries_for_many_fields_as_for_few():
    mailed()
    with CaptureQueriesContext(connection) as few:
        tried()
    for _more in range(4):
        mailed()
    with CaptureQueriesContext(connection) as many:
        tried()

    assert len(many) == len(few)


def test_a_saved_table_is_in_force_and_makes_suggestions_anew_but_changes_no_grade():
    field, high = mailed(), mailed(Grade.L4, open_type=OpenType.NOT_OPEN)

    kept = replace()

    assert (kept.version, kept.previous.version) == (2, 1)
    assert grading_change.in_force() == kept
    for one in (field, high):
        one.refresh_from_db()
        assert (one.suggested_grade, one.suggestion["table"]) == (Grade.L3, 2)
    assert (field.grade, high.grade) == (Grade.L2, Grade.L4)
    assert field.awaits_person
    assert not high.awaits_person
    assert list(regrading.waiting()) == [field]


def test_a_saved_table_leaves_one_entry_with_what_changed():
    mailed()

    kept = replace()

    entry = Entry.objects.get(verb="grading_table.replace")
    assert entry.target == f"gradingtable:{kept.pk}"
    assert entry.details["rows"]["email"][1]["grade"] == "L3"
    assert (entry.details["version"], entry.details["waiting"]) == (2, 1)


def test_only_departments_with_fields_to_grade_anew_are_told():
    field, other = mailed(), mailed(Grade.L3)
    publishers = [
        accounts.user(Role.PUBLISHER, one.resource.dataset.owner) for one in (field, other)
    ]

    replace()

    told, untold = (
        [line.kind for line in notices.inbox(person)].count("grading.changed")
        for person in publishers
    )
    assert (told, untold) == (1, 0)
    notice = Notice.objects.get(kind="grading.changed")
    assert notice.target == f"regrade:{field.resource.dataset.owner_id}"
    assert notice.words["count"] == "1"


def test_what_was_shown_must_still_be_so():
    field = mailed()
    digest = tried().digest
    Field.objects.filter(pk=field.pk).update(grade=Grade.L4, graded_at=LATER)

    with pytest.raises(StepRefused, match="Try it out again"):
        replace(digest=digest)

    assert GradingTable.objects.count() == 1
    field.refresh_from_db()
    assert field.suggested_grade == Grade.L2


def test_another_table_than_the_one_shown_is_refused():
    mailed()
    digest = tried().digest

    with pytest.raises(StepRefused):
        replace(data(grade="L4"), digest=digest)


def test_two_tables_tried_out_at_once_cannot_both_be_saved():
    digests = [tried(data(grade=grade)).digest for grade in ("L3", "L4")]
    replace(data(grade="L3"), digest=digests[0])

    with pytest.raises(StepRefused):
        replace(data(grade="L4"), digest=digests[1])


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SECURITY_ADMIN])
def test_only_the_security_administrator_saves_a_table(role):
    with pytest.raises(NotAllowed):
        replace(by=accounts.user(role))


def test_a_table_needs_a_reason_and_a_change():
    with pytest.raises(GradeRefused, match="Say why"):
        replace(note=" ")
    with pytest.raises(GradeRefused, match="in force already"):
        replace(grading_change.in_force().rows)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"rows": {}, "defaults": {}},
        {"rows": []},
        {"rows": {"email": {"grade": "L9", "mask": None}}, "defaults": {}},
        {"rows": {"email": {"grade": "L2", "mask": {"kind": "keep_edges", "keep_left": -1}}}},
        {"rows": {"nothing": {"grade": "L2", "mask": None}}, "defaults": {}},
    ],
)
def test_what_is_no_whole_table_is_refused(broken):
    with pytest.raises(GradeRefused, match="no whole table"):
        grading_table.proposed(broken)


def test_a_row_that_goes_back_is_a_new_version():
    first = grading_change.in_force().rows
    mailed()
    replace()

    again = replace(first)

    assert again.version == 3
    assert again.rows == first
    assert not regrading.waiting().exists()
