"""Numbers that are given out once and never again."""

from django.db import models


class Counter(models.Model):
    """The last number given out in a series. Rows are locked to draw the next; none is deleted."""

    series = models.CharField(max_length=64, unique=True)
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"
