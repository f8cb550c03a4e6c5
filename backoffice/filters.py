"""Filters beside the lists: what a closed set holds is named as people read it."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import AllValuesFieldListFilter

from backoffice.words import CLOSED


class InWords(AllValuesFieldListFilter):
    """The values that occur in a column of a closed set of the law, in words."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Yield the choices with their labels."""
        words = {str(value): label for value, label in CLOSED[self.field_path].items()}
        for choice in super().choices(changelist):
            yield choice | {"display": words.get(str(choice["display"]), choice["display"])}


__all__ = ["InWords"]
