"""Files of old workbooks are removed; what was made of them, and what is offered, stays."""

import io
import os
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from catalog import files, resources, tasks
from catalog.models import SheetImport
from catalog.refusals import StepRefused
from catalog.sheets import importing, pruning
from catalog.terms import State
from tests.factories import accounts
from tests.factories.catalog import NOW, dataset, staff

pytestmark = pytest.mark.django_db
CSV = "名称,说明\n停车场,公共停车场\n".encode()
LATER = NOW + timedelta(days=91)


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")


def sent(data=CSV, at=NOW):
    place = accounts.organization()
    by = staff(Role.PUBLISHER, place)
    return importing.send("目录.csv", owner=place, stream=io.BytesIO(data), by=by, at=at), by


def write(data, at=NOW):
    """Write bytes into the store as if at a time; return their digest."""
    digest = files.keep(data)
    os.utime(files.place(digest), (at.timestamp(), at.timestamp()))
    return digest


def test_an_old_workbook_goes_and_what_became_of_its_rows_stays():
    workbook, by = sent()
    write(CSV)
    digest = importing.proposal_of(workbook).digest
    importing.apply(workbook.pk, digest=digest, by=by, at=NOW)

    removed = pruning.prune(at=LATER)

    workbook.refresh_from_db()
    assert (removed, workbook.file_removed_at) == (1, LATER)
    assert not files.place(workbook.sha256).exists()
    assert [row.title for row in importing.kept_rows(workbook)] == ["", "停车场"]
    assert importing.notes_of(workbook) == ()


def test_one_that_was_not_applied_says_that_it_has_to_be_sent_again():
    workbook, by = sent()
    write(CSV)
    pruning.prune(at=LATER)

    with pytest.raises(StepRefused, match="more than 90 days ago"):
        importing.apply(workbook.pk, digest="", by=by, at=LATER)


def test_a_workbook_stays_until_its_day():
    workbook, _by = sent()
    write(CSV)

    assert pruning.prune(at=NOW + timedelta(days=90)) == 0
    assert importing.proposal_of(workbook).rows


def test_bytes_that_were_sent_anew_stay():
    old, _by = sent()
    new, _by = sent(at=LATER)
    write(CSV)

    assert pruning.prune(at=LATER) == 0
    assert SheetImport.objects.get(file_removed_at=None) == new
    assert files.kept(old.sha256) == CSV


def test_what_a_dataset_offers_stays_whoever_else_sent_the_same_bytes():
    made = dataset(State.DRAFT)
    by = staff(Role.PUBLISHER, made.owner)
    resources.add_file(
        made.pk, title_zh="文件", stream=io.BytesIO(CSV), name="a.csv", by=by, at=NOW
    )
    sent()
    write(CSV)

    assert pruning.prune(at=LATER) == 0


def test_what_no_row_names_goes_by_the_day_it_was_handed_in_last():
    today = timezone.now()
    old, young = write(b"old", at=today - timedelta(days=91)), write(b"young", at=today)
    write(b"again", at=today - timedelta(days=91))
    again = files.keep(b"again")

    assert pruning.prune(at=today) == 1
    assert not files.place(old).exists()
    assert files.kept(young) == b"young"
    assert files.kept(again) == b"again"


def test_zero_days_keep_everything_and_the_clock_asks_for_the_rest(settings):
    write(b"old", at=timezone.now() - timedelta(days=2))
    settings.WORKBOOK_DAYS = 0

    assert tasks.prune_workbooks() == 0

    settings.WORKBOOK_DAYS = 1
    assert tasks.prune_workbooks() == 1
