"""What a department may have of datasets that it finds, without asking and by its grants."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from catalog import facts
from catalog.models import Dataset, Field, NegativeLine
from exchange.models import Grant, ShareRequest
from exchange.sharing.matrix import decided_now, held_grants
from exchange.workflow import OPEN_STATES
from policy.decision import FieldDecision
from policy.facts import Prohibition
from policy.terms import Channel, Mode, Treatment


@dataclass(frozen=True, slots=True)
class Standing:
    """What a department may have of a dataset today, counted by field, and why not the rest.

    `refusals` are decisions on withheld fields, one for each reason. `asked` is an open request.
    """

    clear: int
    masked: int
    withheld: int
    refusals: tuple[FieldDecision, ...]
    grants: tuple[int, ...]
    asked: int | None

    @property
    def whole(self) -> bool:
        """Whether nothing is left to ask for."""
        return not (self.masked or self.withheld)


def standing(
    datasets: Sequence[Dataset], organization_id: int, *, today: date
) -> dict[int, Standing]:
    """Return where a department stands with datasets, by their ids.

    Four queries, and two more for each dataset that a line of the negative list names or that the
    department holds a grant on.
    """
    numbers = [one.pk for one in datasets]
    fields: dict[int, list[Field]] = defaultdict(list)
    rows = Field.objects.filter(resource__dataset__in=numbers, concealed=False).live()
    for field in rows.select_related("resource"):
        fields[field.resource.dataset_id].append(field)
    lined = set(
        NegativeLine.objects.filter(dataset__in=numbers).values_list("dataset_id", flat=True)
    )
    grants: dict[int, list[int]] = defaultdict(list)
    held = Grant.objects.live(today).filter(
        dataset__in=numbers, organization=organization_id, channel=Channel.SHARE
    )
    for dataset_id, pk in held.order_by("pk").values_list("dataset_id", "pk"):
        grants[dataset_id].append(pk)
    asked = dict(
        ShareRequest.objects.filter(
            dataset__in=numbers, organization=organization_id, state__in=OPEN_STATES
        )
        .order_by("pk")
        .values_list("dataset_id", "pk")
    )
    return {
        one.pk: _standing(
            one,
            organization_id,
            fields[one.pk],
            lines=facts.prohibitions(one) if one.pk in lined else (),
            grants=tuple(grants[one.pk]),
            asked=asked.get(one.pk),
            today=today,
        )
        for one in datasets
    }


def _standing(
    dataset: Dataset,
    organization_id: int,
    fields: Sequence[Field],
    *,
    lines: tuple[Prohibition, ...],
    grants: tuple[int, ...],
    asked: int | None,
    today: date,
) -> Standing:
    names = {one.pk: one.name for one in fields}
    held = held_grants(dataset.pk, organization_id, names, today=today) if grants else ()
    decided = list(
        decided_now(
            dataset, organization_id, fields, Mode.QUERY, lines=lines, grants=held, today=today
        ).values()
    )
    counted = [one.treatment for one in decided]
    refused = {
        one.reasons[0].because: one for one in decided if one.treatment == Treatment.WITHHELD
    }
    return Standing(
        clear=counted.count(Treatment.CLEAR),
        masked=counted.count(Treatment.MASKED),
        withheld=counted.count(Treatment.WITHHELD),
        refusals=tuple(refused.values()),
        grants=grants,
        asked=asked,
    )
