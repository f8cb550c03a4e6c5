"""`manage.py doctor`: what is wrong with this installation, why it matters, what to do."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config import doctor


class Command(BaseCommand):
    help = "Names what is wrong with this installation, why it matters and what to do."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="the site's port")
        parser.add_argument("--quiet", action="store_true", help="print findings only")

    def handle(self, *_args: Any, port: int, quiet: bool, **_options: Any) -> None:
        findings = doctor.examine(port)
        for finding in findings:
            self.stdout.write(f"- {finding.what}\n  {finding.why}\n  → {finding.do}\n")
        if findings:
            raise SystemExit(1)
        if not quiet:
            self.stdout.write("All is well.")
