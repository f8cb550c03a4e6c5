"""What a request or a grant reaches, in words: fields by their labels, conditions on rows."""

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from backoffice import words
from catalog.models import Field
from policy.terms import ScopeOperator


def field_names(pks: Any) -> str:
    """Return fields by their labels and names, in the order of the table."""
    found = Field.objects.filter(pk__in=pks).order_by("pk")
    return words.listed(f"{one.label} ({one.name})" for one in found) or "–"


def conditions(rows: Any) -> str:
    """Return conditions on rows in words, each on its line."""
    named: Mapping[int, Field] = Field.objects.in_bulk([int(one["field"]) for one in rows])
    said = [(_condition(one, named.get(int(one["field"]))),) for one in rows]
    return format_html('<ul class="kept-list">{}</ul>', _lines(said)) if said else str(_("all"))


def _lines(said: list[tuple[str]]) -> str:
    return format_html_join("", "<li>{}</li>", said)


def _condition(one: Mapping[str, Any], field: Field | None) -> str:
    name = "–" if field is None else field.label
    values = ", ".join(map(str, one["values"]))
    if one["operator"] == ScopeOperator.EQ:
        return _("%(field)s is %(values)s") % {"field": name, "values": values}
    return _("%(field)s is one of: %(values)s") % {"field": name, "values": values}
