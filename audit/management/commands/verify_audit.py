"""`manage.py verify_audit`: is the trail whole? Says what is wrong and exits with 1 if not."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit import chain, deliveries
from audit.models import Link


class Command(BaseCommand):
    """Walks the whole chain and names the first broken link."""

    help = __doc__ or ""

    def handle(self, *_args, **_options):
        chain.link()
        broken = chain.verify(at=timezone.now())
        if broken:
            place = f"position {broken.position}, " if broken.position else ""
            raise CommandError(
                f"The trail is broken at {place}entry {broken.entry}: {broken.what}."
            )
        count = Link.objects.count()
        self.stdout.write(
            f"The trail is whole: {count} entries, one chain."
            f" Notes of open reads lost: {deliveries.gaps()}."
        )
