"""The folder of public files at real commits: what a verb closes is gone when it returns."""

import pytest

from exchange import file_verbs, opening, public_folder
from tests.factories import exchange


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")
    settings.PUBLIC_FILE_STORE = str(tmp_path / "public")


def test_what_is_withdrawn_or_closed_is_gone_when_the_verb_returns(live_database):
    where = exchange.house()
    one = exchange.with_file(where, data=b"a\n1\n")
    two = exchange.with_file(where, columns=exchange.KEYED, data=b"a\n2\n")
    before = len(public_folder.digests())

    opening.withdraw(one.pk, by=where.operator, at=exchange.NOW, reason="x")
    between = len(public_folder.digests())
    file = two.resources.get(kind="file")
    file_verbs.close_file(file.pk, by=where.head, at=exchange.NOW, reason="x")

    assert (before, between) == (2, 1)
    assert public_folder.digests() == frozenset()
