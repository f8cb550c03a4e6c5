"""`manage.py count_figures`: counts use and computes the figures now, not by the clock."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from oversight import daily, looks, standings


class Command(BaseCommand):
    """Does what the worker does every ten minutes and every hour; safe to repeat."""

    help = __doc__ or ""

    def handle(self, *_args, **_options):
        at = timezone.now()
        views = looks.drain(at=at)
        lines = daily.count(at=at)
        departments = standings.compute(at=at)
        self.stdout.write(
            f"Added {views} page views, counted {lines} lines of use,"
            f" computed the figures of {departments} departments."
        )
