"""All agreements compared with the audit chain, and the chain with them: changed or gone?"""

from collections.abc import Iterator

from django.db.models.fields.json import KT
from django.utils.translation import gettext as _

from audit.models import Entry
from exchange.agreements import keeping
from exchange.agreements.keeping import VERBS, Standing
from exchange.models import Agreement

SOUND = (Standing.GOOD, Standing.WAITING, Standing.SEALED)


def amiss() -> Iterator[tuple[int, str]]:
    """Yield each grant whose agreement is not what was signed, or is gone, with what is wrong.

    Walks every agreement, with three queries each: for a command, not for a page.
    """
    there = set()
    for kept in Agreement.objects.select_related("grant").order_by("grant").iterator(500):
        there.add(kept.grant_id)
        proof = keeping.prove(kept)
        if proof.standing not in SOUND:
            yield kept.grant_id, proof.sentence
    recorded = Entry.objects.filter(verb__in=VERBS, details__has_key="agreement")
    for grant in recorded.order_by("pk").values_list(KT("details__grant"), flat=True):
        if int(grant) not in there:
            yield int(grant), _("The audit trail names its agreement, and none is kept.")
