"""One embedded cluster for all tests of a checkout; a run has a number, a worker a database.

Runs in several windows share the cluster: each takes the lowest free number, so that their
databases are apart. The cluster stops with the last run, unless KEEP_TEST_SERVICES is set.
"""

import atexit
import base64
import contextlib
import fcntl
import os
from pathlib import Path

from config import embedded

ROOT = Path(__file__).resolve().parent.parent
BASE = ROOT / "var" / "test"
RUN = "CITY_TEST_RUN"  # set by the controller, inherited by its workers and their children
RUNS = 32
VALKEYS = 1024  # databases of the embedded Valkey

_held = contextlib.ExitStack()
atexit.register(_held.close)  # also where pytest does not come to its end


def join() -> None:
    """Have the services up and the environment say where this process's own part of them is."""
    if RUN not in os.environ:
        keep = os.environ.get("KEEP_TEST_SERVICES", "") not in {"", "0"}
        _held.enter_context(embedded.shared(BASE, durable=False, keep=keep))
        os.environ[RUN] = str(_take_number())
    found = embedded.running(BASE)
    if found is None:
        raise embedded.ServicesProblem("The test services are gone; start the tests again.")
    (BASE / "static").mkdir(exist_ok=True)  # whitenoise warns where it is missing
    os.environ |= {
        "DATABASE_URL": found.database_url(name=database()),
        "REDIS_URL": found.redis_url(_valkey_number()),
        "SECRET_KEY": "for tests alone",
        "FIELD_KEY": base64.b64encode(bytes(32)).decode(),
        "VAR_DIR": str(BASE),
        # of each worker its own: tests in another one close the same bytes
        "PUBLIC_FILE_STORE": str(BASE / "public_files" / database()),
        "SECOND_FACTOR": "off",  # what it asks for has its own tests
    }


def leave() -> None:
    """Give back what `join` took. For workers, which took nothing, this does nothing."""
    _held.close()


def found() -> embedded.Services:
    """Return where the services listen."""
    services = embedded.running(BASE)
    assert services is not None, "the test services are gone"
    return services


def database() -> str:
    """Return the name of this worker's database."""
    return f"test_city_{os.environ[RUN]}_{_worker()}"


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def _valkey_number() -> int:
    worker = _worker().removeprefix("gw")
    return int(os.environ[RUN]) * (VALKEYS // RUNS) + (int(worker) + 1 if worker.isdigit() else 0)


def _take_number() -> int:
    folder = BASE / "runs"
    folder.mkdir(exist_ok=True)
    for number in range(RUNS):
        held = contextlib.ExitStack()
        lock = held.enter_context((folder / str(number)).open("a"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
            continue
        _held.push(held)
        return number
    raise embedded.ServicesProblem(f"{RUNS} test runs are under way already.")
