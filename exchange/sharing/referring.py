"""Asking once however often the call is made: by a reference of the app's own.

A call whose answer was lost is made again. The same reference with the same content gives the
requests that were drafted then; with other content it is refused, and nothing is kept.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from exchange.models import RequestReference, ShareRequest
from exchange.problems import Problem
from exchange.sharing import sittings
from exchange.sharing.acting import Acting
from exchange.sharing.sittings import Part


class ReferenceUsed(Problem):
    """The app asked for something else under this reference."""

    code = "reference-used"
    status = 409


@transaction.atomic
def keep_once(
    parts: Sequence[Part],
    *,
    reference: str,
    content: Mapping[str, Any],
    acting: Acting,
    at: datetime,
) -> tuple[list[ShareRequest], bool]:
    """Draft all parts of a sitting, or return what was drafted under the reference before.

    `reference` is "" where the app has none; `content` is what the call said. Also returns whether
    it was drafted now. Two calls at one moment draft once: the second waits for the first. Raises
    ReferenceUsed, and what `sittings.keep` does.
    """
    if not reference:
        return _kept(parts, acting, at), True
    digest = _digest(content)
    row, new = RequestReference.objects.get_or_create(
        app=acting.app, reference=reference, defaults={"digest": digest, "made_at": at}
    )
    if new:
        kept = _kept(parts, acting, at)
        row.requests.set(kept)
        return kept, True
    before = list(row.requests.order_by("pk"))
    if row.digest != digest:
        raise ReferenceUsed(
            _(
                "Your app asked for something else under the reference “%(reference)s”: request"
                " %(requests)s. Take another reference for a new request, or change that one."
            )
            % {"reference": reference, "requests": ", ".join(str(one.pk) for one in before)}
        )
    return before, False


def _kept(parts: Sequence[Part], acting: Acting, at: datetime) -> list[ShareRequest]:
    return sittings.keep(parts, organization=acting.organization, by=acting.by, at=at)


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, default=str, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
