"""`manage.py import_boundaries FILE`: where regions end, for `within=` and for maps."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.boundaries import import_boundaries


class Command(BaseCommand):
    help = "Take the boundaries of regions from a GeoJSON file (WGS84, property “code”)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="who made them")
        parser.add_argument("--source-en", default="", help="the same in English")
        parser.add_argument("--review-number", default="", help="审图号 of the map they are from")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            collection = json.loads(options["file"].read_text())
            if not isinstance(collection, dict):
                raise CommandError("The file is no GeoJSON FeatureCollection.")
            entered = import_boundaries(
                collection,
                source=options["source"],
                source_en=options["source_en"],
                review_number=options["review_number"],
                by=None,
                at=timezone.now(),
            )
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        except (OSError, ValueError) as unread:
            raise CommandError(f"The file cannot be read as GeoJSON: {unread}") from unread
        self.stdout.write(f"{entered} boundaries entered.")
