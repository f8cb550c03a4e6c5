"""Confining a dataset to counts: everybody may ask how many, nobody for the rows one by one.

Stricter acts at once, as everywhere: the next call is answered so, streams break off, files are
gone. While a dataset is published a rule can only be made stricter, by a larger smallest group:
other fields to count by would cut the same rows otherwise, and two cuts held against each other
tell what neither does. Before it is published a rule may be changed or lifted; publishing has a
second pair of eyes.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction

from accounts.models import User
from accounts.roles import require
from accounts.wording import said as _
from audit import chain
from catalog.models import Dataset, Field
from exchange import public_files
from exchange.models import CountingRule
from exchange.problems import Problem
from exchange.records.aggregates import MAX_GROUPED, UNITS, Unit
from exchange.records.reading import LEASE_SECONDS
from policy.terms import DataType

SMALLEST = range(3, 1001)
DEFAULT_SMALLEST = 10
"""domain table: statistics are L1 where no cell has fewer rows (default k = 10)."""

By = Sequence[tuple[int, str]]


class CountingRefused(Problem):
    """The rule does not fit the dataset; the sentence says why."""

    code = "counting-refused"
    status = 400


class CountingSettled(Problem):
    """The dataset is published, and the rule would show more or cut the same rows otherwise."""

    code = "counting-settled"
    status = 409


def count_only(
    dataset_id: int,
    counted_by: By,
    *,
    smallest: int = DEFAULT_SMALLEST,
    reason: str,
    by: User,
    at: datetime,
) -> CountingRule:
    """Open a dataset by counts alone, by these fields (id, unit of time or "").

    Raises NotAllowed, CountingRefused, CountingSettled.
    """
    with transaction.atomic():
        rule = _count_only(dataset_id, counted_by, smallest, reason, by, at)
    if not connection.in_atomic_block:
        time.sleep(LEASE_SECONDS)  # no byte of a row comes after this returns
    return rule


@transaction.atomic
def count_rows(dataset_id: int, *, reason: str, by: User, at: datetime) -> None:
    """Lift the rule of a dataset that is not published: it will be open by rows.

    Raises NotAllowed, CountingSettled, CountingRule.DoesNotExist.
    """
    dataset = _locked(dataset_id, by)
    _not_published(dataset)
    _reasoned(reason)
    CountingRule.objects.get(dataset=dataset).delete()
    Dataset.objects.filter(pk=dataset_id).policy_changed()
    _recorded(dataset, by, at, smallest=1, counted_by=[], reason=reason)


def _count_only(
    dataset_id: int, counted_by: By, smallest: int, reason: str, by: User, at: datetime
) -> CountingRule:
    dataset = _locked(dataset_id, by)
    wanted = [[field, str(unit)] for field, unit in counted_by]
    _reasoned(reason)
    _fits(dataset, counted_by, smallest)
    before = CountingRule.objects.filter(dataset=dataset).first()
    if before and (wanted != before.counted_by or smallest < before.smallest_group):
        _not_published(dataset)
    rule, _made = CountingRule.objects.update_or_create(
        dataset=dataset,
        defaults={
            "smallest_group": smallest,
            "counted_by": wanted,
            "reason": reason,
            "set_by": by,
            "set_at": at,
        },
    )
    Dataset.objects.filter(pk=dataset_id).policy_changed()
    _recorded(dataset, by, at, smallest=smallest, counted_by=wanted, reason=reason)
    public_files.follow(dataset_id, at=at)
    return rule


def _locked(dataset_id: int, by: User) -> Dataset:
    dataset = Dataset.objects.select_for_update().get(pk=dataset_id)
    require(by, "exchange.count_only", organization=dataset.owner)
    return dataset


def _not_published(dataset: Dataset) -> None:
    if dataset.state == Dataset.State.PUBLISHED:
        raise CountingSettled(
            _(
                "“%(dataset)s” is published: its smallest group can be made larger, and nothing"
                " else of how it is counted can change. Held against what was told already,"
                " another way of counting would give small groups away."
            )
            % {"dataset": dataset.title}
        )


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise CountingRefused(_("Say why: the reason stands in the audit trail."))


def _fits(dataset: Dataset, counted_by: By, smallest: int) -> None:
    if smallest not in SMALLEST:
        raise CountingRefused(
            _("The smallest group has from %(least)s to %(most)s rows, not %(given)s.")
            % {"least": SMALLEST[0], "most": SMALLEST[-1], "given": smallest}
        )
    if not 1 <= len({field for field, _unit in counted_by}) == len(counted_by) <= MAX_GROUPED:
        raise CountingRefused(
            _("A dataset is counted by one to %(most)s different fields.") % {"most": MAX_GROUPED}
        )
    fields = Field.objects.filter(resource__dataset=dataset).live().in_bulk()
    for field, unit in counted_by:
        if field not in fields:
            raise CountingRefused(_("A field to count by is not of this dataset."))
        _unit_fits(fields[field], unit)


def _unit_fits(field: Field, unit: str) -> None:
    days = [str(one) for one in Unit if one != Unit.HOUR]
    allowed = {
        DataType.DATE: days,
        DataType.DATETIME: [str(one) for one in Unit],
    }.get(DataType(field.data_type), [""])
    if unit not in allowed:
        raise CountingRefused(
            _("“%(field)s” is counted by %(allowed)s, not “%(given)s”.")
            % {
                "field": field.name,
                "allowed": ", ".join(allowed) if allowed != [""] else _("its values"),
                "given": unit[:20],
            }
        )


def _recorded(dataset: Dataset, by: User, at: datetime, **details: object) -> None:
    chain.record(
        "dataset.count_only",
        dataset.address,
        by=by,
        at=at,
        **details,
    )


def in_words(counted_by: Iterable[Sequence], labels: Mapping[int, str]) -> str:
    """Say by what a dataset is counted: labels of its fields, times with their unit.

    `labels` are those of fields by number; a field without one is left out.
    """
    return ", ".join(
        f"{labels[field]} ({UNITS[Unit(unit)]})" if unit else labels[field]
        for field, unit in counted_by
        if field in labels
    )


def named(dataset_id: int, text: str) -> list[tuple[int, str]]:
    """Return what a person wrote as “district, opened_on:month” as fields and units.

    Raises CountingRefused for a name that is no field.
    """
    fields = {
        one.name: one.pk for one in Field.objects.filter(resource__dataset=dataset_id).live()
    }
    found = []
    for part in filter(None, map(str.strip, text.split(","))):
        name, _colon, unit = part.partition(":")
        if name not in fields:
            raise CountingRefused(
                _("This dataset has no field “%(name)s”. It has: %(fields)s.")
                % {"name": name[:80], "fields": ", ".join(fields) or "–"}
            )
        found.append((fields[name], unit))
    return found
