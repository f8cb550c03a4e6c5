"""What a source offers, before anything is bound: its tables or files, and a look into one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.roles import require
from accounts.wording import said as _
from audit import chain
from exchange import intake
from exchange.connectors import database, sheets
from exchange.connectors.peeks import Peek
from exchange.models import Binding, Source, SourceKind
from exchange.problems import NothingReadable, PathNotAllowed
from exchange.profiling import peek

FIRST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Offer:
    """A table or file of a source. `object` is how a binding names it.

    `rows` are what the source last counted, `size` is in bytes; None where it does not say.
    """

    object: Mapping[str, Any]
    title: str
    note: str = ""
    rows: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """The first rows of an object in clear: for people of the source's own department only.

    `notes` are sentences on what a sheet hides, or holds without a value.
    """

    peek: Peek
    sheets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def objects(source_id: int, *, by: User) -> list[Offer]:
    """Return the tables or files of a source. Raises NotAllowed, SourceProblems."""
    source = _opened(source_id, by)
    if source.kind == SourceKind.POSTGRESQL:
        return [
            Offer(
                {"schema": table.schema, "table": table.name},
                f"{table.schema}.{table.name}",
                table.comment,
                rows=None if table.is_view else table.estimated,
            )
            for table in database.tables(source)
        ]
    tops = intake.folders(source)
    return [
        Offer(
            {"path": str(path)},
            str(path.relative_to(next(top for top in tops if path.is_relative_to(top)))),
            size=path.stat().st_size,
        )
        for path in intake.listed(source)
    ]


@transaction.atomic
def look(
    source_id: int,
    given: Mapping[str, Any],
    *,
    by: User,
    at: datetime,
    types: Mapping[str, str] | None = None,
) -> Look:
    """Return the first rows of an object, in clear; the look is written down, the values are not.

    `types` are declared types by column, where they are known (`profiling.peek`). Raises
    NotAllowed, SourceProblems.
    """
    source = _opened(source_id, by)
    binding = named(source, given)
    found = peek(binding, rows=FIRST_ROWS, types=types)
    excel = source.kind == SourceKind.EXCEL
    names = tuple(sheets.sheets(binding)) if excel else ()
    notes = tuple(sheets.notes(binding)) if excel else ()
    chain.record("source.look", f"source:{source.pk}", by=by, at=at, object=dict(given))
    return Look(found, names, notes)


def named(source: Source, given: Mapping[str, Any]) -> Binding:
    """Return a binding, not saved, to an object of the source's own: one that `objects` offers.

    An address can be typed by hand: a file of a folder that all departments share is bound by
    whoever knows it, and not looked into here. Raises NothingReadable, PathNotAllowed.
    """
    wanted = "table" if source.kind == SourceKind.POSTGRESQL else "path"
    if not given.get(wanted):
        raise NothingReadable(
            _("The address names no table or file of “%(name)s”. Choose one from the list.")
            % {"name": source.name}
        )
    if source.kind != SourceKind.POSTGRESQL and not _is_own(source, Path(str(given["path"]))):
        raise PathNotAllowed(
            _("“%(path)s” is not among the files of “%(name)s”. Choose one from the list.")
            % {"path": given["path"], "name": source.name}
        )
    return Binding(source=source, object=dict(given))


def _is_own(source: Source, path: Path) -> bool:
    ending = path.suffix.lower() in intake.ENDINGS[SourceKind(source.kind)]
    return ending and any(path.is_relative_to(folder) for folder in intake.folders(source))


def _opened(source_id: int, by: User) -> Source:
    source = Source.objects.select_related("organization").get(pk=source_id)
    require(by, "exchange.browse_source", organization=source.organization)
    return source
