"""Reading a PostgreSQL source: bytes from COPY to COPY, in one read-only snapshot.

Columns whose type at the source fits the declared one travel in PostgreSQL's binary form, cast at
the source; otherwise all travel as text and are held to the declared form here.
"""

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db.models import Q
from psycopg import sql

from accounts.wording import said as _
from exchange import vault
from exchange.connectors.peeks import Peek, Seen
from exchange.models import AllowedHost, Binding, Source
from exchange.problems import (
    ColumnVanished,
    DatabaseUnknown,
    HostNotAllowed,
    HostUnknown,
    NothingReadable,
    PasswordRefused,
    PortClosed,
    SourceProblem,
    SourceRefused,
    SourceUnavailable,
    TlsRefused,
)
from exchange.records import store
from exchange.records.columns import Column
from exchange.records.statements import comma
from policy.terms import DataType

CONNECT_SECONDS = 5
PEEK_MS = 30_000  # a look may not keep a department's database busy for longer
SPREAD_FROM = 4  # a table so many times larger than the sample is sampled over its length
HASHES_FROM = 140000  # hash_record_extended came with PostgreSQL 14
JOIN_BYTES = 1 << 18
PASSWORD = "source.password"  # noqa: S105 - the purpose a secret is sealed for, not a secret

TLS = {"": "prefer", "require": "require", "verify": "verify-full"}
"""What a source's setting `tls` asks for, in libpq's words."""

WHOLE = ("smallint", "integer", "bigint")
FITTING: dict[str, tuple[str, ...]] = {
    DataType.TEXT: ("text", "character varying", "character", "uuid", "name", *WHOLE),
    DataType.INTEGER: WHOLE,
    DataType.DECIMAL: ("numeric", *WHOLE),
    DataType.DOUBLE: ("double precision", "real"),
    DataType.DATE: ("date",),
    DataType.DATETIME: ("timestamp with time zone", "timestamp without time zone"),
    DataType.BOOLEAN: ("boolean",),
}


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A bound column: ours, its name at the source and its type there, without its modifier."""

    column: Column
    name: str
    source_type: str

    @property
    def fits(self) -> bool:
        """Whether its values can travel in binary form."""
        return self.source_type in FITTING[self.column.data_type]

    def typed(self, time_zone: str) -> sql.Composed:
        """Return the value as our type, cast at the source."""
        value: sql.Composable = sql.Identifier(self.name)
        if self.source_type == "timestamp without time zone":
            value = sql.SQL("({} AT TIME ZONE {})").format(value, sql.Literal(time_zone))
        return sql.SQL("{}::{}").format(value, self.column.sql_type)

    def text(self) -> sql.Composed:
        """Return the value as text."""
        return sql.SQL("{}::text").format(sql.Identifier(self.name))


COLUMNS = """
SELECT CASE WHEN c.relkind IN ('r', 'm') THEN greatest(c.reltuples, 0) ELSE 0 END,
       a.attname, format_type(a.atttypid, NULL), coalesce(col_description(c.oid, a.attnum), ''),
       coalesce(a.attnum = ANY(i.indkey), false), a.attnotnull,
       CASE WHEN a.atttypid IN (1042, 1043) AND a.atttypmod > 4 THEN a.atttypmod - 4 END,
       CASE WHEN a.atttypid = 1700 AND a.atttypmod > 4 THEN (a.atttypmod - 4) & 2047 END
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
TABLES = """
SELECT n.nspname, c.relname, c.relkind IN ('v', 'm'), greatest(c.reltuples, 0)::bigint,
       coalesce(obj_description(c.oid, 'pg_class'), '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema' AND NOT c.relispartition
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY n.nspname, c.relname LIMIT 2000
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view of a source. `estimated` rows are what the database last counted."""

    schema: str
    name: str
    is_view: bool
    estimated: int
    comment: str


@contextmanager
def connected(source: Source) -> Iterator[psycopg.Connection]:
    """Open a read-only snapshot of the source.

    Raises HostNotAllowed, SourceUnavailable or SourceRefused.
    """
    connection = _connect(source)
    try:
        with connection, connection.transaction():
            connection.execute(
                sql.SQL("SELECT set_config('TimeZone', {}, true)").format(
                    sql.Literal(source.time_zone)
                )
            )
            yield connection
    except psycopg.OperationalError as failure:
        raise SourceUnavailable(
            _(
                "The source “%(name)s” broke off while it was read: %(why)s. What is published"
                " stays as it was; the sync can simply be run again."
            )
            % {"name": source.name, "why": _first_line(failure)}
        ) from failure
    except psycopg.errors.InsufficientPrivilege as failure:
        raise SourceRefused(
            _(
                "The source “%(name)s” does not let its user read this table: %(why)s. Ask its"
                " owner to grant SELECT on it."
            )
            % {"name": source.name, "why": _first_line(failure)}
        ) from failure
    except psycopg.Error as failure:
        if isinstance(failure.diag.sqlstate, str) and not connection.broken:
            raise SourceProblem(
                _(
                    "The source “%(name)s” could not be read: %(why)s. What is published stays"
                    " as it was."
                )
                % {"name": source.name, "why": _first_line(failure)}
            ) from failure
        raise


def _connect(source: Source) -> psycopg.Connection:
    settings = source.settings
    host, port = settings.get("host", ""), int(settings.get("port", 5432))
    _check_host(source, host, port)
    secret = vault.unseal(source.secret, purpose=PASSWORD).decode() if source.secret else None
    try:
        connection = psycopg.connect(
            host=host,
            port=port,
            dbname=settings.get("database", ""),
            user=settings.get("user", ""),
            password=secret,
            connect_timeout=CONNECT_SECONDS,
            application_name="city data exchange",
            sslmode=TLS[settings.get("tls", "")],
            client_encoding="UTF8",  # the bytes go on as they come, into a UTF-8 database
            options="-c default_transaction_read_only=on",
        )
    except psycopg.OperationalError as failure:
        raise _not_connected(source, failure) from failure
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return connection


def _check_host(source: Source, host: str, port: int) -> None:
    """Refuse a host that is not on the list, or on it for others only. Raises HostNotAllowed."""
    allowed = AllowedHost.objects.filter(host=host, port=port)
    if allowed.filter(Q(organization=None) | Q(organization=source.organization_id)).exists():
        return
    words = {"host": host, "port": port, "name": source.name, "organization": source.organization}
    if allowed.exists():
        raise HostNotAllowed(
            _(
                "“%(host)s:%(port)s” may be read for another department only. Correct the host of"
                " “%(name)s”, or ask the system administrator to allow it for “%(organization)s”."
            )
            % words
        )
    raise HostNotAllowed(
        _(
            "“%(host)s:%(port)s” is not on the list of hosts that may be read. Ask the system"
            " administrator to allow it."
        )
        % words
    )


def _not_connected(source: Source, failure: psycopg.OperationalError) -> SourceProblem:
    """Name the link that broke: name, port, encryption, sign-in, database."""
    host, port = source.settings.get("host", ""), int(source.settings.get("port", 5432))
    words = {"name": source.name, "host": host, "port": port, "why": _first_line(failure)}
    broken = _unreachable(host, port) or _refused(words["why"])
    if broken is not None:
        problem, sentence = broken
        return problem(sentence % words)
    return SourceUnavailable(
        _(
            "The source “%(name)s” does not answer: %(why)s. What is published stays as it was;"
            " check that the database runs and can be reached, then run the sync again."
        )
        % words
    )


Broken = tuple[type[SourceProblem], str]


def _unreachable(host: str, port: int) -> Broken | None:
    if host.startswith("/"):
        return None  # a socket's directory
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return HostUnknown, _(
            "No address is known for the host “%(host)s” of the source “%(name)s”. What is"
            " published stays as it was; check how the name is written, or ask who keeps the names"
            " of the network."
        )
    try:
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
    except OSError:
        return PortClosed, _(
            "Nothing answers at “%(host)s”, port %(port)s, for the source “%(name)s”. What is"
            " published stays as it was; check that the database runs, its port, and the firewall"
            " between."
        )
    return None


def _refused(why: str) -> Broken | None:
    """Tell by the server's words (English or Chinese): a refused sign-in brings no code."""
    if "SSL" in why or "certificate" in why:
        return TlsRefused, _(
            "No encrypted connection to “%(host)s” came about for the source “%(name)s”: %(why)s."
            " Ask the owner of the database to switch TLS on, or do not ask for it."
        )
    if re.search(r"database .* does not exist|数据库.*不存在|permission denied for database", why):
        return DatabaseUnknown, _(
            "The server of the source “%(name)s” has no such database for this user: %(why)s."
            " Check the name of the database."
        )
    if re.search("password|authentication|pg_hba|role |认证|密码|口令|角色", why):
        return PasswordRefused, _(
            "The source “%(name)s” answered but refused the sign-in: %(why)s. Check user and"
            " password, and that the database lets this server in."
        )
    return None


def _first_line(failure: BaseException) -> str:
    return (str(failure).strip().splitlines() or [type(failure).__name__])[0]


def relation(binding: Binding) -> sql.Composed:
    """Return the bound table at the source, quoted."""
    return store.relation(binding.object.get("schema") or "public", binding.object["table"])


def described(connection: psycopg.Connection, binding: Binding) -> dict[str, str]:
    """Return the columns of the bound table with their types, without modifiers."""
    found = connection.execute(
        "SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute a"
        " JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped"
        " ORDER BY a.attnum",
        [binding.object.get("schema") or "public", binding.object["table"]],
    ).fetchall()
    return dict(found)


def bound(
    connection: psycopg.Connection, binding: Binding, columns: Sequence[Column]
) -> list[SourceColumn]:
    """Match our columns with the source's. Raises ColumnVanished naming every missing one."""
    types = described(connection, binding)
    names = {column: str(binding.columns[str(column.field)]) for column in columns}
    wanted = [*names.values(), *([binding.cursor_column] if binding.cursor_column else [])]
    missing = sorted({name for name in wanted if name not in types})
    if missing:
        raise ColumnVanished(
            _(
                "The table “%(table)s” has no column %(missing)s any more. What is published"
                " stays as it was; bind the field to another column or end the field."
            )
            % {
                "table": binding.object["table"],
                "missing": ", ".join(f"“{name}”" for name in missing),
            }
        )
    return [SourceColumn(column, name, types[name]) for column, name in names.items()]


def select(
    binding: Binding, values: Sequence[sql.Composable], *, where: sql.Composable | None = None
) -> sql.Composed:
    """Return a SELECT of the values from the bound table."""
    query = sql.SQL("SELECT {} FROM {}").format(comma(values), relation(binding))
    return query + sql.SQL(" WHERE ") + where if where is not None else query


def since(
    connection: psycopg.Connection, binding: Binding, checkpoint: str
) -> tuple[sql.Composable | None, str]:
    """Return the condition for rows from the checkpoint on, and the checkpoint after this read.

    Rows at the checkpoint itself come again and turn out unchanged; rows without a cursor value
    come with every run, since nothing tells when they changed.
    """
    cursor = sql.Identifier(binding.cursor_column)
    newest = connection.execute(
        sql.SQL("SELECT max({})::text FROM {}").format(cursor, relation(binding))
    ).fetchone()
    after = (newest[0] if newest else None) or checkpoint
    if not checkpoint:
        return None, after
    kind = described(connection, binding)[binding.cursor_column]
    start = sql.SQL("{}::{}").format(sql.Literal(checkpoint), sql.SQL(kind))
    if binding.lag_seconds and kind.startswith("timestamp"):
        start += sql.SQL(" - make_interval(secs => {})").format(sql.Literal(binding.lag_seconds))
    return sql.SQL("({0} >= {1} OR {0} IS NULL)").format(cursor, start), after


def copy_out(
    connection: psycopg.Connection, query: sql.Composable, *, binary: bool
) -> Iterator[bytes]:
    """Yield the bytes of COPY … TO STDOUT in pieces of about a quarter of a megabyte.

    libpq hands over one row at a time; passing rows on one by one costs ten times as much.
    """
    form = sql.SQL("(FORMAT binary)") if binary else sql.SQL("(FORMAT text)")
    statement = sql.SQL("COPY ({}) TO STDOUT {}").format(query, form)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield from joined(copy)


def joined(pieces, size: int = JOIN_BYTES) -> Iterator[bytes]:
    """Join small pieces to chunks of at least `size` bytes (the last may be shorter)."""
    held: list[Any] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= size:
            yield b"".join(held)
            held, length = [], 0
    if held:
        yield b"".join(held)


def matching(bound_key: Sequence[SourceColumn], keys: Sequence[tuple[Any, ...]]) -> sql.Composed:
    """Return the condition that a row's key is one of `keys` (given as text)."""
    arrays = [
        sql.SQL("{}::text[]").format(sql.Literal([key[place] for key in keys]))
        for place in range(len(bound_key))
    ]
    wanted = [
        sql.SQL("k.k{}::{}").format(sql.SQL(str(place)), sql.SQL(part.source_type))
        for place, part in enumerate(bound_key)
    ]
    return sql.SQL("({}) IN (SELECT {} FROM unnest({}) AS k({}))").format(
        comma([sql.Identifier(part.name) for part in bound_key]),
        comma(wanted),
        comma(arrays),
        comma([sql.SQL(f"k{place}") for place in range(len(bound_key))]),
    )


def knows_hashes(connection: psycopg.Connection) -> bool:
    """Whether the source can compute the same row hashes as we do."""
    return connection.info.server_version >= HASHES_FROM


def peek(binding: Binding, *, rows: int) -> Peek:
    """Return the columns of the bound table and some of its rows as text. Raises SourceProblems.

    A large table is sampled over its whole length, a small one read from its beginning.
    """
    with connected(binding.source) as connection:
        connection.execute(
            sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(PEEK_MS))
        )
        columns, estimated = _seen(connection, binding)
        if not columns:
            raise ColumnVanished(
                _(
                    "There is no table “%(table)s” in the source “%(source)s”, or its user may not"
                    " see it. Choose another, or ask the owner of the database."
                )
                % {"table": binding.object["table"], "source": binding.source}
            )
        values = [sql.SQL("{}::text").format(sql.Identifier(one.name)) for one in columns]
        first = sql.SQL(" LIMIT {}").format(sql.Literal(rows))
        query = select(binding, values)
        found: list[tuple[str | None, ...]] = []
        if estimated > SPREAD_FROM * rows:
            spread = sql.SQL(" TABLESAMPLE SYSTEM ({})").format(
                sql.Literal(min(100.0, 150.0 * rows / estimated))
            )
            found = connection.execute(query + spread + first).fetchall()
        if len(found) * 2 < rows:  # whole pages are drawn, of a small table perhaps none
            found = connection.execute(query + first).fetchall()
        return Peek(columns, found, estimated)


def _seen(connection: psycopg.Connection, binding: Binding) -> tuple[tuple[Seen, ...], int]:
    """Return the columns as the source declares them, and how many rows it thinks it has."""
    found = connection.execute(
        COLUMNS, [binding.object.get("schema") or "public", binding.object["table"]]
    ).fetchall()
    estimated = max((row[0] for row in found), default=0)
    return tuple(Seen(*row[1:]) for row in found), int(estimated)


def probe(source: Source) -> None:
    """Go the whole way to a first row: sign in, and find a table that may be read.

    Raises the SourceProblem of the link that is broken.
    """
    if not tables(source):
        raise NothingReadable(
            _(
                "The sign-in to “%(name)s” works, but its user may read no table there. Ask the"
                " owner of the database to grant USAGE on the schema and SELECT on the tables."
            )
            % {"name": source.name}
        )


def tables(source: Source) -> list[Table]:
    """Return the tables and views that the source's user may read, by schema and name.

    Raises SourceProblems.
    """
    with connected(source) as connection:
        found = connection.execute(TABLES).fetchall()
    return [Table(*row) for row in found]
