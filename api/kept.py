"""Pages of open rows that were made before, kept in this process for who asks the same again.

A page is kept under all that its bytes come from: the address as it was asked, the version of the
rows (table, `seq`, when they were refreshed), the policy version, and how its reader sees each
field. Who may read, and which version stands, is looked up for every call before a page is looked
for here; a version that is over is never asked for again. docs/adr/0012 says why they lie here and
not in Valkey.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from django.conf import settings

from exchange import access
from exchange.access import Head, Seen
from exchange.records.areas import Within
from exchange.records.query import RecordQuery, Total

MEGABYTE = 1 << 20
LARGEST = MEGABYTE
"""The size in bytes above which a page is not kept: a few would push out all others."""
OVERHEAD = 600
"""What a page costs beside its bytes, its name among them."""
REMEMBERED = 50_000

Name = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A page as it goes out: its body, the body's tag, its number of rows."""

    body: bytes
    tag: str
    count: int


class Shelf:
    """Pages by name, up to `room` bytes in all; the one not asked for longest goes first.

    A page is taken in when it is asked for the second time, so that a reader who goes through a
    whole dataset pushes nothing out.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._pages: OrderedDict[Name, Kept] = OrderedDict()
        self._asked: set[int] = set()
        self._lock = Lock()
        self.size = 0

    def find(self, name: Name | None) -> Kept | None:
        """Return the page of that name, if it is here."""
        if name is None:
            return None
        with self._lock:
            found = self._pages.get(name)
            if found is not None:
                self._pages.move_to_end(name)
            return found

    def wanted(self, name: Name | None) -> bool:
        """Whether a page that was just made should be put here: it was asked for before."""
        if name is None:
            return False
        with self._lock:
            mark = hash(name)
            if mark in self._asked:
                return True
            if len(self._asked) >= REMEMBERED:
                self._asked.clear()
            self._asked.add(mark)
            return False

    def put(self, name: Name, page: Kept) -> None:
        """Take a page in, and let go of as many as that needs."""
        if len(page.body) > LARGEST:
            return
        room = settings.KEPT_PAGES_MB * MEGABYTE
        with self._lock:
            former = self._pages.pop(name, None)
            self.size += _cost(page) - (0 if former is None else _cost(former))
            self._pages[name] = page
            while self.size > room:
                _name, gone = self._pages.popitem(last=False)
                self.size -= _cost(gone)

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._pages.clear()
            self._asked.clear()
            self.size = 0


shelf = Shelf()


def name_of(
    path: str, asked: str, head: Head, fields: Seen, query: RecordQuery
) -> tuple[object, ...] | None:
    """Return the name of a page that was asked for by `path` and the query string `asked`.

    None where none are kept, or its bytes come from more: a grant's rows, a consumer's pseudonyms,
    an estimate, the boundary of a region.
    """
    if not settings.KEPT_PAGES_MB:
        return None
    if head.grants or fields.pseudonym_key is not None or query.total == Total.ESTIMATE:
        return None
    if any(isinstance(area, Within) for area in query.areas):
        return None  # a region's boundary may move without a row
    version = (head.table_id, head.seq, head.rows, head.refreshed_at, head.policy_version)
    return (path, asked, *version, fields.shown)


def unmoved(head: Head) -> bool:
    """Whether a version still stands after its rows were read by a statement of their own.

    Rows and `seq` move in one transaction, and `seq` only upwards: with the same version before
    and after, what was read between is of that version. Raises as `access.head` does.
    """
    return access.head(head.slug, zone=head.zone) == head


def _cost(page: Kept) -> int:
    return len(page.body) + OVERHEAD
