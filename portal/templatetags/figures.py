"""Numbers as people read them."""

from django import template

from portal import marking

register = template.Library()


@register.filter
def figure(number: int | None) -> str:
    """Write a number with a comma after each three digits, and a dash where there is none."""
    return "–" if number is None else f"{number:,}"


@register.filter
def marked(text: str, words: tuple[str, ...]) -> str:
    """Mark words in a text, which is escaped."""
    return marking.marked(text, words)
