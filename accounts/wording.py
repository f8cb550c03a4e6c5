"""Sentences that are made in one process and read by people of either language elsewhere.

A worker has no reader, so it does not know in which language a sentence will be read. `said`
stands in the place of gettext where a sentence is to be kept: it reads as gettext's would, and can
be said again in another language.
"""

from collections.abc import Callable, Mapping

from django.utils import translation
from django.utils.translation import gettext

LANGUAGES = ("zh-hans", "en")


class Said(str):
    """A sentence in the language of who made it, with what it takes to say it in another."""

    __slots__ = ("msgid", "words")
    msgid: str
    words: Mapping[str, object] | None

    def __new__(cls, msgid: str, words: Mapping[str, object] | None = None) -> "Said":
        """Say `msgid` in the language now active, its named places filled with `words`."""
        text = gettext(msgid)
        made = super().__new__(cls, text if words is None else text % words)
        made.msgid, made.words = msgid, words
        return made

    def __mod__(self, words: object) -> "Said":
        """Fill the named places. Raises TypeError where places are not named."""
        if not isinstance(words, Mapping):
            raise TypeError("A sentence that is kept has named places.")
        return Said(self.msgid, words)


said = Said


def again(value: object) -> str:
    """Return how a value reads in the language now active; a plain text stays as it is."""
    if not isinstance(value, Said):
        return str(value)
    if value.words is None:
        return gettext(value.msgid)
    words = {name: again(word) for name, word in value.words.items()}
    return gettext(value.msgid) % words


def in_each(say: Callable[[], str]) -> dict[str, str]:
    """Return what `say` says, by language: it is asked once with each of them active."""
    told = {}
    for language in LANGUAGES:
        with translation.override(language):
            told[language] = say()
    return told


def in_both(value: object) -> dict[str, str]:
    """Return how a value reads, by language."""
    return in_each(lambda: again(value))
