"""Grants: a consumer's right to a dataset's fields, bound to purpose, mode, rows and period.

The request that leads to a grant, with its signatures and clocks, comes before this; here stands
what every door checks at each call.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import App, Organization, User
from accounts.roles import require
from audit import chain
from catalog.models import Dataset, Field
from exchange.models import Grant
from exchange.problems import Problem
from policy.terms import Channel, Grade, Mode


class GrantUnfit(Problem):
    """A grant that cannot be made as asked."""

    code = "grant-unfit"
    status = 400


@transaction.atomic
def grant(
    dataset_id: int,
    *,
    to: Organization,
    fields: Collection[int],
    purpose: str,
    valid_from: date,
    valid_until: date,
    by: User,
    at: datetime,
    app: App | None = None,
    channel: Channel = Channel.OPEN,
    modes: Sequence[Mode] = (Mode.QUERY,),
    clear_up_to: Grade = Grade.L2,
    rows: Sequence[dict[str, Any]] = (),
    daily_quota: int | None = None,
) -> Grant:
    """Grant fields (permanent ids) of a published dataset up to and including `valid_until`.

    Raises GrantUnfit for fields of another dataset or a period that has no day, NotAllowed.
    """
    dataset = Dataset.objects.select_for_update().get(pk=dataset_id)
    require(by, "exchange.grant_dataset", organization=dataset.owner)
    named = {*fields, *(scope["field"] for scope in rows)}
    own = set(
        Field.objects.filter(pk__in=named, resource__dataset=dataset, ended_at=None).values_list(
            "pk", flat=True
        )
    )
    if named - own or not fields:
        raise GrantUnfit(
            _("Fields %(fields)s do not belong to this dataset; a grant names at least one.")
            % {"fields": ", ".join(map(str, sorted(named - own))) or "–"}
        )
    if valid_until < valid_from or not purpose.strip():
        raise GrantUnfit(_("A grant has a purpose, and ends on or after the day it begins."))
    made = Grant.objects.create(
        dataset=dataset,
        organization=to,
        app=app,
        channel=channel,
        fields=sorted(fields),
        clear_up_to=int(clear_up_to),
        modes=[str(mode) for mode in modes],
        rows=list(rows),
        purpose=purpose,
        valid_from=valid_from,
        valid_until=valid_until,
        daily_quota=daily_quota,
        created_by=by,
        created_at=at,
    )
    chain.record(
        "grant.create",
        f"grant:{made.pk}",
        by=by,
        at=at,
        dataset=dataset_id,
        to=str(to),
        fields=sorted(fields),
        until=str(valid_until),
    )
    return made


@transaction.atomic
def revoke(grant_id: int, *, by: User, at: datetime, reason: str) -> Grant:
    """Revoke a grant for good; the next call is refused. Raises GrantUnfit if it already was."""
    found = Grant.objects.select_for_update().select_related("dataset__owner").get(pk=grant_id)
    require(by, "exchange.revoke_grant", organization=found.dataset.owner)
    if found.revoked_at is not None:
        raise GrantUnfit(_("Grant %(grant)s was revoked before.") % {"grant": grant_id})
    found.revoked_at = at
    found.save(update_fields=["revoked_at"])
    chain.record("grant.revoke", f"grant:{grant_id}", by=by, at=at, reason=reason)
    return found
