"""A backup brings a city back whole, with a trail that proves itself."""

import os
from contextlib import closing

import psycopg
import pytest

from audit.tasks import link_chain
from config import backup
from exchange.sync import engine
from tests import databases, services
from tests.factories import exchange

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


@pytest.mark.slow
def test_a_restored_city_has_all_of_the_old_and_its_trail_is_whole(live_database, empty, tmp_path):
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,price\n1,a,1.5\n2,b,2.5\n")
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
    with pytest.raises(backup.BackupProblem, match="empty one only"):
        backup.load(empty, file)


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
