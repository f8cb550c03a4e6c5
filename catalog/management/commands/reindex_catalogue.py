"""`manage.py reindex_catalogue`: write the search table anew, and say what was amiss."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from catalog import indexing


class Command(BaseCommand):
    help = "Write the catalogue's search table anew from the entries. Can be repeated at any time."

    def handle(self, *_args: Any, **_options: Any) -> None:
        changed = indexing.rebuild(at=timezone.now())
        self.stdout.write(f"{changed} entries were missing or out of date; all are found now.")
