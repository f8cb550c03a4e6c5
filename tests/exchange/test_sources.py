"""Sources changed, removed, tested: each broken link has its own sentence."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.utils import translation

from accounts.roles import NotAllowed, Role
from exchange import problems, sources
from exchange.models import Binding, Source, SourceKind
from exchange.sync import engine
from tests.factories import accounts, exchange

pytestmark = pytest.mark.django_db
NOW = exchange.NOW


def made(where, *, host, port=5432, **over) -> Source:
    sources.allow_host(host, port, by=where.system, at=NOW)
    return sources.create(
        where.department,
        name="registry",
        kind=SourceKind.POSTGRESQL,
        settings={"host": host, "port": port, "database": "registry", "user": "reader"} | over,
        by=where.publisher,
        at=NOW,
    )


@contextmanager
def answering(reply: bytes) -> Iterator[int]:
    """A server that answers whatever it is asked with these bytes; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    caller, _address = server.accept()
                except OSError:
                    return
                with caller:
                    asked = caller.recv(1024)
                    if asked[4:8] == bytes.fromhex("04d2162f"):  # asks for TLS
                        caller.sendall(b"N")
                        asked = caller.recv(1024)
                    if asked:
                        caller.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def refusal(sentence: str) -> bytes:
    """What PostgreSQL sends where it refuses a sign-in."""
    body = b"SFATAL\0C28P01\0M" + sentence.encode() + b"\0\0"
    return b"E" + (len(body) + 4).to_bytes(4, "big") + body


def tried(where, source) -> problems.SourceProblem | None:
    return sources.test(source.pk, by=where.publisher, at=NOW)


def test_a_host_that_is_not_allowed_is_not_dialled():
    where = exchange.house()
    source = made(where, host="db.example")
    source.settings["host"] = "other.example"
    source.save()

    problem = tried(where, source)

    assert problem.code == "host-not-allowed"
    assert "other.example:5432" in str(problem)


def test_a_host_of_another_department_is_not_dialled_and_says_whom_to_ask():
    where, other = exchange.house(), exchange.house()
    sources.allow_host("127.0.0.1", 1, organization=other.department, by=where.system, at=NOW)
    settings = {"host": "127.0.0.1", "port": 1, "database": "d", "user": "u"}
    theirs, ours = (
        sources.create(
            house.department,
            name="registry",
            kind=SourceKind.POSTGRESQL,
            settings=settings,
            by=house.publisher,
            at=NOW,
        )
        for house in (other, where)
    )

    with translation.override("en"):
        refused, dialled = tried(where, ours), tried(other, theirs)

    assert isinstance(refused, problems.HostNotAllowed)
    assert "another department only" in str(refused)
    assert where.department.name_en in str(refused)
    assert not isinstance(dialled, problems.HostNotAllowed)


def test_a_name_without_an_address_is_told_as_such(monkeypatch):
    where = exchange.house()

    problem = tried(where, made(where, host="db.invalid"))

    assert problem.code == "host-unknown"
    assert "db.invalid" in str(problem)


def test_a_closed_port_is_told_as_such():
    where = exchange.house()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    problem = tried(where, made(where, host="127.0.0.1", port=port))

    assert problem.code == "port-closed"
    assert str(port) in str(problem)


def test_a_server_without_tls_is_told_as_such():
    where = exchange.house()
    with answering(refusal("not reached")) as port:
        problem = tried(where, made(where, host="127.0.0.1", port=port, tls="require"))

    assert problem.code == "tls-refused"
    assert "SSL" in str(problem)


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ('password authentication failed for user "reader"', "password-refused"),
        ("用户 reader 密码认证失败", "password-refused"),
        ('database "registry" does not exist', "database-unknown"),
        ("数据库 registry 不存在", "database-unknown"),
    ],
)
def test_what_the_server_refuses_is_told_apart(sentence, code):
    where = exchange.house()
    with answering(refusal(sentence)) as port:
        problem = tried(where, made(where, host="127.0.0.1", port=port))

    assert problem.code == code
    assert sentence in str(problem)


def test_a_user_who_may_read_no_table_is_told_which_rights_are_wanting(source):
    where = exchange.house()
    url = source("CREATE TABLE things (id bigint)")
    parts = psycopg.conninfo.conninfo_to_dict(url)
    made_ = made(where, host=parts["host"], database=parts["dbname"], user="city_worker")

    problem = tried(where, made_)

    assert problem.code == "nothing-readable"
    assert "SELECT" in str(problem)


def test_a_source_that_answers_has_no_problem(source):
    where = exchange.house()
    parts = psycopg.conninfo.conninfo_to_dict(source("CREATE TABLE things (id bigint)"))
    made_ = made(where, host=parts["host"], database=parts["dbname"], user=parts["user"])

    assert tried(where, made_) is None


def test_a_changed_source_keeps_its_password_and_reads_another_database_from_the_beginning(source):
    where = exchange.house()
    url = source(
        "CREATE TABLE things (id bigint, name text, price numeric)",
        "INSERT INTO things VALUES (1, 'a', 1)",
    )
    binding = exchange.database_binding(where, url, mode="cursor", cursor_column="id")
    engine.sync(binding.pk)
    before = Source.objects.get(pk=binding.source_id)

    sources.update(
        before.pk,
        name="renamed",
        settings=before.settings | {"port": 5433},
        by=where.publisher,
        at=NOW,
    )

    after = Source.objects.get(pk=before.pk)
    assert (after.name, after.settings["port"]) == ("renamed", 5433)
    assert bytes(after.secret) == bytes(before.secret)
    assert Binding.objects.get().checkpoint == ""


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {"path": "x"}},
        {"settings": {"tls": "perhaps"}},
        {"time_zone": "Asia/Nowhere"},
        {"name": "second"},
    ],
)
def test_a_change_that_cannot_work_is_refused_and_nothing_of_it_is_kept(change):
    where = exchange.house()
    source = made(where, host="db.example")
    sources.create(
        where.department, name="second", kind=SourceKind.CSV, by=where.publisher, at=NOW
    )

    with pytest.raises(sources.SourceUnfit):
        sources.update(source.pk, password="new", by=where.publisher, at=NOW, **change)

    kept = Source.objects.get(pk=source.pk)
    assert (kept.name, kept.settings, kept.secret) == ("registry", source.settings, None)


def test_a_source_of_files_may_name_its_folder_but_not_another_departments(settings, tmp_path):
    settings.FILE_ROOTS = [str(tmp_path)]
    where, other = exchange.house(), accounts.organization()
    kept = sources.create(
        where.department,
        name="files",
        kind=SourceKind.CSV,
        settings={"folder": str(tmp_path / "common")},
        by=where.publisher,
        at=NOW,
    )

    with pytest.raises(problems.PathNotAllowed, match=other.slug):
        sources.update(
            kept.pk, settings={"folder": str(tmp_path / other.slug)}, by=where.publisher, at=NOW
        )

    assert Source.objects.get().settings == {"folder": str(tmp_path / "common")}


def test_only_a_source_that_feeds_nothing_is_removed():
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,price\n")
    idle = made(where, host="db.example")

    sources.remove(idle.pk, by=where.publisher, at=NOW)
    with pytest.raises(problems.SourceInUse, match=str(binding.resource)):
        sources.remove(binding.source_id, by=where.publisher, at=NOW)

    assert [one.pk for one in Source.objects.all()] == [binding.source_id]


@pytest.mark.parametrize("verb", [sources.update, sources.remove, sources.test])
def test_another_departments_source_is_out_of_reach(verb):
    where = exchange.house()
    source = made(where, host="db.example")

    with pytest.raises(NotAllowed):
        verb(source.pk, by=accounts.user(Role.PUBLISHER), at=NOW)

    assert Source.objects.filter(pk=source.pk).exists()
