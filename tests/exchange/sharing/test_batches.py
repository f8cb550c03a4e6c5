"""Batch files: what is in them, how they lie on the disk, and when nobody reads them any more."""

import csv
import errno
import gzip
import hashlib
import io
import json
import re
import threading
from collections import OrderedDict
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.roles import NotAllowed
from audit.models import Entry
from exchange import access, opening
from exchange.access import Caller
from exchange.batch_flow import BATCH_MOVES, BatchState, BatchStep, move_batch
from exchange.models import BatchEnd, BatchForm, BatchJob, BatchMark, Grant
from exchange.records import marks, masks, reading
from exchange.records.query import RecordQuery
from exchange.sharing import (
    asking,
    batch_fetching,
    batch_files,
    batch_sweeping,
    batch_writing,
    batches,
    lifecycle,
    serving,
)
from exchange.workflow import StepRefused
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, Mode, ReaderKind, ShareType
from tests import services
from tests.factories import accounts, catalog, sharing
from tests.factories.exchange import column

pytestmark = pytest.mark.usefixtures("live_database")
EVER = {"valid_from": date(2026, 1, 1), "valid_until": date(2099, 1, 1)}
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("member", DataType.BOOLEAN),
    column(
        "phone",
        grade=Grade.L3,
        mask=Mask(MaskKind.PSEUDONYM),
        share_type=ShareType.CONDITIONAL,
    ),
    column("income", DataType.DECIMAL, grade=Grade.L3, share_type=ShareType.CONDITIONAL),
)
NAMES = ['a,"b"', "back\\slash", "two\nlines", "中文", "tab\there", "\\.", "plain"]
ROWS = [
    (n, NAMES[n % len(NAMES)], n % 2 == 0, f"138{n % 3}" if n % 5 else "", f"{n}.50")
    for n in range(1, 41)
]


def data() -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(one.name for one in COLUMNS)
    writer.writerows([(a, b, str(c).lower(), d, e) for a, b, c, d, e in ROWS])
    return out.getvalue()


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.BATCH_ROOT = str(tmp_path / "batches")


@pytest.fixture(name="two")
def _two(live_database) -> sharing.Two:
    return sharing.two(columns=COLUMNS, data=data())


def granted(two: sharing.Two, *names: str, **over) -> Grant:
    """Grant a whole copy for as long as the clock runs; what is above L2 is masked."""
    over = {"mode": Mode.BULK, "clear_up_to": Grade.L2} | over
    chosen = names or ("id", "name", "member", "phone")
    grant = (
        two.granted(*chosen, **over) if "phone" in chosen else two.signed(*chosen, **over).grant
    )
    Grant.objects.filter(pk=grant.pk).update(**EVER)
    return Grant.objects.get(pk=grant.pk)


def written(two: sharing.Two, grant: Grant, **over) -> BatchJob:
    job = batches.ask(grant.pk, by=two.clerk, at=timezone.now(), **over)
    done = batch_writing.write(job.pk)
    assert done is not None
    return done


def caller(two: sharing.Two) -> Caller:
    return Caller(ReaderKind.DEPARTMENT, organization_id=two.asker.pk, organization="x")


def fetched(two: sharing.Two, job: BatchJob) -> bytes:
    job = batch_fetching.own(job.pk, caller(two))
    served = batch_fetching.opened(job, caller(two), at=timezone.now())
    return b"".join(batch_fetching.contents(job, served, at=timezone.now()))


def manifest(two: sharing.Two, job: BatchJob) -> dict:
    job = batch_fetching.own(job.pk, caller(two))
    return batch_fetching.manifest(job, batch_fetching.opened(job, caller(two), at=timezone.now()))


def page(two: sharing.Two, grant: Grant) -> list[dict]:
    """Return all rows as a page under the same grant would give them."""
    found = serving.under_grant(
        two.dataset.slug, caller(two), mode=Mode.BULK, today=timezone.localdate(), number=grant.pk
    )
    query = RecordQuery.parse({"limit": ["1000"]})
    return json.loads(reading.read(found.head, found.fields, query, found.scopes).rows)


def by_number(rows: list[dict]) -> dict[int, dict]:
    return {int(row["_id"]): row for row in rows}


def as_text(value: object) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    return "" if value is None else str(value)


# --- what is in it ------------------------------------------------------------------------------


def test_lines_of_json_hold_the_rows_of_the_pages_whatever_is_in_them(two):
    grant = granted(two)

    job = written(two, grant, form=BatchForm.JSONL)
    lines = fetched(two, job).decode().splitlines()

    assert by_number([json.loads(line) for line in lines]) == by_number(page(two, grant))
    assert (job.state, job.rows) == (BatchState.READY, len(ROWS))


def test_csv_holds_the_rows_of_the_pages_with_the_departments_own_pseudonyms(two):
    grant = granted(two)

    job = written(two, grant)
    found = list(csv.DictReader(io.StringIO(fetched(two, job).decode(), newline="")))

    expected = {
        number: {name: as_text(value) for name, value in row.items()}
        for number, row in by_number(page(two, grant)).items()
    }
    assert by_number(found) == expected
    assert {len(row["phone"]) for row in found} == {0, 64}
    assert job.rows == len(ROWS)


def test_a_download_of_a_department_holds_its_pseudonyms_too(two):
    grant = granted(two)
    served = batches.served_now(grant, caller(two), at=timezone.now())

    text = b"".join(reading.stream_csv(served.head, served.fields, RecordQuery(), served.scopes))

    rows = list(csv.DictReader(io.StringIO(text.decode(), newline="")))
    expected = {row["id"]: row["phone"] or "" for row in page(two, grant)}
    assert {int(row["id"]): row["phone"] for row in rows} == expected


def test_the_grants_rows_bound_the_file(two):
    scope = {"field": two.field("name"), "operator": "in", "values": ["plain"]}
    job = written(two, granted(two, "id", "name", "phone", rows=[scope]))

    rows = list(csv.DictReader(io.StringIO(fetched(two, job).decode(), newline="")))

    assert {row["name"] for row in rows} == {"plain"}
    assert job.rows == len(rows) == sum(row[1] == "plain" for row in ROWS)


@pytest.mark.parametrize(
    ("form", "packed", "plain"),
    [
        (BatchForm.CSV, False, b"_id,id,name,phone\n"),
        (BatchForm.CSV, True, b"_id,id,name,phone\n"),
        (BatchForm.JSONL, False, b""),
        (BatchForm.JSONL, True, b""),
    ],
)
def test_where_the_grant_covers_no_row_the_file_is_whole_and_empty(two, form, packed, plain):
    scope = {"field": two.field("name"), "operator": "in", "values": ["nobody"]}
    grant = granted(two, "id", "name", "phone", rows=[scope])

    job = written(two, grant, form=form, packed=packed)
    text = fetched(two, job)

    assert (gzip.decompress(text) if packed else text) == plain
    assert (job.state, job.rows, job.bytes) == (BatchState.READY, 0, len(text))
    assert manifest(two, job)["sha256"] == hashlib.sha256(text).hexdigest()


def test_a_packed_file_unpacks_to_the_same_rows_and_is_counted_as_packed(two):
    grant = granted(two)
    plain = fetched(two, written(two, grant))

    job = written(two, grant, packed=True)
    packed = fetched(two, job)

    assert gzip.decompress(packed) == plain
    assert (job.bytes, job.sha256) == (len(packed), hashlib.sha256(packed).hexdigest())
    assert job.file_name.endswith(".csv.gz")


def test_the_manifest_tells_fields_with_their_treatment_counts_digest_and_place(two):
    grant = granted(two)
    job = written(two, grant)
    text = fetched(two, job)

    told = manifest(two, job)

    treated = {one["name"]: one["treatment"] for one in told["fields"]}
    assert treated == {"id": "clear", "name": "clear", "member": "clear", "phone": "masked"}
    assert told["fields"][3]["mask"]["kind"] == "pseudonym"
    assert (told["rows"], told["bytes"]) == (len(ROWS), len(text))
    assert told["sha256"] == hashlib.sha256(text).hexdigest()
    assert (told["grant"], told["dataset"]) == (grant.pk, two.dataset.slug)
    assert told["seq"] == two.dataset.resources.get().record_tables.get(zone="shared").seq


def test_the_marks_of_the_database_are_those_of_who_traces(two):
    grant = granted(two)
    batches.mark_column(grant.pk, wanted=True, by=two.reviewer, at=timezone.now())

    job = written(two, Grant.objects.get(pk=grant.pk))
    rows = list(csv.DictReader(io.StringIO(fetched(two, job).decode(), newline="")))

    key, numbers = marks.key(grant.pk), [int(row["_id"]) for row in rows]
    assert numbers == sorted(numbers, key=lambda number: marks.rank(number, key=key))
    assert [row["_mark"] for row in rows] == [marks.token(number, key=key) for number in numbers]
    assert job.mark == BatchMark.COLUMN


# --- on the disk --------------------------------------------------------------------------------


def test_a_file_lies_sealed_closed_to_others_and_is_read_with_its_own_key_only(two):
    grant = granted(two)
    job = written(two, grant)
    [file] = files().iterdir()

    assert b"plain" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(batch_files.FileLost):
        list(batch_files.read(job.pk, key=batch_files.new_key()))


def files() -> Path:
    return Path(settings.BATCH_ROOT)


@pytest.mark.parametrize("change", ["cut", "swapped", "altered"])
def test_a_file_that_was_cut_moved_about_or_altered_is_never_taken_for_the_whole(change):
    key = batch_files.new_key()
    plain = bytes(range(256)) * 1000
    batch_files.write(7, [plain], key=key, wrote=lambda _block: None)
    file = files() / "7.sealed"
    sealed, size = file.read_bytes(), batch_files.BLOCK + batch_files.TAG
    assert b"".join(batch_files.read(7, key=key)) == plain

    file.write_bytes(
        {
            "cut": sealed[: 2 * size],
            "swapped": sealed[size : 2 * size] + sealed[:size] + sealed[2 * size :],
            "altered": sealed[:-1] + bytes([sealed[-1] ^ 1]),
        }[change]
    )

    with pytest.raises(batch_files.FileLost):
        list(batch_files.read(7, key=key))


def test_a_file_that_breaks_off_leaves_nothing():
    def chunks():
        yield b"x" * batch_files.BLOCK * 2
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk"):
        batch_files.write(8, chunks(), key=batch_files.new_key(), wrote=lambda _block: None)

    assert batch_files.there() == set()


# --- how a job moves ----------------------------------------------------------------------------


@pytest.mark.parametrize("state", BatchState)
@pytest.mark.parametrize("step", BatchStep)
def test_a_step_is_possible_where_the_table_has_it_and_nowhere_else(state, step):
    if (state, step) in BATCH_MOVES:
        assert move_batch(state, step, of=1) == BATCH_MOVES[state, step]
        return
    with pytest.raises(StepRefused, match="Batch 1 is"):
        move_batch(state, step, of=1)


def test_the_table_in_the_document_is_the_table_of_the_code():
    text = (services.ROOT / "docs" / "batches.md").read_text()
    table = text.split("## How a job moves", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| `(\w+)` \|", table, re.MULTILINE)

    assert sorted(rows) == sorted(
        (str(state), str(step), str(after)) for (state, step), after in BATCH_MOVES.items()
    )


def test_each_step_is_in_the_trail(two):
    grant = granted(two)
    job = written(two, grant)
    lifecycle.purpose_over(grant.pk, reason="不再需要。", by=two.clerk, at=timezone.now())

    verbs = Entry.objects.filter(target=job.address).order_by("pk").values_list("verb", flat=True)

    assert list(verbs) == ["batch.ask", "batch.make", "batch.expire"]


def test_under_a_grant_one_batch_is_written_at_a_time(two):
    grant = granted(two)
    first = batches.ask(grant.pk, by=two.clerk, at=timezone.now())

    with pytest.raises(StepRefused, match=f"Batch {first.pk}"):
        batches.ask(grant.pk, by=two.clerk, at=timezone.now())
    batch_writing.write(first.pk)

    assert batches.ask(grant.pk, by=two.clerk, at=timezone.now()).state == BatchState.QUEUED


def test_of_two_workers_one_writes_and_one_that_died_is_followed_by_another(two):
    grant = granted(two)
    job = batches.ask(grant.pk, by=two.clerk, at=timezone.now())
    BatchJob.objects.filter(pk=job.pk).update(state=BatchState.RUNNING)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [batch_writing.LOCK_CLASS, job.pk])

    meanwhile = batch_writing.write(job.pk)
    other.close()  # its session ends, as a worker's that dies
    with connection.cursor() as cursor:  # which the server may see a moment later
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [batch_writing.LOCK_CLASS, job.pk])
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [batch_writing.LOCK_CLASS, job.pk])
    done = batch_writing.write(job.pk)

    assert meanwhile is None
    assert done is not None
    assert done.state == BatchState.READY
    assert batch_writing.write(job.pk) is None


def test_what_a_killed_worker_left_is_no_file_and_is_written_over_by_the_next(two):
    grant = granted(two)
    job = batches.ask(grant.pk, by=two.clerk, at=timezone.now())
    BatchJob.objects.filter(pk=job.pk).update(state=BatchState.RUNNING, begun_at=timezone.now())
    files().mkdir()
    (files() / f"{job.pk}.part").write_bytes(b"half a file" * 10_000)

    with pytest.raises(batch_fetching.BatchNotReady):
        fetched(two, job)
    swept = batch_sweeping.sweep(at=timezone.now())
    done = batch_writing.write(job.pk)

    assert swept == 0
    assert [one.name for one in files().iterdir()] == [f"{job.pk}.sealed"]
    assert len(fetched(two, done)) == done.bytes


def test_what_a_killed_worker_left_under_a_grant_that_ended_is_removed(two):
    grant = granted(two)
    job = batches.ask(grant.pk, by=two.clerk, at=timezone.now())
    BatchJob.objects.filter(pk=job.pk).update(state=BatchState.RUNNING, begun_at=timezone.now())
    files().mkdir()
    (files() / f"{job.pk}.part").write_bytes(b"half a file")
    lifecycle.purpose_over(grant.pk, reason="不再需要。", by=two.clerk, at=timezone.now())

    done = batch_writing.write(job.pk)

    assert (done.state, done.ended_because) == (BatchState.FAILED, BatchEnd.REFUSED)
    assert list(files().iterdir()) == []


def test_of_two_who_ask_at_once_under_a_grant_one_has_a_job_and_the_other_its_number(two):
    grant, at_once, told = granted(two), threading.Barrier(2), []

    def ask() -> None:
        at_once.wait(30)
        try:
            told.append(batches.ask(grant.pk, by=two.clerk, at=timezone.now()).pk)
        except StepRefused as refused:
            told.append(str(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _person in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)

    [job] = BatchJob.objects.all()
    refused = [one for one in told if one != job.pk]
    assert len(told) == 2
    assert len(refused) == 1
    assert str(job.pk) in refused[0]


def test_a_grant_that_is_suspended_while_the_file_is_written_leaves_none(two, monkeypatch):
    grant = granted(two)
    job = batches.ask(grant.pk, by=two.clerk, at=timezone.now())
    whole = batch_writing.wholes.whole

    def interrupted(*args, **named):
        yield from whole(*args, **named)
        suspend(two, grant)

    monkeypatch.setattr(batch_writing.wholes, "whole", interrupted)
    done = batch_writing.write(job.pk)

    assert (done.state, done.ended_because) == (BatchState.FAILED, BatchEnd.REFUSED)
    assert batch_files.there() == set()


@pytest.mark.parametrize(
    ("number", "because"), [(errno.ENOSPC, BatchEnd.FULL), (errno.EIO, BatchEnd.BROKEN)]
)
def test_a_disk_that_is_full_or_breaks_fails_the_job_and_leaves_nothing(
    two, monkeypatch, number, because
):
    job = batches.ask(granted(two).pk, by=two.clerk, at=timezone.now())

    def broken(_descriptor):
        assert batch_files.there() == {job.pk}  # a part of it
        raise OSError(number, "no more")

    monkeypatch.setattr(batch_files.os, "fsync", broken)
    with pytest.raises(OSError, match="no more"):  # told to who runs the platform
        batch_writing.write(job.pk)

    job.refresh_from_db()
    assert (job.state, job.ended_because) == (BatchState.FAILED, because)
    assert bytes(job.sealed_key) == b""
    assert batch_files.there() == set()


def test_a_job_that_nobody_began_is_found_by_the_clock(two):
    job = batches.ask(granted(two).pk, by=two.clerk, at=timezone.now())

    assert batches.left(before=job.asked_at) == []
    assert batches.left(before=job.asked_at + timedelta(seconds=1)) == [job.pk]


# --- who asks -----------------------------------------------------------------------------------


def test_people_of_another_department_and_its_apps_ask_for_nothing(two):
    grant = granted(two)
    stranger = accounts.user()

    with pytest.raises(NotAllowed):
        batches.ask(grant.pk, by=stranger, at=timezone.now())
    with pytest.raises(NotAllowed):
        batches.ask(grant.pk, by=None, app=accounts.app(), at=timezone.now())
    with pytest.raises(NotAllowed):
        batches.ask(grant.pk, by=None, at=timezone.now())


def test_a_grant_for_another_way_of_use_has_no_batch(two):
    grant = granted(two, mode=Mode.QUERY)

    with pytest.raises(serving.ModeNotGranted):
        batches.ask(grant.pk, by=two.clerk, at=timezone.now())


def test_the_mark_column_is_the_providers_to_set(two):
    grant = granted(two)

    with pytest.raises(NotAllowed):
        batches.mark_column(grant.pk, wanted=True, by=two.clerk, at=timezone.now())
    with pytest.raises(StepRefused):
        batches.mark_column(grant.pk, wanted=False, by=two.reviewer, at=timezone.now())


# --- when nobody reads it any more --------------------------------------------------------------


def suspend(two: sharing.Two, grant: Grant) -> None:
    lifecycle.suspend(
        grant.pk,
        reason="超范围使用。",
        mend_by=timezone.localdate() + timedelta(days=9),
        by=two.reviewer,
        at=timezone.now(),
    )


def test_a_suspension_takes_the_key_and_the_sweep_the_bytes(two):
    grant = granted(two)
    job = written(two, grant)

    suspend(two, grant)
    job.refresh_from_db()
    swept = batch_sweeping.sweep(at=timezone.now())

    assert (job.state, bytes(job.sealed_key)) == (BatchState.EXPIRED, b"")
    assert (swept, batch_files.there()) == (1, set())
    with pytest.raises(serving.GrantNotLive, match="超范围使用"):
        fetched(two, job)


def test_after_mending_the_old_file_stays_gone_and_a_new_one_is_given(two):
    grant = granted(two)
    job = written(two, grant)
    suspend(two, grant)
    lifecycle.resume(grant.pk, reason="已整改。", by=two.reviewer, at=timezone.now())

    with pytest.raises(batch_fetching.BatchGone, match="suspended"):
        fetched(two, job)

    assert fetched(two, written(two, grant))


def test_a_suspension_breaks_a_fetch_off_in_the_middle(two, monkeypatch):
    monkeypatch.setattr(batch_files, "BLOCK", 64)
    monkeypatch.setattr(reading, "LEASE_SECONDS", 0)
    grant = granted(two)
    job = batch_fetching.own(written(two, grant).pk, caller(two))
    served = batch_fetching.opened(job, caller(two), at=timezone.now())
    stream = batch_fetching.contents(job, served, at=timezone.now())
    next(stream)

    suspend(two, grant)

    with pytest.raises(reading.Revoked):
        next(stream)


def test_a_stricter_line_takes_the_file_away_with_the_next_call(two):
    grant = granted(two)
    job = written(two, grant)
    catalog.negative_line(two.dataset, ["phone"])
    type(two.dataset).objects.filter(pk=two.dataset.pk).policy_changed()

    with pytest.raises(batch_fetching.BatchGone, match="has changed since"):
        fetched(two, job)

    job.refresh_from_db()
    assert (job.state, bytes(job.sealed_key)) == (BatchState.EXPIRED, b"")


def test_a_file_that_another_release_masked_is_taken_away_with_the_next_call(two, monkeypatch):
    job = written(two, granted(two))
    assert fetched(two, job)

    monkeypatch.setattr(masks, "VERSION", masks.VERSION + 1)
    monkeypatch.setattr(access, "_decisions", OrderedDict())  # another release is another process

    with pytest.raises(batch_fetching.BatchGone, match="has changed since"):
        fetched(two, job)


def test_when_its_days_are_over_a_file_is_gone_swept_or_not(two):
    grant = granted(two)
    job = written(two, grant)
    BatchJob.objects.filter(pk=job.pk).update(expires_at=timezone.now())

    with pytest.raises(batch_fetching.BatchGone, match="days are over"):
        fetched(two, job)


def test_the_sweep_takes_what_is_over_and_leaves_the_rest(two):
    grant = granted(two)
    old, fresh = written(two, grant), written(two, grant)
    BatchJob.objects.filter(pk=old.pk).update(expires_at=timezone.now())

    assert batch_sweeping.sweep(at=timezone.now()) == 1

    assert batch_files.there() == {fresh.pk}
    assert fetched(two, fresh)


def test_the_sweep_takes_the_files_of_a_dataset_that_was_withdrawn(two):
    job = written(two, granted(two))
    opening.withdraw(two.dataset.pk, by=two.where.head, at=timezone.now(), reason="停止提供")

    assert batch_sweeping.sweep(at=timezone.now()) == 1

    job.refresh_from_db()
    assert (job.state, job.ended_because) == (BatchState.EXPIRED, BatchEnd.STRICTER)
    assert (bytes(job.sealed_key), batch_files.there()) == (b"", set())


def test_a_lost_file_is_told_as_lost(two):
    job = written(two, granted(two))
    batch_files.remove(job.pk)

    with pytest.raises(batch_fetching.BatchGone, match="not in the store"):
        fetched(two, job)


def test_a_renewal_ends_the_files_of_what_it_replaces(two):
    grant = granted(two, "id", "name")
    job = written(two, grant)

    renewal = asking.draft(
        two.dataset.pk,
        two.terms("id", "name", mode=Mode.BULK, clear_up_to=Grade.L2),
        organization=two.asker,
        renews=grant,
        by=two.clerk,
        at=sharing.NOW,
    )
    asking.submit(renewal.pk, by=two.clerk, at=sharing.NOW)
    asking.sign(renewal.pk, vouched=True, by=two.asking_head, at=sharing.NOW)

    job.refresh_from_db()
    assert job.state == BatchState.EXPIRED


def test_no_statement_and_no_session_setting_in_the_log_holds_the_marks_key(two, monkeypatch):
    grant = granted(two)
    key, told = marks.key(grant.pk).hex(), []
    copied = reading._copied

    def noted(raw, statement, counted):
        told.append(statement.as_string(raw))
        return copied(raw, statement, counted)

    monkeypatch.setattr(reading, "_copied", noted)
    written(two, grant)

    assert "current_setting('city.mark_key')" in told[0]
    assert key not in told[0]
