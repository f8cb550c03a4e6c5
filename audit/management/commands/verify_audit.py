"""`manage.py verify_audit`: is the trail whole? Says what is wrong and exits with 1 if not."""

from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from audit import chain, digests
from audit.models import Link


class Command(BaseCommand):
    """Walks the whole chain and compares deliveries with their digests."""

    help = __doc__ or ""

    def add_arguments(self, parser):
        parser.add_argument(
            "--noted", default="", help="a hash of the chain that was noted elsewhere before"
        )
        parser.add_argument(
            "--days", type=int, default=7, help="how far back deliveries are compared (default 7)"
        )

    @translation.override("en")  # as all commands speak
    def handle(self, *_args, noted, days, **_options):
        now = timezone.now()
        broken = chain.verify(at=now, noted=noted)
        if broken:
            raise CommandError(
                f"The trail is broken at position {broken.position or '–'}, entry"
                f" {broken.entry or '–'}: {broken.what}. Keep the database as it is, and compare"
                " it with the last backup."
            )
        hour = digests.verify(since=now - timedelta(days=days))
        if hour:
            raise CommandError(
                f"Deliveries of the hour from {hour} are not those of their digest: one was"
                " changed, deleted or slipped in. Compare that hour with the last backup."
            )
        last = Link.objects.order_by("-position").first()
        self.stdout.write(
            f"The trail is whole: {last.position if last else 0} entries, one chain."
            f" Notes of open reads lost: {digests.missing()}."
        )
        if last:
            self.stdout.write(f"Last hash, to be noted elsewhere: {last.hash}")
