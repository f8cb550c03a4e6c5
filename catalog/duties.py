"""Duties of departments, and which datasets serve them: the chain duty, dataset, table."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import organizations
from accounts.models import Organization, User
from accounts.roles import require
from audit import chain
from catalog import updates
from catalog.models import Dataset, Duty
from catalog.refusals import EntryRefused, StepRefused


@transaction.atomic
def create(
    code: str,
    *,
    organization: Organization,
    title_zh: str,
    legal_basis: str,
    by: User,
    at: datetime,
    title_en: str = "",
) -> Duty:
    """Enter a duty of a department with its basis in law.

    Raises NotAllowed, StepRefused where the department is closed, ValidationError.
    """
    require(by, "catalog.keep_duty", organization=organization)
    organizations.hold_open(organization.pk)
    duty = Duty(
        organization=organization,
        code=code,
        title_zh=title_zh,
        title_en=title_en,
        legal_basis=legal_basis,
        created_at=at,
        created_by=by,
    )
    duty.full_clean()
    duty.save()
    chain.record("duty.create", f"duty:{duty.pk}", by=by, at=at, code=code, title=title_zh)
    return duty


@transaction.atomic
def retire(duty_id: int, *, by: User, at: datetime) -> Duty:
    """End a duty; it stays with the datasets that served it, which have to follow (art 17(2)).

    Raises NotAllowed, StepRefused.
    """
    served = Dataset.objects.filter(
        pk__in=Duty.datasets.through.objects.filter(duty=duty_id).values("dataset")
    )
    datasets = list(served.order_by("pk").select_for_update().values_list("pk", flat=True))
    duty = _live(duty_id, by)
    duty.ended_at = at
    duty.save(update_fields=["ended_at"])
    chain.record("duty.retire", f"duty:{duty.pk}", by=by, at=at)
    because = f"{duty.code} {duty.title_zh}"
    updates.follow(datasets, since=timezone.localdate(at), because=because, by=by, at=at)
    return duty


@transaction.atomic
def link(duty_id: int, *, datasets: Iterable[Dataset], by: User, at: datetime) -> Duty:
    """Say which datasets serve a duty, in place of those before.

    Raises NotAllowed, StepRefused for a duty that ended, EntryRefused for another department's
    dataset.
    """
    duty = _live(duty_id, by)
    chosen = list(datasets)
    foreign = [one for one in chosen if one.owner_id != duty.organization_id]
    if foreign:
        raise EntryRefused(
            _("“%(dataset)s” is another department's. A duty is served by the own datasets.")
            % {"dataset": foreign[0]}
        )
    before = set(duty.datasets.values_list("pk", flat=True))
    duty.datasets.set(chosen)
    after = {one.pk for one in chosen}
    chain.record(
        "duty.link",
        f"duty:{duty.pk}",
        by=by,
        at=at,
        added=sorted(after - before),
        removed=sorted(before - after),
    )
    return duty


def _live(duty_id: int, by: User) -> Duty:
    duty = Duty.objects.select_for_update(of=("self",)).get(pk=duty_id)
    require(by, "catalog.keep_duty", organization=duty.organization)
    if duty.ended_at is not None:
        raise StepRefused(_("“%(duty)s” has ended. Enter a new duty.") % {"duty": duty})
    return duty
