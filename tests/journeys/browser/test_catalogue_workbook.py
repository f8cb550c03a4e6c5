"""A publisher takes a catalogue from a workbook, and looks at the chain from duty to table."""

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import Role
from catalog import duties
from catalog.models import Dataset, SheetImport
from tests.factories import accounts
from tests.factories.workbooks import xlsx

ROWS = [
    ["信息资源名称", "信息资源摘要", "信息项名称", "数据类型", "共享类型", "更新周期"],
    ["停车场", "公共停车场", "名称", "字符型 C", "无条件共享", "每日"],
    [None, None, "泊位", "整型 I", "不予共享", None],
    ["树木", "行道树", "树种", "字符型 C", "部分共享", "每年"],
]


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_publisher_takes_a_catalogue_from_a_workbook(site, language, tmp_path):
    department = accounts.organization(name_zh="交通局", name_en="Transport Bureau")
    publisher = accounts.user(Role.PUBLISHER, department)
    file = tmp_path / "目录.xlsx"
    file.write_bytes(xlsx(ROWS))

    with translation.override(language):
        seat = site.seat(publisher, language)
        seat.open(reverse("admin:catalogue_import"))
        seat.page.locator("input[type=file]").set_input_files(file)
        seat.picture(f"import-1-{language}")
        seat.press(gettext("Send"))
        seat.sees(gettext("What the columns mean"))
        seat.picture(f"import-2-{language}")
        seat.press(gettext("Show what each row would do"))
        seat.sees("部分共享")
        seat.picture(f"import-3-{language}")
        seat.press(gettext("Apply"))
        seat.sees(gettext("What became of each row"))
        taken = Dataset.objects.get()
        duty = duties.create(
            "JT-01",
            organization=department,
            title_zh="停车场管理",
            title_en="Running car parks",
            legal_basis="测试法第一条",
            by=publisher,
            at=taken.created_at,
        )
        duties.link(duty.pk, datasets=[taken], by=publisher, at=taken.created_at)
        seat.open(reverse("admin:catalogue_duties"))
        seat.sees("JT-01")
        seat.picture(f"duties-{language}")
        seat.open(reverse("admin:catalogue_fields", args=[taken.pk]))
        seat.picture(f"fields-{language}")
        narrow = site.seat(publisher, language, narrow=True)
        sent = SheetImport.objects.get()
        for name, place in {
            "import-1": reverse("admin:catalogue_import"),
            "import-3": reverse("admin:catalogue_proposal", args=[sent.pk]),
            "duties": reverse("admin:catalogue_duties"),
        }.items():
            narrow.open(place)
            narrow.picture(f"{name}-{language}-narrow")
            assert narrow.fits(), name

    assert taken.title_zh == "停车场"
    assert seat.troubles + narrow.troubles == []
