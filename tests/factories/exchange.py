"""Sources, bindings and published datasets for tests, built through the verbs."""

import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from accounts.models import Organization, User
from accounts.roles import OrganizationKind, Role
from catalog import field_sets, publishing, resources
from catalog.describing import GivenGrade
from catalog.drafting import NewField
from catalog.models import Dataset, Field, Resource
from config import embedded
from exchange import opening, sources
from exchange.models import Binding, Grant, SourceKind, SyncMode
from exchange.sharing import grants
from policy.facts import Mask
from policy.terms import DataType, Grade, OpenType, ShareType
from tests import services
from tests.factories import accounts

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
FILE = "指标,数值\n人口,3\n".encode()
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Column:
    """A field as a test wants it: its catalogue side, its grade, its column in the source."""

    name: str
    data_type: DataType = DataType.TEXT
    source: str | int | None = None
    grade: Grade | None = Grade.L1
    open_type: OpenType = OpenType.UNCONDITIONAL
    mask: Mask | None = None
    share_type: ShareType = ShareType.UNCONDITIONAL
    more: tuple[tuple[str, Any], ...] = ()

    def new(self) -> NewField:
        """The catalogue's field."""
        return NewField(
            name=self.name,
            label_zh=self.name,
            label_en=self.name,
            data_type=self.data_type,
            **dict(self.more),
        )


def column(name: str, data_type: DataType = DataType.TEXT, **over: Any) -> Column:
    """Describe a column; names that Column does not have go to the catalogue's field."""
    names = ("source", "grade", "open_type", "mask", "share_type")
    own = {k: over.pop(k) for k in names if k in over}
    return Column(name, data_type, more=tuple(over.items()), **own)


KEYED = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("price", DataType.DECIMAL),
)


@dataclass(frozen=True, slots=True)
class House:
    """A department with the people a dataset's way needs."""

    department: Organization
    publisher: User
    head: User
    operator: User
    system: User


def house() -> House:
    """Make a department, its people, and the authority's."""
    department = accounts.organization()
    authority = accounts.organization(OrganizationKind.AUTHORITY)
    return House(
        department,
        accounts.user(Role.PUBLISHER, department),
        accounts.user(Role.HEAD, department),
        accounts.user(Role.OPERATOR, authority),
        accounts.user(Role.SYSTEM_ADMIN, authority),
    )


def grant(
    where: House, dataset: Dataset, to: Organization, fields: Iterable[Field], **over: Any
) -> Grant:
    """Have the operator give a company what is open under conditions, for a long time."""
    facts = {
        "purpose": "synthetic",
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2099, 1, 1),
        "by": where.operator,
        "at": now(),
    }
    return grants.grant(dataset.pk, to=to, fields=[one.pk for one in fields], **facts | over)


def table(where: House, columns: Sequence[Column] = KEYED, **metadata: Any) -> Resource:
    """Make a draft dataset with one graded table."""
    number = next(_numbers)
    dataset = publishing.create_dataset(
        f"set-{number}",
        owner=where.department,
        by=where.publisher,
        at=NOW,
        **{"title_zh": f"数据集{number}", "title_en": f"Set {number}"} | COMPLETE | metadata,
    )
    resource = publishing.add_table(
        dataset.pk, fields=[one.new() for one in columns], by=where.publisher, at=NOW
    )
    fields = resource.fields.order_by("position")
    given = {
        field.pk: GivenGrade(
            grade=one.grade,
            share_type=one.share_type,
            open_type=one.open_type,
            mask=one.mask,
            reason="test",
        )
        for field, one in zip(fields, columns, strict=True)
        if one.grade is not None
    }
    if given:
        field_sets.grade_fields(dataset.pk, given, by=where.publisher, at=NOW)
    return resource


COMPLETE = {
    "abstract_zh": "测试用的合成数据。",
    "abstract_en": "Synthetic data for tests.",
    "update_cycle": Dataset.UpdateCycle.DAILY,
    "contact": "0000-00000000",
    "license": "CC-BY-4.0",
    "format_type": "postgresql",
}


def publish(where: House, resource: Resource) -> Dataset:
    """Take a draft through signature and review to publication."""
    pk = resource.dataset_id
    publishing.sign(pk, by=where.head, at=NOW, checklist=dict.fromkeys(publishing.CHECKLIST, True))
    publishing.submit(pk, by=where.publisher, at=NOW)
    opening.publish(pk, by=where.operator, at=NOW)
    return Dataset.objects.get(pk=pk)


def with_file(
    where: House,
    *,
    columns: Sequence[Column] = (),
    name: str = "年鉴.csv",
    data: bytes = FILE,
    is_public: bool = True,
) -> Dataset:
    """Publish an entry with a file, and a table where there are columns."""
    by: dict[str, Any] = {"by": where.publisher, "at": NOW}
    if columns:
        made = table(where, columns).dataset
    else:
        about = {"title_zh": "年鉴", "title_en": "Yearbook", "owner": where.department}
        made = publishing.create_dataset("yearbook", **about, **by, **COMPLETE)
    titles = {"title_zh": "摘要", "title_en": "In brief"}
    stream = io.BytesIO(data)
    file = resources.add_file(
        made.pk, name=name, stream=stream, is_public=is_public, **titles, **by
    )
    return publish(where, file)


def bound(resource: Resource, columns: Sequence[Column]) -> dict[int, str | int]:
    """Map each field's id to its source column, by default of the same name."""
    fields = Field.objects.filter(resource=resource).order_by("position")
    return {
        field.pk: one.name if one.source is None else one.source
        for field, one in zip(fields, columns, strict=True)
    }


def intake() -> Path:
    """Return the folder from which tests may read files."""
    folder = Path(settings.FILE_ROOTS[0])
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def csv_file(
    data: bytes | str, *, suffix: str = ".csv", encoding: str = "utf-8", owner: str = ""
) -> Path:
    """Write a file below the intake folder: into an owner's own folder, by slug, or for all."""
    raw = data.encode(encoding) if isinstance(data, str) else data
    folder = intake() / owner
    folder.mkdir(exist_ok=True)
    path = folder / f"t{services.database()}_{next(_numbers)}{suffix}"
    path.write_bytes(gzip.compress(raw) if suffix.endswith(".gz") else raw)
    return path


def csv_binding(
    where: House,
    data: bytes | str,
    columns: Sequence[Column] = KEYED,
    *,
    resource: Resource | None = None,
    given: Mapping[str, Any] | None = None,
    suffix: str = ".csv",
    **over: Any,
) -> Binding:
    """Bind a table to a file with this content: CSV, or a workbook by its suffix."""
    resource = resource or table(where, columns)
    excel = suffix in {".xlsx", ".xls"}
    source = sources.create(
        where.department,
        name=f"files {next(_numbers)}",
        kind=SourceKind.EXCEL if excel else SourceKind.CSV,
        by=where.publisher,
        at=NOW,
    )
    path = csv_file(data, suffix=suffix)
    return sources.bind(
        resource.pk,
        source=source,
        object={"path": str(path), **(given or {})},
        columns=bound(resource, columns),
        by=where.publisher,
        at=NOW,
        **over,
    )


def source_database() -> str:
    """Make an empty database that plays a department's, and return its URL as the owner."""
    name = f"{services.database()}_source_{next(_numbers)}"
    with psycopg.connect(
        services.found().database_url(embedded.SUPERUSER, "postgres"), autocommit=True
    ) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" OWNER city_owner STRATEGY file_copy')
    return services.found().database_url(name=name)


def drop_database(url: str) -> None:
    """Drop a source database."""
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    with psycopg.connect(
        services.found().database_url(embedded.SUPERUSER, "postgres"), autocommit=True
    ) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def database_binding(
    where: House,
    url: str,
    columns: Sequence[Column] = KEYED,
    *,
    table_name: str = "things",
    resource: Resource | None = None,
    **over: Any,
) -> Binding:
    """Bind a table to one in a source database that the system administrator has allowed."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    sources.allow_host(parts["host"], 5432, by=where.system, at=NOW)
    resource = resource or table(where, columns)
    source = sources.create(
        where.department,
        name=f"database {next(_numbers)}",
        kind=SourceKind.POSTGRESQL,
        settings={
            "host": parts["host"],
            "port": 5432,
            "database": parts["dbname"],
            "user": parts["user"],
        },
        password="not asked for on a private socket",
        by=where.publisher,
        at=NOW,
    )
    return sources.bind(
        resource.pk,
        source=source,
        object={"schema": "public", "table": table_name},
        columns=bound(resource, columns),
        mode=over.pop("mode", SyncMode.FULL),
        by=where.publisher,
        at=NOW,
        **over,
    )


def now() -> datetime:
    """The present, for what expires."""
    return datetime.now(tz=UTC)
