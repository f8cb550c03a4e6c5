"""The one-source check: measured on a small labelled set, silent about what it may not tell."""

import string

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from catalog import likeness, one_source
from catalog.likeness import Sketched, normal
from catalog.models import Field, FieldSketch
from catalog.terms import LineState, State
from policy.terms import Grade
from tests.factories.catalog import NOW, dataset, negative_line, new_field

pytestmark = pytest.mark.django_db

# what each entry lists: name → label. Entries of one letter hold the same thing.
LABELLED = {
    "A1 企业登记信息": {
        "entname": "企业名称",
        "uscc": "统一社会信用代码",
        "legalrep": "法定代表人",
        "estdate": "成立日期",
        "dom": "住所",
        "remark": "备注",
    },
    "A2 市场主体基本情况": {
        "company": "单位名称",
        "credit_code": "社会信用代码",
        "person": "负责人",
        "opened": "注册日期",
        "address": "经营地址",
        "capital": "注册资本",
    },
    "B1 公共停车场": {
        "park_name": "停车场名称",
        "spaces": "泊位数",
        "lng": "经度",
        "lat": "纬度",
        "fee": "收费标准",
    },
    "B2 停车场信息": {
        "name": "停车场名称",
        "total": "泊位数",
        "x": "坐标经度",
        "y": "坐标纬度",
        "opening": "开放时间",
    },
    "C1 烟草专卖零售许可": {
        "permit": "许可证号",
        "shop": "店铺名称",
        "keeper": "负责人姓名",
        "expires": "有效期至",
    },
    "C2 卷烟零售户": {
        "permit_no": "许可证编号",
        "shop_name": "店铺名称",
        "expiry": "有效期至",
        "updated": "更新时间",
    },
    "D 空气质量日报": {
        "id": "序号",
        "station": "监测站点",
        "pm25": "细颗粒物",
        "date": "日期",
        "remark": "备注",
    },
    "E 学校名录": {"id": "序号", "name": "名称", "address": "地址", "remark": "备注"},
    "F 公交站点": {"id": "序号", "stop": "站点名称", "lng": "经度", "lat": "纬度"},
    "G 行政处罚": {
        "case_no": "案号",
        "party": "当事人",
        "uscc": "统一社会信用代码",
        "fine": "罚款金额",
        "date": "日期",
    },
}
PAIRS = {("A1", "A2"), ("B1", "B2"), ("C1", "C2")}


def entry(title, fields, state=State.PUBLISHED, **more):
    described = [new_field(name, label_zh=label) for name, label in fields.items()]
    return dataset(state, described, title_zh=title, **more)


@pytest.fixture
def city():
    return {title.split()[0]: entry(title, fields) for title, fields in LABELLED.items()}


def sketch(field, hashes, different=None):
    return FieldSketch.objects.create(
        field=field, hashes=sorted(hashes), different=different or len(hashes), sketched_at=NOW
    )


def test_true_pairs_stand_above_all_others_in_the_labelled_set(city):
    letters = {made.pk: letter for letter, made in city.items()}
    true, false = [], []
    for letter, made in city.items():
        for place, found in enumerate(one_source.for_reviewer(made)):
            pair = tuple(sorted((letter, letters[found.dataset.pk])))
            (true if pair in PAIRS else false).append(found.score)
            assert pair not in PAIRS or place == 0  # the same thing is named first

    assert len(true) == 2 * len(PAIRS)  # each of a pair finds the other
    assert min(true) > max(false, default=0)
    assert len(false) <= 1


def test_the_evidence_names_department_entry_and_fields(city):
    [found, *_others] = one_source.for_publisher(city["C2"])

    assert str(city["C1"].owner) in found.sentence
    assert "许可证编号" in found.sentence
    assert "3 of 4 fields" in found.sentence


def test_values_find_what_is_called_otherwise():
    values = list(range(1000, 1064))
    theirs = entry("特种设备台账", {"a": "使用单位"})
    mine = entry("电梯名册", {"b": "物业公司"}, State.DRAFT)
    assert one_source.for_reviewer(mine) == []

    sketch(Field.objects.get(resource__dataset=theirs), values)
    sketch(Field.objects.get(resource__dataset=mine), values)

    [found] = one_source.for_reviewer(mine)
    assert found.score > 0.8
    assert "about 100 %" in found.sentence
    assert "1000" not in found.sentence


@pytest.mark.parametrize("why", ["graded", "barred", "concealed"])
def test_a_publisher_learns_nothing_from_values_that_it_may_not_read(why):
    grade = Grade.L3 if why == "graded" else Grade.L1
    described = [new_field("a", label_zh="使用单位", concealed=why == "concealed")]
    theirs = dataset(State.PUBLISHED, described, grade=grade)
    if why == "barred":
        negative_line(theirs, ["a"], state=LineState.PUBLISHED)
    mine = entry("电梯名册", {"b": "物业公司"}, State.DRAFT)
    sketch(Field.objects.get(resource__dataset=theirs), range(64))
    sketch(Field.objects.get(resource__dataset=mine), range(64))

    assert one_source.for_publisher(mine) == []
    assert bool(one_source.for_reviewer(mine)) == (why != "concealed")


def test_drafts_of_others_are_not_told_of_and_entries_in_review_only_to_reviewers():
    entry("零售户一", LABELLED["C1 烟草专卖零售许可"], State.DRAFT)
    waiting = entry("零售户二", LABELLED["C1 烟草专卖零售许可"], State.IN_REVIEW)
    mine = entry("零售户三", LABELLED["C2 卷烟零售户"], State.DRAFT)

    assert one_source.for_publisher(mine) == []
    assert [found.dataset for found in one_source.for_reviewer(mine)] == [waiting]


def test_words_that_stand_everywhere_are_not_even_looked_up():
    for number in range(3):
        names = {f"f{number}{letter}": "经办科室" for letter in string.ascii_lowercase}
        entry(f"台账{number}", names | {f"g{number}{x}": "经办科室" for x in string.digits})
    mine = entry("名册", {"x": "经办科室"}, State.DRAFT)

    assert one_source.for_reviewer(mine) == []


def test_the_check_asks_the_indexes_and_not_the_whole_catalogue(django_assert_num_queries):
    filler = dataset(State.DRAFT)
    table = filler.resources.get()
    Field.objects.bulk_create(
        Field(resource=table, name=f"n{number}", label_zh=f"标签{number}", data_type="text")
        for number in range(20_000)
    )
    mine = entry("名册", LABELLED["C2 卷烟零售户"], State.DRAFT)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_field, catalog_fieldsketch")

    with django_assert_num_queries(2):
        one_source.for_reviewer(mine)
    with connection.cursor() as cursor:
        asked = {"asked": "[]", "most": 101, "dataset": 1, "among": [], "all_values": True}
        cursor.execute(f"EXPLAIN {one_source.HITS}", asked)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on catalog_field f" not in plan


def test_nothing_is_found_for_an_entry_without_fields():
    assert one_source.for_reviewer(dataset(State.DRAFT, [])) == []


ASCII, CJK, FULL_WIDTH, MARKS = (0x20, 0x7E), (0x4E00, 0x9FA5), (0xFF01, 0xFF5E), (0x3000, 0x3011)
SIGNS = st.one_of(
    st.characters(min_codepoint=a, max_codepoint=z) for a, z in (ASCII, CJK, FULL_WIDTH, MARKS)
)


@given(st.text(SIGNS, max_size=20))
def test_the_database_compares_words_as_the_code_does(word):
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalog_normal(%s)", [word])
        [found] = cursor.fetchone()

    assert found == normal(word)


@pytest.mark.parametrize("text", ["企业 名称", "（企业名称）", "企业_名称", "企业／名称"])
def test_blanks_width_and_marks_make_no_difference(text):
    assert normal(text) == "企业名称"


@given(st.integers(0, 64), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_share_is_a_share_and_few_values_tell_nothing(shared, mine, theirs):
    share = Sketched(shared, mine, theirs).share

    assert 0 <= share <= 1
    assert share == 0 or min(mine, theirs) >= likeness.FEWEST
