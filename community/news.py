"""What changed of datasets that somebody follows: no more than every visitor could find out.

Of each kind the latest moment is told, not what it was: the pages tell that. Nothing here reads a
row, a concealed field, or rows that are open by counts alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.models import Dataset, Field, FieldTerms, FileVersion, Resource, Revision
from catalog.terms import RevisionKind, RevisionState, State
from community.models import Comment
from exchange import open_files
from exchange.models import CountingRule, RecordTable, Zone


class Change(StrEnum):
    """What can have changed."""

    WITHDRAWN = "withdrawn"
    ROWS = "rows"
    FIELDS = "fields"
    FILES = "files"
    CLOSED = "closed"
    ENTRY = "entry"
    ANSWERED = "answered"


SENTENCES: Mapping[Change, Promise] = {
    Change.WITHDRAWN: _("Withdrawn on %(day)s; it is not offered any more"),
    Change.ROWS: _("Rows changed, last on %(day)s"),
    Change.FIELDS: _("Fields changed, last on %(day)s"),
    Change.FILES: _("A file was opened, or given in a newer version, last on %(day)s"),
    Change.CLOSED: _("A file was closed to everyone, last on %(day)s"),
    Change.ENTRY: _("Description changed, last on %(day)s"),
    Change.ANSWERED: _("A comment was answered, last on %(day)s"),
}


@dataclass(frozen=True, slots=True)
class News:
    """That something of a dataset changed, and when last."""

    change: Change
    at: datetime

    @property
    def sentence(self) -> str:
        """What happened, in the language now active, with its day in the city."""
        return str(SENTENCES[self.change]) % {"day": timezone.localdate(self.at).isoformat()}


Latest = Mapping[int, tuple[News, ...]]


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where one kind of change is kept: rows, and what in them names dataset and moment."""

    change: Change
    rows: QuerySet
    dataset: str
    moment: str

    def within(self, after: datetime, until: datetime) -> Iterable[tuple[int, datetime]]:
        """Return (dataset, latest moment) of what is kept of a time."""
        period = {f"{self.moment}__gt": after, f"{self.moment}__lte": until}
        dated = self.rows.filter(**period).order_by().values(self.dataset)
        return dated.annotate(latest=Max(self.moment)).values_list(self.dataset, "latest")


@dataclass(frozen=True, slots=True)
class _Given:
    """Files that everybody is given. Whether they are, the dataset's page decides, and so this."""

    change: Change
    served: QuerySet

    def within(self, after: datetime, until: datetime) -> Iterator[tuple[int, datetime]]:
        """Yield (dataset, latest moment) of versions that were let out in a time."""
        moved = FileVersion.objects.filter(
            resource__dataset__in=self.served, released_at__gt=after, released_at__lte=until
        )
        today = timezone.localdate(until)
        for dataset in Dataset.objects.filter(pk__in=moved.values("resource__dataset")):
            given = [one.version for one in open_files.offered(dataset, today=today)]
            moments = [one.released_at for one in given if one and one.released_at]
            if fresh := [one for one in moments if after < one <= until]:
                yield dataset.pk, max(fresh)


def latest(datasets: QuerySet | Iterable[int], *, after: datetime, until: datetime) -> Latest:
    """Return what changed of these datasets later than `after` and not later than `until`.

    By number, the kinds in the order of Change, each with its latest moment in that time; of a
    withdrawn dataset only that it is. Seven queries, however many datasets, and seven at most for
    each of which a file was let out. `datasets` are numbers, or a query of them.
    """
    found: dict[int, tuple[News, ...]] = {}
    for kept in _kept(Dataset.objects.filter(pk__in=datasets)):
        for pk, moment in kept.within(after, until):
            found[pk] = (*found.get(pk, ()), News(kept.change, moment))
    return found


def _kept(known: QuerySet[Dataset]) -> tuple[_Kept | _Given, ...]:
    served = Dataset.objects.filter(pk__in=known.values("pk"), state=State.PUBLISHED).values("pk")
    return (
        _Kept(Change.WITHDRAWN, known.filter(state=State.WITHDRAWN), "pk", "withdrawn_at"),
        _Kept(Change.ROWS, _tables(served), "resource__dataset", "changed_at"),
        _Kept(Change.FIELDS, _terms(served), "field__resource__dataset", "since"),
        _Given(Change.FILES, served),
        _Kept(Change.CLOSED, _closed(served), "dataset", "closed_at"),
        _Kept(Change.ENTRY, _amendments(served), "dataset", "decided_at"),
        _Kept(Change.ANSWERED, _answers(served), "dataset", "answered_at"),
    )


def _tables(served: QuerySet) -> QuerySet:
    """Tables of which everybody may have each row: of counts none is told that it moved."""
    counted = CountingRule.objects.filter(smallest_group__gt=1).values("dataset")
    tables = RecordTable.objects.filter(zone=Zone.OPEN, live=True, resource__dataset__in=served)
    return tables.exclude(resource__dataset__in=counted)


def _terms(served: QuerySet) -> QuerySet:
    return FieldTerms.objects.filter(
        field__resource__dataset__in=served, concealed=False, field__concealed=False
    )


def _closed(served: QuerySet) -> QuerySet:
    """Files that everybody was given once and is not any more.

    None of an entry that conceals a field: it gives no file, and that it would is not spoken of.
    """
    ghosts = Field.objects.filter(concealed=True).live().values("resource__dataset")
    files = Resource.objects.filter(dataset__in=served, is_public=False, ended_at=None)
    return files.exclude(dataset__in=ghosts)


def _amendments(served: QuerySet) -> QuerySet:
    """Amendments of what an entry says of itself.

    Those of fields alone are told by the fields' terms, and a concealed field by nothing. The
    members' door is shown these alone, and not what they say (exchange.members_rights.VIEWS).
    """
    of_the_entry = Q(changes__isnull=True) | ~Q(changes__dataset={})
    return Revision.objects.filter(
        of_the_entry,
        dataset__in=served,
        kind=RevisionKind.AMEND,
        state=RevisionState.APPLIED,
    )


def _answers(served: QuerySet) -> QuerySet:
    return Comment.objects.shown().filter(dataset__in=served)
