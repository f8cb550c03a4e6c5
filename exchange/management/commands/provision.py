"""`manage.py provision`: roles, schemas and grants of the database, after each `migrate`."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from catalog import indexing, lexicon
from exchange import database_roles


class Command(BaseCommand):
    """Makes the database roles, the zones and what each may see, and has every entry found.

    Safe to repeat."""

    help = __doc__ or ""

    def add_arguments(self, parser):
        parser.add_argument(
            "--roles", action="store_true", help="only the roles, before a backup is brought back"
        )

    def handle(self, *_args, roles, **_options):
        if roles:
            database_roles.make_roles()
            self.stdout.write("The database roles are in place.")
            return
        database_roles.provision()
        lexicon.fill()
        indexing.fill(at=timezone.now())
        self.stdout.write("The database roles and zones are in place.")
