"""The search table follows the catalogue: whatever is done, a rebuild finds nothing to mend."""

import ast
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import Organization, Region
from accounts.roles import Role
from catalog import bases, indexing, negative_list, publishing, resources, revisions
from catalog.models import Dataset, Field, SearchEntry, Subject
from catalog.search import Filters, Reader, find
from catalog.terms import LineState, State
from policy.terms import DataType, Grade, ShareType
from tests.factories import accounts, catalog
from tests.factories.catalog import NOW, new_field, staff

ROOT = Path(__file__).resolve().parent.parent.parent
WRITERS = ("catalog", "exchange")
CHANGING = ("dataset.", "negative.publish", "negative.end", "basis.verify", "basis.end")
FIELD_VERBS = ("resource.", "field.update", "field.end", "field.grade")
UNSEEN = {
    "resource.download",  # changes nothing
    "dataset.count_only",  # a rule of counting is no word
    "dataset.copy",  # drafted by verbs that index
    "dataset.import",  # each entry is indexed when it is taken
    "dataset.transfer",  # `exchange.holdings.transfer` indexes what it moves
    "dataset.change_closed",  # a term that runs or not is no word
    "dataset.change_extended",
    "dataset.change_noted",
    "dataset.ask",  # tells the head; the entry stays as it is
    "dataset.relate",  # relations are no words
    "dataset.revise",  # a proposal; what is accepted is written by `revisions._write`
}


def entry(dataset: Dataset) -> SearchEntry:
    return SearchEntry.objects.get(dataset=dataset)


def out_of_date() -> int:
    return indexing.rebuild(at=NOW)


@pytest.mark.django_db
def test_each_step_of_an_entrys_life_is_indexed_when_it_is_taken():
    place = accounts.organization()
    clerk, head, operator = (
        staff(role, place) for role in (Role.PUBLISHER, Role.HEAD, Role.OPERATOR)
    )
    made = publishing.create_dataset(
        "lots",
        owner=place,
        title_zh="停车场",
        by=clerk,
        at=NOW,
        abstract_zh="泊位",
        contact="0000",
    )
    told = {"update_cycle": "daily", "license": "x", "share_condition_zh": "x"}
    steps = [
        lambda: publishing.update_dataset(made.pk, title_en="Lots", **told, by=clerk, at=NOW),
        lambda: publishing.add_table(
            made.pk, fields=[new_field("name"), new_field("fee")], by=clerk, at=NOW
        ),
        lambda: publishing.add_field(table().pk, new_field("phone"), by=clerk, at=NOW),
        lambda: publishing.update_field(field("fee").pk, label_zh="收费", by=clerk, at=NOW),
        *(
            lambda name=name: publishing.grade_field(
                field(name).pk, grade=Grade.L2, reason="测试", by=clerk, at=NOW
            )
            for name in ("name", "fee", "phone")
        ),
        lambda: publishing.end_field(field("phone").pk, by=clerk, at=NOW),
        lambda: publishing.sign(made.pk, by=head, at=NOW, checklist=catalog.CHECKED),
        lambda: publishing.recall(made.pk, by=clerk, at=NOW),
        lambda: publishing.sign(made.pk, by=head, at=NOW, checklist=catalog.CHECKED),
        lambda: publishing.submit(made.pk, by=clerk, at=NOW),
        lambda: publishing.send_back(made.pk, by=operator, at=NOW, defects=["x"]),
        lambda: publishing.sign(made.pk, by=head, at=NOW, checklist=catalog.CHECKED),
        lambda: publishing.submit(made.pk, by=clerk, at=NOW),
        lambda: publishing.accept(made.pk, by=operator, at=NOW),
        lambda: revisions.apply_grades(
            made, {field("fee").pk: {"grade": Grade.L3}}, by=clerk, at=NOW, reason="x"
        ),
        lambda: catalog.negative_line(made, ["fee"], state=LineState.ENDED),
        lambda: publishing.retire(made.pk, by=operator, at=NOW, reason="x"),
    ]

    def table():
        return made.resources.get()

    def field(name):
        return Field.objects.get(resource__dataset=made, name=name, ended_at=None)

    assert out_of_date() == 0
    for number, step in enumerate(steps):
        step()
        assert out_of_date() == 0, f"step {number}"
    assert entry(made).state == State.WITHDRAWN


def asked_to_index(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "indexing"
        for node in ast.walk(function)
    )


def recorded(function: ast.FunctionDef) -> list[str]:
    """Return the audit verbs that a function writes down."""
    return [
        node.args[0].value
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "record"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]


def test_no_verb_that_changes_an_entry_forgets_the_search_table():
    forgetful = [
        f"{path.relative_to(ROOT)}: {function.name} ({verb})"
        for room in WRITERS
        for path in sorted((ROOT / room).rglob("*.py"))
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef) and not asked_to_index(function)
        for verb in recorded(function)
        if verb.startswith((*CHANGING, *FIELD_VERBS)) and verb not in UNSEEN
    ]

    assert forgetful == []


@pytest.mark.django_db
def test_a_line_of_the_negative_list_is_a_share_type_while_it_holds():
    made = catalog.dataset()
    line = catalog.negative_line(made)

    assert find(filters=Filters(share="not_shared")).datasets == (made,)
    assert find(filters=Filters(open="unconditional")).datasets == ()

    negative_list.end(line.pk, by=accounts.user(Role.OPERATOR), at=NOW, reason="x")
    assert find(filters=Filters(share="not_shared")).datasets == ()


@pytest.mark.django_db
def test_a_line_whose_basis_ends_is_looked_at_on_the_day():
    made = catalog.dataset()
    line = catalog.negative_line(made)
    bases.end(line.basis_id, until=catalog.TODAY, by=accounts.user(Role.OPERATOR), at=NOW)
    assert entry(made).sharing & 1 << list(ShareType).index(ShareType.NOT_SHARED)

    assert indexing.index_all([made.pk], at=NOW + timedelta(days=2)) == 1
    assert find(filters=Filters(share="not_shared")).datasets == ()


@pytest.mark.django_db
def test_a_new_name_of_department_or_subject_is_indexed_for_all_its_entries():
    theme = catalog.subject()
    made = catalog.dataset(subject=theme)
    made.owner.name_zh = "望潮区水务局"
    made.owner.save()
    theme.name_zh = "供水排水"
    theme.save()

    assert indexing.index_owner(made.owner_id, at=NOW) == 1
    assert indexing.index_subject(theme.pk, at=NOW) == 0
    assert find("水务").datasets == find("排水").datasets == (made,)


@pytest.mark.django_db
def test_what_has_not_changed_is_not_written():
    made = catalog.dataset()
    before = entry(made).indexed_at

    indexing.index(made.pk, at=NOW)

    assert entry(made).indexed_at == before


@pytest.mark.django_db
def test_missing_rows_are_filled_and_wrong_ones_mended_by_command():
    first, second, third = (catalog.dataset() for _ in range(3))
    entry(first).delete()
    SearchEntry.objects.filter(dataset=second).update(titles="wrong")
    said = StringIO()

    assert indexing.fill(at=NOW) == 1
    call_command("reindex_catalogue", stdout=said)

    assert said.getvalue().startswith("1 entries")
    assert {one.pk for one in find().datasets} == {first.pk, second.pk, third.pk}


@pytest.mark.django_db
def test_an_entry_of_three_hundred_fields_and_long_texts_is_indexed():
    made = catalog.dataset(
        State.DRAFT,
        fields=[new_field(f"field_{number}", label_zh="很长的标签" * 15) for number in range(300)],
        grade=None,
        abstract_zh="说明" * 500,
        keywords_zh=["词语" * 100],
    )

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT length(words) FROM catalog_searchentry WHERE dataset_id = %s", [made.pk]
        )
        assert cursor.fetchone()[0] > 300


def test_the_module_says_which_fields_a_row_has():
    columns = {field.column for field in SearchEntry._meta.concrete_fields}

    assert columns == {*indexing.COLUMNS, "indexed_at"}


@pytest.mark.django_db
def test_an_entry_is_found_by_its_files_interfaces_and_links_until_they_end(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")
    made = catalog.dataset(State.DRAFT)
    by = staff(Role.PUBLISHER, made.owner)
    reader = Reader(organizations=frozenset({made.owner_id}))
    told = {"by": by, "at": NOW}

    file = resources.add_file(
        made.pk, title_zh="候车亭照片", name="shelters_2025.csv", stream=BytesIO(b"a\n1\n"), **told
    )
    resources.add_file_version(file.pk, name="亭台.csv", stream=BytesIO(b"a\n2\n"), **told)
    resources.add_api(made.pk, title_zh="到站接口", url="https://a.example/", **told)
    link = resources.add_link(
        made.pk, title_zh="专题网页", title_en="Storybook", url="https://a.example/", **told
    )

    for asked in ("候车亭", "shelters", "亭台", "到站", "专题", "storybook"):
        assert find(asked, reader=reader).datasets == (made,), asked
    assert out_of_date() == 0
    resources.end_resource(link.pk, **told)
    assert find("专题", reader=reader).datasets == ()
    assert find("候车亭").datasets == ()  # a draft is its department's own


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (Dataset, indexing._ENTRY),
        (Organization, indexing._OWNER),
        (Organization, indexing._NAMED),
        (Region, indexing._NAMED),
        (Subject, indexing._NAMED),
        (Field, indexing._FIELD),
    ],
)
def test_what_is_read_of_an_entry_is_named_in_its_models_order(model, columns):
    of_model = [one.attname for one in model._meta.concrete_fields]

    assert list(columns) == [one for one in of_model if one in columns]


@pytest.mark.django_db
def test_an_entry_with_places_and_many_fields_is_read_by_as_many_queries(
    django_assert_num_queries,
):
    axes = [
        new_field(f"at_{axis}", data_type=DataType.DOUBLE, coordinate=f"wgs84.{axis}")
        for axis in "xy"
    ]
    made = catalog.dataset(fields=[*axes, *(f"more_{place}" for place in range(10))])

    with django_assert_num_queries(9):  # of them two of a savepoint and two that write
        indexing.index(made.pk, at=NOW)
