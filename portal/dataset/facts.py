"""What the page of a dataset says of it, as everybody may see it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Value
from django.utils.functional import Promise, cached_property
from django.utils.translation import get_language

from accounts.models import Organization
from catalog import codes, facts
from catalog.labels import GRADES, OPEN_TYPES, SHARE_TYPES
from catalog.models import Dataset, Field
from catalog.terms import UpdateCycle
from exchange import access, counted, explaining
from exchange.access import Caller, Head
from policy import places
from policy.comparison import Viewpoint
from policy.terms import Because, Mode, Treatment
from portal import listing
from portal.dataset import words
from portal.dataset.words import Licence
from portal.listing import Freshness

ANYBODY = Caller()
RELATED = 6


class Opening(StrEnum):
    """How much of a dataset everybody may see."""

    WHOLE = "whole"
    PARTLY = "partly"
    CONDITIONAL = "conditional"  # nothing, but there is something to be had under a grant
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Why:
    """Why a field looks as it does: the reason's code, and its sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field as everybody sees it."""

    field: Field
    treatment: Treatment
    reasons: tuple[Why, ...]

    @property
    def seen(self) -> str:
        """The treatment as a word for style sheets."""
        return self.treatment.name.lower()

    @property
    def treated(self) -> Promise:
        """The treatment in the language now active."""
        return words.TREATMENTS[self.treatment]

    @property
    def type(self) -> Promise | str:
        """The type in the language now active."""
        return words.TYPES.get(self.field.data_type, self.field.data_type)

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.field.data_type in words.NUMBERS

    @property
    def is_of_place(self) -> bool:
        """Whether what is shown of it is one coordinate of a place, or geometries."""
        one, mask = self.field, facts.mask_of(self.field)
        return places.remains(one.coordinate, one.data_type, self.treatment, mask)

    @property
    def grade(self) -> Promise | str:
        """The grade in words."""
        return GRADES.get(self.field.grade or 0, "–")

    @property
    def mask(self) -> str:
        """What is left of each value where the field is masked."""
        masked = self.treatment == Treatment.MASKED
        return words.mask_in_words(facts.mask_of(self.field)) if masked else ""


@dataclass(frozen=True)
class About:
    """A published dataset with its fields; `dataset` comes with what its row refers to."""

    dataset: Dataset
    head: Head
    fields: tuple[ShownField, ...]
    now: datetime

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many fields are shown how."""
        counted = Counter(one.seen for one in self.fields)
        return {treatment.name.lower(): counted[treatment.name.lower()] for treatment in Treatment}

    @property
    def opening(self) -> Opening:
        """How much of it everybody may see."""
        withheld = self.counts["withheld"]
        if self.fields and withheld == len(self.fields):
            because = {why.code for one in self.fields for why in one.reasons}
            return Opening.CONDITIONAL if because & GRANTABLE else Opening.NONE
        if withheld or self.counts["masked"]:
            return Opening.PARTLY
        return Opening.WHOLE

    @property
    def is_closed(self) -> bool:
        """Whether everybody sees none of its fields, whether rows came or not."""
        return self.opening in (Opening.CONDITIONAL, Opening.NONE)

    @property
    def may_be_granted(self) -> bool:
        """Whether something that is withheld or masked may be had under a grant."""
        return any(
            why.code in GRANTABLE or why.code == Because.MASKED_GRADE
            for one in self.fields
            for why in one.reasons
        )

    @property
    def grade(self) -> Promise | None:
        """The highest grade of its fields, in words."""
        grades = [one.field.grade for one in self.fields if one.field.grade]
        return GRADES[max(grades)] if grades else None

    @property
    def sharing(self) -> list[Promise]:
        """The share types of its fields, in words."""
        found = {one.field.share_type for one in self.fields}
        return [word for name, word in SHARE_TYPES.items() if name in found]

    @property
    def open_types(self) -> list[Promise]:
        """The open types of its fields, in words."""
        found = {one.field.open_type for one in self.fields}
        return [word for name, word in OPEN_TYPES.items() if name in found]

    @property
    def has_rows(self) -> bool:
        """Whether there are rows to read."""
        return self.head.table_id is not None

    @property
    def counted_by(self) -> str:
        """By what everybody may have its rows counted, who may have none of them; "" where rows
        are open one by one."""
        if self.head.smallest_group == 1:
            return ""
        labels = {one.field.pk: one.field.label for one in self.fields}
        return counted.in_words(self.head.counted_by, labels) or "–"

    @property
    def has_place(self) -> bool:
        """Whether rows can be drawn on a map: both coordinates are shown, if only rounded, or
        geometries in clear."""
        shown = [one.field.coordinate for one in self.fields if one.is_of_place]
        is_place = places.is_place([places.axis(code) for code in shown])
        return is_place and self.head.smallest_group == 1

    @property
    def freshness(self) -> Freshness:
        """How the age of its rows stands to what was promised."""
        if self.head.resource_id is None:
            return Freshness.NO_TABLE
        if self.head.refreshed_at is None:
            return Freshness.WITHHELD if self.is_closed else Freshness.AWAITED
        return listing.freshness_of(self.dataset, self.head.refreshed_at, self.now)

    @property
    def cycle(self) -> str:
        """The promised cycle."""
        found = self.dataset.update_cycle
        return str(UpdateCycle(found).label) if found else "–"

    @property
    def due_at(self) -> datetime | None:
        """When its rows count as late unless they are refreshed; None where no day is promised."""
        found = self.dataset.update_cycle
        after = codes.LATE_AFTER[UpdateCycle(found)] if found else None
        return self.head.refreshed_at + after if after and self.head.refreshed_at else None

    @property
    def keywords(self) -> list[str]:
        """The keywords in the language now active, or in the other."""
        zh, en = self.dataset.keywords_zh, self.dataset.keywords_en
        return (en or zh) if get_language() == "en" else (zh or en)

    @property
    def licence(self) -> Licence:
        """What may be done with the data."""
        return words.licence(self.dataset.license)


GRANTABLE = frozenset({str(Because.NEEDS_GRANT), str(Because.LINE_LAPSED)})


def about(slug: str, *, now: datetime, today: date) -> About:
    """Return a published dataset. Raises DatasetUnknown, DatasetWithdrawn.

    Three queries, and one more where the decision on the fields is not known yet.
    """
    head = access.head(slug)
    dataset = Dataset.objects.select_related("owner", "subject", "region", "source_authority").get(
        pk=head.dataset_id
    )
    listed = list(
        Field.objects.filter(resource__dataset=dataset).live().select_related("code_list")
    )
    return About(dataset, head, tuple(_shown(dataset, head, listed, today)), now)


def _shown(dataset: Dataset, head: Head, listed: Sequence[Field], today: date) -> list[ShownField]:
    """Return the fields as anybody sees them: as the rows come out, or as they will."""
    if head.table_id is None:
        return [
            ShownField(
                one.terms,
                one.decided[Viewpoint.PUBLIC].treatment,
                tuple(
                    Why(why.code, why.text)
                    for why in map(access.ground, one.decided[Viewpoint.PUBLIC].reasons)
                ),
            )
            for one in explaining.explained(
                [one for one in listed if not one.concealed], dataset, day=today
            )
            if isinstance(one.terms, Field)
        ]
    seen = access.visible(head, ANYBODY, today=today, mode=Mode.QUERY, listed=listed)
    return [
        ShownField(
            one,
            seen[one.name].treatment,
            tuple(Why(why.code, why.text) for why in seen[one.name].grounds),
        )
        for one in listed
        if one.name in seen and not seen[one.name].concealed
    ]


def related(dataset: Dataset) -> list[Dataset]:
    """Return datasets that belong beside this one: named so, else of the same subject.

    One query; of each it brings what a list tells: title, address and owner.
    """
    published = Dataset.objects.published().exclude(pk=dataset.pk)
    newest = published.order_by("-published_at", "-pk")
    rows = newest.filter(related=dataset).values_list(Value(1), *TOLD)[:RELATED]
    if dataset.subject_id is not None:
        alike = newest.filter(subject_id=dataset.subject_id)
        rows = rows.union(alike.values_list(Value(0), *TOLD)[:RELATED], all=True)
    found = sorted(rows, key=lambda row: row[:3], reverse=True)
    named = [row for row in found if row[0]]
    return [_told(*row[2:]) for row in named or found]


TOLD = (
    *("published_at", "pk", "slug", "title_zh", "title_en"),
    *("owner__slug", "owner__name_zh", "owner__name_en"),
)


def _told(pk: int, slug: str, zh: str, en: str, *owner: str) -> Dataset:
    names = dict(zip(("slug", "name_zh", "name_en"), owner, strict=True))
    return Dataset(pk=pk, slug=slug, title_zh=zh, title_en=en, owner=Organization(**names))
