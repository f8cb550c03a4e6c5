"""Numbers that are given out once and never again."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CounterQuerySet(models.QuerySet["Counter"]):
    """Drawing numbers."""

    def draw(self, series: str) -> int:
        """Return the next number of a series; its row stays locked until the transaction ends."""
        counter, _made = self.select_for_update().get_or_create(series=series)
        counter.last += 1
        counter.save(update_fields=["last"])
        return counter.last


class Counter(models.Model):
    """The last number given out in a series. Rows are locked to draw the next; none is deleted."""

    series = models.CharField(_("series"), max_length=64, unique=True)
    last = models.PositiveBigIntegerField(_("last"), default=0)

    objects = CounterQuerySet.as_manager()

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"
