"""Renewals: which grants are renewed, by one request at a time, and what a company says then."""

from datetime import date

from django.utils.translation import gettext as _

from exchange.models import Grant, ShareRequest
from exchange.sharing.contents import Terms
from exchange.workflow import StepRefused
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


def hold_renewable(grant_id: int) -> None:
    """Hold a grant, and return if it can be renewed: in force or run out, and by no other request.

    For the transaction that drafts the renewal, so that of two at once the second is refused.
    Raises StepRefused, which names the request that is on its way.
    """
    grant = Grant.objects.select_for_update(of=("self",)).get(pk=grant_id)
    if grant.suspended_at or grant.revoked_at:
        raise StepRefused(
            _(
                "Grant %(grant)s is suspended or was ended, so it is not renewed. Mend what it was"
                " suspended for, or ask anew."
            )
            % {"grant": grant.pk}
        )
    if grant.ending:
        raise StepRefused(
            _(
                "Grant %(grant)s is renewed already: another one follows it after %(day)s. Renew"
                " that one."
            )
            % {"grant": grant.pk, "day": grant.valid_until}
        )
    before = ShareRequest.objects.filter(renews=grant).on_its_way().first()
    if before is not None:
        raise StepRefused(
            _(
                "Request %(request)s to renew grant %(grant)s is on its way already. Go on with"
                " that one, or withdraw it and renew anew."
            )
            % {"request": before.pk, "grant": grant.pk}
        )
