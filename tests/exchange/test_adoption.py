"""From a proposal to a draft: all of it or nothing, and how it would look to others."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog.models import Dataset, Field
from catalog.naming import plain as identifier
from catalog.terms import Check
from exchange import adoption, previews, proposals, sources
from exchange.adoption import Chosen
from exchange.models import Binding, SourceKind
from exchange.previews import Eyes
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType, ShareType, Treatment
from tests.exchange.test_proposals import people
from tests.factories import accounts, catalog, exchange
from tests.factories.workbooks import xlsx

pytestmark = pytest.mark.django_db
NOW = exchange.NOW
LOOSE = {"grade": Grade.L1, "share_type": ShareType.UNCONDITIONAL}


@pytest.fixture
def where():
    return exchange.house()


@pytest.fixture
def laid(where):
    """A connected workbook: its source, and how it is named."""
    source = sources.create(
        where.department, name="files", kind=SourceKind.EXCEL, by=where.publisher, at=NOW
    )
    path = exchange.csv_file(people(), suffix=".xlsx", owner=where.department.slug)
    return source, {"path": str(path)}


def as_proposed(where, laid) -> list[Chosen]:
    found = proposals.propose(laid[0].pk, laid[1], by=where.publisher)
    return [
        Chosen(
            column=one.column,
            new=catalog.new_field(
                one.name, label_zh=one.label_zh, data_type=one.data_type, is_key=one.is_key
            ),
            grade=one.suggestion.grade,
            share_type=one.suggestion.share_type,
            open_type=one.suggestion.open_type,
            mask=one.suggestion.mask,
        )
        for one in found.fields
    ]


def adopt(where, laid, chosen, *, by=None, slug="people"):
    return adoption.adopt(
        laid[0].pk,
        laid[1],
        chosen,
        slug=slug,
        title_zh="人员",
        by=by or where.publisher,
        at=NOW,
    )


def change(chosen, name, **over) -> list[Chosen]:
    return [replace(one, **over) if one.new.name == identifier(name) else one for one in chosen]


def test_what_was_proposed_becomes_a_draft_with_graded_fields_and_a_binding(where, laid):
    resource = adopt(where, laid, as_proposed(where, laid))

    fields = {one.name: one for one in Field.objects.filter(resource=resource)}
    person = fields[identifier("身份证号")]
    assert resource.dataset.state == Dataset.State.DRAFT
    assert resource.dataset.owner == where.department
    assert len(fields) == 8
    assert (person.grade, person.suggested_grade) == (Grade.L3, Grade.L3)
    assert person.suggestion["kinds"] == ["resident_id"]
    assert not person.awaits_person
    bound = Binding.objects.get(resource=resource)
    assert bound.columns[str(person.pk)] == "身份证号"


@pytest.mark.parametrize(
    "over",
    [
        {"grade": Grade.L2},
        {"share_type": ShareType.UNCONDITIONAL},
        {"open_type": OpenType.CONDITIONAL},
        {"mask": Mask(MaskKind.KEEP_EDGES, keep_left=6, keep_right=4)},
    ],
)
def test_a_choice_that_shows_more_is_refused_without_a_reason_and_kept_with_one(where, laid, over):
    chosen = change(as_proposed(where, laid), "身份证号", **over)

    with pytest.raises(adoption.AdoptionRefused, match=identifier("身份证号")):
        adopt(where, laid, chosen)
    made = Dataset.objects.count(), Field.objects.count(), Binding.objects.count()
    adopt(where, laid, change(chosen, "身份证号", reason="样例编号"))

    assert made == (0, 0, 0)
    assert Field.objects.get(name=identifier("身份证号")).grade_reason == "样例编号"


def test_a_stricter_choice_needs_no_reason_of_its_own(where, laid):
    chosen = change(as_proposed(where, laid), "面积", grade=Grade.L2, open_type=OpenType.NOT_OPEN)

    adopt(where, laid, chosen)

    assert Field.objects.get(name=identifier("面积")).grade == Grade.L2


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_made(where, laid):
    chosen = as_proposed(where, laid)
    twice = [*chosen, replace(chosen[0], column="不存在")]
    wrong = change(twice, "身份证号", **LOOSE)

    with pytest.raises(adoption.AdoptionRefused) as refusal:
        adopt(where, laid, wrong)

    for word in ("bianhao", "不存在", identifier("身份证号")):
        assert word in str(refusal.value)
    assert not Dataset.objects.exists()


@pytest.mark.parametrize("role", [Role.PUBLISHER, Role.HEAD])
def test_nobody_of_another_department_takes_a_source_up(where, laid, role):
    chosen = as_proposed(where, laid)

    with pytest.raises(NotAllowed):
        adopt(where, laid, chosen, by=accounts.user(role))

    assert not Dataset.objects.exists()


def test_each_kind_of_reader_is_shown_what_the_policy_decides_on_masked_rows(where, laid):
    chosen = change(
        as_proposed(where, laid), "联系电话", open_type=OpenType.UNCONDITIONAL, reason="便民电话"
    )
    resource = adopt(where, laid, chosen)

    def seen(eyes, **over):
        found = previews.preview(
            resource, eyes, by=where.publisher, at=NOW, today=catalog.TODAY, **over
        )
        names = [one.name for one in found.fields]
        return dict(zip(names, zip(found.fields, found.rows[1], strict=True), strict=True))

    phone, person, area = map(identifier, ("联系电话", "身份证号", "面积"))
    public = seen(Eyes.PUBLIC)
    department = seen(Eyes.DEPARTMENT, department=accounts.organization())
    assert public[phone][1] == "138****0001"
    assert public[phone][0].treatment == Treatment.MASKED
    assert public[person] == (public[person][0], None)
    assert public[person][0].reasons
    assert public[area][1] == "1.25"
    assert department[person][1] is None
    assert department[area][1] == "1.25"
    assert seen(Eyes.GRANTED)[phone][1] == "13800000001"


def test_an_empty_cell_is_not_a_withheld_one(where, laid):
    resource = adopt(where, laid, as_proposed(where, laid))

    found = previews.preview(
        resource, Eyes.PUBLIC, by=where.publisher, at=NOW, today=catalog.TODAY
    )

    place = [one.name for one in found.fields].index("beizhu")
    assert [row[place] for row in found.rows[:2]] == ["备注", ""]


def test_a_row_that_a_run_would_turn_away_is_left_out_of_the_preview_and_counted(where, laid):
    chosen = as_proposed(where, laid)
    [checked] = [one.new for one in chosen if one.column == "身份证号"]
    checked = replace(checked, value_check=Check.RESIDENT_ID)
    resource = adopt(where, laid, change(chosen, "身份证号", new=checked))

    found = previews.preview(
        resource, Eyes.DEPARTMENT, by=where.publisher, at=NOW, today=catalog.TODAY
    )

    [left_out] = found.left_out
    assert (left_out.rule, left_out.label, left_out.count) == ("resident_id", "身份证号", 1)
    assert (found.looked, found.missing, len(found.rows)) == (20, 1, 19)
    assert found.rows[0][0] == "00001"  # the first of the sheet has a wrong checksum


def test_only_the_departments_own_people_see_a_preview(where, laid):
    resource = adopt(where, laid, as_proposed(where, laid))

    for stranger in (accounts.user(Role.PUBLISHER), where.head, where.operator):
        with pytest.raises(NotAllowed):
            previews.preview(resource, Eyes.PUBLIC, by=stranger, at=NOW, today=catalog.TODAY)


def test_types_of_the_proposal_are_those_of_the_draft(where, laid):
    adopt(where, laid, as_proposed(where, laid))

    kinds = dict(Field.objects.values_list("name", "data_type"))
    assert kinds[identifier("登记日期")] == DataType.DATE
    assert kinds[identifier("面积")] == DataType.DECIMAL


def wide(where, columns):
    """Take a workbook of so many columns up; return how many queries that asked."""
    rows = [
        [f"列{place}" for place in range(columns)],
        *([f"{row}号{place}" for place in range(columns)] for row in range(5)),
    ]
    name = f"wide-{columns}"
    source = sources.create(
        where.department, name=name, kind=SourceKind.EXCEL, by=where.publisher, at=NOW
    )
    path = exchange.csv_file(xlsx(rows), suffix=".xlsx", owner=where.department.slug)
    laid = source, {"path": str(path)}
    chosen = as_proposed(where, laid)
    with CaptureQueriesContext(connection) as asked:
        adopt(where, laid, chosen, slug=name)
    return len(asked)


def test_a_wide_table_is_taken_up_by_hardly_more_queries_than_a_narrow_one(where):
    few, many = wide(where, 20), wide(where, 60)

    assert many - few <= 2 * 40  # the columns of the sample are counted one by one
    assert Field.objects.exclude(grade=None).count() == 80
    trail = Entry.objects.filter(target__startswith="field:").order_by("target", "pk")
    verbs = [entry.verb for entry in trail]
    assert verbs == ["field.create", "field.suggest", "field.grade"] * 80
