"""A company hands its application for conditional open data in; all else is as for a request.

Drafting, changing and withdrawing are `exchange.sharing.asking`'s, deciding the provider's as
between departments (`exchange.sharing.deciding`), what follows `lifecycle`'s. A company has no
head of a sharing office: the person who answers for it signs, and nobody there besides.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import User
from accounts.roles import require
from audit import chain
from exchange.models import ShareRequest
from exchange.sharing import asking, clocks, contents
from exchange.sharing.requests import RequestUnfit, asked, event, locked, moved
from exchange.workflow import Step, StepRefused, move


@transaction.atomic
def hand_in(
    request_id: int, *, vouched: bool, by: User, at: datetime, seen: str = ""
) -> ShareRequest:
    """Hand an application in, or one that was completed; with that the provider has received it.

    `seen` is the digest (`contents.digest`) of what the person was shown, "" where nothing was.
    Raises NotAllowed, StepRefused (also for a request of a department), RequestIncomplete with all
    that is missing, RequestUnfit unless the person vouches that it is true and will be kept to.
    """
    request = locked(request_id)
    require(by, "exchange.sign_request", organization=request.organization)
    _of_a_company(request)
    request.state = moved(request, Step.HAND_IN)
    asking.as_read(request, seen, asking.NOT_SIGNED)
    if not vouched:
        raise RequestUnfit(
            _(
                "Whoever hands an application in vouches for the company that it is true, and that"
                " the data is used for its purpose alone. Tick that, or leave it a draft."
            )
        )
    today = timezone.localdate(at)
    contents.can_be_asked(request.dataset, request.organization)
    contents.complete(request, today=today)
    asking.tells_nothing_hidden(request, asked(request), today=today)
    request.signed_by, request.received_at = by, at
    event(request, Step.HAND_IN, by=by, at=at)
    notices.settle(request.address, "request.more_asked", at=at)
    _to_provider(request, at=at)
    chain.record(
        "request.hand_in",
        request.address,
        by=by,
        at=at,
        organization=f"organization:{request.organization_id}",
        rules=request.profile,
        due=str(request.due_on),
    )
    return request


def _of_a_company(request: ShareRequest) -> None:
    if not request.opening:
        raise StepRefused(
            _(
                "Request %(request)s is a department's: it is laid before its head, who signs it."
                " Only a company hands its application in itself."
            )
            % {"request": request.pk}
        )


def _to_provider(request: ShareRequest, *, at: datetime) -> None:
    """Pass the application on, with its limit running; there is no formal check of it."""
    limits = clocks.asked_under(request)
    request.state = move(request.state, Step.FORWARD, of=request.pk)
    clocks.run(request, clocks.answer_step(request, limits), since=at, clocks=limits)
    request.save(
        update_fields=[
            *("state", "signed_by", "received_at", "profile"),
            *("due_on", "due_step", "due_from", "ordered_on"),
        ]
    )
    event(request, Step.FORWARD, by=None, at=at)
    asking.tell_provider(request, at=at)
