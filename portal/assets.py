"""Whether charts and maps were fetched (`make assets`): pages show tables where they were not."""

from functools import cache

from django.contrib.staticfiles import finders

CHARTS = "vendor/echarts.js"


@cache
def present(name: str) -> bool:
    """Whether a file that pages load is there; asked once a process."""
    return finders.find(name) is not None
