"""A packed source that unfolds too far is refused, and nothing of it goes live."""

import gzip
import zipfile

import pytest
from django.utils import translation

from exchange.connectors import unpacking
from exchange.connectors.unpacking import Allowance, bounded
from exchange.problems import FileBroken

LINES = b"1,same\n" * 200_000  # 1.4 MB, a few kilobytes when packed


def packed(tmp_path):
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(LINES))
    return path


def read(path):
    with gzip.open(path) as stream:
        return bounded(stream, Allowance(path.name, path.stat().st_size)).read()


def test_what_stays_below_both_limits_comes_through_whole(tmp_path):
    assert read(packed(tmp_path)) == LINES


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [("UNPACK_MB", 1, "more than 1 MB"), ("UNPACK_RATIO", 50, "more than 50 times its size")],
)
def test_what_unfolds_too_far_is_refused_with_what_to_do(
    tmp_path, settings, monkeypatch, setting, value, sentence
):
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1000)
    settings.UNPACK_RATIO = 100_000
    setattr(settings, setting, value)

    with translation.override("en"), pytest.raises(FileBroken, match=sentence) as refused:
        read(packed(tmp_path))

    assert "rows.csv.gz" in str(refused.value)
    assert "ask the system administrator" in str(refused.value)


def test_members_of_an_archive_are_counted_together(tmp_path, settings):
    settings.UNPACK_MB = 2
    settings.UNPACK_RATIO = 100_000
    path = tmp_path / "rows.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", LINES)
        archive.writestr("b.csv", LINES)
    allowance = Allowance(path.name, path.stat().st_size)

    with zipfile.ZipFile(path) as archive:
        with archive.open("a.csv") as first:
            assert bounded(first, allowance).read() == LINES
        with archive.open("b.csv") as second, pytest.raises(FileBroken):
            bounded(second, allowance).read()
