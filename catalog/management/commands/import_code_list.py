"""`manage.py import_code_list NAME VERSION FILE`: bring a code list to what a file lists."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from catalog import code_lists
from catalog.refusals import CatalogRefusal
from catalog.workbooks import open_workbook


class Command(BaseCommand):
    help = "Take the codes of a CSV, XLSX or XLS file into a code list, such as GB/T 4754."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="such as “GB/T 4754”")
        parser.add_argument("version", help="such as 2017")
        parser.add_argument("file", type=Path)
        parser.add_argument("--title-zh", default="")
        parser.add_argument("--title-en", default="")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            outcome = code_lists.import_code_list(
                options["name"],
                options["version"],
                listed=code_lists.read_codes(open_workbook(options["file"])),
                title_zh=options["title_zh"],
                title_en=options["title_en"],
                by=None,
                at=timezone.now(),
            )
        except (CatalogRefusal, ValidationError, OSError) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            f"{outcome.added} codes added, {outcome.changed} changed, {outcome.unchanged} as"
            " before. Codes that the file does not list stay."
        )
