"""The WSGI entry of a server whose clock a journey moves."""

import os
from pathlib import Path

from django.utils import timezone

from config.wsgi import application
from tests.journeys.browser import clock

timezone.now = clock.ahead(Path(os.environ[clock.DAYS]))

__all__ = ["application"]
