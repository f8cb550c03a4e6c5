"""Titles, abstracts and labels are paired columns, Chinese and English; this picks one."""

from django.utils.translation import get_language


def choose(zh: str, en: str) -> str:
    """Return the text in the language now active, or the other where that one is empty."""
    wants_chinese = (get_language() or "zh").lower().startswith("zh")
    return (zh or en) if wants_chinese else (en or zh)
