"""Reading: pages a second, depth, a whole CSV, a kept decision; each against its peer."""

import base64
import contextlib
import http.client
import os
import random
import re
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator

from django.utils import timezone

from bench import stage
from bench.city import the_city
from bench.stage import Line
from config import embedded
from exchange import access
from exchange.access import Caller
from exchange.records import cursors, store
from exchange.records.cursors import Position
from exchange.records.query import RecordQuery
from exchange.sync import engine
from policy.terms import Mode

PORT, PEER_PORT = 18431, 18432
WORKERS = 2
THREADS = 8
"""Of a worker, as docker-compose.yml serves: one answer's wait for the disk is another's turn."""
CALLERS = WORKERS * THREADS
"""Who call at once: as many as are answered at once."""
SECONDS = 10
PLACES = 2000
WRK = """
local paths, keys = {}, {}
for line in io.lines(os.getenv("BENCH_PATHS")) do paths[#paths + 1] = line end
for line in io.lines(os.getenv("BENCH_KEYS")) do keys[#keys + 1] = line end
math.randomseed(os.time())
request = function()
  local headers = {}
  if #keys > 0 then headers["X-API-Key"] = keys[math.random(#keys)] end
  return wrk.format("GET", paths[math.random(#paths)], headers)
end
"""


class Open:
    """One dataset of a million rows with one masked column, served beside its peer."""

    def __init__(self, found: embedded.Services) -> None:
        """Sync the dataset and issue keys."""
        city = the_city(found)
        self.found = found
        binding = city.dataset(masked=("phone",))
        engine.sync(binding.pk)
        self.dataset = binding.resource.dataset
        self.table = store.live(binding.resource_id, "open")
        self.fields = {f.pk: f.name for f in binding.resource.fields.all()}
        self.keys = city.keys(50)
        self.path = f"/api/v1/datasets/{self.dataset.slug}/records"

    def at(self, row: int) -> str:
        """Return the address of the page after a row, with its sealed cursor."""
        bound = f"{self.dataset.pk}:{RecordQuery().digest()}"
        token = cursors.sealed(Position((row,), self.table.seq), bound_to=bound)
        return f"{self.path}?cursor={token}"

    def peer_at(self, row: int) -> str:
        """Return the peer's address of the page after a row."""
        cursor = base64.b64encode(f"p={row}".encode()).decode()
        return f"/things?{urllib.parse.urlencode({'cursor': cursor})}"

    @contextlib.contextmanager
    def served(self) -> Iterator[dict[str, int]]:
        """Serve the API and the peer; yields their processes' numbers."""
        columns = ",".join(
            f"{self.fields[c['field']]}:{c['type']}:{c['column']}" for c in self.table.columns
        )
        table = {"BENCH_COLUMNS": columns, "BENCH_TABLE": f"open.{self.table.table_name}"}
        open_url = self.found.database_url("city_open", stage.CITY)
        shared = {"DATABASE_POOL": "0", "DATABASE_URL": open_url, "DOORS": "open"}
        shared["KEPT_PAGES_MB"] = "0"  # each page is made: what is kept has a case of its own
        with (
            granian("config.wsgi:application", PORT, shared) as ours,
            granian("bench.peer:application", PEER_PORT, shared | table) as peer,
        ):
            wait(PORT, "/healthz")
            wait(PEER_PORT, "/things")
            yield {"ours": ours.pid, "peer": peer.pid}


@contextlib.contextmanager
def granian(target: str, port: int, env: dict[str, str]) -> Iterator[subprocess.Popen]:
    """Serve a WSGI application by granian, as every server of the bench is."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
            *("--workers", str(WORKERS), "--blocking-threads", str(THREADS)),
            *("--host", "127.0.0.1", "--port", str(port), "--log-level", "error", target),
        ],
        cwd=stage.ROOT,
        env=os.environ | env,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait(port: int, path: str) -> None:
    """Wait until a server answers. Raises TimeoutError after a minute."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5)
            return
        time.sleep(0.1)
    raise TimeoutError(f"{port}{path}")


_open: list[Open] = []


def open_stage(found: embedded.Services) -> Open:
    """Return the dataset, synced once for all cases of a run."""
    if not _open:
        _open.append(Open(found))
    return _open[0]


def pages(found: embedded.Services) -> list[Line]:
    """Measure pages a second at random places, in turn with the peer."""
    here = open_stage(found)
    places = [random.randrange(stage.ROWS - 200) for _place in range(PLACES)]
    ours, peers = [], []
    with here.served():
        for _round in range(stage.ROUNDS):
            ours.append(rate(PORT, [here.at(place) for place in places], here.keys))
            peers.append(rate(PEER_PORT, [here.peer_at(place) for place in places], []))
    print(f"pages a second: ours {ours}, peer {peers}")
    ratio = stage.median(ours) / stage.median(peers)
    return [
        Line("page of 100 rows of a million", ratio, "x rate", "plain DRF ListAPIView", 4.0),
        Line("page, ours", stage.median(ours), "pages/s", ""),
        Line("page, peer", stage.median(peers), "pages/s", ""),
    ]


def rate(port: int, paths: list[str], keys: list[str], *, seconds: int = SECONDS) -> float:
    """Return the calls a second that a port answers, at random paths with random keys.

    Raises RuntimeError where one answer was a refusal.
    """
    names = {}
    for name, lines in (("PATHS", paths), ("KEYS", keys), ("LUA", [WRK])):
        file = stage.BASE / f"wrk.{name.lower()}"
        file.write_text("\n".join(lines) + "\n" if lines else "")
        names[f"BENCH_{name}"] = str(file)
    ended = subprocess.run(
        [
            *("wrk", "-t1", f"-c{CALLERS}", f"-d{seconds}s", "-s", names["BENCH_LUA"]),
            f"http://127.0.0.1:{port}",
        ],
        env=os.environ | names,
        capture_output=True,
        text=True,
        check=True,
    )
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", ended.stdout)
    if refused:
        raise RuntimeError(f"{refused[1]} answers of port {port} were refusals")
    found = re.search(r"Requests/sec:\s+([\d.]+)", ended.stdout)
    if not found:
        raise RuntimeError(ended.stdout)
    return float(found[1])


def depth(found: embedded.Services) -> list[Line]:
    """Measure single calls to the first page and to row 900,000, one after the other."""
    here = open_stage(found)
    deep = here.at(stage.ROWS * 9 // 10)
    times: dict[str, list[float]] = {here.path: [], deep: []}
    with here.served():
        client = http.client.HTTPConnection("127.0.0.1", PORT)
        for number in range(1000 + 50):
            for path, kept in times.items():
                start = time.perf_counter()
                client.request("GET", path, headers={"X-API-Key": here.keys[number % 50]})
                answer = client.getresponse()
                answer.read()
                if number >= 50:
                    kept.append(time.perf_counter() - start)
                if answer.status != 200:
                    raise RuntimeError(answer.status)
        client.close()
    first, last = (sorted(kept) for kept in times.values())
    p99 = [kept[int(len(kept) * 0.99)] for kept in (first, last)]
    return [
        Line(
            "median at row 900,000",
            stage.median(last) / stage.median(first),
            "x time",
            "first page",
            1.2,
            lower_is_better=True,
        ),
        Line(
            "p99 at row 900,000",
            p99[1] / p99[0],
            "x time",
            "first page",
            1.5,
            lower_is_better=True,
        ),
        Line("median of the first page", stage.median(first) * 1000, "ms", ""),
    ]


def csv(found: embedded.Services) -> list[Line]:
    """Measure a whole CSV over HTTP in turn with psql's \\copy of the same columns."""
    here = open_stage(found)
    columns = ", ".join(
        f'"{c["column"]}" AS "{here.fields[c["field"]]}"' for c in here.table.columns
    )
    copy = (
        f"\\copy (SELECT {columns} FROM open.{here.table.table_name})"
        " TO '/dev/null' (FORMAT csv, HEADER)"
    )
    ours, peers = [], []
    with here.served() as served:
        before = _memory(served["ours"])
        for _round in range(stage.ROUNDS):
            start = time.perf_counter()
            size = _download(f"{here.path}.csv", here.keys[0])
            ours.append(time.perf_counter() - start)
            start = time.perf_counter()
            assert stage.psql(found, stage.CITY, copy).wait() == 0
            peers.append(time.perf_counter() - start)
        grown = _memory(served["ours"]) - before
    print(f"CSV of {size} bytes: ours {ours}, psql {peers}")
    return [
        Line(
            "CSV of a million rows",
            stage.median(peers) / stage.median(ours),
            "x rate",
            "psql \\copy to /dev/null",
            0.8,
        ),
        Line("memory grown by three downloads", grown, "MB", "", 50, lower_is_better=True),
    ]


def _download(path: str, key: str) -> int:
    """Return how many bytes a download brings. What arrives is counted and dropped, as psql does
    with what it writes to /dev/null: the measure is of the servers, not of a client in Python."""
    asked = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {key}\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", PORT), timeout=300) as server:
        server.sendall(f"{asked}\r\n".encode())
        room = bytearray(1 << 20)
        size, first, last = 0, b"", b""
        while got := server.recv_into(room):
            first = first or bytes(room[:12])
            last = (last + bytes(room[max(0, got - 5) : got]))[-5:]
            size += got
    if first != b"HTTP/1.1 200" or last != b"0\r\n\r\n":
        raise RuntimeError(f"the download began with {first!r} and ended with {last!r}")
    return size


def _memory(parent: int) -> float:
    """Return the highest resident size among a server and its workers, in MB."""
    children = subprocess.run(
        ["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False
    ).stdout.split()
    return max(stage.peak_memory(int(pid)) for pid in (parent, *children))


def kept_decision(found: embedded.Services) -> list[Line]:
    """Measure a decision that is kept: what a warm request pays for the law."""
    here = open_stage(found)
    head = access.head(here.dataset.slug)
    caller, today = Caller(), timezone.localdate()
    times = []
    for _call in range(2000):
        start = time.perf_counter()
        access.visible(head, caller, today=today, mode=Mode.QUERY)
        times.append((time.perf_counter() - start) * 1000)
    return [
        Line("decision, kept", stage.median(times), "ms", "", 0.15, lower_is_better=True),
    ]
