"""What a search is narrowed by, and as whom one searches, as conditions on the search table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from urllib.parse import urlencode

from psycopg import sql

from catalog.asking import Asked
from catalog.formats import Format
from catalog.terms import State
from policy.terms import Grade, OpenType, ShareType

NOTHING = sql.SQL("false")
LONGEST_VALUE = 60
BELOW = (
    "WITH RECURSIVE below AS (SELECT id FROM accounts_region WHERE code = {} UNION"
    " SELECT r.id FROM accounts_region r JOIN below b ON r.parent_id = b.id)"
    " SELECT id FROM below"
)
"""A region and all that lies in it; UNION ends a circle, should there be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What entries have to have; empty means any. A value that nobody has finds nothing.

    `owner` is an organisation's slug, `subject` a subject's code, `grade` the highest grade by
    its name (L1 … IMPORTANT), `share` and `open` a type that at least one field has, `format` one
    of `catalog.formats` that the entry gives its data in, `region` a region's code, with all that
    lies in it; the others are values of `catalog.terms`.
    """

    owner: str = ""
    subject: str = ""
    grade: str = ""
    share: str = ""
    open: str = ""
    cycle: str = ""
    region: str = ""
    category: str = ""
    format: str = ""
    state: str = ""

    @classmethod
    def parse(cls, params: Mapping[str, str]) -> "Filters":
        """Return what an address asks for by these names; anything else in it is left alone."""
        names = [one.name for one in fields(cls)]
        return cls(**{name: params.get(name, "")[:LONGEST_VALUE] for name in names})

    def query(self, q: str, **changed: str) -> str:
        """Return the query string that asks for `q` and these filters, some of them changed."""
        asked = {"q": q} | {one.name: getattr(self, one.name) for one in fields(self)} | changed
        return urlencode({name: value for name, value in asked.items() if value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """As whom one searches: what is published, and all of these organisations, or everything."""

    organizations: frozenset[int] = field(default_factory=frozenset)
    everywhere: bool = False

    @property
    def is_public(self) -> bool:
        """Whether only what is published is found."""
        return not (self.everywhere or self.organizations)

    @property
    def digest(self) -> str:
        """What tells readers apart who find different entries."""
        places = ",".join(str(pk) for pk in sorted(self.organizations))
        return "all" if self.everywhere else places


PUBLIC = Reader()


@dataclass(frozen=True, slots=True)
class Conditions:
    """A search as a WHERE clause. Values are quoted by psycopg; names stand here."""

    asked: Asked
    filters: Filters
    reader: Reader

    def clause(self, *more: sql.Composed | None) -> sql.Composed:
        """Return all conditions, joined by AND."""
        words = (
            sql.SQL("words @@ {}::tsquery").format(sql.Literal(self.asked.tsquery))
            if self.asked.terms
            else None
        )
        parts = [words, self._seen(), *self._narrowed(), *more]
        return sql.SQL(" AND ").join(part for part in parts if part is not None)

    def _seen(self) -> sql.Composable:
        if self.reader.everywhere:
            return sql.SQL("true")
        published = sql.SQL("state = {}").format(sql.Literal(State.PUBLISHED.value))
        if self.reader.is_public:
            return published
        return sql.SQL("({} OR owner_id = ANY({}))").format(
            published, sql.Literal(sorted(self.reader.organizations))
        )

    def _narrowed(self) -> list[sql.Composable]:
        asked = self.filters
        plain = (
            (asked.owner, "owner_id = (SELECT id FROM accounts_organization WHERE slug = {})"),
            (asked.subject, "subject_id = (SELECT id FROM catalog_subject WHERE code = {})"),
            (asked.region, f"region_id IN ({BELOW})"),
            (asked.cycle, "cycle = {}"),
            (asked.category, "category = {}"),
            (asked.state, "state = {}"),
        )
        parts: list[sql.Composable] = [
            sql.SQL(text).format(sql.Literal(value.replace("\0", " ")))
            for value, text in plain
            if value
        ]
        if asked.grade:
            known = asked.grade in Grade.__members__
            grade = sql.Literal(int(Grade[asked.grade])) if known else None
            parts.append(sql.SQL("grade = {}").format(grade) if grade else NOTHING)
        if asked.share:
            parts.append(_holds("sharing", list(ShareType), asked.share))
        if asked.open:
            parts.append(_holds("opening", list(OpenType), asked.open))
        if asked.format:
            parts.append(_holds("formats", list(Format), asked.format))
        return parts


def _holds(column: str, kinds: Sequence[Enum], value: str) -> sql.Composable:
    """Return the condition that a set of kinds, one bit each, holds one."""
    bits = {kind.value: 1 << place for place, kind in enumerate(kinds)}
    if value not in bits:
        return NOTHING
    return sql.SQL("{} & {} <> 0").format(sql.Identifier(column), sql.Literal(bits[value]))
