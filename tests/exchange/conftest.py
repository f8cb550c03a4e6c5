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
        with psycopg.connect(_source_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)
        return _source_url

    ask("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return ask
