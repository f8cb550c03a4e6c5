"""What a company says when it applies for the same again: the terms of its grant."""

from datetime import date

from exchange.models import Grant
from exchange.sharing.contents import Terms
from policy.terms import Grade, Mode


def terms(grant: Grant, *, today: date) -> Terms:
    """Return what an application to renew a grant says: the same, from today, for as long again.

    Who renews looks at it before it is handed in, and may ask for less.
    """
    before = grant.request
    return Terms(
        purpose_class="",
        system="",
        purpose=grant.purpose,
        scene="" if before is None else before.scene,
        safeguards="" if before is None else before.safeguards,
        mode=Mode(grant.modes[0]),
        fields=tuple(grant.fields),
        rows=tuple(grant.rows),
        clear_up_to=Grade(grant.clear_up_to),
        wanted_from=today,
        wanted_until=today + (grant.valid_until - grant.valid_from),
        calls_peak=grant.daily_quota,
    )
