"""Fields by the names that people and programs know, and by the numbers that stay."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from catalog.models import Dataset, Field
from exchange.models import ShareRequest
from exchange.sharing.requests import RequestUnfit
from policy.terms import ScopeOperator


def numbers(dataset: Dataset, names: Collection[str]) -> dict[str, int]:
    """Return the permanent ids of a dataset's live fields by name, for these names.

    Raises RequestUnfit, naming all that it does not have; a concealed one is none of them.
    """
    own = Field.objects.filter(resource__dataset=dataset, concealed=False).live()
    found = dict(own.values_list("name", "pk"))
    strange = sorted(set(names) - found.keys())
    if strange:
        raise RequestUnfit(
            _(
                "“%(dataset)s” does not have: %(names)s. Its entry lists its fields; one that the"
                " provider has ended cannot be asked for any more."
            )
            % {"dataset": dataset, "names": ", ".join(strange)}
        )
    return {name: found[name] for name in names}


def names(requests: Iterable[ShareRequest]) -> Mapping[int, str]:
    """Return the names of all fields that requests speak of, by permanent id. One query."""
    told = {
        pk for one in requests for pk in (*one.fields, *(int(row["field"]) for row in one.rows))
    }
    return dict(Field.objects.filter(pk__in=told).values_list("pk", "name"))


def conditions(dataset: Dataset, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return conditions on rows, told by the field's name, as a request keeps them.

    One value is compared, several are a list of which one has to fit. Raises RequestUnfit.
    """
    known = numbers(dataset, {str(row["field"]) for row in rows})
    return [
        {
            "field": known[str(row["field"])],
            "operator": str(ScopeOperator.EQ if len(row["values"]) == 1 else ScopeOperator.IN),
            "values": list(row["values"]),
        }
        for row in rows
    ]
