"""Finding published datasets, one page at a time."""

from dataclasses import dataclass

from django.db.models import Q

from catalog.models import Dataset

PAGE = 20
LARGEST_PAGE = 100


@dataclass(frozen=True, slots=True)
class DatasetPage:
    """Datasets, newest entry first; `after` leads to the next page and is None on the last."""

    datasets: tuple[Dataset, ...]
    after: int | None


def list_datasets(
    q: str = "",
    *,
    owner: str = "",
    subject: str = "",
    after: int | None = None,
    limit: int = PAGE,
) -> DatasetPage:
    """Return published datasets with every word of `q` in title or abstract, in either language.

    `owner` is an organisation's slug, `subject` a subject's code; empty means any. `after` is the
    `after` of the page before: a place and not a count, so that entries that come or go between
    two calls repeat or hide no other.
    """
    found = Dataset.objects.published().select_related("owner", "subject")
    for word in q.replace("\0", " ").split():  # PostgreSQL holds no NUL
        found = found.filter(_holds(word))
    if owner:
        found = found.filter(owner__slug=owner)
    if subject:
        found = found.filter(subject__code=subject)
    if after is not None:
        found = found.filter(pk__lt=after)
    limit = max(1, min(limit, LARGEST_PAGE))
    page = list(found.order_by("-pk")[: limit + 1])
    more = len(page) > limit
    shown = tuple(page[:limit])
    return DatasetPage(shown, shown[-1].pk if more else None)


def _holds(word: str) -> Q:
    return (
        Q(title_zh__icontains=word)
        | Q(title_en__icontains=word)
        | Q(abstract_zh__icontains=word)
        | Q(abstract_en__icontains=word)
    )
