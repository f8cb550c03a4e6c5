"""What people said to an organisation that has a successor now."""

from datetime import datetime

from django.db import transaction

from accounts.models import Organization, User
from community.models import Contest, Showcase, Wish
from community.states import ContestState, WishState
from exchange import holdings

GOING_CONTESTS = (ContestState.DRAFT, ContestState.PUBLISHED)
OPEN_WISHES = (WishState.WAITING, WishState.OPEN)


@transaction.atomic
def transfer(
    organization_id: int, *, to: Organization, by: User | None, at: datetime
) -> Organization:
    """Close an organisation and let `to` carry on, as `exchange.holdings.transfer` does; wishes
    that wait for its answer, apps that it built and contests that go on go along.

    Who answered a wish or a comment stays as it was on the day. Raises what
    `exchange.holdings.transfer` raises.
    """
    closed = holdings.transfer(organization_id, to=to, by=by, at=at)
    Wish.objects.filter(provider=organization_id, state__in=OPEN_WISHES).update(provider=to)
    Contest.objects.filter(organizer=organization_id, state__in=GOING_CONTESTS).update(
        organizer=to
    )
    Showcase.objects.filter(organization=organization_id).update(organization=to)
    return closed
