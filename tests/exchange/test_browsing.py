"""What a source offers, what of it is shown, and files that people put there."""

import io
import zipfile

import pytest

from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog.workbooks import LIMITS
from exchange import browsing, intake, problems, proposals, sources
from exchange.connectors import files
from exchange.models import Binding, Source, SourceKind
from tests.factories import accounts, exchange, sheets, workbooks

pytestmark = pytest.mark.django_db
NOW = exchange.NOW


@pytest.fixture(autouse=True)
def _own_intake(settings, tmp_path):
    """Give each test folders of its own."""
    settings.FILE_ROOTS = [str(tmp_path / "intake")]


def connected(where, kind=SourceKind.EXCEL, **settings) -> Source:
    return sources.create(
        where.department,
        name=f"{kind}",
        kind=kind,
        settings=settings,
        by=where.publisher,
        at=NOW,
    )


def upload(where, source, data: bytes, name: str, **over):
    return intake.upload(source.pk, name, io.BytesIO(data), by=where.publisher, at=NOW, **over)


def titles(where, source) -> list[str]:
    return [one.title for one in browsing.objects(source.pk, by=where.publisher)]


def test_tables_of_a_database_come_with_their_counts_and_comments(source):
    where = exchange.house()
    url = source(
        "CREATE TABLE things (id bigint PRIMARY KEY, name varchar(20), price numeric(8,2))",
        "COMMENT ON TABLE things IS '物品'",
        "COMMENT ON COLUMN things.name IS '名称'",
        "INSERT INTO things SELECT n, 'n' || n, n FROM generate_series(1, 50) n",
        "ANALYZE things",
        "CREATE VIEW seen AS SELECT id FROM things",
    )
    registry = exchange.database_binding(where, url).source

    offers = browsing.objects(registry.pk, by=where.publisher)
    shown = browsing.look(registry.pk, offers[1].object, by=where.publisher, at=NOW)

    assert [(one.title, one.note, one.rows) for one in offers] == [
        ("public.seen", "", None),
        ("public.things", "物品", 50),
    ]
    assert len(shown.peek.rows) == browsing.FIRST_ROWS
    assert [(c.name, c.comment, c.key, c.length, c.scale) for c in shown.peek.columns] == [
        ("id", "", True, None, None),
        ("name", "名称", False, 20, None),
        ("price", "", False, None, 2),
    ]


def test_a_workbook_is_offered_with_its_sheets_and_first_rows():
    where = exchange.house()
    source = connected(where)
    upload(where, source, sheets.workbook(before=("封面",)), "价格表 2026.xlsx")

    offers = browsing.objects(source.pk, by=where.publisher)
    given = {**offers[0].object, "sheet": "数据"}
    shown = browsing.look(source.pk, given, by=where.publisher, at=NOW)

    assert [one.title for one in offers] == ["价格表_2026.xlsx"]
    assert shown.sheets == ("封面", "数据")
    assert shown.peek.rows == [("1", "甲", "2.5"), ("2", "乙", None)]
    looked = Entry.objects.get(verb="source.look")
    assert "甲" not in str(looked.details)


def test_another_departments_folder_is_neither_listed_nor_read_nor_bound():
    where, other = exchange.house(), exchange.house()
    theirs = connected(other)
    path = upload(other, theirs, sheets.workbook(), "theirs.xlsx")
    source = connected(where)

    assert titles(where, source) == []
    with pytest.raises(problems.PathNotAllowed, match=str(other.department.slug)):
        connected(where, SourceKind.CSV, folder=str(path.parent))
    with pytest.raises(problems.PathNotAllowed):
        browsing.look(source.pk, {"path": str(path)}, by=where.publisher, at=NOW)
    with pytest.raises(problems.PathNotAllowed):
        exchange.csv_binding(where, sheets.workbook(), suffix=".xlsx", given={"path": str(path)})
    assert not Binding.objects.exists()


@pytest.mark.parametrize(
    "given", [{}, {"path": ""}, {"sheet": "Sheet1"}, {"schema": "public", "table": "people"}]
)
@pytest.mark.parametrize("kind", [SourceKind.CSV, SourceKind.EXCEL])
def test_an_address_that_names_no_file_is_answered_with_what_to_do(kind, given):
    where = exchange.house()
    source = connected(where, kind)

    for asked in (
        lambda: browsing.look(source.pk, given, by=where.publisher, at=NOW),
        lambda: proposals.propose(source.pk, given, by=where.publisher),
    ):
        with pytest.raises(problems.NothingReadable):
            asked()


def test_a_file_of_a_folder_that_all_share_is_not_looked_into_by_its_path(tmp_path):
    where = exchange.house()
    source = connected(where, SourceKind.CSV)
    shared = tmp_path / "intake" / "everybody" / "people.csv"
    shared.parent.mkdir(parents=True)
    shared.write_text("id,name\n1,x\n")

    with pytest.raises(problems.PathNotAllowed):
        browsing.look(source.pk, {"path": str(shared)}, by=where.publisher, at=NOW)

    assert not Entry.objects.filter(verb="source.look").exists()


def test_a_workbook_is_not_read_as_a_csv_file():
    where = exchange.house()
    path = upload(where, connected(where), sheets.workbook(), "book.xlsx")
    source = connected(where, SourceKind.CSV)

    with pytest.raises(problems.PathNotAllowed):
        browsing.look(source.pk, {"path": str(path)}, by=where.publisher, at=NOW)


@pytest.mark.parametrize("separator", [",,", "长长", '"'])
def test_a_separator_that_is_none_is_told_of(separator):
    where = exchange.house()
    source = connected(where, SourceKind.CSV)
    path = upload(where, source, b"id,name\n1,x\n", "a.csv")

    with pytest.raises(problems.FileBroken):
        browsing.look(
            source.pk, {"path": str(path), "separator": separator}, by=where.publisher, at=NOW
        )


def test_who_is_of_another_department_may_not_look():
    where = exchange.house()
    source = connected(where)
    stranger = accounts.user(Role.PUBLISHER)

    with pytest.raises(NotAllowed):
        browsing.objects(source.pk, by=stranger)
    with pytest.raises(NotAllowed):
        browsing.look(source.pk, {"path": "/x.xlsx"}, by=stranger, at=NOW)
    with pytest.raises(NotAllowed):
        intake.upload(source.pk, "x.xlsx", io.BytesIO(sheets.workbook()), by=stranger, at=NOW)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/表 1.xlsx", "表_1.xlsx"),
        ("C:\\Users\\x\\a.XLSX", "a.xlsx"),
        ("...x$;y.xlsx", "x_y.xlsx"),
    ],
)
def test_a_name_cannot_lead_elsewhere(name, kept):
    where = exchange.house()

    path = upload(where, connected(where), sheets.workbook(), name)

    assert path == files.roots()[0] / where.department.slug / kept


def test_a_file_is_not_overwritten_in_silence():
    where = exchange.house()
    source = connected(where)
    first = sheets.workbook()
    path = upload(where, source, first, "a.xlsx")
    second = sheets.workbook(sheet="另一张")

    with pytest.raises(problems.UploadRefused, match=r"a\.xlsx"):
        upload(where, source, second, "a.xlsx")
    kept = path.read_bytes()
    upload(where, source, second, "a.xlsx", replace=True)

    assert kept == first
    assert path.read_bytes() == second
    assert [one.name for one in path.parent.iterdir()] == ["a.xlsx"]


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * (LIMITS.unpacked + 1))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.xlsx", lambda: b"id,name\n1,a\n"),
        ("a.csv", sheets.workbook),
        ("a.exe", sheets.workbook),
        ("a.xlsx", lambda: b"PK\x03\x04" + b"x" * LIMITS.sent),
        ("a.xlsx", bomb),
        ("a.xlsx", lambda: workbooks.with_part(sheets.workbook(), "xl/vbaProject.bin", b"x")),
        ("a.xlsx", lambda: b""),
    ],
    ids=["csv-as-xlsx", "xlsx-as-csv", "ending", "too-large", "bomb", "macro", "empty"],
)
def test_an_upload_that_is_not_what_it_should_be_is_refused_and_leaves_no_file(name, data):
    where = exchange.house()
    source = connected(where)

    with pytest.raises(problems.UploadRefused) as refusal:
        upload(where, source, data(), name)

    assert len(str(refusal.value)) > 20
    assert titles(where, source) == []
    assert not (files.roots()[0] / where.department.slug).exists()
    assert not Entry.objects.filter(verb="file.upload").exists()


def test_an_empty_folder_is_what_is_wrong_with_a_source_of_files():
    where = exchange.house()
    source = connected(where)

    problem = sources.test(source.pk, by=where.publisher, at=NOW)

    assert problem.code == "nothing-readable"
    assert where.department.slug in str(problem)
