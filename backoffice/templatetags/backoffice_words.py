"""Closed sets of the law in the words of people, for templates."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice import words

register = template.Library()


@register.filter
def viewpoint(value: Any) -> Any:
    """Return from where a field is looked at, in words."""
    return words.VIEWPOINTS[str(value)]


@register.filter
def treatment(value: Any) -> Any:
    """Return what a reader gets of a field, in words."""
    return words.TREATMENTS[int(value)]


@register.filter
def channel(value: Any) -> Any:
    """Return where data goes, in words."""
    return words.CHANNELS[str(value)]


@register.filter
def at(form: Any, name: str) -> Any:
    """Return an input of a form by its name."""
    return form[name]


@register.filter
def words_of(text: str) -> list[str]:
    """Return the words of a text, such as the names of inputs in their order."""
    return text.split()


@register.filter
def rule(value: Any) -> Any:
    """Return the rule that a row broke, in words; one of another release as it is called."""
    return words.RULES.get(value, value)


@register.filter
def in_words(field: Any) -> Any:
    """Return a read-only field's value in words where it is of a closed set, else ""."""
    column, _attribute, value = field.resolved_field or (None, None, None)
    if column is None or value in (None, ""):
        return ""
    return words.CLOSED.get(column.name, {}).get(value, "")


@register.filter
def kept(value: Any) -> Any:
    """Return what is kept as JSON as lists of names and values, nested as it is; "–" for none."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in ({}, [], "", None):
        return "–"
    if isinstance(value, Mapping):
        pairs = ((name, kept(one)) for name, one in value.items())
        return _wrapped('<dl class="kept">{}</dl>', "<dt>{}</dt><dd>{}</dd>", pairs)
    if isinstance(value, list):
        return _wrapped(
            '<ul class="kept-list">{}</ul>', "<li>{}</li>", ((kept(v),) for v in value)
        )
    return str(value)


def _wrapped(whole: str, each: str, parts: Iterable[tuple[Any, ...]]) -> SafeString:
    return format_html(whole, format_html_join("", each, parts))
