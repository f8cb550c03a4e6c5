"""A change of a published entry as it is laid before the next person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts import notices
from accounts.models import User
from audit import chain
from catalog.models import Dataset, Revision
from catalog.terms import RevisionKind

TOLD_FIRST = {
    RevisionKind.REGRADE: "revision.proposed",
    RevisionKind.AMEND: "revision.signable",
}
"""Who is next: a second person, or the head who signs."""

LONGEST = 2_000
"""Characters of a value up to which the trail holds it; the revision itself holds all of it."""


def lay(
    kind: RevisionKind,
    dataset: Dataset,
    changes: Mapping[str, Any],
    *,
    loosens: bool,
    reason: str,
    by: User,
    at: datetime,
) -> Revision:
    """Keep a change, old and new side by side, tell who is next, and write it into the trail.

    Right, state and what the change may hold are the caller's questions.
    """
    revision = Revision.objects.create(
        dataset=dataset,
        kind=kind,
        changes=changes,
        loosens=loosens,
        reason=reason,
        proposed_by=by,
        proposed_at=at,
    )
    tell(TOLD_FIRST[kind], revision, at=at)
    chain.record(
        "dataset.revise",
        dataset.address,
        by=by,
        at=at,
        revision=revision.pk,
        reason=reason,
        changes=_shortened(changes),
    )
    return revision


def tell(kind: str, revision: Revision, *, at: datetime, **words: Any) -> None:
    """Tell of a step of a change; each reader sees the entry's title in their language."""
    notices.tell(
        kind,
        organization=revision.dataset.owner,
        target=revision.address,
        at=at,
        dataset=revision.dataset,
        **words,
    )


def _shortened(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _shortened(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(one) for one in value]
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]}…"
    return value
