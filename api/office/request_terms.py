"""From what a call says to what a request says: fields by number, words of closed sets."""

from collections.abc import Mapping
from typing import Any

from accounts.models import Organization
from api.views.policies import unknown_grant
from catalog.models import Dataset
from exchange import access
from exchange.models import Grant, Purpose, Zone
from exchange.sharing import naming
from exchange.sharing.contents import Terms
from exchange.sharing.sittings import Part
from policy.terms import Channel, Grade, Mode

SAME = ("scene", "system", "basis_text", "calls_average", "calls_peak", "purpose")
DAYS = ("wanted_from", "wanted_until")


def parts(told: Mapping[str, Any], organization: Organization) -> list[Part]:
    """Return what is asked of each dataset of a draft.

    Raises DatasetUnknown, DatasetWithdrawn, GrantUnknown, RequestUnfit for unknown fields.
    """
    renews = _renewed(told.get("renews"), organization)
    said = words(told)
    made = []
    for one in told["datasets"]:
        dataset = published(one["dataset"])
        terms = {"purpose": "", "purpose_class": "", "scene": "", "system": ""} | said
        terms |= _reach(dataset, one)
        made.append(Part(dataset_id=dataset.pk, terms=Terms(**terms), renews=renews))
    return made


def changed(told: Mapping[str, Any], dataset: Dataset) -> dict[str, Any]:
    """Return the parts of a request that a call changes. Raises RequestUnfit."""
    return words(told) | _reach(dataset, told)


def words(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was said beside fields and rows, by the names that Terms has."""
    said = {name: told[name] for name in (*SAME, *DAYS) if name in told}
    if "basis" in told:
        said["basis_id"] = told["basis"]
    if "mode" in told:
        said["mode"] = Mode(told["mode"])
    if "clear_up_to" in told:
        said["clear_up_to"] = Grade[told["clear_up_to"]]
    if "purpose_class" in told:
        said["purpose_class"] = Purpose(told["purpose_class"]) if told["purpose_class"] else ""
    return said


def published(slug: str) -> Dataset:
    """Return a published dataset. Raises DatasetUnknown, DatasetWithdrawn."""
    head = access.head(slug, zone=Zone.SHARED)
    return Dataset.objects.select_related("owner").get(pk=head.dataset_id)


def _reach(dataset: Dataset, told: Mapping[str, Any]) -> dict[str, Any]:
    reach: dict[str, Any] = {}
    if "fields" in told:
        reach["fields"] = list(naming.numbers(dataset, told["fields"]).values())
    if "rows" in told:
        reach["rows"] = naming.conditions(dataset, told["rows"])
    return reach


def _renewed(number: int | None, organization: Organization) -> Grant | None:
    if number is None:
        return None
    own = Grant.objects.filter(organization=organization, channel=Channel.SHARE)
    found = own.filter(pk=number).first()
    if found is None:
        raise unknown_grant(number)
    return found
