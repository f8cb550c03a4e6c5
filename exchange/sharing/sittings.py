"""Several datasets asked for in one sitting: a request for each, joined by their bundle.

All of a bundle is drafted, laid before the head or signed together, or none of it is. Afterwards
each request goes its own way: every dataset has its own provider.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from exchange.models import Grant, RequestAttachment, ShareRequest
from exchange.sharing import asking, attachments
from exchange.sharing.contents import Terms
from exchange.sharing.requests import RequestUnfit


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is asked of one dataset; `request_id` where it is a change of what was drafted."""

    dataset_id: int
    terms: Terms
    request_id: int | None = None
    renews: Grant | None = None


@transaction.atomic
def keep(
    parts: Sequence[Part], *, organization: Organization, by: User, at: datetime
) -> list[ShareRequest]:
    """Draft or change all parts of a sitting, and return their requests in the same order.

    Raises RequestUnfit where a dataset is named twice, and as `asking.draft` and `asking.change`
    do; then nothing is kept.
    """
    if len({part.dataset_id for part in parts}) < len(parts):
        raise RequestUnfit(
            _("A sitting asks for each dataset once. Name all its fields in one place.")
        )
    bundle = uuid4() if len(parts) > 1 and not any(part.request_id for part in parts) else None
    kept = []
    for part in parts:
        if part.request_id is not None:
            kept.append(asking.change(part.request_id, part.terms, by=by, at=at))
            continue
        terms = replace(part.terms, bundle=bundle)
        kept.append(
            asking.draft(
                part.dataset_id,
                terms,
                organization=organization,
                renews=part.renews,
                by=by,
                at=at,
            )
        )
    return kept


@transaction.atomic
def submit(
    request_ids: Sequence[int],
    *,
    by: User,
    at: datetime,
    seen: Mapping[int, str] | None = None,
) -> list[ShareRequest]:
    """Lay several requests before the head, all or none; `seen` gives digests that were shown.

    Raises as `asking.submit` does.
    """
    shown = seen or {}
    return [asking.submit(pk, seen=shown.get(pk, ""), by=by, at=at) for pk in sorted(request_ids)]


@transaction.atomic
def sign(seen: Mapping[int, str], *, vouched: bool, by: User, at: datetime) -> list[ShareRequest]:
    """Sign several requests, all or none; `seen` gives the digest that was shown of each.

    Raises as `asking.sign` does.
    """
    return [asking.sign(pk, vouched=vouched, seen=seen[pk], by=by, at=at) for pk in sorted(seen)]


@transaction.atomic
def attach(
    request_ids: Sequence[int], stream: IO[bytes], name: str, *, by: User, at: datetime
) -> list[RequestAttachment]:
    """Hand a file in with several requests, each with a copy sealed for itself, or with none.

    Raises as `attachments.attach` does.
    """
    made = []
    for pk in sorted(request_ids):
        stream.seek(0)
        made.append(attachments.attach(pk, stream, name, by=by, at=at))
    return made


@transaction.atomic
def give_back(
    request_ids: Sequence[int], *, reason: str, by: User, at: datetime
) -> list[ShareRequest]:
    """Give several requests back, all or none. Raises as `asking.give_back` does."""
    return [asking.give_back(pk, reason=reason, by=by, at=at) for pk in sorted(request_ids)]


def together(request: ShareRequest) -> QuerySet[ShareRequest]:
    """Return the requests of the same sitting that stand where this one does, it included."""
    rows = ShareRequest.objects.filter(pk=request.pk)
    if request.bundle is not None:
        rows = ShareRequest.objects.filter(
            bundle=request.bundle, organization=request.organization_id, state=request.state
        )
    return rows.select_related("dataset__owner", "organization", "basis", "renews").order_by("pk")
