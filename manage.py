#!/usr/bin/env python
"""Django's command line for the city data exchange."""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import OperationalError


def main() -> None:
    """Run the command; where no database runs, say how to start one instead of a trace."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except OperationalError:
        if not settings.SERVICES_MISSING:
            raise
        sys.exit(settings.SERVICES_MISSING)


if __name__ == "__main__":
    main()
