"""`manage.py seed_bases`: fill the library of legal bases, unverified, once or again."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from catalog import bases


class Command(BaseCommand):
    help = "Add the articles departments cite most to the library, for a person to verify."

    def handle(self, *_args: Any, **_options: Any) -> None:
        added = bases.seed(at=timezone.now())
        self.stdout.write(
            f"{added} articles added, none of them verified. A line of the negative list can rest"
            " on one only after somebody has read and entered the official text."
        )
