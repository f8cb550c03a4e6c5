"""What a person had before their eyes when they answered a request, as a digest.

A page may lie open while a colleague changes what is offered, or while the request comes back
completed. Whoever proposes or signs sends back the digest of what they were shown, and the verb
refuses where request or offer are others by then.
"""

import hashlib
import json

from django.utils.translation import gettext as _

from exchange.models import ShareRequest
from exchange.sharing.contents import SAID
from exchange.sharing.requests import last_step
from exchange.workflow import StepRefused

SHOWN = (
    *SAID,
    "missing",
    "answer",
    "answer_reason",
    "ground",
    "offered",
    "proposed_by_id",
)
"""What an answer rests on: all that was asked for, and the answer as it is proposed."""


def digest(request: ShareRequest) -> str:
    """Return a digest (32 hexadecimal digits) of a request and its proposed answer. No query."""
    told = [getattr(request, name) for name in SHOWN]
    text = json.dumps(told, default=str, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def require_as_seen(request: ShareRequest, seen: str) -> None:
    """Return if a request is still what `seen` digests; "" where nobody was shown anything.

    Raises StepRefused (409), naming the last step and who took it.
    """
    if seen and seen != digest(request):
        raise StepRefused(
            _(
                "Request %(request)s was changed after you opened it, so nothing was decided."
                " %(who)s Look at it as it stands now, then decide."
            )
            % {"request": request.pk, "who": last_step(request)}
        )
