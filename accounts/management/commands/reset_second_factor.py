from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts import second_factor
from accounts.models import User
from accounts.refusals import StepRefused


class Command(BaseCommand):
    help = (
        "Take a lost second factor away from the console, for the security administrator whom "
        "nobody else can help. It is written down in the audit trail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, **options) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is nobody with the user name “{options['username']}”.")
        try:
            second_factor.reset(user.pk, by=None, at=timezone.now())
        except StepRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{user.username} signs in by password and sets up a new one.")
