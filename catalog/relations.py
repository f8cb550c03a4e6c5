"""关联资源: which entries belong beside each other."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import require
from audit import chain
from catalog.drafting import locked
from catalog.models import Dataset
from catalog.refusals import EntryRefused
from catalog.states import Step, move


@transaction.atomic
def relate(dataset_id: int, *, related: Iterable[Dataset], by: User, at: datetime) -> Dataset:
    """Name the entries that a draft belongs with, in place of those before.

    A published entry is amended in this (`catalog.amending`). It holds from both sides. Raises
    NotAllowed, StepRefused, EntryRefused for the entry itself.
    """
    dataset = locked(dataset_id)
    require(by, "catalog.update_dataset", organization=dataset.owner)
    move(dataset.state, Step.EDIT, of=dataset)
    chosen = {one.pk for one in related}
    if dataset.pk in chosen:
        raise EntryRefused(_("An entry is not related to itself. Choose others."))
    before = set(dataset.related.values_list("pk", flat=True))
    dataset.related.set(chosen)
    chain.record(
        "dataset.relate",
        dataset.address,
        by=by,
        at=at,
        added=sorted(chosen - before),
        removed=sorted(before - chosen),
    )
    return dataset
