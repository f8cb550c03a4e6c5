"""Taking proposed entries into the catalogue: all by few queries, each whole or not at all.

What Python can see of an entry is looked at before anything is written. What only the database
sees, it refuses with all that were written together: then they are halved until the one that does
not fit stands alone, and is told why.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts import organizations
from accounts.models import Organization, User
from accounts.roles import require
from audit import chain
from audit.chain import Happened
from catalog import field_sets, indexing, naming, saving
from catalog.describing import (
    NewField,
    described,
    redescribe,
    table_of,
    with_metadata,
)
from catalog.models import Dataset, Field, Resource
from catalog.refusals import CatalogRefusal
from catalog.rules import usable_patterns
from catalog.sheets.proposing import ProposedEntry, ProposedItem
from catalog.states import Step, move
from catalog.terms import ResourceKind
from policy.terms import DataType

TYPES = ("share_type", "open_type")
Refused = dict[int, str]
"""Sentences by the row of the workbook."""


@dataclass(slots=True)
class Ready:
    """An entry made ready in memory: what is to be written of it, and what the trail will say."""

    entry: ProposedEntry
    dataset: Dataset
    table: Resource | None = None
    changed: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    new_fields: list[Field] = field(default_factory=list)
    changed_fields: dict[int, Field] = field(default_factory=dict)
    described: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)
    is_new: bool = False
    has_new_table: bool = False


def take(
    entries: Sequence[ProposedEntry], owner: Organization, *, by: User, at: datetime
) -> Refused:
    """Draft and change entries with their items; return why rows of the others were refused.

    The caller holds the locks of the entries that exist. Leaves what the verbs of `drafting` do:
    for each entry, table and field its entries of the trail. Raises NotAllowed, and StepRefused
    where the department is closed.
    """
    if any(entry.existing is None for entry in entries):
        require(by, "catalog.create_dataset", organization=owner)
        organizations.hold_open(owner.pk)
    if any(entry.changes or entry.items for entry in entries):
        require(by, "catalog.update_dataset", organization=owner)
    addresses = _addresses(entries)
    failed: Refused = {}
    for several in _once_each(entries):
        for entry, refusal in _Taking(several, addresses, owner, by=by, at=at).take(several):
            told = " ".join(refusal.messages) if hasattr(refusal, "messages") else str(refusal)
            failed |= dict.fromkeys(entry.read.told.rows, told)
    return failed


def _addresses(entries: Sequence[ProposedEntry]) -> dict[int, str]:
    """Return an address for each new entry, by the row it stands in."""
    taken = set(Dataset.objects.values_list("slug", flat=True))
    addresses = {}
    for entry in entries:
        if entry.existing is None:
            metadata = entry.read.metadata
            slug = naming.address(metadata["title_zh"], metadata.get("title_en", ""), taken)
            taken.add(slug)
            addresses[entry.read.told.row] = slug
    return addresses


def _once_each(entries: Sequence[ProposedEntry]) -> list[list[ProposedEntry]]:
    """Return entries in turns, so that one the workbook names twice comes once in each."""
    turns: list[list[ProposedEntry]] = []
    met: Counter[int] = Counter()
    for entry in entries:
        turn = 0 if entry.existing is None else met[entry.existing.pk]
        if entry.existing is not None:
            met[entry.existing.pk] += 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(entry)
    return turns


class _Taking:
    """Entries being taken in, each once, with what of the catalogue they touch, read once."""

    def __init__(
        self,
        entries: Sequence[ProposedEntry],
        addresses: Mapping[int, str],
        owner: Organization,
        *,
        by: User,
        at: datetime,
    ) -> None:
        self.addresses, self.owner, self.by, self.at = addresses, owner, by, at
        ids = [entry.existing.pk for entry in entries if entry.existing is not None]
        self.datasets = Dataset.objects.select_related("owner").in_bulk(ids)
        tables = Resource.objects.filter(dataset__in=ids, kind=ResourceKind.TABLE)
        self.tables = {one.dataset_id: one for one in tables}
        of_tables = Field.objects.filter(resource__in=self.tables.values())
        self.fields = {one.pk: one for one in of_tables.live().select_related("code_list")}
        self.names: dict[int, set[str]] = {}
        for one in self.fields.values():
            self.names.setdefault(one.resource_id, set()).add(one.name)
        last = of_tables.values_list("resource").annotate(Max("position"))
        self.next = {table: position + 1 for table, position in last}
        self.usable = usable_patterns(one.pattern for one in self.fields.values())

    def take(
        self, entries: Sequence[ProposedEntry]
    ) -> Iterator[tuple[ProposedEntry, CatalogRefusal | ValidationError]]:
        """Take entries in; yield those that are refused."""
        ready = []
        for entry in entries:
            try:
                ready.append(self._ready(entry))
            except (CatalogRefusal, ValidationError) as refusal:
                yield entry, refusal
        if not ready:
            return
        try:
            with transaction.atomic():
                self._write(ready, saving.at_once)
        except IntegrityError:
            fitting = [one.entry for one in ready]
            if len(fitting) == 1:
                yield from self._alone(fitting[0])
                return
            half = len(fitting) // 2
            yield from self.take(fitting[:half])
            yield from self.take(fitting[half:])

    def _alone(
        self, entry: ProposedEntry
    ) -> Iterator[tuple[ProposedEntry, CatalogRefusal | ValidationError]]:
        try:
            with transaction.atomic():
                self._write([self._ready(entry)], saving.strictly)
        except (CatalogRefusal, ValidationError) as refusal:
            yield entry, refusal

    # in memory

    def _ready(self, entry: ProposedEntry) -> Ready:
        """Return an entry with everything checked that needs no question.

        Raises CatalogRefusal, ValidationError.
        """
        ready = self._new(entry) if entry.existing is None else self._changed(entry)
        taken = set(self.names.get(ready.table.pk, ())) if ready.table else set()
        for item in entry.items:
            if item.existing is None:
                self._add(ready, item, taken)
            elif item.changes:
                self._change(ready, item)
        return ready

    def _new(self, entry: ProposedEntry) -> Ready:
        metadata = {**entry.read.metadata, "extensions": entry.read.extensions}
        dataset = Dataset(
            slug=self.addresses[entry.read.told.row],
            owner=self.owner,
            title_zh=metadata.pop("title_zh"),
            created_by=self.by,
            created_at=self.at,
        )
        with_metadata(dataset, metadata)
        saving.check(dataset)
        return Ready(entry, dataset, is_new=True)

    def _changed(self, entry: ProposedEntry) -> Ready:
        assert entry.existing is not None  # noqa: S101 - new ones go by `_new`
        dataset = copy(self.datasets[entry.existing.pk])  # of one that is refused nothing stays
        move(dataset.state, Step.EDIT, of=dataset)
        ready = Ready(entry, dataset, self.tables.get(dataset.pk), dict(entry.changes))
        if entry.changes:
            with_metadata(dataset, {name: new for name, (_old, new) in entry.changes.items()})
            saving.check(dataset)
        return ready

    def _add(self, ready: Ready, item: ProposedItem, taken: set[str]) -> None:
        if ready.table is None:
            ready.table, ready.has_new_table = table_of(ready.dataset), True
            saving.check(ready.table)
        new = _described(item, taken)
        taken.add(new.name)
        position = self.next.get(ready.table.pk, 0) + len(ready.new_fields)
        made = described(ready.table, new, position=position, usable=self.usable)
        # what a workbook says of types stands where a person will see it first: a grade decides
        for name in TYPES:
            if getattr(item.read, name) is not None:
                setattr(made, name, getattr(item.read, name))
        saving.check(made)
        ready.new_fields.append(made)

    def _change(self, ready: Ready, item: ProposedItem) -> None:
        assert item.existing is not None  # noqa: S101 - new ones go by `_add`
        one = copy(self.fields[item.existing.pk])
        wanted = {name: new for name, (_old, new) in item.changes.items()}
        types = {name: wanted.pop(name) for name in TYPES if name in wanted}
        if wanted:
            redescribe(one, ready.dataset, wanted, self.usable)
            ready.described[one.pk] = wanted
        if one.grade is None:
            for name, value in types.items():
                setattr(one, name, value)
        saving.check(one)
        ready.changed_fields[one.pk] = one
        ready.columns |= wanted.keys() | types.keys()

    # in the database

    def _write(self, ready: Sequence[Ready], write: saving.Writer) -> None:
        write([one.dataset for one in ready if one.is_new], ())
        columns = {name for one in ready for name in one.changed}
        write([one.dataset for one in ready if one.changed], columns)
        write([one.table for one in ready if one.table is not None and one.has_new_table], ())
        write([made for one in ready for made in one.new_fields], ())
        columns = {name for one in ready for name in one.columns}
        write([made for one in ready for made in one.changed_fields.values()], columns)
        chain.record_all((told for one in ready for told in _told(one)), by=self.by, at=self.at)
        decided = [one.dataset.pk for one in ready if one.new_fields or one.changed_fields]
        Dataset.objects.filter(pk__in=decided).policy_changed()
        indexing.index_all([one.dataset.pk for one in ready], at=self.at)


def _described(item: ProposedItem, taken: set[str]) -> NewField:
    read = item.read
    return NewField(
        name=read.name or naming.identifier(read.label_zh, taken),
        label_zh=read.label_zh,
        data_type=read.data_type or DataType.TEXT,
        length=read.length,
        share_condition_zh=read.share_condition_zh,
    )


def _told(ready: Ready) -> Iterator[Happened]:
    """Yield what the trail says of an entry, in the order of the verbs it stands for."""
    dataset = ready.dataset
    if ready.is_new:
        details: dict[str, Any] = {"slug": dataset.slug, "title": dataset.title_zh}
        yield Happened("dataset.create", dataset.address, details)
    if ready.changed:
        changed = {name: [str(old), str(new)] for name, (old, new) in ready.changed.items()}
        yield Happened("dataset.update", dataset.address, {"changed": changed})
    for pk, changes in ready.described.items():
        yield field_sets.updated(ready.changed_fields[pk], changes)
    if ready.table is not None and ready.has_new_table:
        details = {"dataset": dataset.pk, "name": ready.table.name}
        yield Happened("resource.create", f"resource:{ready.table.pk}", details)
    yield from map(field_sets.created, ready.new_fields)
