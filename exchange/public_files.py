"""Which files the folder of public files holds: those that everybody is given, and no others.

A door gives out what the database says (`open_files`), and no file merely because it lies there.
So a file may be put there before the verb that opens it has committed: until then, and if the
verb fails, nobody is told of it, and it is taken away again. One that is closed goes after the
commit, before the verb returns: taken away earlier it would be missing if the verb failed.
`tend`, by the clock, mends what a crash between the two has left.
"""

import logging
from collections.abc import Collection, Iterator
from datetime import date, datetime
from functools import partial

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import Dataset, FileVersion
from catalog.terms import State
from exchange import open_files, public_folder

log = logging.getLogger(__name__)

LOCK = 0x5055424C  # "PUBL": one at a time takes away and decides what may stay


def public(among: Collection[str] | None = None, *, at: datetime) -> frozenset[str]:
    """Return the digests that everybody is given now; of `among` alone where it is told.

    The bytes of two entries may be the same: they are public while one of the two gives them.
    Two queries, and up to seven for each entry with a released file.
    """
    released = FileVersion.objects.filter(
        released_at__isnull=False,
        resource__is_public=True,
        resource__ended_at=None,
        resource__dataset__state=State.PUBLISHED,
    )
    if among is not None:
        released = released.filter(sha256__in=among)
    datasets = Dataset.objects.filter(pk__in=released.values("resource__dataset"))
    found = frozenset(_given(datasets, timezone.localdate(at)))
    return found if among is None else found & frozenset(among)


def _given(datasets: QuerySet[Dataset], today: date) -> Iterator[str]:
    for dataset in datasets:
        for one in open_files.offered(dataset, today=today):
            if one.version is not None:
                yield one.version.sha256


def follow(dataset_id: int, *, at: datetime) -> None:
    """Bring the folder to what an entry gives: at the end of every verb that can open or close.

    Raises OSError where a file cannot be put there, so that the verb fails as a whole. Where one
    cannot be taken away that is raised after the commit: nobody is given it, and the clock tries
    again.
    """
    versions = FileVersion.objects.filter(resource__dataset=dataset_id)
    own = frozenset(versions.values_list("sha256", flat=True))
    if not own:
        return
    for digest in public(own, at=at):
        _put(digest)
    transaction.on_commit(partial(bring, own, at=at))


@transaction.atomic
def bring(among: Collection[str], *, at: datetime) -> None:
    """Make the folder hold, of these digests, those that are public, and none of the others.

    One process at a time, each by what is committed when its turn comes: so a file that one verb
    closes in one entry while another verb opens it in a second one is there in the end.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    wanted = public(among, at=at)
    for digest in frozenset(among) - wanted:
        public_folder.remove(digest)
    for digest in wanted:
        _put(digest)


def _put(digest: str) -> None:
    """Put a file there. One that the store has lost is a matter of the log: doors say 503."""
    if not public_folder.put(digest):
        log.warning("a public file is not in the store", extra={"sha256": digest})


def differing(*, at: datetime) -> tuple[frozenset[str], frozenset[str]]:
    """Return the digests that lie in the folder and should not, and those that are missing."""
    here = public_folder.digests()  # first: what is opened meanwhile is missing at most
    wanted = public(at=at)
    return here - wanted, wanted - here


def tend(*, at: datetime) -> int:
    """Make the folder whole: what a crash left, what the day closed. Returns how many differed.

    For the clock, and after a restore. Safe to repeat.
    """
    strange, missing = differing(at=at)
    if strange or missing:
        bring(strange | missing, at=at)
    return len(strange) + len(missing) + public_folder.sweep(at=at)
