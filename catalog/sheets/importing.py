"""Taking a workbook into the catalogue: send it, name its columns, apply what it proposes.

Until `apply` nothing of the catalogue changes. A dataset is taken in whole or not at all; one that
is refused leaves the others alone, and each row is told what became of it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import require
from audit import chain
from catalog import files
from catalog.models import Dataset, SheetImport, SheetMapping
from catalog.refusals import EntryRefused, StepRefused
from catalog.sheets import following, taking
from catalog.sheets.items import Layout
from catalog.sheets.meanings import (
    FURTHER,
    LABELS,
    Meaning,
    extended,
    named,
    signature,
    suggested,
)
from catalog.sheets.proposing import Fate, Proposal, Row, propose
from catalog.terms import State
from catalog.workbooks import LIMITS, Grid, Workbook, as_text, find_header, open_workbook


@transaction.atomic
def send(
    name: str, *, owner: Organization, stream: IO[bytes], by: User, at: datetime
) -> SheetImport:
    """Keep a workbook for a department, its header found and its columns suggested.

    A mapping that was kept for this header comes before the words of the header. Raises
    NotAllowed, WorkbookRefused.
    """
    require(by, "catalog.import_catalogue", organization=owner)
    name = files.plain_name(name)
    data = stream.read(LIMITS.sent + 1)
    book = open_workbook(data, name)
    sheet, layout = _first_layout(book, owner)
    sent = SheetImport.objects.create(
        owner=owner,
        name=name,
        sha256=files.keep(data),
        sheet=sheet,
        first_row=layout.first_row,
        header_rows=layout.header_rows,
        columns=_as_json(layout),
        sent_at=at,
        sent_by=by,
    )
    chain.record("workbook.send", f"workbook:{sent.pk}", by=by, at=at, name=name)
    return sent


def _first_layout(book: Workbook, owner: Organization) -> tuple[str, Layout]:
    """Return the sheet whose header says most, and how it would be read."""
    found = [(sheet.name, layout_of(book.grid(sheet), owner)) for sheet in book.sheets]
    return max(found, key=lambda one: len(one[1].columns), default=("", Layout(0, 0, {})))


def layout_of(grid: Grid, owner: Organization) -> Layout:
    """Suggest how a sheet is read: its header, and each column by what was kept or by words."""
    header = find_header(grid)
    if header is None:
        return Layout(0, 0, {})
    return layout_by(header.names, header.first, header.rows, owner)


def layout_by(
    names: tuple[str, ...], first_row: int, header_rows: int, owner: Organization
) -> Layout:
    """Return what columns mean as this department said it once, else as the header's words say."""
    kept = SheetMapping.objects.filter(organization=owner, signature=signature(names)).first()
    if kept is None:
        return Layout(first_row, header_rows, suggested(names), extended(names))
    return _from_json(kept.columns, first_row, header_rows)


def _as_json(layout: Layout) -> dict[str, Any]:
    """Return the columns of a layout as they are kept."""
    told: dict[str, Any] = {str(meaning): place for meaning, place in layout.columns.items()}
    return told | ({FURTHER: dict(layout.further)} if layout.further else {})


def _from_json(told: Mapping[str, Any], first_row: int, header_rows: int) -> Layout:
    columns = {Meaning(name): place for name, place in told.items() if name in LABELS}
    return Layout(first_row, header_rows, columns, told.get(FURTHER, {}))


def workbook_of(sent: SheetImport) -> Workbook:
    """Open a workbook that was sent.

    Raises StepRefused where it was too old to be kept, FileRefused where the store has lost it.
    """
    if sent.file_removed_at is not None:
        raise StepRefused(
            _(
                "“%(file)s” was sent more than %(days)s days ago, and its file is no longer kept."
                " Send it again."
            )
            % {"file": sent.name, "days": settings.WORKBOOK_DAYS}
        )
    return open_workbook(files.kept(sent.sha256), sent.name)


def notes_of(sent: SheetImport) -> Sequence[str]:
    """Return what was noticed of the sheet that is read; nothing where its file is gone.

    Columns that are not taken over are among it: nothing is left out in silence.
    """
    if sent.file_removed_at:
        return ()
    book = workbook_of(sent)
    left = _left_out(book.grid(sent.sheet), layout(sent))
    told = [_not_taken(left, applied=sent.applied_at is not None)] if left else []
    return [*book.sheet(sent.sheet).notes, *told]


def _left_out(grid: Grid, asked: Layout) -> list[str]:
    """Name the columns that hold something and are not taken over."""
    names = header_names(grid, asked.first_row, asked.header_rows)
    taken = {*asked.columns.values(), *asked.further.values()}
    return [
        name or _("column %(number)s") % {"number": place + 1}
        for place, name in enumerate(names)
        if place not in taken and any(as_text(row[place]) for row in grid[asked.body :])
    ]


def _not_taken(left: Sequence[str], *, applied: bool) -> str:
    """Say which columns are left out, and what can still be done about it."""
    columns = {"columns": ", ".join(f"“{name}”" for name in left)}
    if applied:
        return (
            _(
                "Not taken over were the columns %(columns)s. To keep them, send the workbook once"
                " more and say what each means, or call it a further element: entries that are"
                " drafts are completed by it."
            )
            % columns
        )
    return (
        _(
            "Not taken over are the columns %(columns)s. Name the columns anew to keep them, each"
            " as what it means or as a further element."
        )
        % columns
    )


def layout(sent: SheetImport) -> Layout:
    """Return how a workbook that was sent is read."""
    return _from_json(sent.columns, sent.first_row, sent.header_rows)


@transaction.atomic
def map_columns(
    import_id: int,
    *,
    sheet: str,
    first_row: int,
    header_rows: int,
    columns: Mapping[Meaning, int],
    further: Collection[int] = (),
    by: User,
    at: datetime,
) -> SheetImport:
    """Say how a workbook is read, and keep it for the next one with this header.

    Rows and columns count from 0; a table without a header has 0 header rows. `further` are the
    columns that are kept as further elements of an entry by their own names. Raises NotAllowed,
    StepRefused where it is applied, EntryRefused without a column of names or with one column for
    two meanings, WorkbookRefused for a sheet that is not there.
    """
    sent = _waiting(import_id, by)
    places = [*columns.values(), *further]
    if Meaning.TITLE not in columns or len(set(places)) != len(places):
        raise EntryRefused(
            _("Say which column holds the names of the entries, and give a column one meaning.")
        )
    grid = workbook_of(sent).grid(sheet)
    if first_row + header_rows > len(grid) or max(places) >= len(grid[0]):
        raise EntryRefused(_("The sheet does not reach to these rows or columns. Choose others."))
    sent.sheet, sent.first_row, sent.header_rows = sheet, first_row, header_rows
    names = header_names(grid, first_row, header_rows)
    sent.columns = _as_json(Layout(first_row, header_rows, columns, named(names, further)))
    sent.save(update_fields=["sheet", "first_row", "header_rows", "columns"])
    if header_rows:
        SheetMapping.objects.update_or_create(
            organization=sent.owner,
            signature=signature(names),
            defaults={"columns": sent.columns, "kept_at": at, "kept_by": by},
        )
    chain.record("workbook.map", f"workbook:{sent.pk}", by=by, at=at, columns=sent.columns)
    return sent


def header_names(grid: Grid, first_row: int, header_rows: int) -> tuple[str, ...]:
    """Return the names of columns by these header rows; of no header, as many empty names."""
    width = len(grid[0]) if grid else 0
    rows = [[_text(cell) for cell in row] for row in grid[first_row : first_row + header_rows]]
    return tuple(
        "/".join(dict.fromkeys(filter(None, (row[place] for row in rows))))
        for place in range(width)
    )


def _text(cell: Any) -> str:
    return " ".join(str(cell).split()) if cell is not None else ""


def proposal_of(sent: SheetImport) -> Proposal:
    """Compare a workbook that was sent with the catalogue as it is now. Changes nothing."""
    return propose(workbook_of(sent).grid(sent.sheet), layout(sent), sent.owner)


@transaction.atomic
def apply(import_id: int, *, digest: str, by: User, at: datetime) -> Proposal:
    """Draft and change entries as was proposed; `digest` is that of the proposal that was shown.

    Returns what became of each row: what a verb refuses is refused with its sentence, the whole
    dataset of it. Raises NotAllowed, and StepRefused where it is applied already or where the
    catalogue moved on since the proposal was shown.
    """
    sent = _waiting(import_id, by)
    drafts = Dataset.objects.select_for_update().filter(owner=sent.owner, state=State.DRAFT)
    list(drafts.order_by("pk").values_list("pk"))  # what is compared stays as it is until the end
    proposal = proposal_of(sent)
    if proposal.digest != digest:
        raise StepRefused(
            _("The catalogue has changed since this was shown. Look at it again, then apply it.")
        )
    doing = [entry for entry in proposal.entries if entry.does_something]
    failed = taking.take(doing, sent.owner, by=by, at=at)
    taken = [entry for entry in doing if entry.read.told.row not in failed]
    made = following.made_of(taken, sent.owner)
    beside = following.relate(made, sent.owner, by=by, at=at)
    rows = tuple(
        replace(row, fate=Fate.REFUSED, sentences=(failed[row.number],))
        if row.number in failed
        else replace(row, sentences=(*row.sentences, *beside.get(row.number, ())))
        for row in proposal.rows
    )
    outcome = Proposal(rows, proposal.entries)
    sent.applied_at, sent.applied_by = at, by
    sent.outcome = {
        "counts": {str(fate): number for fate, number in outcome.counts.items()},
        "rows": [as_json(row) for row in rows],
        "not_shared": following.not_shared(made),
    }
    sent.save(update_fields=["applied_at", "applied_by", "outcome"])
    counts = sent.outcome["counts"]
    chain.record("dataset.import", f"workbook:{sent.pk}", by=by, at=at, name=sent.name, **counts)
    return outcome


def as_json(row: Row) -> list[Any]:
    """Return a row as it is kept with the outcome."""
    return [row.number, str(row.fate), row.title, row.item, list(row.sentences)]


def kept_rows(sent: SheetImport) -> tuple[Row, ...]:
    """Return what became of each row of a workbook that was applied."""
    return tuple(
        Row(number, Fate(fate), title, item, tuple(sentences))
        for number, fate, title, item, sentences in sent.outcome.get("rows", ())
    )


def _waiting(import_id: int, by: User) -> SheetImport:
    sent = SheetImport.objects.select_for_update(of=("self",)).get(pk=import_id)
    require(by, "catalog.import_catalogue", organization=sent.owner)
    if sent.applied_at is not None:
        raise StepRefused(_("“%(file)s” is applied already. Send it anew.") % {"file": sent.name})
    return sent
