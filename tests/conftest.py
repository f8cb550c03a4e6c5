"""What all tests stand on: services, databases, and what a test may not do."""

import copy
import gc
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import redis
from django.conf import settings
from django.db import connection, connections
from django.urls import get_resolver
from whitenoise.middleware import WhiteNoiseMiddleware

from api import pages
from exchange import access
from exchange.records import reading
from exchange.sharing import entering
from portal import catalogue
from tests import databases, services
from tests.factories import sharing

TESTS = Path(__file__).parent
CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
SHARED_DATA = Path(os.environ.get("SHARED_DATA") or services.ROOT.parent / "shared" / "data")

# a desk looks for new cases by chance; what is to land is judged by the same many each time, so
# that a case nobody has met yet is found at a desk and mended there
hypothesis.settings.register_profile("fast", max_examples=60, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=300, deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if CI else "fast")


def pytest_unconfigure() -> None:
    services.leave()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what is slow, module by module: a long test that is left for the end is waited
    for by all workers but one."""
    slow = {_together(item.path) for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: _together(item.path) not in slow)


def _together(path: Path) -> Path:
    """Return what shares a fixture with a test: its module, or the package that it is in."""
    return path.parent if (path.parent / "__init__.py").exists() else path


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of each later look for garbage, and look seldom: pages and
    queries leave little that lives on."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_runtest_setup(item: pytest.Item) -> None:
    marker = item.get_closest_marker("django_db")
    fixtures = set(getattr(item, "fixturenames", ()))
    if _is_pure(item.path) and (marker or fixtures & {"db", "live_database"}):
        pytest.fail("policy is pure: its tests get no database.", pytrace=False)
    if marker and connection.settings_dict["NAME"] != services.database():
        pytest.fail(
            f"A fixture of a wider scope has left the connection at"
            f" {connection.settings_dict['NAME']}, where others' commits are.",
            pytrace=False,
        )
    if "transactional_db" in fixtures or (marker and marker.kwargs.get("transaction")):
        pytest.fail(
            "The audit tables refuse the flush that transaction=True ends with. Use the fixture"
            " live_database: a database of the test's own.",
            pytrace=False,
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """With CI=true everything that a test needs is there: a skip for want of it is a failure."""
    report: pytest.TestReport = yield
    if CI and report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if reason.startswith("needs:"):
            report.outcome = "failed"
            report.longrepr = f"A test was skipped although CI is set: {reason}"
    return report


@pytest.fixture(scope="session")
def django_db_setup() -> Iterator[None]:
    """Give this worker its database."""
    databases.clone(services.database())
    yield
    connections.close_all()
    databases.drop(services.database())


@pytest.fixture(scope="session", autouse=True)
def _addresses_of_all_doors() -> None:
    """Read the addresses while all doors stand open: they are read once, and tests shut some."""
    assert get_resolver().url_patterns


@pytest.fixture(scope="session", autouse=True)
def _static_files_found_once() -> Iterator[None]:
    """Look for static files once: the middleware of each test's client would look anew."""
    found = {}
    look = WhiteNoiseMiddleware.add_files_from_finders

    def once(middleware: WhiteNoiseMiddleware) -> None:
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files |= found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", once)
        yield


@pytest.fixture(scope="module")
def module_database(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[pytest.FixtureRequest]:
    """Keep what fixtures of module scope make, for all tests of the module; yields the blocker.

    For a city that many tests look at: made once, in `with module_database.unblock()`. What a test
    changes is undone at its end. Hand copies of rows to the tests (`copy.deepcopy`): a row in
    Python remembers what it was told.
    """
    with databases.held(django_db_blocker):
        yield django_db_blocker


@pytest.fixture(scope="module")
def _bare(module_database: pytest.FixtureRequest) -> sharing.Two:
    with module_database.unblock():
        return sharing.two(rows=False)


@pytest.fixture
def two(db: None, _bare: sharing.Two) -> sharing.Two:
    """Two departments, one with a dataset that the other may ask for: built once for a module."""
    return copy.deepcopy(_bare)


@pytest.fixture(scope="module")
def _filled(module_database: pytest.FixtureRequest) -> sharing.Two:
    with module_database.unblock():
        return sharing.two()


@pytest.fixture
def two_with_rows(db: None, _filled: sharing.Two) -> sharing.Two:
    """The same, and the dataset has rows."""
    return copy.deepcopy(_filled)


@pytest.fixture
def live_database(
    django_db_blocker: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Switch to a new database in which commits are real, and give its URL.

    For what needs several connections, threads or processes: children find it in DATABASE_URL.
    Not together with the mark `django_db`.
    """
    with databases.committing(django_db_blocker, monkeypatch) as url:
        forget()
        yield url


def forget() -> None:
    """Forget what this process keeps of a database: the numbers of a copy begin where those of
    another one did."""
    for kept in (
        access._looks,
        access._decisions,
        reading._foreseen,
        entering._kept,
        entering._foreseen,
        pages._ahead,
        catalogue._kept,
    ):
        kept.clear()


@pytest.fixture(autouse=True)
def _fresh_valkey(request: pytest.FixtureRequest) -> None:
    """Start each test that may keep something in Valkey with an empty one.

    So with what the process keeps, where a test begins from what others began from and changed.
    """
    if not _is_pure(request.path):
        with redis.from_url(settings.REDIS_URL) as client:
            client.flushdb()
    if "module_database" in request.fixturenames:
        forget()


@pytest.fixture(autouse=True)
def _no_network_for_policy(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if _is_pure(request.path):

        def refused(*_args: object) -> None:
            raise AssertionError("policy is pure: it may not open a connection.")

        monkeypatch.setattr(socket.socket, "connect", refused)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder with real input; skip where it is not there."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the shared data folder {SHARED_DATA} is not there")
    return SHARED_DATA


def _is_pure(path: Path) -> bool:
    return path.is_relative_to(TESTS / "policy")
