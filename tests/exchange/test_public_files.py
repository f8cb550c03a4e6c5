"""The folder of public files: what everybody is given lies there, and nothing else does."""

import errno
import hashlib
import io
import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from catalog import amending, resources
from catalog.additions import offered_file
from catalog.facts import as_params
from catalog.models import Field, NegativeLine
from catalog.terms import LineState
from exchange import counted, file_verbs, opening, public_files, public_folder
from policy.terms import DataType, Grade, MaskKind, OpenType
from tests.databases import as_open_door
from tests.factories import catalog, exchange
from tests.factories.exchange import column
from tests.factories.market import EDGES

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent.parent
OPEN = (column("id", DataType.INTEGER, is_key=True), column("name"))
DIGEST = hashlib.sha256(exchange.FILE).hexdigest()
NEWER = b"a\n2\n"


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")
    settings.PUBLIC_FILE_STORE = str(tmp_path / "public")
    return tmp_path / "files"


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Let what waits for a commit happen at the end of the block, as at a real one."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def get(dataset):
    return Client().get(f"/api/v1/datasets/{dataset.slug}/files/file_1")


def lying():
    return sorted(public_folder.digests())


def the_file(dataset):
    return dataset.resources.get(kind="file")


def the_name(dataset):
    return Field.objects.get(resource__dataset=dataset, name="name")


def newer_version(where, dataset, data):
    told = {"name": "年鉴.csv", "stream": io.BytesIO(data)}
    by = {"by": where.publisher, "at": exchange.NOW}
    return resources.add_file_version(the_file(dataset).pk, **told, **by)


# what lies there


def test_what_everybody_is_given_lies_there_and_is_read_there_alone(settings):
    dataset = exchange.with_file(exchange.house())

    settings.FILE_STORE = "/nowhere"

    assert lying() == [DIGEST]
    with as_open_door():
        assert get(dataset).getvalue() == exchange.FILE


def test_a_closed_file_a_draft_and_a_newer_version_do_not(store):
    where = exchange.house()
    exchange.with_file(where, data=b"a\n1\n", is_public=False)
    dataset = exchange.with_file(where, columns=OPEN)
    newer = newer_version(where, dataset, NEWER)

    assert lying() == [DIGEST]
    assert len([path for path in store.rglob("*") if path.is_file()]) == 3
    assert not public_folder.place(newer.sha256).exists()


def test_a_file_beside_fields_that_are_not_open_does_not():
    hidden = column("x", grade=Grade.L4, open_type=OpenType.NOT_OPEN)

    exchange.with_file(exchange.house(), columns=(*OPEN, hidden))

    assert lying() == []


def test_a_released_version_takes_the_place_of_the_one_before_it(committed):
    where = exchange.house()
    dataset = exchange.with_file(where)
    newer = newer_version(where, dataset, NEWER)

    with committed():
        file_verbs.release_version(newer.pk, by=where.head, at=exchange.NOW)

    assert lying() == [newer.sha256]
    assert get(dataset).getvalue() == NEWER


def test_a_file_that_an_amendment_brings_lies_there_once_it_holds():
    where = exchange.house()
    dataset = exchange.with_file(where)
    told = offered_file(title_zh="附录", name="附录.csv", stream=io.BytesIO(NEWER), is_public=True)
    by = {"by": where.publisher, "at": exchange.NOW}
    change = amending.propose(dataset.pk, offered=[told], reason="补充", **by)
    amending.sign(change.pk, by=where.head, at=exchange.NOW)
    before = lying()

    opening.decide_revision(change.pk, accept=True, reason="", by=where.operator, at=exchange.NOW)

    assert before == [DIGEST]
    assert lying() == sorted([DIGEST, hashlib.sha256(NEWER).hexdigest()])


# what takes a file away


def _withdraw(where, dataset):
    opening.withdraw(dataset.pk, by=where.operator, at=timezone.now(), reason="x")


def _end(where, dataset):
    by = {"by": where.publisher, "at": exchange.NOW}
    file_verbs.end_resource(the_file(dataset).pk, reason="x", **by)


def _close(where, dataset):
    file_verbs.close_file(the_file(dataset).pk, by=where.head, at=exchange.NOW, reason="x")


def _regrade(**values):
    def it(where, dataset):
        changes = {the_name(dataset).pk: values}
        opening.regrade(dataset.pk, changes, by=where.head, at=exchange.NOW, reason="x")

    return it


def _bar(where, dataset):
    line = catalog.negative_line(dataset, [], state=LineState.AUTHORITY_REVIEW)
    opening.publish_line(line.pk, by=where.operator, at=exchange.NOW)


def _count_only(where, dataset):
    by = [(the_name(dataset).pk, "")]
    counted.count_only(dataset.pk, by, reason="few", by=where.head, at=exchange.NOW)


CLOSING = {
    "withdrawn": _withdraw,
    "ended": _end,
    "closed": _close,
    "not open": _regrade(grade=Grade.L4, open_type=OpenType.NOT_OPEN),
    "conditional": _regrade(grade=Grade.L2, open_type=OpenType.CONDITIONAL),
    "masked": _regrade(
        grade=Grade.L3, mask_kind=MaskKind.KEEP_EDGES, mask_params=as_params(EDGES)
    ),
    "concealed": _regrade(grade=Grade.L4, open_type=OpenType.NOT_OPEN, concealed=True),
    "barred": _bar,
    "counts only": _count_only,
}


@pytest.mark.parametrize("closing", CLOSING.values(), ids=CLOSING)
def test_what_is_no_longer_given_is_gone_from_there_and_stays_in_the_store(
    closing, committed, store
):
    where = exchange.house()
    dataset = exchange.with_file(where, columns=OPEN)
    before = lying()

    with committed():
        closing(where, dataset)

    assert before == [DIGEST]
    assert lying() == []
    assert (store / DIGEST[:2] / DIGEST).read_bytes() == exchange.FILE
    assert get(dataset).status_code != 200


def test_bytes_that_two_entries_offer_stay_while_one_of_them_gives_them(committed):
    where = exchange.house()
    one, two = exchange.with_file(where), exchange.with_file(where, columns=OPEN)

    with committed():
        _withdraw(where, one)
    between = lying()
    with committed():
        _close(where, two)

    assert between == [DIGEST]
    assert lying() == []


def test_a_verb_that_fails_takes_nothing_away(committed):
    where = exchange.house()
    dataset = exchange.with_file(where)

    with committed(), pytest.raises(ZeroDivisionError), transaction.atomic():
        _close(where, dataset)
        raise ZeroDivisionError

    assert lying() == [DIGEST]
    assert get(dataset).getvalue() == exchange.FILE


# what the clock mends


def test_what_a_crash_left_after_the_commit_goes_by_the_clock():
    where = exchange.house()
    dataset = exchange.with_file(where)
    _close(where, dataset)  # and nothing of what waits for the commit is done
    left = lying()

    mended = public_files.tend(at=exchange.NOW)

    assert (left, mended) == ([DIGEST], 1)
    assert lying() == []
    assert public_files.tend(at=exchange.NOW) == 0


def test_what_a_failed_verb_put_there_goes_by_the_clock_and_is_given_to_nobody_before():
    where = exchange.house()
    dataset = exchange.with_file(where)
    newer = newer_version(where, dataset, NEWER)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        file_verbs.release_version(newer.pk, by=where.head, at=exchange.NOW)
        raise ZeroDivisionError
    left = lying()

    with as_open_door():
        given = get(dataset).getvalue()
    public_files.tend(at=exchange.NOW)

    assert left == sorted([DIGEST, newer.sha256])
    assert given == exchange.FILE
    assert lying() == [DIGEST]


def test_what_is_missing_comes_back():
    dataset = exchange.with_file(exchange.house())
    public_folder.remove(DIGEST)
    missing = get(dataset)

    mended = public_files.tend(at=exchange.NOW)

    assert missing.status_code == 503
    assert mended == 1
    assert get(dataset).getvalue() == exchange.FILE


def test_a_file_that_is_cut_short_is_put_there_whole():
    exchange.with_file(exchange.house())
    public_folder.remove(DIGEST)
    public_folder.place(DIGEST).write_bytes(b"a")

    public_folder.put(DIGEST)

    assert public_folder.place(DIGEST).read_bytes() == exchange.FILE


def test_a_line_that_begins_takes_the_file_away_on_its_day(committed):
    where = exchange.house()
    dataset = exchange.with_file(where)
    tomorrow = exchange.NOW + timedelta(days=1)
    with committed():
        line = catalog.negative_line(dataset, [], state=LineState.AUTHORITY_REVIEW)
        NegativeLine.objects.filter(pk=line.pk).update(from_on=tomorrow.date())
        opening.publish_line(line.pk, by=where.operator, at=exchange.NOW)
    before = lying()

    public_files.tend(at=tomorrow)

    assert before == [DIGEST]
    assert lying() == []


def test_the_rest_of_a_copy_that_broke_off_goes_after_an_hour(settings):
    folder = Path(settings.PUBLIC_FILE_STORE) / "ab"
    folder.mkdir(parents=True)
    old, young = folder / "tmp1", folder / "tmp2"
    for path, age in ((old, 2), (young, 0)):
        path.write_bytes(b"half")
        then = (exchange.NOW - timedelta(hours=age)).timestamp()
        os.utime(path, (then, then))

    swept = public_files.tend(at=exchange.NOW)

    assert swept == 1
    assert [path.name for path in folder.iterdir()] == ["tmp2"]


def test_what_the_store_has_lost_stops_no_verb_and_is_told_of(store, caplog):
    where = exchange.house()
    dataset = exchange.with_file(where, is_public=False)
    dataset.resources.update(is_public=True)
    (store / DIGEST[:2] / DIGEST).unlink()
    version = the_file(dataset).versions.get()

    file_verbs.release_version(version.pk, by=where.head, at=exchange.NOW)

    assert "a public file is not in the store" in caplog.text
    assert get(dataset).status_code == 503


# how it lies there


def test_on_one_disk_it_is_the_same_bytes_and_on_two_a_copy(store, monkeypatch):
    exchange.with_file(exchange.house())
    kept, public = store / DIGEST[:2] / DIGEST, public_folder.place(DIGEST)
    same = kept.samefile(public)
    public_folder.remove(DIGEST)

    def two_disks(*_paths):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", two_disks)
    public_folder.put(DIGEST)

    assert same
    assert not kept.samefile(public)
    assert public.read_bytes() == exchange.FILE
    assert [path.name for path in public.parent.iterdir()] == [DIGEST]


def test_no_door_calls_a_verb_that_leaves_the_folder_behind():
    bare = re.compile(
        r"\b(versions\.release_version|resources\.end_resource|openness\.\w+_file"
        r"|revisions\.decide_revision|publishing\.(accept|retire))\("
    )
    doors = ("portal", "api", "backoffice", "demo", "community", "oversight")

    found = [
        path.name
        for room in doors
        for path in (ROOT / room).rglob("*.py")
        if bare.search(path.read_text())
    ]

    assert found == []
