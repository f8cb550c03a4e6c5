"""Files that came as workbooks are not kept for ever; what was made of them is."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from catalog import files
from catalog.models import FileVersion, SheetImport


def prune(*, at: datetime) -> int:
    """Remove files of workbooks that were sent WORKBOOK_DAYS ago; return how many.

    What became of each row stays with the import. A file that a dataset offers is never touched,
    nor one of the same bytes that was sent anew. What lies in the store unnamed, such as the
    workbooks of fields, goes by the day it was written.
    """
    if not settings.WORKBOOK_DAYS:
        return 0
    before = at - timedelta(days=settings.WORKBOOK_DAYS)
    old = SheetImport.objects.filter(sent_at__lt=before, file_removed_at=None)
    old.update(file_removed_at=at)
    removed = 0
    needed = _needed()
    for path in _written_before(before):
        if path.name not in needed:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _needed() -> frozenset[str]:
    offered = FileVersion.objects.values_list("sha256", flat=True)
    waiting = SheetImport.objects.filter(file_removed_at=None).values_list("sha256", flat=True)
    return frozenset(offered) | frozenset(waiting)


def _written_before(day: datetime) -> Iterator[Path]:
    """Yield the files of the store that were written, or handed in again, before a time."""
    for folder in files.folders():
        for path in folder.iterdir():
            if path.stat().st_mtime < day.timestamp():
                yield path
