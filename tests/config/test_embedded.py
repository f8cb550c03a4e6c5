import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from config import embedded
from tests import services


@pytest.mark.django_db
def test_tests_run_on_a_database_of_their_own_as_its_owner():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        user, name = cursor.fetchone()

    assert user == "city_owner"
    assert name == services.database()


def test_a_live_database_keeps_commits_and_is_found_by_children(live_database):
    ContentType.objects.create(app_label="x", model="y")

    with psycopg.connect(live_database) as other:
        seen = other.execute("SELECT count(*) FROM django_content_type WHERE app_label = 'x'")
        assert seen.fetchone() == (1,)
    child = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.DATABASE_URL)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=services.ROOT,
    )
    assert child.stdout.strip() == live_database


@pytest.mark.django_db
def test_after_a_live_database_the_ordinary_one_is_back():
    assert not ContentType.objects.filter(app_label="x").exists()
    assert connection.settings_dict["NAME"] == services.database()


def keep(found: embedded.Services, word: str) -> None:
    with psycopg.connect(found.database_url()) as database:
        database.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
        database.execute("INSERT INTO kept VALUES (%s)", [word])
    with redis.from_url(found.redis_url(3)) as valkey:
        valkey.set("kept", word)


def kept(found: embedded.Services) -> tuple[list[str], bytes | None]:
    with psycopg.connect(found.database_url()) as database:
        words = [word for (word,) in database.execute("SELECT word FROM kept")]
    with redis.from_url(found.redis_url(3)) as valkey:
        return words, valkey.get("kept")


def test_a_second_start_finds_its_data_and_a_stop_leaves_no_process(tmp_path):
    with embedded.services(tmp_path) as found:
        keep(found, "first")
        postmaster = pid_of(tmp_path)

    assert embedded.running(tmp_path) is None
    assert not lives(postmaster)
    with embedded.services(tmp_path) as found:
        assert kept(found) == (["first"], b"first")


def test_the_owner_of_the_database_is_no_superuser_and_there_is_no_port(tmp_path):
    with (
        embedded.services(tmp_path, durable=False) as found,
        psycopg.connect(found.database_url()) as database,
    ):
        rights = database.execute(
            "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
        listens = database.execute("SHOW listen_addresses").fetchone()
        version = database.info.server_version

    assert rights == ("city_owner", False, True, True)
    assert listens == ("",)
    assert version >= 170000


def test_a_deep_folder_with_strange_letters_gets_short_sockets(tmp_path):
    deep = tmp_path / "城市 50%'s" / ("d" * 60) / ("e" * 60)

    with embedded.services(deep, durable=False) as found:
        keep(found, "deep")

        assert len(os.fsencode(found.postgres)) < 80
        assert embedded.running(deep) == found
    assert not Path(found.postgres).exists()


def test_sockets_lie_in_a_folder_closed_to_others(tmp_path):
    with embedded.services(tmp_path, durable=False) as found:
        assert Path(found.postgres).stat().st_mode & 0o077 == 0
        Path(found.postgres).chmod(0o755)

        assert embedded.running(tmp_path) is None

        Path(found.postgres).chmod(0o700)


def test_two_may_not_have_the_same_services_and_the_second_is_told_what_to_do(tmp_path):
    with (
        embedded.services(tmp_path, durable=False),
        pytest.raises(embedded.ServicesProblem, match="Stop it"),
        embedded.services(tmp_path),
    ):
        pass


def test_users_beside_each_other_share_services_until_the_last_one_leaves(tmp_path):
    with embedded.shared(tmp_path, durable=False, keep=False) as first:
        with embedded.shared(tmp_path, durable=False, keep=False) as second:
            assert first == second
        assert embedded.running(tmp_path) == first
    assert embedded.running(tmp_path) is None


def test_after_a_kill_the_pid_of_a_stranger_is_not_taken_for_the_server(tmp_path):
    with embedded.services(tmp_path) as found:
        keep(found, "before")
        killed = pid_of(tmp_path)
        os.kill(killed, signal.SIGKILL)
        until_gone(killed)
    (tmp_path / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}\n")

    with embedded.services(tmp_path) as found:
        assert kept(found) == (["before"], b"before")


def test_servers_of_a_killed_launcher_are_taken_over(tmp_path):
    script = (
        "import os, signal, sys, pathlib\n"
        "from config import embedded\n"
        "with embedded.services(pathlib.Path(sys.argv[1])):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=services.ROOT, check=False)
    left = embedded.running(tmp_path)

    with embedded.services(tmp_path) as found:
        assert found == left
    assert embedded.running(tmp_path) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_without_namespaces_runs_postgresql_as_nobody(tmp_path_factory, monkeypatch):
    base = tmp_path_factory.mktemp("open")
    monkeypatch.setattr(embedded, "_as_ordinary_user", lambda: embedded._AsUser(uid=65534))
    for folder in (base, *base.parents[:-2]):
        folder.chmod(folder.stat().st_mode | 0o011)

    with embedded.services(base, durable=False) as found:
        keep(found, "nobody")
        owner = Path(f"/proc/{pid_of(base)}").stat().st_uid

    assert owner == embedded.NOBODY


@pytest.mark.skipif(os.geteuid() != 0, reason="not root: all of this ran as an ordinary user")
def test_an_ordinary_user_below_a_closed_folder_can_start(tmp_path):
    user = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if subprocess.run([*user, "true"], check=False).returncode:
        pytest.skip("user namespaces are closed here")
    tmp_path.chmod(0o700)
    script = (
        "import os, pathlib, sys\n"
        "from config import embedded\n"
        "with embedded.services(pathlib.Path(sys.argv[1])):\n"
        "    print(os.geteuid())\n"
    )

    ended = subprocess.run(
        [*user, sys.executable, "-c", script, str(tmp_path / "var")],
        capture_output=True,
        text=True,
        check=True,
        cwd=services.ROOT,
    )

    assert ended.stdout == "1000\n"


def pid_of(base: Path) -> int:
    return int((base / "postgres" / "postmaster.pid").read_text().split()[0])


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}/cwd").exists()


def until_gone(pid: int) -> None:
    until = time.monotonic() + 10
    while lives(pid):
        assert time.monotonic() < until
        time.sleep(0.01)
