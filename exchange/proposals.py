"""What to make of a table or sheet: each field proposed, with its evidence in numbers.

A sample of up to SAMPLE rows is laid into a temporary table, counted by PostgreSQL with the very
conditions that a sync holds rows to, and gone with the transaction: no value is kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from psycopg import sql

from accounts.models import User
from accounts.roles import require
from catalog import grading_change
from catalog.models import CodeList
from catalog.terms import Check
from exchange import browsing, counting
from exchange.connectors.peeks import Peek, Seen
from exchange.counting import Counts
from exchange.evidence import Detected, Told
from exchange.models import Source, SourceKind
from exchange.naming import identifiers, labels
from exchange.problems import SourceProblem
from exchange.profiling import peek
from exchange.records.statements import rows
from exchange.sync.rules import CHECKS
from policy.detect import detect
from policy.grading import Suggestion, Table, suggest
from policy.terms import DataType

SAMPLE = 10_000
WIDEST = 400
"""Columns up to which a table can be taken up by form; more are not one table of a catalogue."""

A_FEW = 0.05  # a checksum that so many pass by no accident is told, also where it is not proposed
LONGEST_NUMBER = 15  # longer rows of digits are names of things, not amounts
LENGTHS = (10, 20, 50, 100, 200, 500, 1000, 2000)
CODE_WORDS = ("代码", "编码", "编号", "号码", "证号", "电话", "邮编", "code", "number", "phone")
DAY_WORDS = ("日", "date")
CURSOR_WORDS = ("更新", "修改", "变更", "update", "modif", "change", "gxsj", "xgsj", "bgsj")
PROBED = (
    DataType.BOOLEAN,
    DataType.INTEGER,
    DataType.DECIMAL,
    DataType.DATE,
    DataType.DATETIME,
)
"""In this order a column of text is asked what its values look like; else they are text."""

DECLARED: Mapping[str, DataType] = {
    "smallint": DataType.INTEGER,
    "integer": DataType.INTEGER,
    "bigint": DataType.INTEGER,
    "numeric": DataType.DECIMAL,
    "real": DataType.DOUBLE,
    "double precision": DataType.DOUBLE,
    "date": DataType.DATE,
    "timestamp without time zone": DataType.DATETIME,
    "timestamp with time zone": DataType.DATETIME,
    "boolean": DataType.BOOLEAN,
}
"""What a database's own type is to the catalogue; all others are text."""


class TooWide(SourceProblem):
    """More columns than a table of the catalogue can sensibly have."""

    code = "too-wide"


@dataclass(frozen=True, slots=True)
class FieldProposal:
    """A column as a field of the catalogue. `evidence` says why, each with its numbers.

    `column` is how a binding names it, `called` what people do.
    """

    column: str
    called: str
    name: str
    label_zh: str
    label_en: str
    data_type: DataType
    length: int | None
    scale: int | None
    required: bool
    is_key: bool
    key_candidate: bool
    cursor_candidate: bool
    code_list: CodeList | None
    value_check: Check
    suggestion: Suggestion
    evidence: tuple[Told | Detected, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for an object of a source, and how many rows that rests on."""

    fields: tuple[FieldProposal, ...]
    sampled: int
    estimated: int | None = None
    cursors: tuple[str, ...] = field(default=())


@transaction.atomic
def propose(source_id: int, given: Mapping[str, Any], *, by: User) -> Proposal:
    """Look at a sample of an object and propose its fields.

    Raises NotAllowed, SourceProblems, TooWide.
    """
    source = Source.objects.select_related("organization").get(pk=source_id)
    require(by, "exchange.browse_source", organization=source.organization)
    seen = peek(browsing.named(source, given), rows=SAMPLE)
    if len(seen.columns) > WIDEST:
        raise TooWide(
            _(
                "This table has %(columns)s columns; up to %(most)s can be taken up. Choose a view"
                " or a sheet with the columns that are needed."
            )
            % {"columns": len(seen.columns), "most": WIDEST}
        )
    return _proposed(seen, typed=source.kind == SourceKind.POSTGRESQL)


def _proposed(seen: Peek, *, typed: bool) -> Proposal:
    counting.lay_out(seen)
    table = grading_change.in_force().table()
    values = seen.values()
    names = identifiers([column.called for column in seen.columns])
    declared = any(column.key for column in seen.columns)
    fields: list[FieldProposal] = []
    for place, column in enumerate(seen.columns):
        keyed = column.key if declared else not any(one.is_key for one in fields)
        sampled = values[column.name]
        made = _field(column, place, names[place], sampled, table, typed=typed, keyed=keyed)
        fields.append(made)
    counting.forget()
    cursors = tuple(one.column for one in fields if one.cursor_candidate) if typed else ()
    return Proposal(tuple(fields), len(seen.rows), seen.estimated, cursors)


def _field(
    column: Seen,
    place: int,
    name: str,
    values: Sequence[str],
    table: Table,
    *,
    typed: bool,
    keyed: bool,
) -> FieldProposal:
    label_zh, label_en = labels(column.called, column.comment)
    counts = counting.count(place)
    said = f"{column.called} {label_zh} {label_en}"
    found = suggest(detect(name, said, values), name, label_zh or label_en, table)
    check = _check(counts)
    data_type = _type(column, counts, check, f"{label_zh} {label_en}".lower(), typed=typed)
    listed = _code_list(place, counts) if data_type == DataType.TEXT else None
    candidate = _is_candidate(column, counts, data_type)
    return FieldProposal(
        column=column.name,
        called=column.called,
        name=name,
        label_zh=label_zh,
        label_en=label_en,
        data_type=data_type,
        length=_length(column, counts, check) if data_type == DataType.TEXT else None,
        scale=_scale(column, counts) if data_type == DataType.DECIMAL else None,
        required=column.required or (counts.sampled > 0 and counts.present == counts.sampled),
        is_key=candidate and keyed,
        key_candidate=candidate,
        cursor_candidate=_may_tell_changes(column, counts, data_type),
        code_list=listed,
        value_check=check,
        suggestion=found,
        evidence=(
            *_evidence(column, counts, data_type, check, listed),
            *map(Detected, found.evidence),
        ),
    )


def _check(counts: Counts) -> Check:
    for check in (Check.RESIDENT_ID, Check.USCC, Check.MOBILE):
        if counts.present and counts.mostly(check.value):
            return check
    return Check.NONE


def _type(column: Seen, counts: Counts, check: Check, label: str, *, typed: bool) -> DataType:
    """Return the declared type of a database's column, or what nearly all values look like."""
    if typed:
        return DECLARED.get(column.type, DataType.TEXT)
    if not counts.present or check != Check.NONE:
        return DataType.TEXT
    looks_like = next((kind for kind in PROBED if counts.mostly(kind)), DataType.TEXT)
    return _integer(counts, label) if looks_like == DataType.INTEGER else looks_like


def _integer(counts: Counts, label: str) -> DataType:
    """Return whether digits are an amount, a day of eight digits, or the name of something."""
    eight = counts.longest == counts.shortest == 8 and counts.mostly(DataType.DATE)
    if eight and _says(label, DAY_WORDS):
        return DataType.DATE
    long = counts.longest > LONGEST_NUMBER
    return DataType.TEXT if counts.zeros or long or _says(label, CODE_WORDS) else DataType.INTEGER


def _says(label: str, words: Sequence[str]) -> bool:
    return any(word in label for word in words)


def _length(column: Seen, counts: Counts, check: Check) -> int | None:
    """Return the declared length, the one that values must have, or the next step above them."""
    if column.length:
        return column.length
    if not counts.longest:
        return None
    alike = counts.longest == counts.shortest and counts.distinct >= LENGTHS[0]
    if alike or check != Check.NONE:
        return counts.longest
    return next((step for step in LENGTHS if step >= counts.longest * 1.5), None)


def _scale(column: Seen, counts: Counts) -> int | None:
    return column.scale if column.scale is not None else counts.decimals


def _is_candidate(column: Seen, counts: Counts, data_type: DataType) -> bool:
    if column.key:
        return True
    unique = counts.present == counts.sampled == counts.distinct and counts.sampled > 1
    return unique and data_type in (DataType.TEXT, DataType.INTEGER)


def _may_tell_changes(column: Seen, counts: Counts, data_type: DataType) -> bool:
    says = _says(f"{column.name} {column.comment}".lower(), CURSOR_WORDS)
    return data_type == DataType.DATETIME and says and counts.present == counts.sampled > 0


def _code_list(place: int, counts: Counts) -> CodeList | None:
    """Return the list that holds every value of a column, the one with the fewest codes."""
    if counts.distinct < 2 or counts.distinct * 2 > counts.present:
        return None
    found = rows(
        sql.SQL(
            "SELECT c.list_id FROM (SELECT DISTINCT {0} AS v FROM sampled WHERE {0} IS NOT NULL) s"
            " JOIN catalog_code c ON c.code = s.v GROUP BY c.list_id HAVING count(*) = {1}"
        ).format(sql.Identifier(f"c{place}"), sql.Literal(counts.distinct))
    )
    lists = CodeList.objects.filter(pk__in=[pk for (pk,) in found])
    return min(lists, key=lambda one: (one.codes.count(), one.pk), default=None)


def _evidence(
    column: Seen, counts: Counts, data_type: DataType, check: Check, listed: CodeList | None
) -> Iterator[Told]:
    """Yield what speaks for a proposal, each with its numbers."""
    numbers = {"present": counts.present, "sampled": counts.sampled}
    yield from _of_type(column, counts, data_type, numbers)
    for name in CHECKS:
        if counts.passing[name] and (check == name or counts.share(name) >= A_FEW):
            yield Told(f"check.{name}", numbers | {"count": counts.passing[name]})
    if listed is not None:
        yield Told("listed", {"distinct": counts.distinct, "list": str(listed)})
    if column.key:
        yield Told("declared-key", {})
    elif _is_candidate(column, counts, data_type):
        yield Told("unique", numbers)
    if counts.present < counts.sampled:
        yield Told("empty", numbers | {"count": counts.sampled - counts.present})


def _of_type(
    column: Seen, counts: Counts, data_type: DataType, numbers: Mapping[str, int]
) -> Iterator[Told]:
    if column.type:
        yield Told("declared", {"type": column.type})
    elif data_type != DataType.TEXT:
        yield Told(f"type.{data_type}", {**numbers, "count": counts.passing[str(data_type)]})
    elif counts.zeros:
        yield Told("zeros", {**numbers, "count": counts.zeros})
    if data_type == DataType.TEXT and counts.longest:
        yield Told("longest", {"count": counts.longest})
