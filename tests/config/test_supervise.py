import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import supervise
from tests import services

SLEEP = (sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()")


def until(true, seconds=10.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_children_log_apart_and_end_with_the_block(tmp_path):
    with supervise.crew(tmp_path) as crew:
        crew.start(supervise.Child("one", SLEEP))
        crew.start(supervise.Child("two", SLEEP))
        pids = [process.pid for _child, process in crew.running]
        until(lambda: crew.log("two").read_text() == "up\n")
        crew.check()

    assert not [pid for pid in pids if lives(pid)]


def test_a_child_that_ends_by_itself_is_named_with_its_log(tmp_path):
    with supervise.crew(tmp_path) as crew:
        crew.start(supervise.Child("brief", (sys.executable, "-c", "print('no'); exit(3)")))

        with pytest.raises(supervise.ChildEnded, match=r"“brief” ended by itself \(3\)") as ended:
            crew.wait()

    assert str(tmp_path / "brief.log") in str(ended.value)


def test_what_a_child_started_ends_with_it(tmp_path):
    parent = (
        "import subprocess, sys, signal\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "print(child.pid, flush=True)\n"
        "signal.pause()\n"
    )
    with supervise.crew(tmp_path) as crew:
        crew.start(supervise.Child("family", (sys.executable, "-c", parent)))
        until(lambda: crew.log("family").read_text().strip())
        grandchild = int(crew.log("family").read_text())

    until(lambda: not lives(grandchild))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_children_die_with_a_launcher_that_is_ended_or_killed(tmp_path, number):
    script = (
        "import pathlib, sys\n"
        "from config import supervise\n"
        "with supervise.crew(pathlib.Path(sys.argv[1])) as crew:\n"
        "    crew.start(supervise.Child('one', ('sleep', '60')))\n"
        "    print(crew.running[0][1].pid, flush=True)\n"
        "    crew.wait()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=services.ROOT,
    ) as launcher:
        child = int(launcher.stdout.readline())
        os.kill(launcher.pid, number)
        launcher.wait(timeout=10)

    until(lambda: not lives(child))


def test_a_busy_port_is_refused_with_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(supervise.PortBusy, match=f"--port {port + 1}"):
            supervise.require_port(port)

    supervise.require_port(port)
