"""The platform's processes as children of one: started in order, logged apart, ended together."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class PortBusy(Exception):
    """Another process listens on the port; the sentence says what to do."""


class ChildEnded(Exception):
    """A child that should go on ended; the sentence names its log."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process to run: its name (of the log too), its command, what its environment adds."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def web(*, port: int = 8000, host: str = "127.0.0.1", workers: int = 1) -> tuple[str, ...]:
    """Return the command of the web server."""
    return (
        _program("granian"),
        *("--interface", "wsgi", "--no-ws", "--host", host, "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", "8"),
        "config.wsgi:application",
    )


def worker(queue: str, *, concurrency: int = 2) -> tuple[str, ...]:
    """Return the command of the Celery worker of a queue: "city" (syncs), "brief" or "hooks"."""
    return (
        *(_program("celery"), "-A", "config", "worker", "--loglevel", "INFO"),
        *("--queues", queue, "--hostname", f"{queue}@%h"),
        *("--concurrency", str(concurrency), "--without-gossip", "--without-mingle"),
    )


def beat() -> tuple[str, ...]:
    """Return the command of the scheduler; there may be one only."""
    return (_program("celery"), "-A", "config", "beat", "--loglevel", "INFO", "--pidfile=")


def require_port(port: int, host: str = "127.0.0.1") -> None:
    """Raise PortBusy where somebody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            raise PortBusy(
                f"Port {port} on {host} is taken by another process. End it, or choose another"
                f' port: make demo ARGS="--port {port + 1}".'
            ) from taken


class Crew:
    """Children that run together. Make it with `crew`."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.running: list[tuple[Child, subprocess.Popen[bytes]]] = []

    def start(self, child: Child) -> None:
        """Start a child; what it prints goes to its own log. It dies when this process dies."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with self.log(child.name).open("ab") as log:
            process = subprocess.Popen(
                child.command,
                cwd=ROOT,
                env=os.environ | dict(child.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for this process, which ends them in order
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, no lock taken
            )
        self.running.append((child, process))

    def log(self, name: str) -> Path:
        """Return where the child of that name logs."""
        return self.logs / f"{name}.log"

    def check(self) -> None:
        """Raise ChildEnded where one of the children is gone."""
        for child, process in self.running:
            if process.poll() is not None:
                raise ChildEnded(
                    f"The process “{child.name}” ended by itself ({process.returncode}). The end"
                    f" of {self.log(child.name)} says why."
                )

    def wait(self) -> None:
        """Wait until a signal comes. Raises ChildEnded where one of the children goes first."""
        while True:
            self.check()
            time.sleep(0.5)

    def stop(self) -> None:
        """Tell all to end, the last started first; who does not go in time is killed with its own.

        All at once: a worker takes seconds to say good-bye, and none waits for another.
        """
        for _child, process in reversed(self.running):
            process.terminate()
        for _child, process in reversed(self.running):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=STOP_SECONDS)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.running.clear()


@contextlib.contextmanager
def crew(logs: Path) -> Iterator[Crew]:
    """Give a crew and end it with the block, also where SIGTERM or SIGHUP ends the process."""
    made = Crew(logs)
    with _signals_end_the_block():
        try:
            yield made
        finally:
            made.stop()


@contextlib.contextmanager
def _signals_end_the_block() -> Iterator[None]:
    ending = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, _leave) for number in ending}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _program(name: str) -> str:
    return str(Path(sys.executable).parent / name)
