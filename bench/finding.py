"""The portal's pages over many entries: whole pages without the network. Of a search, the slips
and questions in words among them; and of datasets, one of them with a million rows."""

import re
import statistics
import time
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import catalogue, pages, stage
from bench.city import the_city
from bench.stage import Line
from catalog.models import Dataset
from catalog.terms import State
from config import embedded

ENTRIES, ROUNDS, DATASETS = 20_000, 3, 20
CEILING_MS, MOST_QUERIES = 80, 12
ASKED = (
    *("公車站點", "停车厂", "gongjiao", "tcc", "公園", "哪里有公交站点", "怎么查询医院的地址"),
    *("空气质亮", "tingchechan", "捷运 公车", "entry 77", "学校 医院 公园 道路", "麒麟 公交"),
)
OTHERWISE = ({"sort": "title"}, {"sort": "refreshed"}, {"page": "40"}, {"q": "公交", "page": "9"})
BESIDE = re.compile(r"SAVEPOINT|RELEASE|BEGIN|COMMIT|SET LOCAL enable_seqscan")
"""Statements that ask nothing."""


def measure(found: embedded.Services) -> list[Line]:
    """Measure the pages for each address in turn, after one round to warm up."""
    whole = pages.open_stage(found)
    catalogue.build(the_city(found), ENTRIES)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client(headers={"host": "localhost", "accept-language": "zh-CN"})
    opened = [f"/datasets/{slug}" for slug in _published()]
    opened += [f"/datasets/{whole.dataset.slug}"] * DATASETS
    return [*_of("search", client, _addresses()), *_of("dataset", client, opened)]


def _published() -> list[str]:
    """Return published entries of the whole catalogue: a case before may leave some waiting."""
    entries = Dataset.objects.filter(pk__gt=catalogue.FIRST, state=State.PUBLISHED).order_by("pk")
    slugs = list(entries.values_list("slug", flat=True))
    return slugs[:: len(slugs) // DATASETS]


def _of(kind: str, client: Client, addresses: list[str]) -> list[Line]:
    """Measure pages of a kind: p95, median, the most queries that one asks."""
    times: list[float] = []
    for turn in range(ROUNDS + 1):
        spent = [_timed(client, address) for address in addresses]
        times += spent if turn else []
    p95 = sorted(times)[int(len(times) * 0.95)]
    queries = max(_queries(client, address) for address in addresses)
    name = f"{kind} page, {ENTRIES:,} entries"
    return [
        Line(f"{name}, p95", p95, "ms", "", CEILING_MS, lower_is_better=True),
        Line(f"{name}, median", statistics.median(times), "ms", ""),
        Line(f"{kind} page, queries at most", queries, "", "", MOST_QUERIES, lower_is_better=True),
    ]


def _addresses() -> list[str]:
    fixed = (stage.ROOT / "bench" / "questions.txt").read_text(encoding="utf-8").splitlines()
    queries = [line for line in fixed if line and not line.startswith("#")]
    queries += [urlencode({"q": one}) for one in ASKED]
    queries += [urlencode(one) for one in OTHERWISE]
    return ["/datasets", *(f"/datasets?{query}" for query in queries)]


def _timed(client: Client, address: str) -> float:
    start = time.perf_counter()
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")
    return (time.perf_counter() - start) * 1000


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return sum(not BESIDE.match(one["sql"]) for one in asked.captured_queries)
