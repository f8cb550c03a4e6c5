"""Code lists, subjects and regions by the file."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from accounts.models import CodeSystem, Region
from accounts.regions import RegionRow, import_regions
from accounts.roles import NotAllowed, Role
from catalog import code_lists
from catalog.models import Code, CodeList, Subject
from catalog.refusals import EntryRefused, WorkbookRefused
from catalog.workbooks import open_workbook
from tests.factories import accounts
from tests.factories.accounts import NOW
from tests.factories.workbooks import xlsx

pytestmark = pytest.mark.django_db


def read(rows):
    return code_lists.read_codes(open_workbook(xlsx(rows), "codes.xlsx"))


def taken(rows, name="色", version="1"):
    return code_lists.import_code_list(name, version, listed=read(rows), by=None, at=NOW)


HEAD = ["代码", "名称", "上级"]


def test_codes_are_added_relabelled_and_never_removed():
    taken([HEAD, ["A", "红", None], ["B", "绿", None]])

    outcome = taken([HEAD, ["A", "赤", None], ["C", "蓝", "A"]])

    assert (outcome.added, outcome.changed, outcome.unchanged) == (1, 1, 0)
    listed = Code.objects.order_by("code").values_list("code", "label_zh", "above")
    assert list(listed) == [("A", "赤", ""), ("B", "绿", ""), ("C", "蓝", "A")]


def test_another_version_is_another_list():
    taken([HEAD, ["A", "红", None]])

    taken([HEAD, ["A", "赤", None]], version="2")

    assert CodeList.objects.count() == 2
    assert Code.objects.get(list__version="1").label_zh == "红"


def test_a_file_with_a_line_that_does_not_fit_is_refused_whole_with_every_line():
    rows = [HEAD, ["A", "红", None], ["A", "绿", None], ["B", None, None], ["C" * 101, "c", None]]

    with pytest.raises(EntryRefused) as refusal:
        taken(rows)

    assert "Row 3: the code A stands in row 2 too." in str(refusal.value)
    assert "Row 4 lacks" in str(refusal.value)
    assert "Row 5: code or name is too long" in str(refusal.value)
    assert not CodeList.objects.exists()


def test_a_file_without_columns_for_code_and_name_is_refused():
    with pytest.raises(WorkbookRefused, match="Head them"):
        read([["x", "y"], ["1", "2"]])


def test_a_number_is_read_as_the_code_that_it_shows():
    assert read([HEAD, [101, "红", None]])[0].code == "101"


def test_subjects_are_three_digits_and_hang_below_others():
    listed = read([HEAD, ["001", "交通", None], ["002", "停车", "001"]])

    code_lists.import_subjects(listed=listed, by=None, at=NOW)

    assert Subject.objects.get(code="002").parent.name_zh == "交通"
    with pytest.raises(EntryRefused, match="3 digits"):
        code_lists.import_subjects(listed=read([HEAD, ["1", "x", None]]), by=None, at=NOW)


def test_only_the_data_authority_imports_codes():
    with pytest.raises(NotAllowed):
        code_lists.import_code_list(
            "a", "1", listed=read([HEAD, ["A", "红", None]]), by=accounts.user(), at=NOW
        )


def test_national_regions_hang_by_their_codes_and_local_ones_by_what_is_said():
    import_regions(
        [RegionRow("99", "某省"), RegionRow("9901", "某市"), RegionRow("990103", "某区")],
        by=None,
        at=NOW,
    )
    import_regions(
        [RegionRow("BAY", "港湾新区", above="990103")],
        code_system=CodeSystem.LOCAL,
        by=None,
        at=NOW,
    )

    lineage = [one.code for one in Region.objects.get(code="BAY").lineage()]
    assert lineage == ["BAY", "990103", "990100", "990000"]


def test_regions_that_do_not_fit_are_told_of_and_none_is_added():
    with pytest.raises(ValidationError) as refusal:
        import_regions([RegionRow("990103", "某区"), RegionRow("x", "y")], by=None, at=NOW)

    assert "Region 2 (x)" in " ".join(refusal.value.messages)
    assert not Region.objects.exists()


def test_regions_are_renamed_by_the_next_file():
    import_regions([RegionRow("990103", "某区")], by=None, at=NOW)

    outcome = import_regions([RegionRow("990103", "新区")], by=None, at=NOW)

    assert outcome == (0, 1)
    assert Region.objects.get().name_zh == "新区"


def test_only_the_security_administrator_imports_regions():
    with pytest.raises(NotAllowed):
        import_regions([RegionRow("990103", "某区")], by=accounts.user(Role.OPERATOR), at=NOW)


def test_the_command_takes_industries_and_regions_of_the_nation(shared_data, capsys):
    codes = shared_data / "codes"

    call_command("import_code_list", "GB/T 4754", "2017", str(codes / "gbt4754_2017.csv"))
    for name in ("provinces", "cities", "areas"):
        call_command("import_regions", str(codes / f"nbs2023_{name}.csv"))
    call_command("import_regions", str(codes / "sz_streets_4403.csv"))

    told = capsys.readouterr().out
    assert "1971 codes added" in told
    assert Code.objects.get(code="0111").above == "011"
    street = Region.objects.get(code="440303001")
    assert [one.code for one in street.lineage()] == ["440303001", "440303", "440300", "440000"]


def test_the_command_says_what_is_wrong_with_a_file(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")

    with pytest.raises(CommandError, match="Head them"):
        call_command("import_code_list", "a", "1", str(tmp_path / "a.csv"))
