"""What tests of the exchange share: a department's own database."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.factories import exchange


@pytest.fixture(scope="session")
def _source_url(django_db_setup) -> Iterator[str]:
    url = exchange.source_database()
    yield url
    exchange.drop_database(url)


@pytest.fixture
def source(_source_url: str) -> Iterator[Callable[..., str]]:
    """Run SQL in the department's database, emptied before each test; returns its URL."""

    def ask(*statements: str) -> str:
        return _told(_source_url, *statements)

    emptied(_source_url)
    return ask


def emptied(url: str) -> str:
    """Empty the department's database at `url`."""
    return _told(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


def _told(url: str, *statements: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
    return url
