"""一数一源: who collects this already. Order 809 art 19 forbids to collect anew what is shared.

The database finds fields that are called, coded or filled alike, by index; what is found is
weighed here, a few hundred rows whatever the size of the catalogue.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from catalog.likeness import (
    COMMON,
    WEIGHTS,
    Because,
    Sketched,
    normal,
    rarity,
    says_little,
    titles_alike,
    together,
    words_for,
)
from catalog.models import Dataset, Field, FieldSketch
from catalog.terms import State

ENOUGH = 0.25
"""The score from which a finding is told."""

LISTED = 10
LITTLE = 0.2  # what a field that says little counts, beside 1 for any other
TELLING = 2.0  # so much has to be called alike before it counts as all of an entry
TITLE = 0.4  # how sure an equal title alone makes


@dataclass(frozen=True, slots=True)
class Match:
    """One of my fields, by id and label, beside theirs.

    `share` is about how much of my values they hold, None where that was not compared.
    """

    field: int
    mine: str
    theirs: str
    because: tuple[Because, ...]
    sure: float
    share: float | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Another entry that may hold the same; `score` 0 to 1."""

    dataset: Dataset
    score: float
    matches: tuple[Match, ...]
    fields: int

    @property
    def sentence(self) -> str:
        """The evidence in one sentence, without any value."""
        text = _(
            "“%(owner)s” has “%(title)s” already: %(agree)s of %(all)s fields agree (%(which)s)."
        ) % {
            "owner": self.dataset.owner,
            "title": self.dataset.title,
            "agree": len(self.matches),
            "all": self.fields,
            "which": ", ".join(match.mine for match in self.matches[:5]),
        }
        same = max(self.matches, key=lambda match: match.share or 0, default=None)
        if same is None or not same.share or same.share < 0.1:
            return text
        told = _("Of the values of “%(field)s” about %(percent)s %% are there too.") % {
            "field": same.mine,
            "percent": max(10, round(same.share * 10) * 10),
        }
        return f"{text} {told}"


def for_publisher(dataset: Dataset) -> list[Finding]:
    """Return published entries that may hold the same, best first.

    By what any department may know: values count only where each may read them in clear.
    """
    return _find(dataset, among=[State.PUBLISHED], all_values=False)


def for_reviewer(dataset: Dataset) -> list[Finding]:
    """Return entries published or in review that may hold the same, best first."""
    return _find(dataset, among=[State.PUBLISHED, State.IN_REVIEW], all_values=True)


def _find(dataset: Dataset, *, among: Sequence[State], all_values: bool) -> list[Finding]:
    fields = {
        field.pk: field
        for field in Field.objects.filter(resource__dataset=dataset)
        .live()
        .select_related("sketch")
        .defer("suggestion")
    }
    if not fields:
        return []
    hits = _hits(dataset, fields.values(), among=among, all_values=all_values)
    found: dict[int, list[Match]] = {}
    for other, of_fields in hits.items():
        found[other] = _matches(fields, of_fields)
    return _weighed(dataset, fields.values(), found)


# Each of my fields asks four indexes; no question returns more rows than COMMON, and what more
# fields have is dropped whole, so the cost follows the new entry and not the catalogue.
HITS = """
WITH asked AS (
    SELECT * FROM jsonb_to_recordset(%(asked)s::jsonb)
        AS one (id bigint, label text[], name text[], codes bigint, hashes bigint[])
),
hits AS (
    SELECT a.id AS mine, h.*, count(*) OVER (PARTITION BY a.id, h.because) AS places
    FROM asked a CROSS JOIN LATERAL (
        (SELECT 'label' AS because, f.id AS theirs, 0 AS shared, 0::bigint AS different
            FROM catalog_field f WHERE catalog_normal(f.label_zh) = ANY (a.label)
                AND f.ended_at IS NULL AND f.id <> a.id
            LIMIT %(most)s)
        UNION ALL
        (SELECT 'name', f.id, 0, 0 FROM catalog_field f
            WHERE catalog_normal(f.name) = ANY (a.name) AND f.ended_at IS NULL AND f.id <> a.id
            LIMIT %(most)s)
        UNION ALL
        (SELECT 'codes', f.id, 0, 0 FROM catalog_field f
            WHERE f.code_list_id = a.codes AND f.ended_at IS NULL AND f.id <> a.id
            LIMIT %(most)s)
        UNION ALL
        (SELECT 'values', s.field_id,
            (SELECT count(*)::integer FROM unnest(s.hashes) AS one WHERE one = ANY (a.hashes)),
            s.different
            FROM catalog_fieldsketch s
            WHERE s.hashes && a.hashes AND s.field_id <> a.id
            LIMIT %(most)s)
    ) h
)
SELECT h.mine, h.because, h.places, h.shared, h.different, h.theirs, known.label_zh, known.dataset
FROM hits h CROSS JOIN LATERAL (
    SELECT f.label_zh, d.id AS dataset
    FROM catalog_field f
    JOIN catalog_resource r ON r.id = f.resource_id
    JOIN catalog_dataset d ON d.id = r.dataset_id
    WHERE f.id = h.theirs AND d.id <> %(dataset)s AND d.state = ANY (%(among)s)
        AND NOT f.concealed AND f.ended_at IS NULL
        AND (h.because <> 'values' OR %(all_values)s OR (
            f.grade <= 2 AND f.share_type = 'unconditional' AND NOT EXISTS (
                SELECT 1 FROM catalog_negativeline l
                WHERE l.dataset_id = d.id AND l.state = 'published')))
    OFFSET 0  -- row by row by their keys, whatever the planner guesses of the hits
) known
WHERE h.places < %(most)s
"""

Hits = dict[int, dict[int, dict[int, list[tuple[Any, ...]]]]]


def _hits(
    dataset: Dataset, fields: Iterable[Field], *, among: Sequence[State], all_values: bool
) -> Hits:
    """Return what agrees: {their entry: {my field: {their field: [(because, …)]}}}."""
    asked = [
        {
            "id": field.pk,
            "label": words_for(field.label_zh),
            "name": [normal(field.name)],
            "codes": field.code_list_id,
            "hashes": _sketch(field).hashes,
        }
        for field in fields
    ]
    found: Hits = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    with connection.cursor() as cursor:
        cursor.execute(
            HITS,
            {
                "asked": json.dumps(asked),
                "most": COMMON + 1,
                "dataset": dataset.pk,
                "among": [str(state) for state in among],
                "all_values": all_values,
            },
        )
        for mine, *told, label, other in cursor.fetchall():
            found[other][mine][told[-1]].append((*told[:-1], label))
    return found


def _sketch(field: Field) -> FieldSketch:
    return getattr(field, "sketch", None) or FieldSketch(field=field)


def _matches(
    fields: dict[int, Field], of_fields: dict[int, dict[int, list[tuple[Any, ...]]]]
) -> list[Match]:
    """Give each of my fields its best counterpart; no field of theirs serves two of mine."""
    candidates = sorted(
        (
            (_match(fields[mine], signs), mine, theirs)
            for mine, by_field in of_fields.items()
            for theirs, signs in by_field.items()
        ),
        key=lambda one: (-one[0].sure, one[1], one[2]),
    )
    taken_mine: set[int] = set()
    taken_theirs: set[int] = set()
    best = []
    for match, mine, theirs in candidates:
        if match.sure > 0 and mine not in taken_mine and theirs not in taken_theirs:
            taken_mine.add(mine)
            taken_theirs.add(theirs)
            best.append(match)
    return best


def _match(field: Field, signs: list[tuple[Any, ...]]) -> Match:
    sure, because, share = [], [], None
    for reason, places, shared, different, _label in signs:
        weight = WEIGHTS[Because(reason)] * rarity(places)
        if reason == Because.VALUES:
            share = Sketched(shared, _sketch(field).different, different).share
            weight *= share
        if weight > 0:
            sure.append(weight)
            because.append(Because(reason))
    return Match(field.pk, field.label_zh, signs[0][-1], tuple(because), together(sure), share)


def _weighed(
    dataset: Dataset, fields: Iterable[Field], found: dict[int, list[Match]]
) -> list[Finding]:
    weights = {
        field.pk: LITTLE if says_little(field.label_zh, field.name) else 1.0 for field in fields
    }
    others = Dataset.objects.filter(pk__in=found).select_related("owner").in_bulk()
    findings = []
    for pk, matches in found.items():
        covered = _covered(weights, matches)
        alike = titles_alike(dataset.title_zh, others[pk].title_zh)
        score = together([covered, TITLE * alike * (covered > 0)])
        if score >= ENOUGH:
            findings.append(Finding(others[pk], score, tuple(matches), len(weights)))
    findings.sort(key=lambda finding: (-finding.score, finding.dataset.pk))
    return findings[:LISTED]


def _covered(weights: dict[int, float], matches: list[Match]) -> float:
    """Return how much of my entry they have, 0 to 1. Equal values count whatever they are called;
    by names alone, one telling field is not yet the whole."""
    by_value = {match.field for match in matches if match.share}
    weights = weights | dict.fromkeys(by_value, 1.0)
    whole = max(sum(weights.values()), 0 if by_value else TELLING)
    return sum(weights[match.field] * match.sure for match in matches) / whole
