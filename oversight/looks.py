"""Page views of datasets: counted in Valkey by the open door, added to the counts of the day.

Nothing is kept of who looked: no cookie, no address, no order of pages. What calls itself a robot,
or fetches ahead of a reader, is left out; who calls itself a browser is believed.

A view is told to Valkey without waiting for its answer, so a crash of the web process loses none
that was told, one of Valkey at most the last second, and where Valkey does not answer a view is
not counted. Batches are named, and a batch is added once however often the draining is killed.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection

from oversight import asides
from oversight.models import Door

COUNTED = "views:"
BATCHES = "viewed"
ROBOT = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|fetch|scrap|monitor|preview|headless|curl|wget|libwww|http"
    r"|python|java/|go-|node|okhttp|axios|ruby|perl|php",
    re.IGNORECASE,
)


def by_a_person(headers: Mapping[str, str]) -> bool:
    """Whether a request looks like a person's, by what it says of itself."""
    agent = headers.get("User-Agent", "")
    ahead = headers.get("Sec-Purpose", "") or headers.get("Purpose", "")
    return bool(agent) and not ROBOT.search(agent) and "prefetch" not in ahead


def seen(dataset_id: int, headers: Mapping[str, str], *, at: datetime) -> None:
    """Count a view of a dataset's page, unless it is a robot's."""
    if not by_a_person(headers):
        return
    asides.count(VIEWS, str(dataset_id), at=at)


ADD = """
INSERT INTO oversight_daily (day, dataset_id, door, views, downloads, calls, rows, apps)
SELECT %(day)s, d.id, %(door)s, v.views, 0, 0, 0, 0
FROM unnest(%(datasets)s::bigint[], %(views)s::bigint[]) AS v(dataset, views)
JOIN catalog_dataset d ON d.id = v.dataset
ON CONFLICT (dataset_id, day, door) DO UPDATE SET views = oversight_daily.views + EXCLUDED.views
"""


def _add(day: date, counts: asides.Counts) -> int:
    """Add the views of a day; returns how many."""
    views = [int(count) for count in counts.values()]
    values: dict[str, Any] = {
        "day": day,
        "door": str(Door.PORTAL),
        "datasets": [int(one) for one in counts],
        "views": views,
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD, values)
    return sum(views)


VIEWS = asides.Kind(COUNTED, BATCHES, _add)


def drain(*, at: datetime) -> int:
    """Add the views that wait to the counts; returns how many. Safe to repeat and to kill."""
    return asides.drain(VIEWS, at=at)
