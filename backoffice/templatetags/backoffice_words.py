"""Closed sets of the law in the words of people, for templates."""

from typing import Any

from django import template

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
