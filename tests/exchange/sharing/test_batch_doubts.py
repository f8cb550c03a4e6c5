"""Which rows of a batch file are doubted, as its manifest tells who received it."""

import csv
import io

import pytest
from django.utils import timezone

from exchange.models import Binding, Correction
from exchange.models.corrections import Wrong
from exchange.sharing import corrections, doubts
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
    binding = Binding.objects.get(resource__dataset=two.dataset)
    newer = "51,n051,13800000051,51.50,none"
    changed = sharing.DATA.replace("13800000009", "13900000009")
    exchange.Path(binding.object["path"]).write_text(f"{changed}\n{newer}")
    engine.sync(binding.pk)

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
