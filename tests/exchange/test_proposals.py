"""What is proposed for a table or a sheet, and the numbers that speak for it."""

import random

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from stdnum.iso7064 import mod_11_2

from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog.models import Code, CodeList
from catalog.naming import plain as identifier
from catalog.terms import Check
from exchange import proposals, sources
from exchange.models import SourceKind
from exchange.naming import identifiers, labels
from exchange.records.statements import rows
from policy.terms import DataType, Grade, OpenType, ShareType
from tests.factories import accounts, exchange, sheets

pytestmark = pytest.mark.django_db
NOW = exchange.NOW


def resident_id(number: int) -> str:
    """A made-up ID of a region that does not exist."""
    body = f"99010019900101{number:03d}"
    return body + mod_11_2.calc_check_digit(body)


def proposed(where, data: bytes | str, *, kind=SourceKind.EXCEL, **given):
    source = sources.create(where.department, name="files", kind=kind, by=where.publisher, at=NOW)
    suffix = ".xlsx" if kind == SourceKind.EXCEL else ".csv"
    path = exchange.csv_file(data, suffix=suffix, owner=where.department.slug)
    found = proposals.propose(source.pk, {"path": str(path), **given}, by=where.publisher)
    return {one.column: one for one in found.fields}, found


def told(field) -> list[str]:
    with override("en"):
        return [str(one) for one in field.evidence]


def people(count: int = 60) -> bytes:
    random.seed(7)
    body = [
        (
            f"{n:05d}",
            resident_id(n) if n % 60 else "991",
            f"138{n:08d}",
            f"2026-01-{n % 28 + 1:02d}",
            n * 1.25,
            n % 3 + 1,
            None if n % 4 else "备注",
            "是" if n % 2 else "否",
        )
        for n in range(count)
    ]
    header = ("编号", "身份证号", "联系电话", "登记日期", "面积", "类别", "备注", "是否有效")
    return sheets.workbook((header, *body))


def test_a_sheet_is_proposed_field_by_field_with_its_evidence_in_numbers():
    listed = CodeList.objects.create(name="KIND", version="1", title_zh="类别")
    Code.objects.bulk_create(Code(list=listed, code=str(n), label_zh="x") for n in range(1, 5))

    fields, found = proposed(exchange.house(), people())

    assert found.sampled == 60
    assert {name: one.data_type for name, one in fields.items()} == {
        "编号": DataType.TEXT,
        "身份证号": DataType.TEXT,
        "联系电话": DataType.TEXT,
        "登记日期": DataType.DATE,
        "面积": DataType.DECIMAL,
        "类别": DataType.INTEGER,
        "备注": DataType.TEXT,
        "是否有效": DataType.BOOLEAN,
    }
    key, person = fields["编号"], fields["身份证号"]
    assert (key.name, key.is_key, key.required, key.length) == ("bianhao", True, True, 5)
    assert "All 60 values are there and different." in told(key)
    assert "60 of 60 values begin with a zero, so they are kept as text." in told(key)
    assert (person.value_check, person.length) == (Check.RESIDENT_ID, 18)
    assert person.suggestion.grade == Grade.L3
    assert (person.suggestion.share_type, person.suggestion.open_type) == (
        ShareType.CONDITIONAL,
        OpenType.NOT_OPEN,
    )
    assert person.suggestion.mask is not None
    assert "59 of 60 values pass the resident-ID checksum." in told(person)
    assert fields["面积"].scale == 2
    assert not fields["备注"].required
    assert "45 of 60 rows have no value." in told(fields["备注"])


def test_evidence_is_said_in_chinese_too():
    fields, _found = proposed(exchange.house(), people())

    with override("zh-hans"):
        said = [str(one) for one in fields["身份证号"].evidence]

    assert "60 个值中有 59 个通过居民身份证号校验。" in said


def test_a_code_list_that_holds_every_value_is_proposed():
    listed = CodeList.objects.create(name="KIND", version="1", title_zh="类别")
    Code.objects.bulk_create(Code(list=listed, code=code, label_zh="x") for code in "ABCD")
    data = "kind,other\n" + "".join(f"{'ABC'[n % 3]},{'AX'[n % 2]}\n" for n in range(30))

    fields, _found = proposed(exchange.house(), data, kind=SourceKind.CSV)

    assert fields["kind"].code_list == listed
    assert "All 3 different values stand in the code list “KIND (1)”." in told(fields["kind"])
    assert fields["other"].code_list is None


def test_a_databases_own_types_key_and_comments_are_followed(source):
    where = exchange.house()
    url = source(
        "CREATE TABLE things (no varchar(8), part integer, label text, amount numeric(10, 2),"
        " updated_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (no, part))",
        "COMMENT ON COLUMN things.label IS '名称'",
        "INSERT INTO things SELECT 'x' || n, n, 'n', n FROM generate_series(1, 40) n",
    )
    registry = exchange.database_binding(where, url).source

    found = proposals.propose(
        registry.pk, {"schema": "public", "table": "things"}, by=where.publisher
    )

    shape = {f.name: (f.data_type, f.length, f.scale, f.is_key, f.label_zh) for f in found.fields}
    assert shape == {
        "no": (DataType.TEXT, 8, None, True, "no"),
        "part": (DataType.INTEGER, None, None, True, "part"),
        "label": (DataType.TEXT, 10, None, False, "名称"),
        "amount": (DataType.DECIMAL, None, 2, False, "amount"),
        "updated_at": (DataType.DATETIME, None, None, False, "updated at"),
    }
    assert found.cursors == ("updated_at",)


def test_a_large_table_is_sampled_and_no_value_is_kept_anywhere(source, monkeypatch):
    monkeypatch.setattr(proposals, "SAMPLE", 50)
    where = exchange.house()
    url = source(
        "CREATE TABLE things (id bigint PRIMARY KEY, name text, price numeric)",
        "INSERT INTO things SELECT n, 'secret-' || n, n FROM generate_series(1, 20000) n",
        "ANALYZE things",
    )
    registry = exchange.database_binding(where, url).source

    found = proposals.propose(registry.pk, {"table": "things"}, by=where.publisher)

    assert (found.sampled, found.estimated) == (50, 20000)
    assert not rows(sql.SQL("SELECT 1 FROM pg_class WHERE relname = 'sampled'"))
    assert "secret-" not in "".join(str(one.details) for one in Entry.objects.all())


def test_three_hundred_columns_are_proposed_and_four_hundred_and_one_are_not():
    where = exchange.house()
    wide = [f"列{n}" for n in range(300)]
    fields, _found = proposed(where, sheets.workbook((wide, list(range(300)), [1] * 300)))
    data = ",".join(f"c{n}" for n in range(401)) + "\n"

    with pytest.raises(proposals.TooWide, match="401"):
        proposed(exchange.house(), data, kind=SourceKind.CSV)

    assert len({one.name for one in fields.values()}) == 300


def test_who_may_not_look_gets_no_proposal():
    where = exchange.house()
    source = sources.create(
        where.department, name="files", kind=SourceKind.CSV, by=where.publisher, at=NOW
    )

    with pytest.raises(NotAllowed):
        proposals.propose(source.pk, {"path": "/x.csv"}, by=accounts.user(Role.PUBLISHER))


@given(st.lists(st.text(max_size=80), max_size=8))
def test_every_header_gets_a_name_that_the_catalogue_takes_and_no_two_are_alike(headers):
    names = identifiers(headers)

    assert len(set(names)) == len(headers)
    assert all(name.isascii() and name[0].isalpha() and len(name) <= 63 for name in names)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("统一社会信用代码", "tongyishehuixinyongdaima"),
        ("施工时间/开始", "shigongshijian_kaishi"),
        ("creditCode", "credit_code"),
        ("2026年", "f_2026nian"),
        ("№", ""),
    ],
)
def test_chinese_headers_are_named_by_their_pinyin(text, name):
    assert identifier(text) == name


def test_labels_come_from_comment_and_header_each_in_its_language():
    assert labels("name", "名称") == ("名称", "name")
    assert labels("企业名称") == ("企业名称", "")
    assert labels("updatedAt", "when it changed") == ("updated At", "updated At")
