"""The WSGI entry that granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django = get_wsgi_application()

from config.lane import lane  # noqa: E402 - Django has to be set up first

application = lane(django)

# What is loaded now stays for good: the collector need not look through it with every request,
# which took a tenth of the time of a page of rows.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)
