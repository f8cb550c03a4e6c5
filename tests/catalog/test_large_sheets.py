"""Large workbooks: taken in by few queries, with the same refusals and the same trail."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.roles import Role
from audit.models import Entry
from catalog import field_sets, indexing
from catalog.models import Dataset, Field
from catalog.sheets import fields, importing
from catalog.sheets.proposing import Fate
from catalog.terms import State
from catalog.workbooks import open_workbook
from policy.terms import DataType
from tests.factories import accounts
from tests.factories.catalog import NOW, dataset, new_field, staff, table
from tests.factories.workbooks import saved

pytestmark = pytest.mark.django_db
HEAD = "信息资源名称,信息资源代码,信息资源摘要,信息项名称,字段名,数据类型,共享条件\n"
FEW, MANY = 20, 60


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")


def line(number, name="", about="登记信息", kind="字符型", *, title="", code=None, condition=""):
    told = f"K/{number}" if code is None else code
    name = name or f"field_{number}"
    return f"{title or f'名录{number}'},{told},{about},项{number},{name},{kind},{condition}\n"


def sent(place, lines):
    data = io.BytesIO((HEAD + "".join(lines)).encode())
    by = staff(Role.PUBLISHER, place)
    return importing.send("a.csv", owner=place, stream=data, by=by, at=NOW), by


def taken(place, lines):
    """Take lines in; return what became of them, and by how many queries."""
    workbook, by = sent(place, lines)
    digest = importing.proposal_of(workbook).digest
    with CaptureQueriesContext(connection) as asked:
        outcome = importing.apply(workbook.pk, digest=digest, by=by, at=NOW)
    return outcome, len(asked)


def test_a_workbook_of_many_entries_costs_as_many_queries_as_one_of_few():
    _outcome, few = taken(accounts.organization(), map(line, range(FEW)))
    outcome, many = taken(accounts.organization(), map(line, range(MANY)))

    assert outcome.counts[Fate.NEW] == MANY
    assert many <= few


def test_changing_many_entries_costs_as_many_queries_as_changing_few():
    costs = []
    for count in (FEW, MANY):
        place = accounts.organization()
        taken(place, map(line, range(count)))
        changed = [line(one, about="新", kind="整型", condition="核验") for one in range(count)]
        outcome, cost = taken(place, changed)
        assert outcome.counts[Fate.CHANGED] == count
        costs.append(cost)

    few, many = costs
    assert many <= few
    assert not Field.objects.exclude(data_type=DataType.INTEGER).exists()


def test_every_entry_table_and_field_has_its_own_entry_of_the_trail():
    place = accounts.organization()

    taken(place, map(line, range(3)))
    taken(place, [line(0, about="新"), line(1, kind="整型"), line(2)])

    verbs = list(Entry.objects.order_by("pk").values_list("verb", flat=True))
    created = ["dataset.create", "resource.create", "field.create"] * 3
    changed = ["dataset.update", "field.update"]
    assert [one for one in verbs if one in {*created, *changed}] == created + changed
    first = Dataset.objects.get(title_zh="名录0")
    assert Entry.objects.get(verb="dataset.update").details["changed"] == {
        "abstract_zh": ["登记信息", "新"]
    }
    assert Entry.objects.filter(target=first.address, verb="dataset.create").count() == 1


def test_what_only_the_database_refuses_keeps_out_that_entry_and_no_other():
    lines = [line(one) for one in range(9)]
    lines[4] = line(4, name="Not An Identifier")

    outcome, _cost = taken(accounts.organization(), lines)

    refused = [row for row in outcome.rows if row.fate == Fate.REFUSED]
    assert [row.title for row in refused] == ["名录4"]
    assert "small letters" in refused[0].sentences[0]
    assert set(Dataset.objects.values_list("title_zh", flat=True)) == {
        f"名录{one}" for one in range(9) if one != 4
    }
    assert Field.objects.count() == 8


def test_a_value_that_does_not_fit_its_column_keeps_out_that_entry_and_no_other():
    lines = [line(0), line(1, name="a" * 64), line(2)]

    outcome, _cost = taken(accounts.organization(), lines)

    assert [row.fate for row in outcome.rows[1:]] == [Fate.NEW, Fate.REFUSED, Fate.NEW]
    assert "63 characters" in outcome.rows[2].sentences[0]
    assert Dataset.objects.count() == 2


def test_an_entry_that_a_workbook_names_twice_is_changed_twice():
    place = accounts.organization()
    taken(place, [line(0)])
    by_code = line(0, name="second", title="别名")
    by_name = line(5, name="third", code="", title="名录0", about="新")

    outcome, _cost = taken(place, [by_code, by_name])

    one = Dataset.objects.get()
    assert [row.fate for row in outcome.rows[1:]] == [Fate.CHANGED, Fate.CHANGED]
    assert (one.title_zh, one.abstract_zh) == ("别名", "新")
    assert set(Field.objects.values_list("label_zh", flat=True)) == {"项0", "项5"}


def test_what_was_taken_in_is_found():
    taken(accounts.organization(), map(line, range(3)))

    assert indexing.rebuild(at=NOW) == 0


# the fields of one entry


def bulk_edited(count):
    """Return a draft of `count` fields and a workbook that changes all of them and adds one."""
    made = dataset(State.DRAFT, [new_field(f"f{one}") for one in range(count)], grade=None)
    book = load_workbook(io.BytesIO(fields.as_xlsx(made)))
    places = {name: place for place, name in enumerate(fields.COLUMNS)}
    told = {"label_zh": "新", "pattern": "[a-z]+", "grade": "L2", "reason": "内部"}
    for row in range(count):
        for name, value in told.items():
            book.active.cell(row + 2, places[name] + 1).value = value
    added = told | {"name": "added", "data_type": "字符型"}
    book.active.append([added.get(name) for name in places])
    read = open_workbook(saved(book), "fields.xlsx")
    return made, read.grid(read.sheets[0])


def test_a_workbook_of_many_fields_costs_as_many_queries_as_one_of_few():
    costs = []
    for count in (FEW, MANY):
        made, grid = bulk_edited(count)
        digest, by = fields.differ(made, grid).digest, staff(Role.PUBLISHER, made.owner)
        with CaptureQueriesContext(connection) as asked:
            fields.apply(made.pk, grid, digest=digest, by=by, at=NOW)
        costs.append(len(asked))

    few, many = costs
    assert many <= few
    graded = Entry.objects.filter(verb="field.grade")
    assert graded.count() == FEW + MANY + 2
    assert Field.objects.filter(label_zh="新", pattern="[a-z]+", grade=2).count() == FEW + MANY + 2


def test_a_name_that_another_field_has_keeps_all_changes_out():
    made = dataset(State.DRAFT, ["first", "second"])
    first, second = table(made).fields.order_by("position")
    by = staff(Role.PUBLISHER, made.owner)
    changes = {first.pk: {"label_zh": "新"}, second.pk: {"name": "first"}}

    with pytest.raises(ValidationError, match="named_once"):
        field_sets.update_fields(made.pk, changes, by=by, at=NOW)

    assert not Field.objects.filter(label_zh="新").exists()


def test_fields_of_another_entry_are_not_there_to_change():
    made, other = dataset(State.DRAFT), dataset(State.DRAFT)
    theirs = table(other).fields.get()
    by = staff(Role.PUBLISHER, made.owner)

    with pytest.raises(Field.DoesNotExist):
        field_sets.update_fields(made.pk, {theirs.pk: {"label_zh": "新"}}, by=by, at=NOW)
