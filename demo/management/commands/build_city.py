"""`manage.py build_city`: the demo city in an empty platform, or what of it is missing."""

import time
from dataclasses import replace
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Organization
from demo import applied, city, growing, inputs, kept
from demo.inputs import Registry
from demo.kept import Kept

OFFICE = "city_office"


class Command(BaseCommand):
    """Migrates, provisions, makes the inputs, and builds the city in one transaction."""

    help = __doc__ or ""

    def add_arguments(self, parser):
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--rows", type=int, default=220_000)

    def handle(self, *_args, seed: int, rows: int, **_options):
        started = time.monotonic()
        call_command("migrate", verbosity=0)
        call_command("provision", stdout=self.stdout)
        path = Path(settings.VAR) / "demo.json"
        intake = Path(settings.FILE_ROOTS[0]).resolve()
        known = kept.read(path) if city.is_there() else None
        _refuse_strangers()
        found = known or Kept(seed, rows)
        if known and (known.seed, known.total) != (seed, rows):
            self.stdout.write(
                f"The city of seed {known.seed} with {known.total:,} rows is there and stays. For"
                f" another one stop this and remove {settings.VAR}."
            )
        inputs.write_files(intake, seed=found.seed, total=found.total)
        growing.write_files(intake, seed=found.seed)
        found = replace(found, registry=_registry(found))
        kept.write(path, found)
        with transaction.atomic():
            _as_the_office()
            found = _built(found, intake)
            kept.write(path, found)
        self.stdout.write(f"The city stands ({time.monotonic() - started:.1f} s).")


def _refuse_strangers() -> None:
    if Organization.objects.exists() and not city.is_there():
        raise CommandError(
            "This platform is in use: it has organisations that are not the demo's. The demo city"
            " is built in an empty database only; point DATABASE_URL to one."
        )


def _registry(found: Kept) -> Registry:
    """Return how the registry is reached, with its database made and filled."""
    known = found.registry.password if found.registry else ""
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as owner:
        registry = inputs.create_registry(owner, password=known)
    with psycopg.connect(settings.DATABASE_URL, dbname=registry.database) as filled:
        inputs.fill_registry(filled, seed=found.seed, total=found.total)
    return registry


def _as_the_office() -> None:
    """Take on the back office's rights until the transaction ends: verbs need no more."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {OFFICE}")


def _built(found: Kept, intake: Path) -> Kept:
    registry, now = found.registry, timezone.now()
    assert registry is not None  # noqa: S101 - `_registry` has made it
    if not city.is_there():
        made = city.build(registry, intake, at=now)
        found = replace(found, sign_ins=made.sign_ins, key=made.key, office=made.office)
    else:
        city.connect_registry(registry, intake, at=now)
    if not growing.is_grown():
        growing.grow(intake, at=now)
    if not applied.is_left():
        found = replace(found, sign_ins=(*found.sign_ins, *applied.leave(at=now)))
    return found if found.key else replace(found, key=city.new_key(at=now))
