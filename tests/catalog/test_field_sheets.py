"""The fields of an entry by a workbook, and entries drafted after another."""

import io

import pytest
from openpyxl import load_workbook

from accounts.roles import NotAllowed, Role
from catalog import copying, drafting, publishing
from catalog.models import CodeList, Dataset, Field
from catalog.refusals import EntryRefused, StepRefused, WorkbookRefused
from catalog.sheets import fields
from catalog.terms import State
from catalog.workbooks import open_workbook
from policy.terms import DataType, Grade, OpenType, ShareType
from tests.factories import accounts
from tests.factories.catalog import NOW, dataset, field, new_field, staff
from tests.factories.workbooks import saved, xlsx

pytestmark = pytest.mark.django_db
PLACES = {name: place for place, name in enumerate(fields.COLUMNS)}


def edited(made, cells, *, more=()):
    """Export the fields, change cells (row from 0, column) and read the workbook again."""
    book = load_workbook(io.BytesIO(fields.as_xlsx(made)))
    for (row, name), value in cells.items():
        book.active.cell(row + 2, PLACES[name] + 1).value = value
    for row in more:
        book.active.append([row.get(name) for name in PLACES])
    return read(saved(book))


def read(data):
    book = open_workbook(data, "fields.xlsx")
    return book.grid(book.sheets[0])


def apply(made, grid, by=None):
    digest = fields.differ(made, grid).digest
    by = by or staff(Role.PUBLISHER, made.owner)
    return fields.apply(made.pk, grid, digest=digest, by=by, at=NOW)


def one_draft(**over):
    return dataset(State.DRAFT, [new_field("name", label_zh="名称", **over), "spaces"])


def test_a_workbook_that_was_not_touched_differs_in_nothing():
    CodeList.objects.create(name="色", version="1", title_zh="色")
    made = one_draft(length=20, code_list=CodeList.objects.get(), is_key=True, label_en="=Name")

    difference = fields.differ(made, edited(made, {}))

    assert (difference.changes, difference.same) == ((), 2)


def test_cells_that_were_changed_are_shown_old_and_new_and_then_applied():
    made = one_draft()
    grid = edited(
        made,
        {
            (0, "label_zh"): "停车场名称",
            (0, "grade"): "L2",
            (0, "open_type"): "不予开放",
            (0, "reason"): "内部名称",
            (1, "data_type"): "整型",
        },
    )

    [name, spaces] = fields.differ(made, grid).changes
    assert ("中文名称", "名称", "停车场名称") in name.shown
    assert spaces.shown[0][0] == "数据类型"
    apply(made, grid)

    first, second = Field.objects.filter(resource__dataset=made).live()
    assert (first.label_zh, first.grade, first.open_type) == (
        "停车场名称",
        Grade.L2,
        OpenType.NOT_OPEN,
    )
    assert first.grade_reason == "内部名称"
    assert second.data_type == DataType.INTEGER


def test_a_row_without_a_number_is_a_new_field():
    made = one_draft()
    row = {"name": "fee", "label_zh": "费用", "data_type": "数值型", "scale": 2, "grade": "L1"}

    apply(made, edited(made, {}, more=[row]))

    fee = Field.objects.get(name="fee")
    assert (fee.label_zh, fee.data_type, fee.scale, fee.grade) == ("费用", "decimal", 2, Grade.L1)


REFUSED = {
    "unknown number": ({(0, "id"): 999999}, "No field of this entry"),
    "another type": ({(0, "data_type"): "神秘型"}, "Choose one of: 字符型"),
    "another grade": ({(0, "grade"): "L9"}, "Choose one of: L1"),
    "no length": ({(0, "length"): "long"}, "cannot stand under “长度”"),
    "a code list": ({(0, "code_list"): "x"}, "cannot stand under “代码表”"),
    "yes or no": ({(0, "is_key"): "maybe"}, "Choose one of: 是, 否"),
    "no grade": ({(0, "grade"): None}, "has no grade"),
}


@pytest.mark.parametrize(("cells", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_row_that_does_not_fit_keeps_the_whole_workbook_out(cells, sentence):
    made = one_draft()
    grid = edited(made, cells | {(1, "label_zh"): "新"})

    told = " ".join(text for one in fields.differ(made, grid).changes for text in one.refused)

    assert sentence in told
    with pytest.raises(EntryRefused, match="cannot be taken over"):
        apply(made, grid)
    assert not Field.objects.filter(label_zh="新").exists()


def test_a_field_that_stands_twice_is_refused():
    made = one_draft()
    number = Field.objects.get(name="name").pk
    row = {"id": number, "name": "name", "label_zh": "x", "data_type": "字符型"}

    difference = fields.differ(made, edited(made, {}, more=[row]))

    assert "twice" in " ".join(difference.changes[0].refused)


@pytest.mark.parametrize("head", [["编号 (id)", "字段名 (name)", "秘密 (secrecy)"], ["a", "b"]])
def test_columns_that_are_not_known_are_refused_by_name(head):
    with pytest.raises(WorkbookRefused, match="not known"):
        fields.differ(one_draft(), read(xlsx([head, [1, "x", None]])))


def test_what_a_verb_refuses_undoes_the_rows_before_it():
    made = one_draft()
    grid = edited(made, {(0, "label_zh"): "新", (1, "pattern"): "(["})

    with pytest.raises(EntryRefused, match="regular expression"):
        apply(made, grid)

    assert not Field.objects.filter(label_zh="新").exists()


def test_only_what_was_shown_is_applied():
    made = one_draft()
    grid = edited(made, {(0, "label_zh"): "新"})
    digest = fields.differ(made, grid).digest
    by = staff(Role.PUBLISHER, made.owner)
    drafting.update_field(Field.objects.get(name="name").pk, label_zh="别", by=by, at=NOW)

    with pytest.raises(StepRefused, match="have changed since"):
        fields.apply(made.pk, grid, digest=digest, by=by, at=NOW)


def test_a_published_entry_and_a_stranger_are_refused():
    made, published = one_draft(), dataset()
    grid = edited(made, {(0, "label_zh"): "新"})

    with pytest.raises(NotAllowed):
        apply(made, grid, by=accounts.user(Role.PUBLISHER))
    with pytest.raises(StepRefused, match="only when"):
        apply(published, edited(published, {(0, "label_zh"): "新"}))


def test_the_workbook_offers_lists_to_choose_from():
    sheet = load_workbook(io.BytesIO(fields.as_xlsx(one_draft()))).active

    choices = {rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert '"是,否"' in choices
    assert any("L1,L2,L3,L4" in one for one in choices)


# entries drafted after another


def copied(model, owner, **over):
    by = over.pop("by", None) or staff(Role.PUBLISHER, owner)
    words = {"owner": owner, "title_zh": "新停车场", "by": by, "at": NOW}
    return copying.copy(model.pk, "new-parking", **words | over)


def test_a_similar_entry_has_metadata_and_fields_and_grades_as_suggestions_only():
    model = dataset(
        fields=[new_field("name", length=9)], grade=Grade.L3, share_type=ShareType.CONDITIONAL
    )

    made = copied(model, model.owner)

    one = made.resources.get().fields.get()
    assert (made.state, made.title_zh, made.abstract_zh) == (
        State.DRAFT,
        "新停车场",
        model.abstract_zh,
    )
    assert (made.code, made.contact) == (None, model.contact)
    assert (one.name, one.length, one.share_type) == ("name", 9, ShareType.CONDITIONAL)
    assert (one.grade, one.suggested_grade) == (None, Grade.L3)
    assert one.suggestion["copied_from"].startswith("field:")
    assert publishing.publication_defects(made)


def test_of_another_departments_entry_its_contact_and_concealed_fields_stay_behind():
    named = new_field("name", is_key=True)
    model = dataset(fields=[named, new_field("hidden", concealed=True)])

    made = copied(model, accounts.organization())

    assert made.contact == ""
    assert [one.name for one in made.resources.get().fields.all()] == ["name"]


def test_another_departments_draft_is_not_there_to_copy():
    with pytest.raises(Dataset.DoesNotExist):
        copied(field().resource.dataset, accounts.organization())


def test_who_may_not_list_datasets_copies_none():
    model = dataset()

    with pytest.raises(NotAllowed):
        copied(model, model.owner, by=accounts.user(Role.PUBLISHER))
