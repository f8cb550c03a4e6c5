"""A publisher takes tables to the head's desk in a browser, in fewer than fifteen steps."""

import pytest

from accounts.roles import Role
from catalog.models import Dataset, Field
from catalog.terms import State
from exchange import sources, tasks
from exchange.connectors import files
from exchange.models import Binding, SourceKind
from tests.exchange.test_proposals import people
from tests.factories import catalog, exchange, sheets
from tests.journeys.browser.conftest import PATIENCE

LONG = "人员登记（合成数据）"


@pytest.fixture(autouse=True)
def _own_intake(settings, tmp_path):
    settings.FILE_ROOTS = [str(tmp_path / "intake")]


def try_out(seat, publisher) -> None:
    """Press the trial's button; the worker is here, and not listening where the site asks."""
    seat.press("继续：试运行一次")
    seat.sees("重新查看")
    tasks.trial(Binding.objects.latest("pk").pk, publisher.pk)
    seat.page.get_by_text("将被接受").wait_for(timeout=PATIENCE)


def test_a_workbook_reaches_the_heads_desk_in_under_fifteen_steps(site, tmp_path):
    where = exchange.house()
    book = tmp_path / "人员登记.xlsx"
    book.write_bytes(people())
    seat = site.seat(where.publisher)
    seat.open("/office/sitting/")
    seat.picture("sitting-1-start")

    seat.press("Excel 工作簿", "link")
    seat.picture("sitting-1-add")
    seat.press("连接并查看")
    seat.steps += 1
    seat.page.locator("#id_file").set_input_files(book)
    seat.picture("sitting-2-objects")
    seat.press("上传并查看")
    seat.sees("身份证号")
    seat.picture("sitting-2-look")
    seat.press("建议信息项", "link")
    seat.page.locator('[name="1-name"]').wait_for()
    seat.picture("sitting-3-fields")
    seat.press("生成草稿")
    seat.page.locator("#id_abstract_zh").wait_for()
    seat.steps += 5
    seat.page.locator("#id_abstract_zh").fill(LONG)
    seat.page.locator("#id_update_cycle").select_option("daily")
    seat.page.locator("#id_license").fill("CC-BY-4.0")
    seat.page.locator("#id_contact").fill("0000-00000000")
    seat.page.locator("#id_share_condition_zh").fill("仅限核验")
    seat.picture("sitting-4-about")
    seat.press("保存并继续")
    seat.sees("不提供")
    seat.picture("sitting-5-preview")
    try_out(seat, where.publisher)
    seat.picture("sitting-6-trial")
    seat.press("送负责人签批")
    seat.sees("正等待负责人签批")
    seat.picture("sitting-7-ready")

    assert seat.steps < 15
    assert seat.troubles == []
    assert Dataset.objects.get().state == State.DRAFT


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_step_fits_a_narrow_screen(site, language):
    where = exchange.house()
    source = sources.create(
        where.department, name="表格", kind=SourceKind.EXCEL, by=where.publisher, at=exchange.NOW
    )
    folder = files.roots()[0] / where.department.slug
    path = sheets.put(people(), folder=folder, name="t.xlsx")
    seat = site.seat(where.publisher, language, narrow=True)

    for number, page in enumerate(
        (
            "",
            "add/postgresql/",
            f"source/{source.pk}/",
            f"source/{source.pk}/look/?path={path}",
            f"source/{source.pk}/fields/?path={path}",
        )
    ):
        seat.open(f"/office/sitting/{page}")
        seat.picture(f"sitting-narrow-{language}-{number}")
        assert seat.fits(), page

    assert seat.troubles == []


@pytest.mark.parametrize(("language", "narrow"), [("zh-hans", False), ("en", True)])
def test_all_fields_of_a_draft_are_changed_in_one_table(site, language, narrow):
    draft = catalog.dataset(State.DRAFT, ["name", "phone", "spaces"])
    seat = site.seat(catalog.staff(Role.PUBLISHER, draft.owner), language, narrow=narrow)
    seat.open(f"/office/catalogue/{draft.pk}/field-table/")
    phone = Field.objects.get(name="phone").pk

    seat.picture(f"field-table-{language}-1")
    seat.page.locator(f'[name="{phone}-label_zh"]').fill("联系电话")
    seat.page.locator(f'[name="{phone}-grade"]').select_option("L3")
    seat.page.locator(f'[name="{phone}-reason"]').fill("个人信息")
    seat.page.locator('[name="look"]').click()
    seat.sees("联系电话")
    seat.picture(f"field-table-{language}-2")
    fits = seat.fits()
    seat.page.locator('[name="save"]').click()
    seat.page.locator('[name="save"]').wait_for(state="detached")

    changed = Field.objects.get(pk=phone)
    assert (changed.label_zh, changed.grade, changed.grade_reason) == ("联系电话", 3, "个人信息")
    assert fits
    assert seat.troubles == []
