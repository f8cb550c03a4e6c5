"""Searching a large catalogue: 200 fixed questions, each answered with a page and all facets."""

import statistics
import time
from collections.abc import Callable
from urllib.parse import parse_qs

from django.db import connection

from bench import catalogue, stage
from bench.city import the_city
from bench.stage import Line
from catalog import search
from catalog.search import Filters
from config import embedded

QUESTIONS = stage.ROOT / "bench" / "questions.txt"
CEILING_MS = 150
# What one would do without a search table: every word anywhere in title or abstract.
PEER_TEXT = "(title_zh || ' ' || abstract_zh)"
PEER = """
SELECT owner_id, count(*) FROM catalog_dataset WHERE state = 'published' AND {where}
GROUP BY owner_id
"""


def questions() -> list[tuple[str, Filters]]:
    """Return the fixed questions: words and filters, as an address has them."""
    asked = []
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            params = {name: values[0] for name, values in parse_qs(line).items()}
            asked.append((params.get("q", ""), Filters.parse(params)))
    return asked


def measure(found: embedded.Services) -> list[Line]:
    """Measure each question in turn with its peer, after one round to warm up."""
    indexing = catalogue.build(the_city(found))
    asked = questions()
    _trigrams(found)
    ours: list[float] = []
    peers: list[float] = []
    for turn in range(stage.ROUNDS + 1):
        for q, filters in asked:
            spent = _timed(lambda q=q, f=filters: search.find(q, filters=f, facets=True))
            if turn:
                ours.append(spent)
            if turn == 1 and q:
                peers.append(_timed(lambda q=q: _peer(q)))
    p50, p99 = statistics.median(ours), sorted(ours)[int(len(ours) * 0.99)]
    peer = statistics.median(peers)
    name = f"search of {catalogue.ENTRIES:,} entries"
    return [
        Line(f"{name}, p99", p99, "ms", "facets with counts", CEILING_MS, lower_is_better=True),
        Line(f"{name}, median", p50, "ms", ""),
        Line("search, median", peer / p50, "x rate", "trigram ILIKE, one count"),
        Line("search, peer's median", peer, "ms", ""),
        Line("indexing an entry", indexing, "ms", ""),
    ]


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def _trigrams(found: embedded.Services) -> None:
    with stage.psql(found, stage.CITY, "CREATE EXTENSION IF NOT EXISTS pg_trgm") as ended:
        ended.wait()
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE INDEX bench_trigrams ON catalog_dataset USING gin ({PEER_TEXT} gin_trgm_ops)"
        )
        cursor.execute("ANALYZE catalog_dataset")


def _peer(q: str) -> list[tuple[int, int]]:
    words = q.split()
    where = " AND ".join([f"{PEER_TEXT} ILIKE %s"] * len(words))
    with connection.cursor() as cursor:
        cursor.execute(PEER.format(where=where), [f"%{word}%" for word in words])
        return cursor.fetchall()
