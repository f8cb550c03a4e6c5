"""The table at the end: what each source brought, what was published of it, how it is shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from demo.entries import ENTRIES
from demo.listed import Entry
from exchange.models import Binding, RecordTable, RunState, SourceKind, SyncMode, SyncRun, Zone
from policy.terms import Treatment

HEADER = (
    "dataset",
    "source",
    "read",
    "published",
    "rejected",
    "clear",
    "masked",
    "withheld",
    "seconds",
)
LEFT = 2  # columns of text; the others are numbers


@dataclass(frozen=True, slots=True)
class Line:
    """One dataset: rows read, published and turned away by its run; fields by treatment."""

    dataset: str
    source: str
    read: int
    published: int
    rejected: int
    clear: int
    masked: int
    withheld: int
    seconds: float

    def cells(self) -> tuple[str, ...]:
        """Return the cells as text, in the order of HEADER."""
        counts = (self.read, self.published, self.rejected)
        fields = (self.clear, self.masked, self.withheld)
        return (
            self.dataset,
            self.source,
            *(f"{number:,}" for number in counts),
            *map(str, fields),
            f"{self.seconds:.1f}",
        )


def of_city() -> list[Line]:
    """Return a line for each entry of the demo that has had a run which went live.

    The run is the one that read most: later ones by cursor read a handful of rows.
    """
    return [line for entry in ENTRIES if (line := _line(entry)) is not None]


def _line(entry: Entry) -> Line | None:
    binding = Binding.objects.get(resource__dataset__slug=entry.slug)
    run = SyncRun.objects.filter(binding=binding, state=RunState.DONE).order_by("-read").first()
    if run is None or run.ended_at is None:
        return None
    table = RecordTable.objects.filter(
        resource=binding.resource_id, zone=Zone.OPEN, live=True
    ).first()
    shown = [column["treatment"] for column in table.columns] if table else []
    return Line(
        dataset=entry.slug,
        source=described(entry),
        read=run.read,
        published=table.rows if table else 0,
        rejected=run.rejected + run.duplicates,
        clear=shown.count(int(Treatment.CLEAR)),
        masked=shown.count(int(Treatment.MASKED)),
        withheld=len(entry.fields) - len(shown),
        seconds=(run.ended_at - run.started_at).total_seconds(),
    )


def described(entry: Entry) -> str:
    """Say in a few words what the source is."""
    if entry.kind == SourceKind.POSTGRESQL:
        return "PostgreSQL, by cursor" if entry.mode == SyncMode.CURSOR else "PostgreSQL"
    if entry.kind == SourceKind.EXCEL:
        return "Excel"
    encoding = str(entry.given.get("encoding", "utf-8")).upper()
    return f"CSV, {encoding}" + ("" if entry.given.get("header", True) else ", no header")


def table(lines: Iterable[Line]) -> str:
    """Return the lines as a table for a terminal."""
    cells = [HEADER, *(line.cells() for line in lines)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(HEADER))]
    return "\n".join(_padded(row, widths) for row in cells)


def _padded(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(
        cell.ljust(width) if place < LEFT else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    ).rstrip()
