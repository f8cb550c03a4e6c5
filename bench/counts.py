"""Figures of groups by API, and the bare statement that counts the same, in turn."""

import time

from django.db import connection
from django.test import Client

from bench import pages, stage
from bench.stage import Line
from config import embedded

ROUNDS = 7
ASKED = {"group": "district,kind", "measure": "count,sum:amount,avg:score", "limit": "1000"}


def measure(found: embedded.Services) -> list[Line]:
    """Measure figures of 120 groups of all rows: a call of the API, and the SQL alone."""
    here = pages.open_stage(found)
    client = Client(headers={"X-API-Key": here.keys[0], "Host": "127.0.0.1"})
    columns = {here.fields[one["field"]]: one["column"] for one in here.table.columns}
    by = f'"{columns["district"]}", "{columns["kind"]}"'
    bare = (
        f'SELECT {by}, count(*), sum("{columns["amount"]}"), avg("{columns["score"]}"::numeric)'
        f" FROM open.{here.table.table_name} GROUP BY {by}"
    )
    ours, peers = [], []
    for turn in range(ROUNDS + 1):
        spent, peer = _call(client, here.dataset.slug), _run(bare)
        if turn:
            ours.append(spent)
            peers.append(peer)
    ratio = stage.median(ours) / stage.median(peers)
    name = f"figures of 120 groups of {stage.ROWS:,} rows"
    return [
        Line(name, ratio, "x time", "the same GROUP BY alone", 1.6, lower_is_better=True),
        Line(f"{name}, by API", stage.median(ours), "ms", ""),
    ]


def _call(client: Client, slug: str) -> float:
    start = time.perf_counter()
    answer = client.get(f"/api/v1/datasets/{slug}/aggregate", ASKED)
    took = (time.perf_counter() - start) * 1000
    if answer.status_code != 200 or answer.json()["found"] != 120:
        raise RuntimeError(f"The figures were answered {answer.status_code}.")
    return took


def _run(statement: str) -> float:
    start = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.fetchall()
    return (time.perf_counter() - start) * 1000
