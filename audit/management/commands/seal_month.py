"""`manage.py seal_month 2026-01`: set a month of the trail apart, as the owner of the database."""

from datetime import UTC, datetime

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from audit import retention
from audit.months import Table


class Command(BaseCommand):
    """Seals entries and deliveries of a month, or one of them, so that they can be archived."""

    help = __doc__ or ""

    def add_arguments(self, parser):
        parser.add_argument("month", help="such as 2026-01")
        parser.add_argument("--only", choices=[str(table) for table in Table])

    @translation.override("en")  # as all commands speak
    def handle(self, *_args, month, only, **_options):
        try:
            first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).date()
        except ValueError as odd:
            raise CommandError(f"“{month}” is no month. Write it as 2026-01.") from odd
        for table in [Table(only)] if only else list(Table):
            try:
                retention.seal_month(first, table=table, by=None, at=timezone.now())
            except retention.NotSealable as refusal:
                raise CommandError(str(refusal)) from refusal
            self.stdout.write(
                f"Sealed: audit_{table}_{first:%Y_%m} is set apart and can be archived."
            )
