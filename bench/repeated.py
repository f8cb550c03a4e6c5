"""Pages that are asked for again: from a process's memory, and made anew, in turn."""

import random

from bench import pages, stage
from bench.stage import Line
from config import embedded

PORT, KEYED_PORT = 18434, 18435
PLACES = 20
WHOLE_PAGE = 1000
UNTIL_KEPT = 5
"""Seconds in which each process was asked for each page by each key, more than twice."""


def measure(found: embedded.Services) -> list[Line]:
    """Measure full bodies a second at few places, kept and not, with key, quota and note; and kept
    at the door for keys, where each call asks besides whether its holder has a grant."""
    here = pages.open_stage(found)
    lines: list[Line] = []
    with (
        here.served(),
        pages.granian("config.wsgi:application", PORT, _door(found, "open")),
        pages.granian("config.wsgi:application", KEYED_PORT, _door(found, "conditional")),
    ):
        for port in (PORT, KEYED_PORT):
            pages.wait(port, "/healthz")
        for rows in (100, WHOLE_PAGE):
            lines += _of(here, rows)
    return lines


def _door(found: embedded.Services, name: str) -> dict[str, str]:
    return {
        "DATABASE_POOL": "0",
        "DATABASE_URL": found.database_url(f"city_{name}", stage.CITY),
        "DOORS": name,
        "KEPT_PAGES_MB": "32",
    }


def _of(here: pages.Open, rows: int) -> list[Line]:
    places = [random.randrange(stage.ROWS - 2 * rows) for _place in range(PLACES)]
    paths = [f"{here.at(place)}&limit={rows}" for place in places]
    for port in (PORT, KEYED_PORT):
        pages.rate(port, paths, here.keys, seconds=UNTIL_KEPT)
    kept, keyed, made = [], [], []
    for _round in range(stage.ROUNDS):
        kept.append(pages.rate(PORT, paths, here.keys))
        keyed.append(pages.rate(KEYED_PORT, paths, here.keys))
        made.append(pages.rate(pages.PORT, paths, here.keys))
    print(f"repeated pages of {rows} a second: kept {kept}, door for keys {keyed}, made {made}")
    anew = stage.median(made)
    name = f"repeated page of {rows} rows"
    floor = 3.0 if rows == WHOLE_PAGE else 2.7  # of a short page, most is what no page is without
    return [
        Line(name, stage.median(kept) / anew, "x rate", "the same page made anew", floor, 3.0),
        Line(
            f"{name}, door for keys", stage.median(keyed) / anew, "x rate", "the same", floor, 3.0
        ),
        Line(f"{name}, kept", stage.median(kept), "pages/s", ""),
    ]
