"""What of a published entry can be amended, and how a revision keeps old and new in JSON.

Rows are kept by their numbers, decimals as text; `words` of the back office read them.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from catalog import resources
from catalog.describing import check_extensions
from catalog.models import ApiDescription, Dataset, Field, Resource
from catalog.refusals import EntryRefused
from catalog.rules import check_rules

AMENDED = (
    "title_zh",
    "title_en",
    "alias",
    "abstract_zh",
    "abstract_en",
    "keywords_zh",
    "keywords_en",
    "update_cycle",
    "license",
    "contact",
    "subject",
    "format_class",
    "format_type",
    "share_way",
    "share_condition_zh",
    "share_condition_en",
    "source_authority",
    "region",
    "related",
    "extensions",
)
"""What of an entry can be amended. Its code stays as it was issued, whatever the subject becomes;
category, item and detail, which stand in the code alone, are settled with it."""

RULES = (
    "length",
    "scale",
    "required",
    "code_list",
    "pattern",
    "value_check",
    "minimum",
    "maximum",
)

RELABELLED = (
    "name",
    "label_zh",
    "label_en",
    "description_zh",
    "description_en",
    *RULES,
    "coordinate",
    "share_condition_zh",
    "share_condition_en",
)
"""What of a field can be amended. Another type is a new field; the key stays; what is shown of its
values is regraded. Rows stand by the field's permanent id, so another name leaves them alone, and
other rules hold from the next run on."""

OFFERED = ("title_zh", "title_en", "url")
DESCRIBED = (
    "method",
    "auth",
    "document_url",
    "document",
    "description_zh",
    "description_en",
)
"""What of an interface can be amended beside what every offer has."""


def amendable(row: Dataset | Field | Resource) -> tuple[str, ...]:
    """Return what can be amended of a row."""
    if isinstance(row, Dataset):
        return AMENDED
    if isinstance(row, Field):
        return RELABELLED
    if row.kind == Resource.Kind.API:
        return (*OFFERED, *DESCRIBED)
    if row.kind == Resource.Kind.LINK:
        return OFFERED
    return OFFERED[:2]


def differing(row: Dataset | Field | Resource, wanted: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return {attribute: [old, new]} of what differs, in JSON. Asks for no right."""
    told = {name: [standing(row, name), plain(name, value)] for name, value in wanted.items()}
    return {name: pair for name, pair in told.items() if pair[0] != pair[1]}


def standing(row: Dataset | Field | Resource, name: str) -> Any:
    """Return an attribute as it stands, in JSON."""
    if name == "related":
        return plain(name, Dataset.objects.filter(related=row.pk))
    holder = _holder(row, name)
    return plain(name, getattr(holder, _attribute(holder, name)))


def plain(name: str, value: Any) -> Any:
    """Return a value as a revision keeps it."""
    if name == "related":
        return sorted(one.pk if isinstance(one, Model) else one for one in value)
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, str):  # a browser ends lines as it likes
        return value.replace("\r\n", "\n")
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _holder(row: Any, name: str) -> Any:
    return row.api if isinstance(row, Resource) and name in DESCRIBED else row


def _attribute(row: Model, name: str) -> str:
    return getattr(row._meta.get_field(name), "attname", name)  # noqa: SLF001 - Django's public-by-custom name


def moved(row: Dataset | Field | Resource, attributes: Mapping[str, list[Any]]) -> list[str]:
    """Return what does not stand as it did when the change was proposed."""
    return [name for name, (old, _new) in attributes.items() if standing(row, name) != old]


def write(row: Dataset | Field | Resource, attributes: Mapping[str, list[Any]]) -> None:
    """Write the new values and hold the row to its rules.

    Raises EntryRefused, and ValidationError for what does not fit a column.
    """
    held: dict[Model, list[str]] = {}
    for name, (_old, new) in attributes.items():
        if name == "related":
            _relate(row, new)
            continue
        holder = _holder(row, name)
        column = holder._meta.get_field(name)  # noqa: SLF001 - as above
        setattr(holder, column.attname, column.to_python(new))
        held.setdefault(holder, []).append(name)
    _check(row)
    for holder, names in held.items():
        holder.full_clean()
        holder.save(update_fields=names)


def _relate(row: Any, related: list[int]) -> None:
    if row.pk in related:
        raise EntryRefused(_("An entry is not related to itself. Choose others."))
    row.related.set(related)


def _check(row: Dataset | Field | Resource) -> None:
    if isinstance(row, Dataset):
        check_extensions(row)
    elif isinstance(row, Field):
        check_rules(row)
    elif row.kind in (Resource.Kind.API, Resource.Kind.LINK):
        resources.check_address(row.url)
        if isinstance(described := getattr(row, "api", None), ApiDescription):
            resources.check_description(described.document_url, described.document)


def _wider(old: Any, new: Any) -> bool:
    return old is not None and (new is None or Decimal(new) > Decimal(old))


def _lower(old: Any, new: Any) -> bool:
    return old is not None and (new is None or Decimal(new) < Decimal(old))


def _other(old: Any, new: Any) -> bool:
    del new  # which rows another pattern, check or list lets pass cannot be told beforehand
    return bool(old)


LOOSER: Mapping[str, Callable[[Any, Any], bool]] = {
    "length": _wider,
    "scale": _wider,
    "maximum": _wider,
    "minimum": _lower,
    "required": _other,
    "pattern": _other,
    "value_check": _other,
    "code_list": _other,
}


def lets_more_pass(attributes: Mapping[str, list[Any]]) -> bool:
    """Whether other rules of a field may let rows go live that are turned away now."""
    return any(LOOSER[name](old, new) for name, (old, new) in attributes.items() if name in LOOSER)
