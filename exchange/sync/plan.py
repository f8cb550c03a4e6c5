"""What a run is to do: which columns, which key, which rules, into which table."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.wording import said as _
from catalog import facts
from catalog.models import Code, Field
from exchange.models import Binding, RecordTable, SyncMode, WholeBecause, Zone
from exchange.problems import SourceProblem
from exchange.records import store
from exchange.records.columns import Column
from exchange.sync.rules import Rule
from policy.storable import storable


class NothingToRead(SourceProblem):
    """No field is bound, or none may be stored."""

    code = "nothing-to-read"


@dataclass(frozen=True, slots=True)
class Plan:
    """The settled shape of one run."""

    binding: Binding
    rules: tuple[Rule, ...]
    key: tuple[str, ...]
    standing: RecordTable | None
    rules_digest: str
    now: datetime

    @property
    def keyless(self) -> bool:
        """Whether rows are told apart by their content alone."""
        return self.key == (store.HASH_KEY,)

    @property
    def knows_again(self) -> bool:
        """Whether a row of the standing version is told by its key to be a row of the new one."""
        old = self.standing
        return not self.keyless and old is not None and list(old.key_columns) == list(self.key)

    @property
    def whole(self) -> str:
        """Why a sync by cursor reads the whole source this time, "" where it does not.

        A cursor sees neither deletions nor rows that were turned away by a rule since changed, so
        from time to time, and after each change of the rules, all is compared.
        """
        binding = self.binding
        if binding.mode != SyncMode.CURSOR:
            return ""
        if self.reshaped or not binding.checkpoint:
            return WholeBecause.SHAPE
        if binding.rules_digest != self.rules_digest:
            return WholeBecause.RULES
        days = timedelta(days=binding.full_every_days)
        if days and (binding.compared_at is None or binding.compared_at + days <= self.now):
            return WholeBecause.DUE
        return ""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns read and stored, in catalogue order."""
        return tuple(rule.column for rule in self.rules)

    @property
    def nulls(self) -> tuple[str, ...]:
        """The source's words for "nothing"."""
        return tuple(self.binding.object.get("nulls", ()))

    @property
    def reshaped(self) -> bool:
        """Whether the standing table, if any, has other columns or another key than now wanted."""
        if self.standing is None:
            return True
        return self.standing.columns != described(self.columns) or tuple(
            self.standing.key_columns
        ) != tuple(self.key)


def described(columns: Sequence[Column]) -> list[dict[str, object]]:
    """Return columns as they stand in RecordTable.columns of the shared zone."""
    return [
        {"field": column.field, "column": column.column, "type": column.data_type}
        for column in columns
    ]


def of(binding: Binding, *, now: datetime) -> Plan:
    """Settle the run's shape from the catalogue as it is now.

    A field that no channel may carry (policy.storable) is never read from the source.
    """
    lines, today = facts.prohibitions(binding.resource.dataset), timezone.localdate(now)
    fields = [
        field
        for field in Field.objects.filter(resource_id=binding.resource_id, ended_at=None).order_by(
            "position", "pk"
        )
        if str(field.pk) in binding.columns
        and storable(facts.field_facts(field), lines, today) is None
    ]
    if not fields:
        raise NothingToRead(
            _(
                "No field of “%(resource)s” is bound to a column that may be stored. Bind fields"
                " to columns of the source first."
            )
            % {"resource": binding.resource}
        )
    rules = tuple(_rule(field) for field in fields)
    key = tuple(rule.column.column for rule, f in zip(rules, fields, strict=True) if f.is_key)
    return Plan(
        binding,
        rules,
        key or (store.HASH_KEY,),
        store.live(binding.resource_id, Zone.SHARED),
        _digest(rules),
        now,
    )


def _digest(rules: Sequence[Rule]) -> str:
    """Name the rules with the codes they allow: another digest may let other rows pass."""
    lists = [rule.code_list for rule in rules if rule.code_list]
    codes = Code.objects.filter(list_id__in=lists).order_by("list_id", "code")
    told = hashlib.sha256(repr(rules).encode())
    for line in codes.values_list("list_id", "code").iterator():
        told.update(repr(line).encode())
    return told.hexdigest()


def _rule(field: Field) -> Rule:
    return Rule(
        Column(field.pk, field.name, field.data_type),
        required=field.required or field.is_key,
        length=field.length,
        scale=field.scale,
        code_list=field.code_list_id,
        pattern=field.pattern,
        check=field.value_check,
        minimum=None if field.minimum is None else str(field.minimum),
        maximum=None if field.maximum is None else str(field.maximum),
    )
