"""Keeps the search table as the catalogue is: a verb that changes an entry ends with `index`.

Nothing listens and nothing runs later: what a verb wrote is found when its transaction commits.
`rebuild` makes all anew and says how many rows were not as they should be.
"""

import dataclasses
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from accounts.models import Organization, Region
from catalog import facts, formats, vocabulary
from catalog.formats import Format
from catalog.models import Dataset, Field, FileVersion, NegativeLine, Resource, Subject
from catalog.pinyin import sort_key, sounds
from catalog.terms import LineState, ResourceKind, State
from catalog.tokens import OWNER, SOUND, flat, tokens
from policy.decision import FieldDecision, conditional_zone_case, decide, open_zone_case
from policy.facts import Prohibition
from policy.places import remains
from policy.terms import Channel, OpenType, ShareType

BATCH = 500
GAP = 8
"""Places left free between two texts, so that words of two do not count as neighbours."""
LAST_PLACE = 16_383  # PostgreSQL numbers no word beyond
PLACES_KEPT = 8  # of one word: ranking gains nothing from more
COLUMNS = {
    "dataset_id": "bigint",
    "words": "text",
    "titles": "text",
    "title_key": "text",
    "state": "text",
    "owner_id": "bigint",
    "subject_id": "bigint",
    "region_id": "bigint",
    "category": "text",
    "cycle": "text",
    "grade": "smallint",
    "sharing": "smallint",
    "opening": "smallint",
    "formats": "smallint",
}
_ENTRY = (
    *("id", "slug", "code", "owner_id", "source_authority_id", "title_zh", "title_en", "alias"),
    *("abstract_zh", "abstract_en", "keywords_zh", "keywords_en", "category", "subject_id"),
    *("update_cycle", "region_id", "state"),
)
_OWNER = ("id", "name_zh", "name_en", "region_id")
_NAMED = ("id", "name_zh", "name_en")
_FIELD = (
    *("id", "name", "label_zh", "label_en", "data_type", "coordinate", "share_type", "open_type"),
    *("grade", "mask_kind", "mask_params", "concealed", "secrecy", "ended_at"),
)
"""What is read, in the models' order; of a field all that the law decides on."""
LOCK = "SELECT FROM catalog_dataset WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
ENTRIES = f"""
    SELECT {", ".join(f"d.{column}" for column in _ENTRY)},
           {", ".join(f"o.{column}" for column in _OWNER)},
           {", ".join(f"a.{column}" for column in _NAMED)},
           {", ".join(f"s.{column}" for column in _NAMED)},
           {", ".join(f"r.{column}" for column in _NAMED)}
    FROM catalog_dataset d
    JOIN accounts_organization o ON o.id = d.owner_id
    LEFT JOIN accounts_organization a ON a.id = d.source_authority_id
    LEFT JOIN catalog_subject s ON s.id = d.subject_id
    LEFT JOIN accounts_region r ON r.id = coalesce(d.region_id, o.region_id)
    WHERE d.id = ANY(%s)
    ORDER BY d.id
"""  # noqa: S608 - made of the constants above
FIELDS = f"""
    SELECT r.dataset_id, {", ".join(f"f.{column}" for column in _FIELD)}
    FROM catalog_field f
    JOIN catalog_resource r ON r.id = f.resource_id
    WHERE r.dataset_id = ANY(%s) AND NOT f.concealed AND f.ended_at IS NULL
    ORDER BY f.position, f.id
"""  # noqa: S608 - made of the constants above
"""Written out, since each verb on an entry asks them; built anew from the models they took half of
the time that a row takes."""
Row = tuple[object, ...]


@dataclasses.dataclass(slots=True)
class Offered:
    """What an entry offers: `texts` of what is no table, titles and names of files; the formats (a
    file has that of its newest version); whether a file of it is open to everybody."""

    texts: list[str] = dataclasses.field(default_factory=list)
    formats: set[Format] = dataclasses.field(default_factory=set)
    is_public: bool = False


def index(dataset_id: int, *, at: datetime) -> None:
    """Write an entry's row as the entry is now. For verbs, which hold the entry's lock."""
    _write([dataset_id], at)


def index_all(dataset_ids: Iterable[int], *, at: datetime) -> int:
    """Write the rows of entries as they are now; return how many changed.

    For what changes many at once, such as the day on which lines of the negative list run out.
    """
    return _all(Dataset.objects.filter(pk__in=list(dataset_ids)), at)


def index_owner(organization_id: int, *, at: datetime) -> int:
    """Write the rows of an organisation's entries, after its name, region or entries changed.

    Returns how many rows changed.
    """
    return _all(Dataset.objects.filter(owner_id=organization_id), at)


def index_subject(subject_id: int, *, at: datetime) -> int:
    """Write the rows of a subject's entries, after its name changed; return how many changed."""
    return _all(Dataset.objects.filter(subject_id=subject_id), at)


def rebuild(*, at: datetime) -> int:
    """Write every row anew; return how many were missing or not as their entry is."""
    return _all(Dataset.objects.all(), at)


def fill(*, at: datetime) -> int:
    """Write the rows that are missing, as after an upgrade; return how many."""
    return _all(Dataset.objects.filter(search_entry=None), at)


def _all(datasets, at: datetime) -> int:
    ids = list(datasets.order_by("pk").values_list("pk", flat=True))
    return sum(_write(ids[place : place + BATCH], at) for place in range(0, len(ids), BATCH))


@transaction.atomic
def _write(ids: Collection[int], at: datetime) -> int:
    """Write the rows of entries and return how many changed; each entry's lock is taken first."""
    rows = list(_rows(ids, timezone.localdate(at)))
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_upsert(), [list(column) for column in zip(*rows, strict=True)])
        return cursor.rowcount


def _upsert() -> sql.Composed:
    names = [sql.Identifier(name) for name in COLUMNS]
    given = sql.SQL(", ").join(
        sql.SQL("%s::{}[]").format(sql.SQL(kind)) for kind in COLUMNS.values()
    )
    taken = [
        sql.SQL("{}::tsvector").format(name) if column == "words" else name
        for column, name in zip(COLUMNS, names, strict=True)
    ]
    comma = sql.SQL(", ").join
    return sql.SQL(
        "INSERT INTO catalog_searchentry AS kept ({names}, indexed_at)"
        " SELECT {taken}, clock_timestamp() FROM unnest({given}) AS given ({names})"
        " ON CONFLICT (dataset_id) DO UPDATE"
        " SET ({names}, indexed_at) = ({made}, clock_timestamp())"
        " WHERE ({kept}) IS DISTINCT FROM ({made})"
    ).format(
        names=comma(names),
        taken=comma(taken),
        given=given,
        made=comma(sql.SQL("excluded.{}").format(name) for name in names),
        kept=comma(sql.SQL("kept.{}").format(name) for name in names),
    )


def _rows(ids: Collection[int], today: date) -> Iterator[Row]:
    """Yield the rows of entries, as COLUMNS names them. Six queries, one more where
    there are files, and two for each entry that the negative list names."""
    found = _entries(ids)
    fields = _fields(ids)
    named = set(
        NegativeLine.objects.filter(dataset__in=ids, state=LineState.PUBLISHED).values_list(
            "dataset_id", flat=True
        )
    )
    offered = _offered(ids)
    vocabulary.keep(dataset for dataset in found if dataset.state == State.PUBLISHED)
    for dataset in found:
        lines = facts.prohibitions(dataset) if dataset.pk in named else ()
        yield _row(dataset, fields[dataset.pk], offered[dataset.pk], lines, today)


def _entries(ids: Collection[int]) -> list[Dataset]:
    """Lock and return entries with the names of what they belong to."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(ids)])
        cursor.execute(ENTRIES, [list(ids)])  # as they are once nobody else changes them
        return [_entry(row) for row in cursor.fetchall()]


def _entry(row: tuple[Any, ...]) -> Dataset:
    """Return the entry that a row of ENTRIES says. The region is its own, or else its owner's."""
    told = iter(row)
    dataset = Dataset.from_db(connection.alias, _ENTRY, list(islice(told, len(_ENTRY))))
    dataset.keywords_zh = json.loads(dataset.keywords_zh)
    dataset.keywords_en = json.loads(dataset.keywords_en)
    dataset.owner = Organization.from_db(connection.alias, _OWNER, list(islice(told, len(_OWNER))))
    dataset.source_authority = _named(Organization, told)
    dataset.subject = _named(Subject, told)
    of: Dataset | Organization = dataset if dataset.region_id else dataset.owner
    of.region = _named(Region, told)
    return dataset


def _named(kind: type[Any], told: Iterator[Any]) -> Any:
    """Return who or what the next columns of a row name, or None."""
    values = list(islice(told, len(_NAMED)))
    return None if values[0] is None else kind.from_db(connection.alias, _NAMED, values)


def _fields(ids: Collection[int]) -> dict[int, list[Field]]:
    """Return the live fields that are not concealed, by entry, in their order."""
    fields: dict[int, list[Field]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(FIELDS, [list(ids)])
        for dataset, *values in cursor.fetchall():
            field = Field.from_db(connection.alias, _FIELD, values)
            field.mask_params = json.loads(field.mask_params)
            fields[dataset].append(field)
    return fields


def _offered(ids: Collection[int]) -> dict[int, Offered]:
    """Return what entries offer, by entry. One query; two where there are files."""
    offered: dict[int, Offered] = defaultdict(Offered)
    live = Resource.objects.filter(dataset__in=ids).live()
    listed = live.values_list("pk", "dataset_id", "kind", "title_zh", "title_en", "is_public")
    public, kinds = set(), set()
    for resource, pk, kind, title_zh, title_en, is_public in listed:
        told = offered[pk]
        kinds.add(kind)
        public |= {resource} if is_public else set()
        if kind in formats.KINDS:
            told.formats.add(formats.KINDS[kind])
        if kind != ResourceKind.TABLE:
            told.texts.append(f"{title_zh} {title_en}")
    if ResourceKind.FILE not in kinds:
        return offered
    newest: dict[int, tuple[int, str]] = {}
    held = {"resource__is_public": True, "resource__dataset__state": State.PUBLISHED}
    versions = FileVersion.objects.filter(resource__in=live.order_by()).order_by("pk")
    versions = versions.exclude(**held, released_at=None)  # its name waits with it
    for resource, pk, name in versions.values_list(
        "resource_id", "resource__dataset_id", "original_name"
    ):
        newest[resource] = pk, name
        offered[pk].is_public |= resource in public  # open once a version of it is released
        if name not in offered[pk].texts:
            offered[pk].texts.append(name)
    for pk, name in newest.values():
        if (found_in := formats.of_file(name)) is not None:
            offered[pk].formats.add(found_in)
    return offered


def _row(
    dataset: Dataset,
    fields: list[Field],
    offered: Offered,
    lines: Collection[Prohibition],
    today: date,
) -> Row:
    given = offered.formats
    grades = [field.grade for field in fields if field.grade is not None]
    sharing = {_kind(field, Channel.SHARE, lines, today) for field in fields}
    opening = {_kind(field, Channel.OPEN, lines, today) for field in fields}
    if _gives_places(fields, lines, today):
        given = given | {Format.GEOJSON}
    if not fields and offered.is_public and not _is_barred("", Channel.OPEN, lines, today):
        opening = {OpenType.UNCONDITIONAL}
    return (
        dataset.pk,
        vector(dataset, fields, offered.texts),
        f"\n{flat(dataset.title_zh)}\n{flat(dataset.title_en)}\n",
        sort_key(dataset.title_zh),
        str(dataset.state),
        dataset.owner_id,
        dataset.subject_id,
        dataset.region_id or dataset.owner.region_id,
        str(dataset.category),
        str(dataset.update_cycle),
        max(grades, default=None),
        sum(1 << place for place, kind in enumerate(ShareType) if kind in sharing),
        sum(1 << place for place, kind in enumerate(OpenType) if kind in opening),
        formats.bits(given),
    )


def _gives_places(fields: Collection[Field], lines: Collection[Prohibition], today: date) -> bool:
    """Whether everybody, or who holds a grant, is given places: as the zones will hold them."""
    if not formats.has_places(fields):
        return False
    told = [facts.field_facts(one) for one in fields]
    cases = [open_zone_case(today, tuple(lines))]
    if any(one.open_type == OpenType.CONDITIONAL for one in told):
        cases.append(conditional_zone_case(today, tuple(lines)))
    decisions = [decide(case, told).fields for case in cases]
    return any(
        formats.has_places(one for one in fields if _remains(one, decided[one.name]))
        for decided in decisions
    )


def _remains(field: Field, decided: FieldDecision) -> bool:
    """Whether what is shown of a field is still of its place."""
    return remains(field.coordinate, field.data_type, decided.treatment, decided.mask)


def _kind(field: Field, channel: Channel, lines: Collection[Prohibition], today: date) -> str:
    """Return how a field is shared or opened today, the negative list heard."""
    barred = _is_barred(field.name, channel, lines, today)
    if channel == Channel.SHARE:
        return ShareType.NOT_SHARED if barred else field.share_type
    return OpenType.NOT_OPEN if barred else field.open_type


def vector(dataset: Dataset, fields: Collection[Field], offered: Collection[str] = ()) -> str:
    """Return an entry's words as PostgreSQL writes a tsvector: each with places and weight.

    `offered` are titles and file names of what it offers beside its table.
    """
    places: dict[str, list[str]] = {}
    start = 1
    for weight, text in _texts(dataset, fields, offered):
        for token in tokens(text, single=weight != "D"):
            kept = places.setdefault(token.text, [])
            if len(kept) < PLACES_KEPT:
                kept.append(f"{min(start + token.at, LAST_PLACE)}{weight}")
        start += len(text) + GAP
    for weight, text in (("A", dataset.title_zh), ("B", dataset.owner.name_zh)):
        for sound in sounds(text):
            places.setdefault(f"{SOUND}{sound}", [f"{min(start, LAST_PLACE)}{weight}"])
    places[f"{OWNER}{dataset.owner_id}"] = [f"{min(start, LAST_PLACE)}B"]
    return " ".join(f"'{word}':{','.join(kept)}" for word, kept in places.items())


def _texts(
    dataset: Dataset, fields: Collection[Field], offered: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield an entry's texts with their weights, A the heaviest."""
    yield "A", dataset.title_zh
    yield "A", dataset.title_en
    yield "B", dataset.alias
    for word in [*dataset.keywords_zh, *dataset.keywords_en]:
        yield "B", str(word)
    if dataset.subject is not None:
        yield "B", f"{dataset.subject.name_zh} {dataset.subject.name_en}"
    yield "B", dataset.code or ""
    yield "B", dataset.slug
    for place in (dataset.owner, dataset.source_authority):
        if place is not None:
            yield "B", f"{place.name_zh} {place.name_en}"
    if (region := dataset.region or dataset.owner.region) is not None:
        yield "B", f"{region.name_zh} {region.name_en}"
    for field in fields:
        yield "C", f"{field.label_zh} {field.label_en} {field.name}"
    for text in offered:
        yield "C", text
    yield "D", dataset.abstract_zh
    yield "D", dataset.abstract_en


def _is_barred(name: str, channel: Channel, lines: Collection[Prohibition], today: date) -> bool:
    """Whether a line in force bars a field; for no name, whether one bars the whole entry."""
    return any(
        line.counts(channel) and line.in_force(today) and (not line.fields or name in line.fields)
        for line in lines
    )
