"""What Lighthouse says of the portal's main pages, where that program is installed."""

import json
import os
import shutil
import subprocess
from collections import defaultdict
from typing import Any

from bench import catalogue, finding, pages, stage
from bench.city import the_city
from bench.stage import Line
from config import embedded

PORT = 18436
PROGRAM, BROWSER = "lighthouse", "chromium"
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking"
PRESETS = {"desktop": ["--preset=desktop"], "mobile": []}
"""Of Lighthouse; its mobile one, which slows network and processor down, is the default."""
PERFORMANCE, OTHERS, PAINT_MS = 90, 95, 2500
SECONDS, TRIES = 180, 3  # for one page


def measure(found: embedded.Services) -> list[Line]:
    """Look at the front page, the list and a dataset; nothing where there is no Lighthouse."""
    program, browser = shutil.which(PROGRAM), shutil.which(BROWSER)
    if program is None or browser is None:
        print(f"lighthouse is left out: it needs {PROGRAM} and {BROWSER} on the PATH")
        return []
    whole = pages.open_stage(found)
    catalogue.build(the_city(found), finding.ENTRIES)
    seen = {"home": "/", "list": "/datasets", "dataset": f"/datasets/{whole.dataset.slug}"}
    door = {"DATABASE_POOL": "0", "DATABASE_URL": found.database_url("city_open", stage.CITY)}
    with pages.granian("config.wsgi:application", PORT, door | {"DOORS": "open"}):
        pages.wait(PORT, "/healthz")
        return [
            line
            for name, address in seen.items()
            for preset in PRESETS
            for line in _lines(name, preset, _medians([program, browser], address, preset))
        ]


def _lines(page: str, preset: str, told: dict[str, float]) -> list[Line]:
    paint, performance = told.pop("paint"), told.pop("performance")
    name, peer, quick = f"{page} page, {preset}", "Lighthouse", preset == "desktop"
    held = (PERFORMANCE, None) if quick else (None, PAINT_MS)
    return [
        Line(f"{name}, performance", performance, "of 100", peer, held[0]),
        Line(f"{name}, least of the others", min(told.values()), "of 100", peer, OTHERS),
        Line(f"{name}, largest paint", paint, "ms", peer, held[1], lower_is_better=True),
    ]


def _medians(programs: list[str], address: str, preset: str) -> dict[str, float]:
    """Return the median of each figure over the rounds, by name."""
    told: dict[str, list[float]] = defaultdict(list)
    for _round in range(stage.ROUNDS):
        for name, figure in _figures(_report(programs, address, preset)).items():
            told[name].append(figure)
    return {name: stage.median(figures) for name, figures in told.items()}


def _report(programs: list[str], address: str, preset: str) -> dict[str, Any]:
    """Return what Lighthouse says of a page, which now and then fails to record what it sees.

    Raises RuntimeError where it failed TRIES times.
    """
    program, browser = programs
    url = f"http://localhost:{PORT}{address}"
    options = [f"--chrome-flags={FLAGS}", "--output=json", "--quiet", *PRESETS[preset]]
    failed = ""
    for _try in range(TRIES):
        ended = subprocess.run(
            [program, url, *options],
            env=os.environ | {"CHROME_PATH": browser},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        if ended.returncode == 0:
            return json.loads(ended.stdout)
        failed = ended.stderr
    raise RuntimeError(f"{url}: {failed}")


def _figures(report: dict[str, Any]) -> dict[str, float]:
    marks = {name: part["score"] * 100 for name, part in report["categories"].items()}
    return marks | {"paint": report["audits"]["largest-contentful-paint"]["numericValue"]}
