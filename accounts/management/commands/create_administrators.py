import secrets

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts import organizations, people
from accounts.models import Organization
from accounts.people import Newcomer
from accounts.refusals import StepRefused
from accounts.roles import OrganizationKind, Role

DUTIES = {
    "system": Role.SYSTEM_ADMIN,
    "security": Role.SECURITY_ADMIN,
    "audit": Role.AUDIT_ADMIN,
}


class Command(BaseCommand):
    help = (
        "Enter the first system, security and audit administrator: three people, once. "
        "Their passwords are printed this one time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--authority", required=True, help="address of the data authority")
        parser.add_argument("--name", help="its name, if it is not entered yet")
        parser.add_argument("--uscc", help="its unified social credit code, likewise")
        for duty in DUTIES:
            parser.add_argument(
                f"--{duty}", required=True, metavar="USERNAME", help=f"{duty} administrator"
            )

    def handle(self, **options) -> None:
        newcomers = {
            role: Newcomer(options[duty], options[duty], password=self._password())
            for duty, role in DUTIES.items()
        }
        now = timezone.now()
        try:
            with transaction.atomic():
                authority = self._authority(options, now)
                people.found_administration(authority, newcomers, at=now)
        except StepRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        for role, newcomer in newcomers.items():
            self.stdout.write(f"{role.value:16} {newcomer.username:20} {newcomer.password}")

    def _authority(self, options: dict, now) -> Organization:
        found = Organization.objects.filter(slug=options["authority"]).first()
        if found is not None:
            return found
        if not (options["name"] and options["uscc"]):
            raise CommandError(
                f"There is no organisation “{options['authority']}”. "
                "Give --name and --uscc to enter it."
            )
        return organizations.create(
            options["authority"],
            kind=OrganizationKind.AUTHORITY,
            name_zh=options["name"],
            uscc=options["uscc"],
            by=None,
            at=now,
        )

    @staticmethod
    def _password() -> str:
        # a sign, a capital letter and a digit on top of 128 random bits, whatever these spell
        return f"{secrets.token_urlsafe(16)}-A1a"
