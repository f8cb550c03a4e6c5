"""Why a dataset has no row to read at a door: by its catalogue's terms, not by what a zone holds.

The doors see their own zones alone, so that nothing lies there says little: rows may not have come
yet, or they are not for whoever asks.
"""

from collections.abc import Mapping, Sequence

from django.utils import timezone
from django.utils.translation import get_language

from accounts.wording import said as _
from catalog.models import Dataset, Field, Resource
from exchange import access, explaining, open_files
from exchange.access import Head
from exchange.models import Zone
from exchange.problems import Ground, Problem
from policy.comparison import Viewpoint
from policy.decision import FieldDecision
from policy.terms import Treatment


class RowsNotReady(Problem):
    """The dataset is published, but no sync has brought rows yet."""

    code = "rows-not-ready"
    status = 409


class NoTable(Problem):
    """The dataset offers files, interfaces or links, and no table that has rows."""

    code = "no-table"
    status = 404


class ConditionalOnly(Problem):
    """Every field is withheld from everybody, and some of them can be had under a grant."""

    code = "conditional-only"
    status = 403


class NothingOpen(Problem):
    """Every field is withheld from everybody, and no grant of a company shows any of them."""

    code = "nothing-open"
    status = 403


def without_rows(found: Head) -> Problem:
    """Return why there is no row to read of a dataset. A handful of queries."""
    if found.resource_id is None:
        return _no_table(found)
    if found.zone == Zone.OPEN and not found.grants:
        closed = _closed(found, found.resource_id)
        if closed is not None:
            return closed
    return RowsNotReady(
        _("“%(slug)s” is published, but its first sync has not brought rows yet. Try later.")
        % {"slug": found.slug}
    )


def _no_table(found: Head) -> NoTable:
    given = _given(found)
    offers = [
        " ".join(filter(None, [one.get_kind_display(), f"“{one.title}”", _where(given, one)]))
        for one in Resource.objects.filter(dataset_id=found.dataset_id).live()
    ]
    return NoTable(
        _("“%(slug)s” has no table, so there are no rows to ask for. It offers: %(offers)s.")
        % {"slug": found.slug, "offers": "; ".join(offers) or "–"}
    )


def _given(found: Head) -> dict[int, str]:
    """Return where the files are that everybody is given, by resource."""
    dataset, today = Dataset.objects.get(pk=found.dataset_id), timezone.localdate()
    return {
        one.resource.pk: f"/api/v1/datasets/{found.slug}/files/{one.resource.name}"
        for one in open_files.offered(dataset, today=today)
        if one.version is not None
    }


def _where(given: Mapping[int, str], one: Resource) -> str:
    return given.get(one.pk, one.url)


def _closed(found: Head, resource_id: int) -> Problem | None:
    """Return why everybody sees none of its fields; None where they see one, or none is named."""
    dataset = Dataset.objects.get(pk=found.dataset_id)
    listed = list(Field.objects.filter(resource_id=resource_id).live())
    decided = [
        one.decided for one in explaining.explained(listed, dataset, day=timezone.localdate())
    ]
    public = [one[Viewpoint.PUBLIC] for one in decided]
    if not public or any(one.treatment != Treatment.WITHHELD for one in public):
        return None
    grounds = _grounds(public)
    told = {"slug": found.slug}
    if all(one[Viewpoint.COMPANY_GRANTED].treatment == Treatment.WITHHELD for one in decided):
        sentence = _(
            "No field of “%(slug)s” is open to the public or to companies, so there are no rows"
            " to read here. Who sees what, and by which law: /datasets/%(slug)s/why."
        )
        return NothingOpen(sentence % told, grounds=grounds)
    sentence = _(
        "“%(slug)s” is open under conditions only: its rows are given to companies that hold a"
        " grant. A company whose credit code was checked may apply, with purpose and scene, at"
        " /my/applications/new/%(slug)s/; its keys then read the rows."
    )
    elsewhere = _(
        "This address serves what everybody may have; who holds a grant asks at the address for"
        " holders of keys, which the data authority names."
    )
    parts = [sentence % told, *([] if access.serves_grants() else [elsewhere])]
    blank = " " if get_language() == "en" else ""  # Chinese sentences stand without one
    return ConditionalOnly(blank.join(parts), grounds=grounds)


def _grounds(decided: Sequence[FieldDecision]) -> tuple[Ground, ...]:
    """Return the reasons of all fields, each once, in the order of the fields."""
    return tuple(dict.fromkeys(access.ground(reason) for one in decided for reason in one.reasons))
