"""A workbook that counts its days from 1904 has the days that its program shows."""

from datetime import date

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, to_excel
from psycopg import sql

from exchange.models import RecordTable, Zone
from exchange.records import store
from exchange.records.statements import rows
from exchange.sync import engine
from policy.terms import DataType
from tests.factories import exchange
from tests.factories.workbooks import saved

pytestmark = pytest.mark.django_db
DAY = date(2024, 1, 2)


@pytest.mark.parametrize("epoch", [CALENDAR_WINDOWS_1900, CALENDAR_MAC_1904])
def test_days_come_out_right_as_dates_and_as_bare_numbers_in_either_system(epoch):
    book = Workbook()
    book.epoch = epoch
    for row in (["id", "day"], [1, DAY], [2, to_excel(DAY, epoch)]):
        book.active.append(row)
    columns = (
        exchange.column("id", DataType.INTEGER, is_key=True),
        exchange.column("day", DataType.DATE),
    )
    binding = exchange.csv_binding(exchange.house(), saved(book), columns, suffix=".xlsx")

    run = engine.sync(binding.pk)

    table = RecordTable.objects.get(zone=Zone.SHARED)
    column = sql.Identifier(table.columns[1]["column"])
    stored = rows(sql.SQL("SELECT {} FROM {}").format(column, store.of(table)))
    assert (run.rejected, stored) == (0, [(DAY,), (DAY,)])
