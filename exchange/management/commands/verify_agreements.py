"""`manage.py verify_agreements`: is each agreement what was signed? Exits with 1 if one is not."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from exchange.agreements import walking
from exchange.models import Agreement


class Command(BaseCommand):
    """Compares each agreement with the digest in the audit chain, and looks for those gone."""

    help = __doc__ or ""

    @translation.override("en")  # as all commands speak
    def handle(self, *_args, **_options):
        wrong = [f"Grant {grant}: {what}" for grant, what in walking.amiss()]
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write(
            f"Agreements that are what was signed: {Agreement.objects.count()}."
            " Whether the chain itself is whole, verify_audit says."
        )
