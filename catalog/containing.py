"""Which rows have words: the lists that people narrow by what stands in their columns."""

from functools import reduce
from operator import and_, or_

from django.db.models import Q


def containing(words: str, *columns: str) -> Q:
    """Return the condition that each of the words, with spaces between, is in some column."""
    each = (
        reduce(or_, (Q(**{f"{column}__icontains": word}) for column in columns))
        for word in words.split()
    )
    return reduce(and_, each, Q())
