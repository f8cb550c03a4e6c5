"""What the catalogue is searched by: one narrow row an entry, kept by `catalog.indexing`."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.classification import Subject
from catalog.models.dataset import Dataset


class SearchEntry(models.Model):
    """The words of an entry and what it is sorted by. Made from the entry, never by hand.

    Concealed fields leave no trace here. `grade` is the highest of the fields; `sharing` and
    `opening` are sets of policy.terms.ShareType and OpenType, `formats` of
    catalog.formats.Format, one bit a type in their order; `titles` are the folded titles, one a
    line, and `title_key` sorts them by sound. `indexed_at` moves when the row does.
    """

    dataset = models.OneToOneField(
        Dataset, models.CASCADE, primary_key=True, related_name="search_entry"
    )
    words = SearchVectorField(_("words"))
    titles = models.TextField(_("titles"))
    title_key = models.TextField(_("title by sound"), default="")
    state = models.CharField(_("state"), max_length=12)
    owner = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    subject = models.ForeignKey(
        Subject, models.PROTECT, null=True, related_name="+", verbose_name=_("subject")
    )
    region = models.ForeignKey(
        "accounts.Region", models.PROTECT, null=True, related_name="+", verbose_name=_("region")
    )
    category = models.CharField(_("category"), max_length=12)
    cycle = models.CharField(_("cycle"), max_length=12)
    grade = models.PositiveSmallIntegerField(_("grade"), null=True)
    sharing = models.PositiveSmallIntegerField(_("sharing"))
    opening = models.PositiveSmallIntegerField(_("opening"))
    formats = models.PositiveSmallIntegerField(_("formats"), default=0, db_default=0)
    indexed_at = models.DateTimeField(_("indexed at"))

    class Meta:
        verbose_name = _("row of the search table")
        verbose_name_plural = _("search table")
        # The index is read far more often than written: nothing may wait in a pending list.
        indexes = [
            GinIndex(fields=["words"], name="catalog_search_words", fastupdate=False),
            models.Index(fields=["state", "dataset"], name="catalog_search_state"),
            models.Index(fields=["indexed_at"], name="catalog_search_indexed_at"),
            # counting without words reads this and no row
            models.Index(
                fields=[
                    "state",
                    "owner",
                    "region",
                    "subject",
                    "grade",
                    "sharing",
                    "opening",
                    "formats",
                    "cycle",
                    "category",
                ],
                name="catalog_search_facets",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id}"
