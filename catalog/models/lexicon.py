"""Words of the city: what means the same, and what its published entries are called."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.pinyin import initials
from catalog.tokens import flat

LONGEST_WORD = 60


class WordGroup(models.Model):
    """Words that people use for the same thing: who types one finds entries with another.

    `folded` are the words as they are looked up, and `initials` the first letters of the sounds of
    the Chinese ones, by which some people type them; both are made from `words` when it is saved.
    """

    words = models.TextField(
        _("words"),
        help_text=_("One word or phrase a line, at least two; all of them mean the same."),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    active = models.BooleanField(_("in use"), default=True)
    folded = ArrayField(models.TextField(), verbose_name=_("as looked up"), editable=False)
    initials = ArrayField(
        models.TextField(), verbose_name=_("initials of pinyin"), editable=False, default=list
    )

    class Meta:
        verbose_name = _("group of words")
        verbose_name_plural = _("words that mean the same")
        ordering = ["pk"]
        indexes = [GinIndex(fields=["folded"], name="catalog_wordgroup_folded", fastupdate=False)]

    def __str__(self) -> str:
        return " = ".join(self.words.split("\n"))[:120]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the words as they are looked up."""
        self.folded = folded(self.words)
        self.initials = list(dict.fromkeys(filter(None, map(initials, self.folded))))
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse a group of fewer than two words, and what is a sentence and no word."""
        self.folded = folded(self.words)
        if len(self.folded) < 2:
            raise ValidationError(
                {"words": gettext("Give at least two different words, one a line.")}
            )
        if any(len(one) > LONGEST_WORD for one in self.folded):
            raise ValidationError(
                {"words": gettext("A word or phrase has at most 60 characters.")}
            )


def folded(words: str) -> list[str]:
    """Return the words of a group as they are looked up, each once."""
    return list(dict.fromkeys(one for line in words.splitlines() if (one := flat(line))))


class SearchWord(models.Model):
    """A word that published entries or their departments are called by; made by indexing.

    `sound` is its pinyin without tones, empty where it has none, and `signs` are its characters in
    order, by which a slip of the pen is known. `owner` stands where it is a department's name.
    """

    word = models.TextField(_("word"))
    sound = models.TextField(_("sound"), blank=True)
    signs = models.TextField(_("signs"), blank=True)
    owner = models.ForeignKey(
        "accounts.Organization",
        models.CASCADE,
        null=True,
        related_name="+",
        verbose_name=_("department of this name"),
    )

    class Meta:
        verbose_name = _("word of the catalogue")
        verbose_name_plural = _("words of the catalogue")
        constraints = [
            models.UniqueConstraint(
                fields=["word", "owner"], name="catalog_searchword_once", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(fields=["sound"], name="catalog_searchword_sound"),
            models.Index(fields=["signs"], name="catalog_searchword_signs"),
            GinIndex(
                fields=["word", "sound"],
                opclasses=["gin_trgm_ops", "gin_trgm_ops"],
                name="catalog_searchword_alike",
            ),
        ]

    def __str__(self) -> str:
        return self.word
