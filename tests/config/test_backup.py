"""A backup brings a city back whole, with a trail that proves itself."""

import os
from contextlib import closing

import psycopg
import pytest

from audit.tasks import link_chain
from config import backup, embedded
from exchange.sync import engine
from policy.terms import DataType
from tests import databases, services
from tests.factories import exchange
from tests.factories.exchange import column

COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("route", coordinate="gcj02.wkt"),
)
ROWS = 'id,name,route\n1,a,"LINESTRING (114 22.5, 114.1 22.6)"\n2,b,none\n'
COUNTED = ("audit_entry", "audit_link", "catalog_dataset", "accounts_user")


@pytest.fixture
def empty():
    name = f"{services.database()}_restored"
    databases.drop(name)
    with databases._administrator() as connection:
        connection.execute(f'CREATE DATABASE "{name}" OWNER city_owner')
    yield services.found().database_url(name=name)
    databases.drop(name)


def counts(url):
    with closing(psycopg.connect(url)) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in COUNTED
        }


def rights(url):
    with closing(psycopg.connect(url)) as connection:
        return connection.execute(
            "SELECT relnamespace::regnamespace::text, relname, relowner::regrole::text,"
            " ARRAY(SELECT unnest(relacl)::text ORDER BY 1) FROM pg_class"
            " WHERE relnamespace::regnamespace::text IN ('shared', 'open', 'conditional', 'face')"
            " AND relkind IN ('r', 'v', 'p') ORDER BY 1, 2"
        ).fetchall()


def places(url):
    """Return the geometries of the open zone, and the indexes over those of the shared one."""
    with closing(psycopg.connect(url)) as connection:
        [(name,)] = connection.execute(
            "SELECT table_name FROM exchange_recordtable WHERE zone = 'open' AND live"
        ).fetchall()
        kept = f'SELECT _id, _shape::text, _box::text FROM open."{name}" ORDER BY 1'
        made = "SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%exchange_box%' ORDER BY 1"
        return connection.execute(kept).fetchall(), connection.execute(made).fetchall()


@pytest.mark.slow
def test_a_restored_city_has_all_of_the_old_and_its_trail_is_whole(live_database, empty, tmp_path):
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS, COLUMNS)
    exchange.publish(where, binding.resource)
    engine.sync(binding.pk)
    link_chain()
    file = tmp_path / "city.dump"

    backup.save(live_database, file)
    backup.load(empty, file)  # ends with verify_audit

    assert file.stat().st_mode & 0o077 == 0
    assert counts(empty) == counts(live_database)
    assert counts(empty)["audit_link"] > 0
    assert rights(empty) == rights(live_database)
    assert places(empty) == places(live_database)
    assert [len(found) for found in places(empty)] == [2, 1]
    with pytest.raises(backup.BackupProblem, match="empty one only"):
        backup.load(empty, file)


def test_commands_for_the_embedded_database_find_its_keys_by_themselves(monkeypatch):
    own = embedded.Services("/embedded/run", "/embedded/valkey.sock")
    asked = []
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setattr(embedded, "running", lambda _base: own)
    monkeypatch.setattr(backup, "_run", lambda _words, environment: asked.append(environment))

    backup._manage(own.database_url(), "migrate")
    backup._manage("postgresql://elsewhere/city", "migrate")

    assert [one["DATABASE_URL"] for one in asked] == ["", "postgresql://elsewhere/city"]


def test_what_stands_in_the_way_is_said(live_database, tmp_path, capsys):
    there = tmp_path / "there.dump"
    there.touch()

    ended = [
        backup.main(["save", str(there)]),
        backup.main(["load", str(tmp_path / "none.dump")]),
    ]
    with pytest.raises(SystemExit):
        backup.main(["load"])

    said = capsys.readouterr().err
    assert ended == [1, 1]
    for told in ("is there already", "There is no file", "say which file"):
        assert told in said
    assert list(tmp_path.iterdir()) == [there]
    assert os.environ["DATABASE_URL"] == live_database
