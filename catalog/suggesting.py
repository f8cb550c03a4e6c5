"""What to suggest while somebody types: titles, departments and subjects that begin so."""

from dataclasses import dataclass

from django.db import connection, models
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from catalog.asking import Asked, Term, units_of, whole
from catalog.bilingual import choose
from catalog.terms import State
from catalog.tokens import is_han

TITLES, PLACES = 6, 2
LONGEST = 40


class Kind(models.TextChoices):
    """What is suggested, by the name of the filter that finds it."""

    DATASET = "dataset", _("Dataset")
    OWNER = "owner", _("Department")
    SUBJECT = "subject", _("Subject")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A title or name in the language now active; `key` is a slug or code."""

    kind: Kind
    key: str
    text: str

    @property
    def is_dataset(self) -> bool:
        """Whether it is a dataset, else a choice of a facet."""
        return self.kind == Kind.DATASET


STATEMENT = """
(SELECT 'dataset', slug, title_zh, title_en FROM (
    SELECT dataset_id, titles FROM catalog_searchentry
    WHERE words @@ {query}::tsquery AND state = {state}
    ORDER BY strpos(titles, {begins}) > 0 DESC, strpos(titles, {typed}) > 0 DESC,
    length(titles), dataset_id DESC LIMIT {titles}
) AS found JOIN catalog_dataset ON catalog_dataset.id = dataset_id)
UNION ALL
(SELECT DISTINCT 'owner', slug, name_zh, name_en FROM accounts_organization
JOIN catalog_searchword ON owner_id = accounts_organization.id
WHERE word LIKE {anywhere} OR sound LIKE {prefix} LIMIT {places})
UNION ALL
(SELECT 'subject', code, name_zh, name_en FROM catalog_subject
WHERE lower(name_zh) LIKE {anywhere} OR lower(name_en) LIKE {anywhere} LIMIT {places})
"""


def suggestions(text: str) -> tuple[Suggestion, ...]:
    """Return what begins or sounds as what was typed, the likeliest first. One query."""
    units = units_of(text[:LONGEST])
    if not units:
        return ()
    asked = Asked(tuple(Term(unit) for unit in units))
    typed = whole(units)
    latin = "".join(units) if not any(map(is_han, units)) else typed
    query = " & ".join(term.likely("A") for term in asked.terms)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(STATEMENT).format(
                query=sql.Literal(query),
                state=sql.Literal(State.PUBLISHED.value),
                begins=sql.Literal(f"\n{typed}"),
                typed=sql.Literal(typed),
                anywhere=sql.Literal(f"%{typed}%"),
                prefix=sql.Literal(f"{latin}%"),
                titles=sql.Literal(TITLES),
                places=sql.Literal(PLACES),
            )
        )
        rows = cursor.fetchall()
    return tuple(Suggestion(Kind(kind), key, choose(zh, en)) for kind, key, zh, en in rows)
