"""From a leaked file to its grant: whole or in part, moved about, and never a wrong one."""

import csv
import gzip
import io
import json
import math
import random
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit.models import Entry
from exchange.access import Caller
from exchange.models import BatchForm, BatchJob, Grant
from exchange.records import marks
from exchange.sharing import batch_fetching, batch_writing, batches, leaks, likelihood, tracing
from policy.terms import DataType, Grade, Mode, ReaderKind, ShareType
from tests.factories import sharing
from tests.factories.exchange import column

EVER = {"valid_from": date(2026, 1, 1), "valid_until": date(2099, 1, 1)}
ROWS = 1000
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("district"),
    column("paid_on", DataType.DATE),
    column("phone", grade=Grade.L3, mask=sharing.EDGES, share_type=ShareType.CONDITIONAL),
)
DATA = "id,name,district,paid_on,phone\n" + "\n".join(
    f"{n},n{n % 400:03d},d{n % 7},2026-01-{n % 28 + 1:02d},138{n:08d}" for n in range(1, ROWS + 1)
)


class Given:
    """A dataset, and files of it under two grants with different fields in clear."""

    def __init__(self) -> None:
        self.two = sharing.two(columns=COLUMNS, data=DATA)
        self.grants = [self._granted(Grade.L3), self._granted(Grade.L2, purpose="另一用途")]
        self.files = [self.file(grant) for grant in self.grants]

    def _granted(self, up_to: Grade, **over) -> Grant:
        names = [one.name for one in COLUMNS]
        grant = self.two.granted(*names, mode=Mode.BULK, clear_up_to=up_to, **over)
        Grant.objects.filter(pk=grant.pk).update(**EVER)
        return Grant.objects.get(pk=grant.pk)

    def file(self, grant: Grant, **over) -> bytes:
        job = batches.ask(grant.pk, by=self.two.clerk, at=timezone.now(), **over)
        batch_writing.write(job.pk)
        job = BatchJob.objects.get(pk=job.pk)
        caller = Caller(ReaderKind.DEPARTMENT, organization_id=self.two.asker.pk)
        served = batch_fetching.opened(job, caller, at=timezone.now())
        return b"".join(batch_fetching.contents(job, served, at=timezone.now()))


@pytest.fixture(name="at_hand")
def _at_hand(live_database, settings, tmp_path) -> Given:
    settings.BATCH_ROOT = str(tmp_path / "batches")
    return Given()


def table(text: bytes) -> tuple[list[str], list[list[str]]]:
    header, *rows = csv.reader(io.StringIO(text.decode(), newline=""))
    return header, rows


def saved(tmp_path: Path, header: list[str], rows: list[list[str]], *, sign: str = ",") -> Path:
    file = tmp_path / "leak.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, delimiter=sign).writerows([header, *rows])
    return file


def without(header: list[str], rows: list[list[str]], *names: str):
    """Drop columns."""
    kept = [place for place, name in enumerate(header) if name not in names]
    return [header[place] for place in kept], [[row[place] for place in kept] for row in rows]


def named(file: Path, **over) -> list[tuple[int, str]]:
    return [(one.grant.pk, one.by) for one in tracing.trace(leaks.read(file), **over).findings]


def test_parts_of_files_lead_to_their_grant_however_they_were_cut_and_moved_about(
    at_hand, tmp_path
):
    draw = random.Random(4)  # noqa: S311 - which rows, the same each time
    for grant, text in zip(at_hand.grants, at_hand.files, strict=True):
        header, rows = table(text)
        some = [rows[place] for place in sorted(draw.sample(range(ROWS), 120))]
        few = some[:30]
        bare = without(header, some, "_id")
        poor = without(header, some, "_id", "id", "paid_on")
        anew = [[str(place), *row[1:]] for place, row in enumerate(some, start=1)]
        moved_names = ["phone", "name", "id", "district"]
        moved = [
            [dict(zip(header, row, strict=True))[name] for name in moved_names] for row in some
        ]
        nameless = (["a", "b", "c", "d", "e"], bare[1])
        tried = {
            "whole": (header, rows),
            "a part from the middle": (header, rows[300:420]),
            "some rows": (header, some),
            "few rows": (header, few),
            "without numbers": bare,
            "columns moved, some gone": (moved_names, moved),
            "two halves the other way round": (header, rows[500:600] + rows[100:200]),
            "names of columns changed": nameless,
            "numbered anew": (header, anew),
        }
        if grant == at_hand.grants[0]:  # phone in clear tells rows apart without the key
            tried["without the key"] = poor

        for what, (names, left) in tried.items():
            assert named(saved(tmp_path, names, left)) == [(grant.pk, "order")], what


def test_a_mixture_of_two_files_leads_to_both_grants(at_hand, tmp_path):
    (header, first), (_same, second) = (table(text) for text in at_hand.files)

    file = saved(tmp_path, header, first[:150] + second[400:550])

    assert {pk for pk, _by in named(file)} == {grant.pk for grant in at_hand.grants}


def test_rows_that_were_never_given_out_as_a_file_lead_to_no_grant(at_hand, tmp_path):
    header, rows = table(at_hand.files[0])
    by_key = sorted(rows, key=lambda row: int(row[1]))
    shuffled = random.Random(5).sample(rows, ROWS)  # noqa: S311 - the same each time
    foreign = [[f"x{n}", f"y{n}"] for n in range(500)]

    for names, left in [
        (header, by_key),
        (header, shuffled),
        without(header, shuffled[:150], "_id"),
        (["name", "phone"], foreign),
        (["u", "v"], foreign),
        (header, rows[:3]),
    ]:
        assert named(saved(tmp_path, names, left)) == []


def test_a_file_that_was_sorted_anew_is_traced_by_its_mark_column_down_to_one_row(
    at_hand, tmp_path
):
    grant = at_hand.grants[1]
    batches.mark_column(grant.pk, wanted=True, by=at_hand.two.reviewer, at=timezone.now())
    header, rows = table(at_hand.file(grant))
    rows.sort(key=lambda row: int(row[1]))
    renamed = ["x" if name == "_mark" else name for name in header]

    assert named(saved(tmp_path, header, rows)) == [(grant.pk, "column")]
    assert named(saved(tmp_path, renamed, rows[7:8])) == [(grant.pk, "column")]


def test_lines_of_json_packed_or_not_and_tables_with_other_signs_are_read(at_hand, tmp_path):
    grant = at_hand.grants[0]
    lines = at_hand.file(grant, form=BatchForm.JSONL).decode().splitlines()[100:250]
    plain, packed = tmp_path / "leak.txt", tmp_path / "leak.bin"
    plain.write_text("\n".join(lines), encoding="utf-8")
    told = [{k: v for k, v in json.loads(line).items() if k != "_id"} for line in lines]
    bare = "\n".join(json.dumps(one, ensure_ascii=False) for one in told)
    packed.write_bytes(gzip.compress(bare.encode()))
    header, rows = table(at_hand.files[0])

    assert named(plain) == named(packed) == [(grant.pk, "order")]
    assert named(saved(tmp_path, header, rows[:200], sign=";")) == [(grant.pk, "order")]


def test_rows_that_changed_since_are_left_out_and_the_rest_is_enough(at_hand, tmp_path):
    grant = at_hand.grants[0]
    header, rows = without(*table(at_hand.files[0]), "_id")
    changed = [[*row[:1], "other", *row[2:]] if n % 3 else row for n, row in enumerate(rows)]

    assert named(saved(tmp_path, header, changed[:300])) == [(grant.pk, "order")]


def test_the_command_says_grant_department_evidence_and_how_sure_and_writes_it_down(
    at_hand, tmp_path, capsys
):
    grant = at_hand.grants[0]
    header, rows = table(at_hand.files[0])

    call_command("trace", str(saved(tmp_path, header, rows[:150])), "--dataset", slug(at_hand))

    said = capsys.readouterr().out
    assert f"Grant {grant.pk}, given to {at_hand.two.asker}" in said
    assert "149 of 149 neighbouring rows stand in its order" in said
    assert "by chance in fewer than one of 10^" in said
    assert Entry.objects.get(verb="batch.trace").details["grants"] == [grant.pk]


def slug(at_hand: Given) -> str:
    return at_hand.two.dataset.slug


def test_the_command_ends_with_1_and_a_sentence_where_nothing_is_found(at_hand, tmp_path):
    foreign = saved(tmp_path, ["a", "b"], [[f"x{n}", "y"] for n in range(200)])

    with pytest.raises(CommandError, match="No grant found"):
        call_command("trace", str(foreign), "--dataset", slug(at_hand))
    with pytest.raises(CommandError, match="No batch file of “other”"):
        call_command("trace", str(foreign), "--dataset", "other")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("trace", str(tmp_path / "none.csv"))


# --- the arithmetic ---------------------------------------------------------------------------


@pytest.mark.parametrize("rows", range(2, 8))
def test_the_chance_is_what_counting_all_orders_gives(rows):
    orders = list(permutations([bytes([n]) for n in range(rows)]))

    for least in range(1, rows):
        counted = sum(likelihood.in_order(order) >= least for order in orders)
        assert likelihood.by_chance(rows, least) == pytest.approx(
            math.log10(counted) - math.log10(len(orders)), abs=1e-9
        )


def test_the_bound_for_long_files_is_never_below_the_true_chance(monkeypatch):
    exact = [likelihood.by_chance(150, ascending) for ascending in range(1, 150)]
    monkeypatch.setattr(likelihood, "EXACT_UP_TO", 0)

    bound = [likelihood.by_chance(150, ascending) for ascending in range(1, 150)]

    assert all(more >= true - 1e-9 for more, true in zip(bound, exact, strict=True))


def test_too_few_rows_are_never_enough():
    assert likelihood.by_chance(1, 0) == likelihood.by_chance(0, 0) == 0
    assert likelihood.by_chance(9, 8) > tracing.LONGEST_LOG


@given(row=st.integers(0, 2**62), one=st.integers(1, 2**31), other=st.integers(1, 2**31))
def test_a_token_is_of_its_own_grant_alone(row, one, other):
    token = marks.token(row, key=marks.key(one))

    assert marks.bears(token, key=marks.key(one))
    assert marks.bears(token, key=marks.key(other)) == (one == other)
    assert not marks.bears(token[:-1], key=marks.key(one))
    assert not marks.bears("x" * 24, key=marks.key(one))
