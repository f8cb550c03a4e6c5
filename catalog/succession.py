"""An organisation's part of the catalogue goes to its successor; codes and addresses stay.

No verb: `exchange.holdings.transfer` asks the right, holds the locks and calls this in its
transaction.
"""

from collections.abc import Collection
from datetime import datetime

from accounts.models import Organization, User
from audit import chain
from catalog.models import Dataset, Demand, Duty, SheetImport, SheetMapping

CODE_LENGTH = 40  # of a duty's code


def move(organization: Organization, heir: Organization, *, by: User | None, at: datetime) -> None:
    """Give datasets, duties, demands and what was kept of workbooks to the heir.

    A duty whose code the heir uses already gets the old department's name behind it.
    """
    way = {"before": f"organization:{organization.pk}", "to": f"organization:{heir.pk}"}
    for dataset in Dataset.objects.filter(owner=organization).order_by("pk"):
        chain.record("dataset.transfer", dataset.address, by=by, at=at, **way)
    Dataset.objects.filter(owner=organization).update(owner=heir)
    Dataset.objects.filter(source_authority=organization).update(source_authority=heir)
    _move_duties(organization, heir)
    Demand.objects.filter(organization=organization).update(organization=heir)
    Demand.objects.filter(provider=organization).update(provider=heir)
    SheetImport.objects.filter(owner=organization).update(owner=heir)
    # how a header is read is remembered once: the heir's own way stays
    known = SheetMapping.objects.filter(organization=heir).values("signature")
    SheetMapping.objects.filter(organization=organization, signature__in=known).delete()
    SheetMapping.objects.filter(organization=organization).update(organization=heir)


def _move_duties(organization: Organization, heir: Organization) -> None:
    taken = set(Duty.objects.filter(organization=heir).values_list("code", flat=True))
    for duty in Duty.objects.filter(organization=organization).order_by("pk"):
        duty.code = free_name(duty.code, organization.name_zh[:12], taken, longest=CODE_LENGTH)
        duty.organization = heir
        duty.save(update_fields=["code", "organization"])
        taken.add(duty.code)


def free_name(name: str, owner: str, taken: Collection[str], *, longest: int) -> str:
    """Return `name`, or where it is taken the name with its old owner, and a number if need be.

    Never longer than `longest` characters, of which owner and number may take half.
    """
    number, candidate = 1, name
    while candidate in taken:
        mark = f"（{owner}）" if number == 1 else f"（{owner} {number}）"
        candidate = name[: longest - len(mark)] + mark
        number += 1
    return candidate
