"""Comparing a workbook with the catalogue: what each of its rows would do, before it does it."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organization, Region
from catalog.models import Dataset, Field, Subject
from catalog.sheets import relating
from catalog.sheets.items import Layout, gather
from catalog.sheets.meanings import Meaning
from catalog.sheets.reading import KEPT, Lists, ReadEntry, ReadItem, read_entry
from catalog.sheets.values import day_of
from catalog.terms import ResourceKind, State
from catalog.workbooks import Grid

CODE, PROVIDER, PROVIDER_CODE = (
    KEPT[meaning] for meaning in (Meaning.CODE, Meaning.PROVIDER, Meaning.PROVIDER_CODE)
)


class Fate(StrEnum):
    """What a row comes to."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    ITEM_NEW = "item_new"
    ITEM_CHANGED = "item_changed"
    ITEM_SAME = "item_same"
    REFUSED = "refused"
    IGNORED = "ignored"


FATES = {
    Fate.NEW: gettext_lazy("new entry"),
    Fate.CHANGED: gettext_lazy("changes an entry"),
    Fate.SAME: gettext_lazy("entry as it is"),
    Fate.ITEM_NEW: gettext_lazy("new information item"),
    Fate.ITEM_CHANGED: gettext_lazy("changes an information item"),
    Fate.ITEM_SAME: gettext_lazy("information item as it is"),
    Fate.REFUSED: gettext_lazy("kept out"),
    Fate.IGNORED: gettext_lazy("ignored"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of one row; `number` as the program shows it."""

    number: int
    fate: Fate
    title: str = ""
    item: str = ""
    sentences: tuple[str, ...] = ()


@dataclass(slots=True)
class ProposedItem:
    """An information item that is to be added, or changed where `existing` is one."""

    read: ReadItem
    existing: Field | None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class ProposedEntry:
    """An entry that is to be drafted, or changed where `existing` is one.

    `links` are the codes of entries that it is to be related to.
    """

    read: ReadEntry
    existing: Dataset | None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    items: list[ProposedItem] = field(default_factory=list)
    links: tuple[str, ...] = ()
    refused: str = ""

    @property
    def does_something(self) -> bool:
        """Whether anything of the catalogue would be another."""
        acts = any(one.changes or not one.existing for one in self.items)
        changed = bool(self.changes or self.links or acts)
        return not self.refused and (changed or self.existing is None)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a workbook would do: each of its rows once, in order, and the entries behind them."""

    rows: tuple[Row, ...]
    entries: tuple[ProposedEntry, ...]

    @property
    def counts(self) -> dict[Fate, int]:
        """Return how many rows come to each fate; together they are the rows that were read."""
        counted = Counter(row.fate for row in self.rows)
        return {fate: counted[fate] for fate in Fate}

    @property
    def digest(self) -> str:
        """Return a digest of what was shown, so that nothing else is applied."""
        return hashlib.sha256(repr(self.rows).encode()).hexdigest()


def propose(grid: Grid, layout: Layout, owner: Organization) -> Proposal:
    """Compare a sheet with the catalogue of its owner. Changes nothing; ten queries."""
    gathered = gather(grid, layout)
    known = _Known(owner, {told.told.get(Meaning.REGION, "") for told in gathered.entries})
    entries = [known.proposed(read_entry(told, known.lists)) for told in gathered.entries]
    _link(entries, owner)
    rows = {
        number: Row(number, Fate.IGNORED, sentences=(why,))
        for number, why in gathered.ignored.items()
    }
    rows |= {
        number: Row(number, Fate.REFUSED, sentences=(why,))
        for number, why in gathered.refused.items()
    }
    for entry in entries:
        for row in _rows_of(entry):
            rows[row.number] = row
    return Proposal(tuple(rows[number] for number in sorted(rows)), tuple(entries))


def _link(entries: list[ProposedEntry], owner: Organization) -> None:
    """Find what the codes of related entries name, in the catalogue and among these entries."""
    taken = [entry for entry in entries if not entry.refused]
    found = relating.targets({code for one in taken for code in relating.told(one.read)}, owner)
    told = ((one.read.told.told.get(Meaning.CODE), one.read.told.title) for one in taken)
    coming = {code: title for code, title in told if code}
    for entry in taken:
        if entry.existing is None or entry.existing.state == State.DRAFT:
            entry.links = relating.linkable(entry.read, entry.existing, found, coming)


class _Known:
    """What the catalogue holds that a workbook can meet."""

    def __init__(self, owner: Organization, regions: Collection[str]) -> None:
        self.owner = owner
        subjects: dict[str, Subject] = {}
        for subject in Subject.objects.all():
            subjects |= {subject.code: subject, subject.name_zh: subject}
        self.by_title: dict[str, Dataset] = {}
        self.by_code: dict[str, Dataset] = {}
        own = Dataset.objects.filter(owner=owner).exclude(state=State.WITHDRAWN)
        linked = ("subject", "source_authority", "region")
        for dataset in own.select_related(*linked).prefetch_related("related"):
            self.by_title[dataset.title_zh] = dataset
            for code in (dataset.code, dataset.extensions.get(CODE)):
                if code:
                    self.by_code[code] = dataset
        coded = Dataset.objects.exclude(owner=owner).exclude(code=None)
        self.foreign = dict(coded.values_list("code", "owner__name_zh"))
        self.fields: dict[int, dict[str, Field]] = {}
        tables = Field.objects.filter(resource__dataset__owner=owner).live()
        for one in tables.filter(resource__kind=ResourceKind.TABLE).select_related("resource"):
            self.fields.setdefault(one.resource.dataset_id, {})[one.label_zh] = one
        self.places: dict[str, Organization] = {}
        for place in Organization.objects.all():
            self.places |= {
                place.name_zh: place,
                place.name_en: place,
                place.uscc or "": place,
            }
        self.places.pop("", None)
        self.lists = Lists(subjects, self.places, _regions(regions))
        self.titles: dict[str, int] = {}
        self.codes: dict[str, int] = {}

    def proposed(self, read: ReadEntry) -> ProposedEntry:
        """Return what an entry would do, or why it is refused."""
        title, code = read.told.title, read.extensions.get(CODE, "")
        existing = self.by_code.get(code) or self.by_title.get(title)
        entry = ProposedEntry(read, existing)
        entry.refused = " ".join(self._refusals(read, title, code))
        self.titles.setdefault(title, read.told.row)
        if code:
            self.codes.setdefault(code, read.told.row)
        self._forget_own(read, existing)
        self._compare(entry)
        defects = [*read.defects, *(text for item in read.items for text in item.defects)]
        if not entry.refused and defects:
            entry.refused = " ".join(dict.fromkeys(defects))
        if not entry.refused and existing is not None and entry.does_something:
            entry.refused = _closed(existing)
        return entry

    def _refusals(self, read: ReadEntry, title: str, code: str) -> Iterable[str]:
        if title in self.titles:
            words = {"title": title, "row": self.titles[title]}
            yield (
                _("The name “%(title)s” stands in row %(row)s too. Names are given once.") % words
            )
        if code and code in self.codes:
            words = {"code": code, "row": self.codes[code]}
            yield _("The code %(code)s stands in row %(row)s too. A code is given once.") % words
        if code in self.foreign:
            words = {"code": code, "provider": self.foreign[code]}
            yield _("The code %(code)s belongs to an entry of “%(provider)s”.") % words
        for name in (PROVIDER, PROVIDER_CODE):
            place = self.places.get(read.extensions.get(name, ""))
            if place is not None and place != self.owner:
                yield (
                    _("The entry is one of “%(provider)s”, which imports its entries itself.")
                    % {"provider": place}
                )

    def _forget_own(self, read: ReadEntry, existing: Dataset | None) -> None:
        """Leave out of the further elements what the catalogue says by itself."""
        for name in (PROVIDER, PROVIDER_CODE):
            if self.places.get(read.extensions.get(name, "")) == self.owner:
                del read.extensions[name]
        if existing is None:
            return
        if existing.code and read.extensions.get(CODE) == existing.code:
            del read.extensions[CODE]
        related = KEPT[Meaning.RELATED]
        if related in read.extensions and set(relating.told(read)) <= set(relating.of(existing)):
            del read.extensions[related]
        published = KEPT[Meaning.PUBLISHED_ON]
        day = day_of(existing.published_at)
        if day and read.extensions.get(published) == day:
            del read.extensions[published]

    def _compare(self, entry: ProposedEntry) -> None:
        existing = entry.existing
        if existing is not None:
            wanted: dict[str, Any] = dict(entry.read.metadata)
            extensions = existing.extensions | entry.read.extensions
            if extensions != existing.extensions:
                wanted["extensions"] = extensions
            entry.changes = {
                name: (getattr(existing, name), value)
                for name, value in wanted.items()
                if _differs(getattr(existing, name), value)
            }
        fields = self.fields.get(existing.pk, {}) if existing else {}
        entry.items = [_compared(item, fields.get(item.label_zh)) for item in entry.read.items]


def _regions(texts: Collection[str]) -> dict[str, Region]:
    """Return the regions that texts name by code, or by a name that only one region has."""
    asked = Q(code__in=texts) | Q(name_zh__in=texts)
    found = list(Region.objects.filter(asked)) if any(texts) else []
    names = Counter(one.name_zh for one in found)
    by_name = {one.name_zh: one for one in found if names[one.name_zh] == 1}
    return by_name | {one.code: one for one in found}


def _differs(old: Any, new: Any) -> bool:
    return (old.strip() if isinstance(old, str) else old) != new


def _closed(existing: Dataset) -> str:
    """Return why an entry cannot be changed by a workbook, "" where it can."""
    if existing.state == State.DRAFT:
        return ""
    return _(
        "“%(entry)s” is %(state)s, and only a draft is changed by a workbook. Take it back for"
        " changes, or propose a revision."
    ) % {"entry": existing, "state": State(existing.state).label}


def _compared(read: ReadItem, existing: Field | None) -> ProposedItem:
    item = ProposedItem(read, existing)
    if existing is None:
        return item
    wanted: dict[str, Any] = {
        name: value
        for name, value in {
            "data_type": read.data_type,
            "length": read.length,
            "share_condition_zh": read.share_condition_zh or None,
        }.items()
        if value is not None
    }
    types = {"share_type": read.share_type, "open_type": read.open_type}
    differing = {
        name: value
        for name, value in types.items()
        if value is not None and getattr(existing, name) != value
    }
    if existing.grade is None:
        wanted |= differing
    elif differing:
        read.notes.append(_("Share and open type stay: a person has graded this item."))
    item.changes = {
        name: (getattr(existing, name), value)
        for name, value in wanted.items()
        if _differs(getattr(existing, name), value)
    }
    return item


def _rows_of(entry: ProposedEntry) -> Iterable[Row]:
    """Return what becomes of each row of an entry; its first row stands for the entry itself."""
    told, items = entry.read.told, {one.read.row: one for one in entry.items}
    several = len(entry.items) > len(items)  # all in one cell
    for number in told.rows:
        item = None if several else items.get(number)
        first = number == told.row
        fate = _fate(entry, item, first=first)
        own = item.read.notes if item is not None else _item_notes(entry)
        sentences = [
            *(_reasons(entry, item, first=first)),
            *(entry.read.notes if first else ()),
            *own,
        ]
        label = item.read.label_zh if item is not None else ""
        yield Row(number, fate, told.title, label, tuple(dict.fromkeys(sentences)))


def _item_notes(entry: ProposedEntry) -> list[str]:
    return [note for one in entry.items for note in one.read.notes]


def _fate(entry: ProposedEntry, item: ProposedItem | None, *, first: bool) -> Fate:
    if entry.refused:
        return Fate.REFUSED
    if first:
        if entry.existing is None:
            return Fate.NEW
        one_cell = item is None and entry.does_something
        changed = entry.changes or entry.links or _acts(item) or one_cell
        return Fate.CHANGED if changed else Fate.SAME
    if item is None or item.existing is None:
        return Fate.ITEM_NEW
    return Fate.ITEM_CHANGED if item.changes else Fate.ITEM_SAME


def _acts(item: ProposedItem | None) -> bool:
    return item is not None and (item.existing is None or bool(item.changes))


def _reasons(entry: ProposedEntry, item: ProposedItem | None, *, first: bool) -> Iterable[str]:
    if entry.refused:
        yield (
            entry.refused
            if first or (item and item.read.defects)
            else (
                _("Row %(row)s of the same entry is refused: %(why)s")
                % {"row": entry.read.told.row, "why": entry.refused}
            )
        )
        return
    changes: Mapping[str, tuple[Any, Any]] = entry.changes if first else {}
    if item is not None:
        changes = {**changes, **item.changes}
    for name, (old, new) in changes.items():
        yield _("%(what)s: “%(old)s” → “%(new)s”") % {
            "what": _label(name),
            "old": shown(old),
            "new": shown(new),
        }


def _label(name: str) -> str:
    model = Dataset if hasattr(Dataset, name) else Field
    column = model._meta.get_field(name)  # noqa: SLF001 - Django's public-by-custom name
    return str(getattr(column, "verbose_name", name))


def shown(value: Any) -> str:
    """Return a value as it stands in a sentence."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {text}" for name, text in value.items())
    return "–" if value in (None, "") else str(value)[:200]
