"""Databases for tests, cloned in a moment from one that is migrated once for each set of migrations."""

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
from psycopg import sql

from config import embedded
from tests import services

# what shapes the template beside the migrations themselves
SHAPING = (
    "*/migrations/*.py",
    "*/management/commands/*.py",
    "*/**/*.sql",
    "catalog/bases.py",
    "accounts/roles.py",
    "config/embedded.py",
    "requirements/base.txt",
)


def clone(name: str) -> str:
    """Create database `name` with all tables and rights, and return its URL."""
    with _alone():
        source = _template()
        drop(name)
        _ask(
            "CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy",
            name,
            embedded.OWNER,
            source,
        )
        url = services.found().database_url(name=name)
        _manage("provision", url)  # rights on a database are not copied with it
    return url


def drop(name: str) -> None:
    """Drop database `name` with whoever is still in it."""
    _ask("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _template() -> str:
    name = f"template_{_fingerprint()}"
    if not _exists(name):
        building = f"{name}_building"
        drop(building)
        _ask("CREATE DATABASE {} OWNER {}", building, embedded.OWNER)
        _manage("migrate", services.found().database_url(name=building), "--verbosity=0")
        _ask("ALTER DATABASE {} RENAME TO {}", building, name)
    return name


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for pattern in SHAPING:
        for path in sorted(services.ROOT.glob(pattern)):
            if not path.relative_to(services.ROOT).parts[0].startswith((".", "var", "tests")):
                digest.update(f"{path}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _manage(command: str, url: str, *words: str) -> None:
    if command == "provision" and not list(
        services.ROOT.glob("*/management/commands/provision.py")
    ):
        return
    ended = subprocess.run(
        [sys.executable, "manage.py", command, *words],
        cwd=services.ROOT,
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"manage.py {command} failed:\n{ended.stdout}{ended.stderr}")


def _exists(name: str) -> bool:
    with _administrator() as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return found.fetchone() is not None


def _ask(statement: str, *names: str) -> None:
    with _administrator() as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextlib.contextmanager
def _administrator() -> Iterator[psycopg.Connection]:
    url = services.found().database_url(embedded.SUPERUSER, "postgres")
    with contextlib.closing(psycopg.connect(url, autocommit=True)) as connection:
        yield connection


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One at a time: roles belong to the cluster, and a template may have no visitor."""
    with (services.BASE / "databases.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
