"""The catalogue as the national workbook: out and in again changes nothing."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounts.roles import Role
from catalog import publishing
from catalog.models import Dataset
from catalog.sheets import exporting, importing
from catalog.sheets.meanings import Meaning
from catalog.sheets.proposing import Fate
from catalog.terms import FormatClass, ShareWay, State, UpdateCycle
from catalog.workbooks.writing import harmless
from policy.terms import DataType, OpenType, ShareType
from tests.factories import accounts
from tests.factories.catalog import NOW, dataset, new_field, staff, subject

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")


WRITERS = {"xlsx": exporting.as_xlsx, "csv": exporting.as_csv}


def again(place, kind):
    """Export everything of a department, and propose it to the same department."""
    rows = exporting.rows_of(Dataset.objects.filter(owner=place).order_by("pk"))
    sent = importing.send(
        f"catalogue.{kind}",
        owner=place,
        stream=io.BytesIO(WRITERS[kind](rows)),
        by=staff(Role.PUBLISHER, place),
        at=NOW,
    )
    return importing.proposal_of(sent)


text = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")), max_size=40
).map(lambda one: " ".join(one.split()))
named = st.tuples(text, st.sampled_from(["", "=1+1", "+86", "-", "@x", "'=", "停车场"])).map(
    lambda both: both[1] + both[0]
)
entries = st.fixed_dictionaries(
    {
        "title_zh": named.filter(bool),
        "title_en": named,
        "alias": named,
        "abstract_zh": named,
        "contact": named,
        "license": named,
        "format_class": st.sampled_from(FormatClass),
        "share_way": st.sampled_from(ShareWay),
        "update_cycle": st.sampled_from(UpdateCycle),
        "item": st.from_regex("[0-9]{2}", fullmatch=True).filter(str.isascii),
    }
)
items = st.lists(
    st.tuples(
        named.filter(bool),
        st.sampled_from(DataType),
        st.sampled_from([ShareType.UNCONDITIONAL, ShareType.CONDITIONAL]),
        st.sampled_from(OpenType),
    ),
    max_size=3,
    unique_by=lambda one: one[0],
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(entry=entries, fields=items, kind=st.sampled_from(sorted(WRITERS)))
def test_a_catalogue_that_is_exported_and_imported_again_changes_nothing(entry, fields, kind):
    described = [
        new_field(f"f{place}", label_zh=label, data_type=data_type)
        for place, (label, data_type, _share, _open) in enumerate(fields)
    ]
    made = dataset(State.DRAFT, described, grade=None, **entry)
    for one, (_label, _type, share, opened) in zip(
        made.resources.get().fields.order_by("position"), fields, strict=True
    ):
        type(one).objects.filter(pk=one.pk).update(share_type=share, open_type=opened)

    proposal = again(made.owner, kind)

    told = [row for row in proposal.rows if row.fate not in {Fate.SAME, Fate.ITEM_SAME}]
    assert {row.fate for row in told} <= {Fate.IGNORED}, [row.sentences for row in told]
    assert sum(row.fate == Fate.SAME for row in proposal.rows) == 1


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_published_entries_with_codes_subjects_and_relations_come_back_as_they_are(kind):
    one = dataset(subject=subject(), keywords_zh=["停车", "交通"], extensions={"项": "深圳市"})
    two = dataset(owner=one.owner)
    one.related.add(two)

    proposal = again(one.owner, kind)

    assert proposal.counts[Fate.SAME] == 2
    assert not any(entry.does_something for entry in proposal.entries)


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_lead_department_region_and_further_elements_come_back_as_they_are(kind):
    one = dataset(
        State.DRAFT,
        source_authority=accounts.organization(),
        region=accounts.region(),
        extensions={"来源系统": "停车系统", "备注": "=1+1"},
    )
    two = dataset(State.DRAFT, owner=one.owner, extensions={"数源部门": "外市某局"})
    bare = dataset(
        State.DRAFT, [], owner=one.owner, extensions={"共享类型": "有条件共享", "安全级别": "三级"}
    )

    proposal = again(one.owner, kind)

    assert [entry.read.told.title for entry in proposal.entries] == [
        made.title_zh for made in (one, two, bare)
    ]
    assert not any(entry.does_something for entry in proposal.entries)
    assert not any(row.sentences for row in proposal.rows if row.title == one.title_zh)


def test_a_day_of_publication_is_the_citys_day():
    made = dataset()
    early = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)  # half past six in the morning of the second
    Dataset.objects.filter(pk=made.pk).update(published_at=early)

    [row] = exporting.rows_of(Dataset.objects.filter(pk=made.pk))

    assert row[Meaning.PUBLISHED_ON] == "2026-03-02"


def test_the_workbook_has_the_merged_header_of_the_nation():
    made = dataset(State.DRAFT, ["name", "spaces"])
    data = exporting.as_xlsx(exporting.rows_of(Dataset.objects.filter(pk=made.pk)))

    sheet = load_workbook(io.BytesIO(data)).active

    assert {"A2:D2", "E2:E3", "N2:Q2"} <= {str(one) for one in sheet.merged_cells.ranges}
    assert (sheet["A2"].value, sheet["A3"].value) == ("信息资源分类", "类")
    assert [sheet.cell(row, 14).value for row in (4, 5)] == ["name", "spaces"]


def test_no_cell_of_an_export_is_a_formula():
    made = dataset(State.DRAFT, title_zh='=HYPERLINK("https://a.example")', alias="@SUM(A1)")
    rows = list(exporting.rows_of(Dataset.objects.filter(pk=made.pk)))

    book = load_workbook(io.BytesIO(exporting.as_xlsx(rows)))
    text = exporting.as_csv(rows).decode("utf-8-sig")

    assert not [cell for row in book.active.iter_rows() for cell in row if cell.data_type == "f"]
    assert "'=HYPERLINK" in text
    assert "'@SUM" in text


@given(st.text(max_size=20))
def test_a_csv_cell_never_begins_as_a_formula(value):
    assert not str(harmless(value)).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_an_export_asks_the_same_number_of_questions_for_one_entry_and_for_many(
    django_assert_num_queries,
):
    place = accounts.organization()
    for _ in range(3):
        dataset(State.DRAFT, owner=place)

    with django_assert_num_queries(4):
        rows = list(exporting.rows_of(Dataset.objects.filter(owner=place)))

    assert len(rows) == 3


def test_a_length_and_a_condition_of_an_item_come_back():
    made = dataset(
        State.DRAFT,
        [new_field("a", label_zh="甲", length=18), new_field("b", label_zh="乙")],
        grade=None,
        share_condition_zh="仅限核验",
    )
    by = staff(Role.PUBLISHER, made.owner)
    second = made.resources.get().fields.get(name="b")
    publishing.update_field(second.pk, share_condition_zh="另有条件", by=by, at=NOW)

    proposal = again(made.owner, "xlsx")

    assert not any(entry.does_something for entry in proposal.entries)
