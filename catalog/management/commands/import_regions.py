"""`manage.py import_regions FILE`: add regions by GB/T 2260 or by the city's own codes."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import CodeSystem
from accounts.regions import RegionRow, import_regions
from catalog import code_lists
from catalog.refusals import CatalogRefusal
from catalog.workbooks import open_workbook


class Command(BaseCommand):
    help = "Take the regions of a CSV, XLSX or XLS file into the tree of regions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--local",
            action="store_true",
            help="codes are the city's own and say what holds them in a column “parent”",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            listed = code_lists.read_codes(open_workbook(options["file"]))
            added, renamed = import_regions(
                [RegionRow(one.code, one.label_zh, one.label_en, one.above) for one in listed],
                code_system=CodeSystem.LOCAL if options["local"] else CodeSystem.GBT2260,
                by=None,
                at=timezone.now(),
            )
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        except (CatalogRefusal, OSError) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{added} regions added, {renamed} renamed. None is ever removed.")
