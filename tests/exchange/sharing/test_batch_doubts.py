"""Which rows of a batch file are doubted, as its manifest tells who received it."""

import csv
import io

import pytest
from django.utils import timezone

from exchange.models import Binding, Correction
from exchange.models.corrections import Wrong
from exchange.sharing import batch_writing, corrections, doubts
from exchange.sharing.corrections import Report
from exchange.sync import engine
from tests.exchange.sharing.test_batches import fetched, granted, manifest, written
from tests.factories import exchange, sharing

pytestmark = pytest.mark.usefixtures("live_database")


@pytest.fixture(name="two")
def _two(live_database, settings, tmp_path) -> sharing.Two:
    settings.BATCH_ROOT = str(tmp_path / "batches")
    return sharing.two()


def report(two: sharing.Two, **told) -> Correction:
    """Report a row, as the department that received it."""
    return corrections.report(
        two.dataset.pk,
        Report(Wrong.RECORD, "手机号有误", **told),
        organization=two.asker,
        by=two.clerk,
        at=timezone.now(),
    )


def flags(two: sharing.Two, job) -> list[tuple[int, list[str], str]]:
    return [(one["_id"], one["fields"], one["state"]) for one in manifest(two, job)["_flags"]]


def test_a_row_doubted_before_or_after_the_file_was_written_is_told_of(two):
    before = report(two, row=7, fields=["phone"])
    job = written(two, granted(two, "name", "phone"))
    after = report(two, row=9, fields=["name"])

    assert flags(two, job) == [(7, ["phone"], "open"), (9, ["name"], "open")]
    assert (before.row, after.row) == (7, 9)


def test_a_file_without_doubted_rows_says_so(two):
    assert manifest(two, written(two, granted(two, "name", "phone")))["_flags"] == []


def test_doubts_change_neither_the_rows_nor_their_order_nor_the_mark(two):
    grant = granted(two, "name", "phone")
    plain = written(two, grant)
    report(two, row=7)

    doubted = written(two, grant)

    assert fetched(two, doubted) == fetched(two, plain)
    assert doubted.sha256 == plain.sha256


def test_what_was_answered_while_the_file_is_kept_stays_told_with_its_answer(two):
    early = report(two, row=5)
    answer(two, early)
    doubt = report(two, row=7)
    job = written(two, granted(two, "name", "phone"))

    answer(two, doubt)

    assert flags(two, job) == [(7, [], "not_wrong")]
    assert flags(two, written(two, granted(two, "name", "phone", purpose="另一用途"))) == []


def answer(two: sharing.Two, doubt: Correction) -> None:
    corrections.answer(
        doubt.pk, wrong=False, text="核对无误。", by=two.reviewer, at=timezone.now()
    )


def test_of_a_grant_for_some_rows_only_their_doubts_are_told(two):
    scope = {"field": two.field("name"), "operator": "in", "values": ["n007", "n009"]}
    report(two, row=7)
    report(two, row=8)
    job = written(two, granted(two, "name", "phone", rows=[scope]))
    report(two, row=9)
    report(two, row=10)

    rows = list(csv.DictReader(io.StringIO(fetched(two, job).decode(), newline="")))

    assert sorted(int(row["_id"]) for row in rows) == [7, 9]
    assert [number for number, _fields, _state in flags(two, job)] == [7, 9]


def test_a_row_that_was_corrected_out_of_the_grants_rows_is_told_of_all_the_same(two):
    scope = {"field": two.field("name"), "operator": "in", "values": ["n007", "n009"]}
    doubt = report(two, row=7)
    job = written(two, granted(two, "name", "phone", rows=[scope]))

    binding = Binding.objects.get(resource__dataset=two.dataset)
    exchange.Path(binding.object["path"]).write_text(sharing.DATA.replace("n007", "n700"))
    corrections.answer(doubt.pk, wrong=True, text="已更正。", by=two.reviewer, at=timezone.now())
    engine.sync(binding.pk)
    doubts.spread_due(at=timezone.now())

    assert flags(two, job) == [(7, [], "corrected")]


def test_a_row_that_came_after_the_file_is_not_told_of_and_one_that_changed_is(two):
    job = written(two, granted(two, "name", "phone"))
    synced(two, NEWER.replace("13800000009", "13900000009"))

    for row in (9, 51):
        report(two, row=row)

    assert [number for number, _fields, _state in flags(two, job)] == [9]
    again = written(two, granted(two, "name", "phone", purpose="另一用途"))
    assert [number for number, _fields, _state in flags(two, again)] == [9, 51]


def test_of_a_file_from_before_its_last_row_was_noted_every_doubt_is_told(two):
    job = written(two, granted(two, "name", "phone"))
    job.last_row = None
    job.save()

    report(two, row=9)

    assert [number for number, _fields, _state in flags(two, job)] == [9]


def test_a_report_found_by_a_value_that_the_reader_does_not_see_is_not_told_of(two):
    job = written(two, granted(two, "name", "phone"))

    report(two, subject={"income": "8.50"})

    assert flags(two, job) == []


# --- rows that move while the file is written


def synced(two: sharing.Two, data: str) -> None:
    """Let the source hold this, and fetch it."""
    binding = Binding.objects.get(resource__dataset=two.dataset)
    exchange.Path(binding.object["path"]).write_text(data)
    engine.sync(binding.pk)


def written_while(two: sharing.Two, monkeypatch, *, before: str = "", after: str = "", **over):
    """Write a file; the source changes just `before` or just `after` its rows are chosen."""
    whole = batch_writing.wholes.whole

    def meanwhile(*args, **named):
        if before:
            synced(two, before)
        stream = whole(*args, **named)
        if after:
            synced(two, after)
        yield from stream

    monkeypatch.setattr(batch_writing.wholes, "whole", meanwhile)
    job = written(two, granted(two, "name", "phone", **over))
    monkeypatch.setattr(batch_writing.wholes, "whole", whole)
    return job


def numbers(two: sharing.Two, job) -> set[int]:
    """Return which rows a file has."""
    found = csv.DictReader(io.StringIO(fetched(two, job).decode(), newline=""))
    return {int(row["_id"]) for row in found}


NEWER = f"{sharing.DATA}\n51,n051,13800000051,51.50,none"


def test_a_row_that_came_while_the_file_was_written_is_not_told_of(two, monkeypatch):
    job = written_while(two, monkeypatch, after=NEWER)

    report(two, row=51)
    report(two, row=9)

    assert 51 not in numbers(two, job)
    assert [number for number, _fields, _state in flags(two, job)] == [9]


def test_a_row_that_came_just_before_the_rows_were_chosen_is_told_of(two, monkeypatch):
    job = written_while(two, monkeypatch, before=NEWER)

    report(two, row=51)

    assert 51 in numbers(two, job)
    assert [number for number, _fields, _state in flags(two, job)] == [51]


SOME = ["n007", "n900"]


def test_a_doubted_row_that_left_the_grants_rows_before_they_were_chosen_is_not_told_of(
    two, monkeypatch
):
    report(two, row=7, fields=["phone"])
    scope = {"field": two.field("name"), "operator": "in", "values": SOME}

    left = sharing.DATA.replace("n007", "n700")
    job = written_while(two, monkeypatch, before=left, rows=[scope])

    assert numbers(two, job) == set()
    assert flags(two, job) == []


def test_a_row_that_came_under_the_grants_rows_after_the_file_is_not_told_of(two):
    scope = {"field": two.field("name"), "operator": "in", "values": SOME}
    job = written(two, granted(two, "name", "phone", rows=[scope]))

    synced(two, sharing.DATA.replace("n009", "n900"))
    report(two, row=9)

    assert numbers(two, job) == {7}
    assert flags(two, job) == []


def test_the_manifest_says_the_place_in_the_feed_at_which_its_rows_were_read(two, monkeypatch):
    before = written(two, granted(two, "name", "phone")).seq

    moved = written_while(two, monkeypatch, before=NEWER, purpose="另一用途")

    assert manifest(two, moved)["seq"] == before + 1
