"""`python -m demo`: what it starts, what it leaves, and what it says where it cannot go on."""

import json
import os
import re
import select
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import services

SECONDS = 240
ROWS = "4400"
PATIENCE = 30  # seconds
SERVERS = ("postgres", "valkey")
OURS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEY", services.RUN, "FILE_ROOTS")


def environment(var: Path, **more: str) -> dict[str, str]:
    """Return an environment as of somebody who has set nothing."""
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    return clean | {"VAR_DIR": str(var)} | more


def command(port: int, *words: str) -> list[str]:
    return [sys.executable, "-m", "demo", "--rows", ROWS, "--port", str(port), *words]


def run(var: Path, port: int, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(port, *words),
        cwd=services.ROOT,
        env=environment(var, **more),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read(port: int, name: str) -> str:
    """Return what the running demo says at an address that is known of every site."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/.well-known/{name}") as answer:
        return answer.read().decode()


def left(var: Path) -> dict[int, str]:
    """Return the processes that were started for this folder, by id, with their commands."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"VAR_DIR={var}".encode() in (process / "environ").read_bytes().split(b"\0"):
                command_line = (process / "cmdline").read_text().replace("\0", " ")
                found[int(process.name)] = command_line
        except OSError:
            continue  # it ended meanwhile, or is another user's
    return found


def remaining(var: Path, *, but: tuple[str, ...] = ()) -> list[str]:
    """Give processes half a minute to end; return the commands of those that did not."""
    for pid, command_line in left(var).items():
        if any(word in command_line for word in but):
            continue
        try:
            ended = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ready, _, _ = select.select([ended], [], [], PATIENCE)
        os.close(ended)
        if not ready:
            return list(left(var).values())
    return [one for one in left(var).values() if not any(word in one for word in but)]


def wait_for(text: str, output: Iterator[str]) -> str:
    said = ""
    for line in output:
        said += line
        if text in line:
            return said
    raise AssertionError(f"It ended without “{text}”:\n{said}")


@pytest.mark.slow
def test_from_the_first_start_to_the_last_nothing_is_lost_and_nothing_is_left(tmp_path, port):
    a_first_start_builds_syncs_calls_and_ends(tmp_path, port)
    for number in (signal.SIGTERM, signal.SIGINT):
        a_second_start_finds_its_data_and_ends_by_a_signal(tmp_path, port, number)
        assert remaining(tmp_path) == []
    a_second_start_finds_its_data_and_ends_by_a_signal(tmp_path, port, signal.SIGKILL)
    assert remaining(tmp_path, but=SERVERS) == []  # the next start takes the servers over
    assert run(tmp_path, port, "--once").returncode == 0
    assert remaining(tmp_path) == []


def a_first_start_builds_syncs_calls_and_ends(var, port):
    ended = run(var, port, "--once")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"business-registrations +PostgreSQL, by cursor +2,400 +2,343", ended.stdout)
    statuses = " ".join(re.findall(r"^   (\d{3})  ", ended.stdout, re.MULTILINE))
    assert statuses == "200 200 200 403 200 200 202 200 200 201"
    assert re.search(r"query .* [1-9]\d* rows", ended.stdout)
    assert re.search(r"verify .* match, mismatch$", ended.stdout, re.MULTILINE)
    assert re.search(r"bulk .* a file of [1-9]\d+ rows, [1-9][\d,]+ bytes", ended.stdout)
    assert "first line: _id,uscc,company_name" in ended.stdout
    assert "code: field-masked" in ended.stdout
    assert "reason: masked-grade" in ended.stdout
    kept = var / "demo.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len({one["role"] for one in json.loads(kept.read_text())["sign_ins"]}) == 9
    assert remaining(var) == []


def _ignoring_interrupts() -> None:
    """As a shell does with what it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def a_second_start_finds_its_data_and_ends_by_a_signal(var, port, number):
    with subprocess.Popen(
        command(port),
        cwd=services.ROOT,
        env=environment(var),
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_ignoring_interrupts,  # noqa: PLW1509 - no thread runs here
    ) as process:
        assert process.stdout is not None
        said = wait_for("The site stays up", process.stdout)
        assert "rows read" not in said  # nothing was synced again
        assert "record 1: " in said  # nor written down a second time
        assert "Contact: mailto:security@example.invalid\n" in read(port, "security.txt")

        process.send_signal(number)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()  # or leaving the block would wait for it without end
            raise


def test_a_busy_port_is_named_with_what_to_do(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = run(tmp_path, taken.getsockname()[1])

    assert ended.returncode == 1
    assert "make demo ARGS=" in ended.stdout
    assert not (tmp_path / "postgres").exists()


def test_one_server_without_the_other_is_refused(tmp_path, port):
    ended = run(tmp_path, port, DATABASE_URL="postgresql://nobody@/nothing")

    assert ended.returncode == 1
    assert "Set both" in ended.stdout
