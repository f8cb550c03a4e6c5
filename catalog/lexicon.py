"""Words that mean the same, kept by the city's operator; a city begins with those of
`word_groups.txt`."""

from collections.abc import Iterator
from pathlib import Path

from django.db import transaction

from catalog import vocabulary
from catalog.models import WordGroup

FIRST = Path(__file__).resolve().parent / "word_groups.txt"


def first() -> Iterator[str]:
    """Yield the groups that a city begins with, one word a line."""
    for line in FIRST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield "\n".join(word.strip() for word in line.split(" = "))


@transaction.atomic
def fill() -> int:
    """Enter the groups that a city begins with, where it has none; return how many.

    Groups from before initials were kept get theirs.
    """
    for group in WordGroup.objects.filter(initials=[]):
        group.save(update_fields=["initials"])
    if WordGroup.objects.exists():
        return 0
    for words in first():
        keep(WordGroup(words=words))
    return WordGroup.objects.count()


def keep(group: WordGroup) -> None:
    """Save a group, and have slips of its words understood."""
    group.full_clean(exclude=["folded"])
    group.save()
    learn(group)


def learn(group: WordGroup) -> None:
    """Have slips of the words of a group understood."""
    vocabulary.enter((word, None) for word in group.folded)
