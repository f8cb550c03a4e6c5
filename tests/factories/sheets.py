"""Workbooks for tests, as people make them: titles, merged headers, notes, odd cells. Invented."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.factories import exchange

PLAIN = (("id", "name", "price"), (1, "甲", 2.5), (2, "乙", None))


def workbook(
    rows: Sequence[Sequence[Any]] = PLAIN,
    *,
    sheet: str = "数据",
    then: Callable[[Worksheet], None] | None = None,
    before: Sequence[str] = (),
) -> bytes:
    """Make an XLSX of one sheet, behind others named `before`; `then` adds what rows cannot."""
    made = Workbook()
    made.remove(made.active)
    for name in before:
        made.create_sheet(name).append(["说明", "本表仅供测试"])
    page = made.create_sheet(sheet)
    for row in rows:
        page.append(list(row))
    if then is not None:
        then(page)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def merged_header(page: Worksheet) -> None:
    """Merge a title over four columns, and a header of two rows below it: rows 1, 3 and 4."""
    page.merge_cells("A1:D1")
    page.merge_cells("A3:A4")
    page.merge_cells("B3:C3")
    page.merge_cells("D3:D4")


WITH_TITLE = (
    ("道路施工登记表（测试）", None, None, None),
    ("填报单位：测试单位", None, None, None),
    ("编号", "施工时间", None, "面积"),
    (None, "开始", "结束", None),
)


def put(data: bytes, *, folder: Path | None = None, name: str = "") -> Path:
    """Write a workbook below the intake folder."""
    path = exchange.csv_file(data, suffix=".xlsx")
    if folder is None and not name:
        return path
    place = (folder or path.parent) / (name or path.name)
    place.parent.mkdir(parents=True, exist_ok=True)
    return path.rename(place)
