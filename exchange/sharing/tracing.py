"""From a leaked file to the grant under which it was given out.

Two marks are looked for (`records.marks`). Tokens in any column name a grant row by row. The order
of rows needs their numbers: from the column `_id`, or, where that is gone or tells nothing, by
finding the rows in the dataset by what is left of them. What is said is how likely the order is by
chance, for the best of all grants that were looked at; above ONE_IN no grant is named.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalog.models import Dataset, Field
from exchange.models import BatchJob, Grant, Zone
from exchange.records import marks, store
from exchange.sharing import likelihood, rediscovery
from exchange.sharing.leaks import Leak

LONGEST_LOG = -6.0
"""A grant is named where chance would bring its order in fewer than one of 10^6 cases, all grants
that were looked at taken together."""

TOKEN_LOG = -64 * math.log10(2)
TOKEN_LENGTH = 2 * (marks.SALT_BYTES + marks.TAG_BYTES)


class DatasetWithoutBatches(Exception):
    """No batch file of the dataset was ever made, so none can have leaked."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A grant whose mark a file bears: by `column` or `order`, in how many of the `looked_at`.

    Looked at are rows with a token, or neighbours whose order is known. `chance` is log10 of how
    likely that is if the file has nothing to do with the grant.
    """

    grant: Grant
    by: str
    found: int
    looked_at: int
    chance: float


@dataclass(frozen=True, slots=True)
class Traced:
    """What was found: the surest first. `numbered` rows are known by their number."""

    findings: tuple[Finding, ...]
    rows: int
    numbered: int
    grants: int


def trace(leak: Leak, *, slug: str = "") -> Traced:
    """Look for marks of all grants under which batch files were made, or of one dataset's.

    Raises DatasetWithoutBatches.
    """
    grants = _candidates(slug)
    keys = {grant.pk: marks.key(grant.pk) for grant in grants}
    numbered = 0
    found = list(_by_column(leak, grants, keys))
    for way in (_numbered, _known_again):
        ordered: list[Finding] = []
        for numbers, of in way(leak, grants):
            numbered = max(numbered, len(numbers))
            ordered += _by_order(numbers, of, keys, looked_at=len(grants))
        found += ordered
        if ordered:
            break
    found.sort(key=lambda one: one.chance)
    return Traced(tuple(_once(found)), len(leak.rows), numbered, len(grants))


def _candidates(slug: str) -> list[Grant]:
    jobs = BatchJob.objects.exclude(made_at=None)
    if slug:
        jobs = jobs.filter(grant__dataset__slug=slug)
    grants = Grant.objects.filter(pk__in=jobs.values("grant"))
    listed = list(grants.select_related("dataset__owner", "organization").order_by("pk"))
    if not listed:
        raise DatasetWithoutBatches(
            f"No batch file of “{slug or 'any dataset'}” was ever made, so there is no grant to"
            " look for."
        )
    return listed


def _by_column(
    leak: Leak, grants: Sequence[Grant], keys: Mapping[int, bytes]
) -> Iterator[Finding]:
    tokens = [cell for row in leak.rows for cell in row if len(cell) == TOKEN_LENGTH]
    borne: Counter[int] = Counter()
    for token in tokens:
        borne.update(pk for pk, key in keys.items() if marks.bears(token, key=key))
    tried = math.log10(max(len(tokens) * len(keys), 1))
    for grant in grants:
        if borne[grant.pk]:
            yield Finding(grant, "column", borne[grant.pk], len(tokens), TOKEN_LOG + tried)


def _numbered(leak: Leak, grants: Sequence[Grant]) -> Iterator[tuple[list[int], Sequence[Grant]]]:
    """Yield the numbers that the leak's rows bear, in its order, and the grants they may be of."""
    own = [text for text in leak.column("_id") if _is_number(text)]
    if own:
        yield _distinct(int(text) for text in own), grants


def _known_again(
    leak: Leak, grants: Sequence[Grant]
) -> Iterator[tuple[list[int], Sequence[Grant]]]:
    """Yield, by dataset, the numbers of rows that are found in it, whatever number they bear."""
    of_dataset: dict[int, list[Grant]] = {}
    for grant in grants:
        of_dataset.setdefault(grant.dataset_id, []).append(grant)
    for its in of_dataset.values():
        yield _distinct(_rediscovered(leak, its[0].dataset)), its


def _rediscovered(leak: Leak, dataset: Dataset) -> list[int]:
    """Return the numbers of rows that are found in the dataset by what is left of them."""
    resource = dataset.resources.filter(kind="table").order_by("position", "pk").first()
    table = store.live(resource.pk, Zone.SHARED) if resource else None
    if table is None:
        return []
    names = dict(Field.objects.filter(resource=resource).values_list("name", "pk"))
    shown = BatchJob.objects.filter(grant__dataset=dataset).exclude(made_at=None)
    return rediscovery.numbers(leak, table, names, [job.fields for job in shown])


def _by_order(
    numbers: Sequence[int],
    grants: Sequence[Grant],
    keys: Mapping[int, bytes],
    *,
    looked_at: int,
) -> Iterator[Finding]:
    for grant in grants:
        key = keys[grant.pk]
        ascending = likelihood.in_order([marks.rank(number, key=key) for number in numbers])
        chance = likelihood.by_chance(len(numbers), ascending) + math.log10(looked_at)
        if chance <= LONGEST_LOG:
            yield Finding(grant, "order", ascending, len(numbers) - 1, chance)


def _once(found: Sequence[Finding]) -> Iterator[Finding]:
    seen = set()
    for one in found:
        if one.grant.pk not in seen:
            seen.add(one.grant.pk)
            yield one


def _distinct(numbers) -> list[int]:
    return list(dict.fromkeys(numbers))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18
