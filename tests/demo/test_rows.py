"""The demo's rows: the same for the same seed, sound but for what is spoiled on purpose."""

import csv
import gzip
import io

import pytest

from demo import inputs, rows
from policy.identifiers import is_resident_id, is_uscc

MAKERS = (
    rows.registrations,
    rows.inspections,
    rows.bus_stops,
    rows.volunteers,
    rows.annual_reports,
)


@pytest.mark.parametrize("make", MAKERS)
def test_one_seed_gives_the_same_rows_and_another_gives_others(make):
    assert list(make(300, seed=1)) == list(make(300, seed=1))
    assert list(make(300, seed=1)) != list(make(300, seed=2))


@pytest.mark.parametrize(
    ("make", "place", "check"),
    [(rows.registrations, 0, is_uscc), (rows.volunteers, 2, is_resident_id)],
)
def test_every_identifier_passes_its_checksum_but_for_the_spoiled_ones(make, place, check):
    wrong = sum(not check(str(row[place])) for row in make(rows.RHYTHM, seed=1))

    assert wrong == 1


def test_identifiers_are_of_a_region_that_does_not_exist():
    assert all(str(row[2]).startswith("9901") for row in rows.volunteers(200, seed=1))
    assert all(str(row[0])[2:6] == "9901" for row in rows.registrations(200, seed=1))


@pytest.mark.parametrize(("count", "wrong"), [(0, 0), (5, 0), (6, 1), (rows.RHYTHM, 5)])
def test_it_is_known_how_many_rows_are_spoiled(count, wrong):
    assert rows.spoiled(count) == wrong


def test_the_shares_of_the_datasets_make_up_the_whole():
    assert sum(inputs.share(name, 220_000) for name in inputs.SHARES) == 220_000


def test_the_files_are_in_the_encodings_that_departments_send(tmp_path):
    inputs.write_files(tmp_path, seed=1, total=22_0)

    assert (tmp_path / "market" / "inspections.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    stops = (tmp_path / "transport" / "bus_stops.txt").read_bytes().decode("gb18030")
    assert {len(row) for row in csv.reader(io.StringIO(stops), delimiter=";")} <= {7, 8}
    with gzip.open(tmp_path / "civil" / "volunteers.csv.gz", "rt", encoding="utf-8") as file:
        assert next(csv.reader(file)) == list(rows.VOLUNTEER_HEADER)


def test_files_that_are_there_are_left_alone(tmp_path):
    inputs.write_files(tmp_path, seed=1, total=220)
    (tmp_path / "market" / "inspections.csv").write_text("kept")

    inputs.write_files(tmp_path, seed=1, total=220)

    assert (tmp_path / "market" / "inspections.csv").read_text() == "kept"
