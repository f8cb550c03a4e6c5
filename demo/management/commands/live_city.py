"""`manage.py live_city`: what lies back in the demo city: late syncs, three weeks of visits."""

from functools import partial

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from demo import growing, visits
from exchange.sync import engine


class Command(BaseCommand):
    """Runs the syncs that are dated back and the visits, once; then counts the figures anew."""

    help = __doc__ or ""

    def handle(self, *_args, **_options):
        now = timezone.now()
        for small, binding in growing.bindings(dated_back=True):
            if binding.attempted_at is None:
                engine.sync(binding.pk, clock=partial(growing.read_at, small, at=now))
        if not visits.were_made():
            visits.make(at=now)
        call_command("count_figures", stdout=self.stdout)
