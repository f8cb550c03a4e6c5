"""Rejected rows are their owner's: looked at, taken out, thrown away, and each is written down."""

import csv
import io

import pytest

from accounts.roles import NotAllowed
from audit.models import Entry
from exchange import quarantine
from exchange.models import RejectedRow
from exchange.sync import engine
from tests.factories import exchange

pytestmark = pytest.mark.django_db
ROWS = "id,name,price\n" + "".join(f"{n},n,1\n" for n in range(40))
BAD = 'x1,=cmd,1\n99,+86 139,bad\n98,"-5",bad\n1,2\n'


def turned_away():
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS + BAD, max_rejected_percent=50)
    return where, engine.sync(binding.pk)


def test_a_look_shows_cells_by_field_or_by_position_and_is_written_down():
    where, run = turned_away()
    named = run.rejected_rows.get(line=42)
    uncut = run.rejected_rows.get(rule="field-count")

    cells = quarantine.look(named.pk, by=where.publisher, at=exchange.NOW)
    other = quarantine.look(uncut.pk, by=where.publisher, at=exchange.NOW)

    assert cells == {"id": "x1", "name": "=cmd", "price": "1"}
    assert other == {"0": "1", "1": "2"}
    assert Entry.objects.filter(verb="rejected.view").count() == 2


def test_a_file_opens_in_a_spreadsheet_without_running_what_is_in_it():
    where, run = turned_away()

    text = "".join(quarantine.export(run.pk, by=where.publisher, at=exchange.NOW))

    assert text.startswith("\ufeff")
    header, *lines = csv.reader(io.StringIO(text[1:]))
    assert header == ["line", "rule", "field", "id", "name", "price", "cells as read"]
    assert {tuple(line[3:]) for line in lines} == {
        ("x1", "'=cmd", "1", ""),
        ("99", "'+86 139", "bad", ""),
        ("98", "-5", "bad", ""),
        ("", "", "", "1 | 2"),
    }
    entry = Entry.objects.get(verb="rejected.export")
    assert (entry.target, entry.details["count"]) == (f"run:{run.pk}", 4)


def test_rows_are_discarded_with_a_reason_one_or_many_and_once():
    where, run = turned_away()
    first, *others = run.rejected_rows.order_by("line").values_list("pk", flat=True)
    told = {"by": where.publisher, "at": exchange.NOW, "reason": "known bad"}

    assert quarantine.discard(run.pk, [first], **told) == 1
    assert quarantine.discard(run.pk, [first, *others], **told) == len(others)
    with pytest.raises(quarantine.RowsGone):
        quarantine.discard(run.pk, [first], **told)

    assert not RejectedRow.objects.exists()
    counts = Entry.objects.filter(verb="rejected.discard").order_by("pk")
    assert [entry.details["count"] for entry in counts] == [1, 3]


def test_rows_of_another_run_are_left_alone():
    where, run = turned_away()
    _other, theirs = turned_away()
    row = theirs.rejected_rows.first()

    with pytest.raises(quarantine.RowsGone):
        quarantine.discard(run.pk, [row.pk], by=where.publisher, at=exchange.NOW, reason="x")

    assert RejectedRow.objects.filter(pk=row.pk).exists()


def test_nobody_else_sees_exports_or_discards():
    where, run = turned_away()
    row = run.rejected_rows.first()

    for person in (where.head, where.operator, where.system, exchange.house().publisher):
        told = {"by": person, "at": exchange.NOW}
        with pytest.raises(NotAllowed):
            quarantine.look(row.pk, **told)
        with pytest.raises(NotAllowed):
            quarantine.export(run.pk, **told)
        with pytest.raises(NotAllowed):
            quarantine.discard(run.pk, [row.pk], reason="x", **told)
    assert not Entry.objects.filter(verb__startswith="rejected.").exists()


def test_a_run_without_rejected_rows_has_no_file():
    where = exchange.house()
    run = engine.sync(exchange.csv_binding(where, ROWS).pk)

    with pytest.raises(quarantine.RowsGone):
        quarantine.export(run.pk, by=where.publisher, at=exchange.NOW)
