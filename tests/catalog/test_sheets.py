"""Catalogues as workbooks: proposals that account for each row, and what applying them leaves."""

import io

import pytest

from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog.models import Dataset, Field, SheetMapping
from catalog.refusals import EntryRefused, StepRefused, WorkbookRefused
from catalog.sheets import importing
from catalog.sheets.meanings import Meaning, suggested
from catalog.sheets.proposing import Fate
from catalog.terms import FormatClass, ShareWay, State, UpdateCycle
from catalog.workbooks import open_workbook
from policy.terms import DataType, OpenType, ShareType
from tests.factories import accounts
from tests.factories.catalog import NOW, dataset, new_field, staff
from tests.factories.workbooks import xlsx

pytestmark = pytest.mark.django_db

HEAD = [
    ["目录填报表"] + [None] * 9,
    ["信息资源分类", None, "信息资源名称", "信息资源代码", "信息资源摘要", "信息项信息"],
    ["类", "目", None, None, None, "信息项名称", "数据类型", "共享类型", "共享条件", None],
]
HEAD[1] += [None, "共享属性", None, "更新周期"]
MERGED = ["A1:J1", "A2:B2", "F2:G2", "H2:I2"] + [f"{one}2:{one}3" for one in "CDEJ"]
PARKING = ["部门信息资源目录", "交通", "停车场", "X/1", "公共停车场"]
ROWS = [
    [*PARKING, "名称", "字符型 C", "无条件共享", None, "每日"],
    [None, None, None, None, None, "泊位", "整型 I", "有条件共享", "仅限核验", None],
    [None] * 10,
    ["部门信息资源目录", None, "树木", None, "行道树", "树种", "字符型C", "无条件", None, "每年"],
]


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")


def publisher(place):
    return staff(Role.PUBLISHER, place)


def send(place, rows=None, *, data=b"", name="目录.xlsx", by=None):
    made = data or xlsx(HEAD + (ROWS if rows is None else rows), merged=MERGED)
    return importing.send(
        name, owner=place, stream=io.BytesIO(made), by=by or publisher(place), at=NOW
    )


def applied(sent):
    digest = importing.proposal_of(sent).digest
    return importing.apply(sent.pk, digest=digest, by=publisher(sent.owner), at=NOW)


def fates(proposal):
    return [row.fate for row in proposal.rows]


def test_the_national_workbook_is_read_by_its_header_and_each_row_has_its_fate():
    sent = send(accounts.organization())

    proposal = importing.proposal_of(sent)

    assert fates(proposal) == [
        Fate.IGNORED,
        Fate.IGNORED,
        Fate.IGNORED,
        Fate.NEW,
        Fate.ITEM_NEW,
        Fate.IGNORED,
        Fate.NEW,
    ]
    assert [row.title for row in proposal.rows[3:5]] == ["停车场", "停车场"]
    assert not Dataset.objects.exists()


def test_applying_drafts_the_entries_with_their_items():
    place = accounts.organization()

    applied(send(place))

    parking, trees = Dataset.objects.order_by("pk")
    assert (parking.state, parking.title_zh, parking.abstract_zh) == (
        State.DRAFT,
        "停车场",
        "公共停车场",
    )
    assert (parking.update_cycle, trees.update_cycle) == (UpdateCycle.DAILY, UpdateCycle.YEARLY)
    assert parking.extensions == {"信息资源代码": "X/1", "目": "交通"}
    name, spaces = Field.objects.filter(resource__dataset=parking).live()
    assert (name.name, name.label_zh, name.data_type) == ("mingcheng", "名称", DataType.TEXT)
    assert (spaces.data_type, spaces.share_type) == (DataType.INTEGER, ShareType.CONDITIONAL)
    assert spaces.share_condition_zh == "仅限核验"
    assert (name.grade, spaces.grade) == (None, None)  # a person grades


def test_the_same_workbook_again_changes_nothing():
    place = accounts.organization()
    applied(send(place))

    proposal = importing.proposal_of(send(place))

    assert proposal.counts[Fate.SAME] == 2
    assert proposal.counts[Fate.ITEM_SAME] == 1
    assert not any(entry.does_something for entry in proposal.entries)


def test_a_changed_workbook_says_old_and_new_and_changes_just_that():
    place = accounts.organization()
    applied(send(place))
    rows = [[*row] for row in ROWS]
    rows[0][4], rows[1][6] = "全市停车场", "数值型 N"
    sent = send(place, rows)

    proposal = importing.proposal_of(sent)
    applied(sent)

    assert [proposal.rows[3].fate, proposal.rows[4].fate] == [Fate.CHANGED, Fate.ITEM_CHANGED]
    assert "“公共停车场” → “全市停车场”" in proposal.rows[3].sentences[0]
    assert Dataset.objects.get(title_zh="停车场").abstract_zh == "全市停车场"
    assert Field.objects.get(label_zh="泊位").data_type == DataType.DECIMAL
    assert Dataset.objects.count() == 2


def row(title="树木", code=None, abstract="x", item="树种", kind="字符型", share="无条件共享"):
    return [None, None, title, code, abstract, item, kind, share, None, "每日"]


REFUSED = {
    "unknown share type": ([row(share="部分共享")], "“部分共享” is no share type that is known"),
    "long name": ([row("长" * 101)], "101 characters; it may have 100"),
    "long abstract": ([row(abstract="长" * 1001)], "1001 characters; it may have 1000"),
    "long item": ([row(item="长" * 101)], "101 characters; it may have 100"),
    "no name": ([[None, None, None, None, "x", "树种", None, None, None, None]], "has no name"),
    "name twice": ([row(), row("花", "F"), row()], "“树木” stands in row 4 too"),
    "code twice": ([row(code="A"), row("花", "A")], "code A stands in row 4 too"),
    "item twice": ([row(), row(None)], "“树种” stands in row 4 too"),
}


@pytest.mark.parametrize(("rows", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_row_that_does_not_fit_is_refused_by_a_sentence_and_its_entry_with_it(rows, sentence):
    sent = send(accounts.organization(), rows)

    proposal = importing.proposal_of(sent)
    applied(sent)

    told = [text for one in proposal.rows for text in one.sentences if sentence in text]
    refused = {one.title for one in proposal.rows if one.fate == Fate.REFUSED}
    assert told
    assert len(proposal.rows) == 3 + len(rows)
    assert Dataset.objects.filter(title_zh__in=refused - {"树木"}).count() == 0
    assert proposal.counts[Fate.REFUSED] >= 1


def test_words_that_are_unknown_are_told_of_and_left_out():
    sent = send(accounts.organization(), [row(kind="神秘型")])

    proposal = importing.proposal_of(sent)

    assert proposal.rows[3].fate == Fate.NEW
    assert "“神秘型” is no data type that is known" in " ".join(proposal.rows[3].sentences)


def test_not_shared_needs_a_line_of_the_negative_list():
    sent = send(accounts.organization(), [row(share="不予共享")])

    proposal = importing.proposal_of(sent)
    applied(sent)

    assert "negative list" in " ".join(proposal.rows[3].sentences)
    assert Field.objects.get().share_type == ShareType.CONDITIONAL


def test_a_published_entry_is_not_changed_by_a_workbook():
    made = dataset(title_zh="树木", abstract_zh="旧")

    proposal = importing.proposal_of(send(made.owner, [row(abstract="新")]))

    assert proposal.rows[3].fate == Fate.REFUSED
    assert "only a draft is changed" in proposal.rows[3].sentences[0]


def test_a_code_of_another_department_is_refused_and_its_entry_too():
    other = dataset()

    proposal = importing.proposal_of(send(accounts.organization(), [row(code=other.code)]))

    assert "belongs to an entry of" in proposal.rows[3].sentences[0]


def test_a_graded_item_keeps_its_types():
    made = dataset(State.DRAFT, [new_field("kind", label_zh="树种")], title_zh="树木")
    sent = send(made.owner, [row(share="有条件共享")])

    proposal = importing.proposal_of(sent)
    applied(sent)

    assert "a person has graded" in " ".join(proposal.rows[3].sentences)
    assert Field.objects.get(name="kind").share_type == ShareType.UNCONDITIONAL


def test_what_a_verb_refuses_leaves_the_other_entries_alone_and_nothing_half_done():
    place = accounts.organization()
    made = dataset(
        State.DRAFT,
        [new_field("kind", label_zh="树种", pattern="[a-z]+")],
        owner=place,
        title_zh="树木",
    )
    rows = [row(abstract="新", kind="整型"), row("花", item="花名")]

    outcome = applied(send(place, rows))

    assert [one.fate for one in outcome.rows[3:]] == [Fate.REFUSED, Fate.NEW]
    assert "cannot have a pattern" in outcome.rows[3].sentences[0]
    made.refresh_from_db()
    assert made.abstract_zh == "用于测试的数据。"
    assert Dataset.objects.filter(title_zh="花").exists()


def test_a_workbook_is_applied_once_and_only_as_it_was_shown():
    place = accounts.organization()
    sent = send(place)
    digest = importing.proposal_of(sent).digest
    dataset(State.DRAFT, owner=place, title_zh="树木")

    with pytest.raises(StepRefused, match="has changed since"):
        importing.apply(sent.pk, digest=digest, by=publisher(place), at=NOW)
    applied(sent)
    with pytest.raises(StepRefused, match="applied already"):
        applied(sent)

    assert Entry.objects.filter(verb="dataset.import").count() == 1


def test_another_department_neither_sends_nor_applies_here():
    place, stranger = accounts.organization(), accounts.user(Role.PUBLISHER)
    sent = send(place)

    with pytest.raises(NotAllowed):
        send(place, by=stranger)
    with pytest.raises(NotAllowed):
        importing.apply(sent.pk, digest="", by=stranger, at=NOW)


def test_a_file_that_is_no_workbook_is_refused_and_not_kept(tmp_path):
    with pytest.raises(WorkbookRefused, match="not what its name says"):
        send(accounts.organization(), data=b"<html></html>")

    assert not list(tmp_path.rglob("*"))


# columns of any shape


def test_columns_said_once_are_found_again_at_the_next_workbook():
    place = accounts.organization()
    data = "甲,乙\n停车场,公共停车场\n".encode()
    sent = send(place, data=data, name="a.csv")
    assert importing.layout(sent).columns == {}

    said = {Meaning.TITLE: 0, Meaning.ABSTRACT: 1}
    importing.map_columns(
        sent.pk, sheet="", first_row=0, header_rows=1, columns=said, by=publisher(place), at=NOW
    )

    again = send(place, data=data, name="b.csv")
    assert importing.layout(again).columns == said
    assert SheetMapping.objects.count() == 1
    applied(again)
    assert Dataset.objects.get().abstract_zh == "公共停车场"


@pytest.mark.parametrize("columns", [{Meaning.ABSTRACT: 0}, {Meaning.TITLE: 0, Meaning.ALIAS: 0}])
def test_a_mapping_needs_names_and_one_meaning_a_column(columns):
    place = accounts.organization()
    sent = send(place)

    with pytest.raises(EntryRefused, match="one meaning"):
        importing.map_columns(
            sent.pk,
            sheet=sent.sheet,
            first_row=0,
            header_rows=0,
            columns=columns,
            by=publisher(place),
            at=NOW,
        )


def test_items_in_one_cell_become_fields_and_what_is_left_out_is_told():
    place = accounts.organization()
    data = "名稱,主要欄位,資源格式\n公園,園名、地址、園名,CSV\n".encode()
    sent = send(place, data=data, name="a.csv")

    proposal = importing.proposal_of(sent)
    applied(sent)

    assert [one.label_zh for one in Field.objects.live()] == ["園名", "地址"]
    assert "comes twice" in " ".join(proposal.rows[1].sentences)


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("信息资源分类/类", Meaning.CATEGORY),
        ("共享属性/共享方式类型", Meaning.SHARE_WAY),
        ("資料名稱", Meaning.TITLE),
        ("更新頻率", Meaning.UPDATE_CYCLE),
        ("Data Format", Meaning.FORMAT_TYPE),
        ("Update Frequency", Meaning.UPDATE_CYCLE),
        ("標籤/關鍵字", Meaning.KEYWORDS),
    ],
)
def test_headers_in_three_scripts_are_understood(name, meaning):
    assert suggested([name]) == {meaning: 0}


EXTENDED = (
    "名称,摘要,牵头部门,行政区划,来源系统,备注\n"
    "停车场,公共停车场,城管局,990100,停车系统,内部\n"
    "树木,行道树,无此部门,某某区,,\n"
)


def test_lead_department_and_region_are_found_by_name_or_code_and_else_kept_as_written():
    place = accounts.organization()
    lead = accounts.organization(name_zh="城管局")
    region = accounts.region(code="990100", name_zh="某市")

    applied(send(place, data=EXTENDED.encode(), name="a.csv"))

    parking, trees = Dataset.objects.order_by("pk")
    assert (parking.source_authority, parking.region) == (lead, region)
    assert (trees.source_authority, trees.region) == (None, None)
    assert trees.extensions == {"数源部门": "无此部门", "所属行政区划": "某某区"}


def test_columns_that_are_not_taken_over_are_named_and_can_be_kept_as_further_elements():
    place = accounts.organization()
    sent = send(place, data=EXTENDED.encode(), name="a.csv")

    [left] = importing.notes_of(sent)
    layout = importing.layout(sent)
    importing.map_columns(
        sent.pk,
        sheet="",
        first_row=0,
        header_rows=1,
        columns=layout.columns,
        further=[4, 5],
        by=publisher(place),
        at=NOW,
    )
    sent.refresh_from_db()
    again = send(place, data=EXTENDED.encode(), name="b.csv")

    assert "“来源系统”, “备注”" in left
    assert importing.notes_of(sent) == []
    assert importing.layout(again).further == {"来源系统": 4, "备注": 5}
    applied(sent)
    parking = Dataset.objects.get(title_zh="停车场")
    assert parking.extensions["来源系统"] == "停车系统"
    assert parking.extensions["备注"] == "内部"
    assert not any(one.does_something for one in importing.proposal_of(again).entries)


def test_a_further_element_that_a_later_row_says_otherwise_is_told_of():
    place = accounts.organization()
    data = "名称,信息项名称,扩展元数据/系统\n停车场,名称,甲\n,泊位,乙\n"

    proposal = importing.proposal_of(send(place, data=data.encode(), name="a.csv"))

    assert proposal.entries[0].read.extensions == {"系统": "甲"}
    assert "“乙” differs" in " ".join(proposal.rows[2].sentences)


# every workbook at hand


def read_whole(path, sheet=None, title=None):
    """Return a sent file, how many rows it has, and its proposal; `title` is the names' column."""
    place = accounts.organization()
    data = io.BytesIO(path.read_bytes())
    sent = importing.send(path.name, owner=place, stream=data, by=publisher(place), at=NOW)
    sent.sheet = sheet or sent.sheet
    grid = open_workbook(path).grid(sent.sheet)
    found = importing.layout_of(grid, place)
    columns = {one: column for one, column in found.columns.items() if column != title}
    if title is not None:
        columns[Meaning.TITLE] = title
    importing.map_columns(
        sent.pk,
        sheet=sent.sheet,
        first_row=found.first_row,
        header_rows=found.header_rows,
        columns=columns,
        by=publisher(place),
        at=NOW,
    )
    sent.refresh_from_db()
    return sent, len(grid), importing.proposal_of(sent)


WORKBOOKS = [
    ("constructed_zwml_template_ok.xlsx", None, None),
    ("hk_datagovhk_catalogue_2018_en.csv", None, None),
    ("tw_data_portal_list.xlsx", "中央", 1),
    ("tw_data_portal_list.xlsx", "地方", 2),
    ("tw_data_portal_list.xlsx", "dtid", 1),
    ("tw_kaohsiung_catalogue_noheader.csv", None, 0),
    ("tw_taoyuan_catalogue.xls", None, None),
]


@pytest.mark.parametrize(("name", "sheet", "title"), WORKBOOKS)
def test_each_row_of_every_workbook_at_hand_has_one_fate(name, sheet, title, shared_data):
    _sent, height, proposal = read_whole(shared_data / "catalogues" / name, sheet, title)

    assert [one.number for one in proposal.rows] == list(range(1, height + 1))
    assert sum(proposal.counts.values()) == height
    assert all(one.sentences for one in proposal.rows if one.fate in {"refused", "ignored"})
    assert proposal.counts[Fate.NEW] > 0


def test_a_whole_city_catalogue_is_taken_in(shared_data):
    sent, _height, proposal = read_whole(
        shared_data / "catalogues" / "tw_data_portal_list.xlsx", "dtid", 1
    )

    applied(sent)

    assert Dataset.objects.count() == proposal.counts[Fate.NEW]
    assert sum(sent.__class__.objects.get().outcome["counts"].values()) == len(proposal.rows)


def test_the_national_example_is_taken_in_whole(shared_data):
    sent, _height, _proposal = read_whole(
        shared_data / "catalogues" / "constructed_zwml_template_ok.xlsx"
    )

    applied(sent)

    first, second, third = Dataset.objects.order_by("pk")
    assert (first.title_zh, first.format_class) == ("企业登记基本信息", FormatClass.DATABASE)
    assert (first.update_cycle, first.share_way) == (UpdateCycle.DAILY, ShareWay.API)
    fields = {one.label_zh: one for one in Field.objects.live()}
    assert fields["统一社会信用代码"].length == 18
    assert fields["成立日期"].data_type == DataType.DATE
    assert fields["不动产单元号"].share_type == ShareType.CONDITIONAL
    assert fields["不动产单元号"].open_type == OpenType.NOT_OPEN
    assert second.share_condition_zh.startswith("仅限行政审批核验")
    assert third.resources.get().fields.get().share_type == ShareType.CONDITIONAL
    assert all(one.grade is None for one in fields.values())
