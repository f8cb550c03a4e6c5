"""Databases for tests: clones of a template that is migrated once for each state of the code."""

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from psycopg import sql

from config import embedded
from tests import services

# what shapes the template beside the migrations themselves
SHAPING = (
    "*/migrations/*.py",
    "*/management/commands/*.py",
    "*/**/*.sql",
    "exchange/database_roles.py",
    "exchange/members_rights.py",
    "exchange/sender_rights.py",
    "exchange/records/place_function.py",
    "exchange/records/shape_function.py",
    "policy/places.py",
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
        _copy_rights(source, name)
    return services.found().database_url(name=name)


@contextlib.contextmanager
def committing(blocker: Any, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """Switch to a new database in which commits are real, until the end; yields its URL.

    `blocker` is pytest-django's, `patch` what undoes the switch.
    """
    name = f"{services.database()}_live_{next(_live)}"
    url = clone(name)
    patch.setenv("DATABASE_URL", url)
    patch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
    patch.setattr(settings, "DATABASE_URL", url)
    patch.setitem(connections.settings["default"], "NAME", name)
    own = connections["default"]  # which may hold the transaction of a module
    with blocker.unblock():
        connections["default"] = connections.create_connection("default")
        try:
            yield url
        finally:
            connections.close_all()
            connections["default"] = own
    drop(name)


@contextlib.contextmanager
def held(blocker: Any) -> Iterator[None]:
    """Keep a transaction open until the end, then forget it; `blocker` is pytest-django's.

    For fixtures of a wider scope than a test: what they make in here is there for each test, which
    has a savepoint of its own in it and leaves no trace for the next.
    """
    whole = transaction.atomic()
    whole._from_testcase = True  # as each test's own: what is durable may stand in it
    with blocker.unblock():
        assert not connection.in_atomic_block, "two fixtures hold a transaction of wider scope"
        whole.__enter__()
    try:
        yield
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            whole.__exit__(None, None, None)


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """Undo what is written inside: each example of a property begins where the first one did.

    Where the work grows with what is there, hundreds of examples on top of each other take
    minutes.
    """
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


_live = count(1)


def drop(name: str) -> None:
    """Drop database `name` with whoever is still in it."""
    _ask("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _template() -> str:
    name = f"template_{_fingerprint()}"
    if name not in _templates():
        for old in _templates():
            drop(old)
        building = f"{name}_building"
        _ask("CREATE DATABASE {} OWNER {}", building, embedded.OWNER)
        _manage("migrate", services.found().database_url(name=building), "--verbosity=0")
        _manage("provision", services.found().database_url(name=building))
        _ask("ALTER DATABASE {} RENAME TO {}", building, name)
    return name


def _templates() -> list[str]:
    with _administrator() as connection:
        found = connection.execute(
            r"SELECT datname FROM pg_database WHERE datname LIKE 'template\_%'"
        )
        return [name for (name,) in found]


def _copy_rights(source: str, name: str) -> None:
    """Give a clone the rights and settings on the database itself, which CREATE leaves behind."""
    with _administrator() as connection:
        connection.execute(
            "UPDATE pg_database AS made SET datacl = source.datacl FROM pg_database AS source"
            " WHERE source.datname = %s AND made.datname = %s",
            [source, name],
        )
        connection.execute(
            "INSERT INTO pg_db_role_setting SELECT made.oid, setrole, setconfig"
            " FROM pg_db_role_setting JOIN pg_database AS source ON source.oid = setdatabase,"
            " pg_database AS made WHERE source.datname = %s AND made.datname = %s",
            [source, name],
        )


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for pattern in SHAPING:
        top, _slash, rest = pattern.partition("/")
        # room by room: below var/ files come and go while other tests run
        for room in sorted(services.ROOT.glob(top)):
            if room.is_dir() and not room.name.startswith((".", "var", "tests")):
                for path in sorted(room.glob(rest)):
                    digest.update(f"{path}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _manage(command: str, url: str, *words: str) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", command, "--skip-checks", *words],
        cwd=services.ROOT,
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"manage.py {command} failed:\n{ended.stdout}{ended.stderr}")


@contextlib.contextmanager
def as_open_door() -> Iterator[None]:
    """Ask the database as the role of the open door, within the transaction of a test."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE city_open")
        cursor.execute("SET LOCAL search_path = face, public")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute("SET LOCAL search_path = DEFAULT")


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
