"""Pages that are asked for again: from a process's memory, and made anew, in turn."""

import random

from bench import pages, stage
from bench.stage import Line
from config import embedded

PORT = 18434
PLACES = 20
WHOLE_PAGE = 1000


def measure(found: embedded.Services) -> list[Line]:
    """Measure full bodies a second at few places, kept and not, with key, quota and note."""
    here = pages.open_stage(found)
    at_once = {
        "DATABASE_POOL": "0",
        "DATABASE_URL": found.database_url("city_open", stage.CITY),
        "DOORS": "open",
        "KEPT_PAGES_MB": "32",
    }
    lines: list[Line] = []
    with here.served(), pages.granian("config.wsgi:application", PORT, at_once):
        pages.wait(PORT, "/healthz")
        for rows in (100, WHOLE_PAGE):
            lines += _of(here, rows)
    return lines


def _of(here: pages.Open, rows: int) -> list[Line]:
    places = [random.randrange(stage.ROWS - 2 * rows) for _place in range(PLACES)]
    paths = [f"{here.at(place)}&limit={rows}" for place in places]
    kept, made = [], []
    for _round in range(stage.ROUNDS):
        kept.append(pages.rate(PORT, paths, here.keys))
        made.append(pages.rate(pages.PORT, paths, here.keys))
    print(f"repeated pages of {rows} a second: kept {kept}, made {made}")
    ratio = stage.median(kept) / stage.median(made)
    name = f"repeated page of {rows} rows"
    floor = 3.0 if rows == WHOLE_PAGE else None  # of a short page, most is what no page is without
    return [
        Line(name, ratio, "x rate", "the same page made anew", floor, 3.0),
        Line(f"{name}, kept", stage.median(kept), "pages/s", ""),
    ]
