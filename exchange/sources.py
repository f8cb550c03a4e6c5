"""Sources and bindings: what departments connect, and the guard at the intake."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import organizations
from accounts.models import Organization, User
from accounts.roles import require
from audit import chain
from catalog.models import Resource
from exchange import intake, vault
from exchange.connectors import database, files
from exchange.models import FILE_KINDS, AllowedHost, Binding, Source, SourceKind, SyncMode
from exchange.problems import Problem, SourceInUse, SourceProblem
from exchange.sync import engine

SHOWN = {
    SourceKind.POSTGRESQL: frozenset({"host", "port", "database", "user", "tls"}),
    SourceKind.CSV: frozenset({"folder"}),
    SourceKind.EXCEL: frozenset({"folder"}),
}


PROBES: Mapping[SourceKind, Callable[[Source], object]] = {
    SourceKind.POSTGRESQL: database.probe,
    SourceKind.CSV: intake.probe,
    SourceKind.EXCEL: intake.probe,
}


class SourceUnfit(Problem):
    """A source or binding that cannot work as described."""

    code = "source-unfit"
    status = 400


@transaction.atomic
def allow_host(
    host: str,
    port: int,
    *,
    by: User,
    at: datetime,
    note: str = "",
    organization: Organization | None = None,
) -> AllowedHost:
    """Let connectors reach a host: for one organisation's sources, or for all where none is named.

    Only the system administrator may.
    """
    require(by, "exchange.allow_host")
    allowed, _created = AllowedHost.objects.get_or_create(
        host=host,
        port=port,
        organization=organization,
        defaults={"note": note, "allowed_by": by, "allowed_at": at},
    )
    told = {} if organization is None else {"organization": organization.slug}
    chain.record("host.allow", f"host:{host}:{port}", by=by, at=at, note=note, **told)
    return allowed


@transaction.atomic
def refuse_host(allowed_id: int, *, by: User, at: datetime) -> None:
    """Take a host off the list; runs that need it fail from now on and say why."""
    require(by, "exchange.refuse_host")
    allowed = AllowedHost.objects.select_for_update().get(pk=allowed_id)
    chain.record("host.refuse", f"host:{allowed.host}:{allowed.port}", by=by, at=at)
    allowed.delete()


@transaction.atomic
def create(
    organization: Organization,
    *,
    name: str,
    kind: str,
    by: User,
    at: datetime,
    settings: Mapping[str, Any] | None = None,
    password: str = "",
    time_zone: str = "Asia/Shanghai",
) -> Source:
    """Connect a source of an organisation; the password is sealed at once and never shown.

    Raises SourceUnfit for settings the kind does not have, NotAllowed without the right,
    StepRefused where the organisation is closed.
    """
    require(by, "exchange.create_source", organization=organization)
    organizations.hold_open(organization.pk)
    given = _settings(organization, SourceKind(kind), settings or {})
    _check_zone(time_zone)
    source = Source.objects.create(
        organization=organization,
        name=name,
        kind=kind,
        settings=given,
        secret=vault.seal(password.encode(), purpose=database.PASSWORD) if password else None,
        time_zone=time_zone,
        created_by=by,
        created_at=at,
    )
    chain.record("source.create", f"source:{source.pk}", by=by, at=at, name=name, kind=kind)
    return source


def _settings(
    organization: Organization, kind: SourceKind, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings of a source if its kind has them. Raises SourceUnfit, PathNotAllowed."""
    odd = set(given) - SHOWN[kind]
    if odd:
        raise SourceUnfit(
            _("A source of this kind has no setting %(names)s.")
            % {"names": ", ".join(sorted(odd))}
        )
    if given.get("tls", "") not in database.TLS:
        raise SourceUnfit(
            _("Encryption can be: %(known)s.") % {"known": ", ".join(filter(None, database.TLS))}
        )
    if given.get("folder"):
        files.allowed_folder(Path(str(given["folder"])), by=organization)
    return dict(given)


def _check_zone(time_zone: str) -> None:
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise SourceUnfit(
            _("“%(zone)s” is not a time zone. Use a name such as Asia/Shanghai.")
            % {"zone": time_zone[:60]}
        ) from unknown


@transaction.atomic
def update(
    source_id: int,
    *,
    by: User,
    at: datetime,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    password: str | None = None,
    time_zone: str | None = None,
) -> Source:
    """Change what is given of a source; without a password the one that is kept stays.

    Where another database or folder is named, what is bound is read from the beginning. Raises
    SourceUnfit, NotAllowed.
    """
    source = Source.objects.select_for_update(of=("self",)).get(pk=source_id)
    require(by, "exchange.update_source", organization=source.organization)
    changed = []
    if name is not None and name != source.name:
        _check_name(source, name)
        source.name, changed = name, ["name"]
    if settings is not None:
        given = _settings(source.organization, SourceKind(source.kind), settings)
        if given != source.settings:
            source.settings = given
            source.bindings.update(checkpoint="", compared_at=None)
            changed.append("settings")
    if password is not None:
        sealed = vault.seal(password.encode(), purpose=database.PASSWORD) if password else None
        source.secret = sealed
        changed.append("password")
    if time_zone is not None and time_zone != source.time_zone:
        _check_zone(time_zone)
        source.time_zone = time_zone
        changed.append("time_zone")
    source.save()
    chain.record("source.update", f"source:{source.pk}", by=by, at=at, changed=changed)
    return source


def _check_name(source: Source, name: str) -> None:
    others = Source.objects.filter(organization=source.organization, name=name)
    if not name.strip() or others.exclude(pk=source.pk).exists():
        raise SourceUnfit(
            _("The organisation has a source “%(name)s” already, or the name is empty.")
            % {"name": name[:100]}
        )


@transaction.atomic
def remove(source_id: int, *, by: User, at: datetime) -> None:
    """Remove a source that feeds nothing; its password goes with it.

    Raises SourceInUse with the tables that are bound, NotAllowed.
    """
    source = Source.objects.select_for_update(of=("self",)).get(pk=source_id)
    require(by, "exchange.remove_source", organization=source.organization)
    fed = [str(binding.resource) for binding in source.bindings.select_related("resource")]
    if fed:
        raise SourceInUse(
            _(
                "“%(source)s” feeds: %(tables)s. Bind these to another source first; only a source"
                " that feeds nothing can be removed."
            )
            % {"source": source, "tables": ", ".join(fed)}
        )
    chain.record(
        "source.remove", f"source:{source.pk}", by=by, at=at, name=source.name, kind=source.kind
    )
    source.delete()


def test(source_id: int, *, by: User, at: datetime) -> SourceProblem | None:
    """Try to reach a source; returns what is in the way, or None. The try is recorded."""
    source = Source.objects.select_related("organization").get(pk=source_id)
    require(by, "exchange.test_source", organization=source.organization)
    problem: SourceProblem | None = None
    try:
        PROBES[SourceKind(source.kind)](source)
    except SourceProblem as found:
        problem = found
    with transaction.atomic():
        chain.record(
            "source.test",
            f"source:{source_id}",
            by=by,
            at=at,
            result=problem.code if problem else "ok",
        )
    return problem


@transaction.atomic
def bind(
    resource_id: int,
    *,
    source: Source,
    object: Mapping[str, Any],  # noqa: A002 - the name of the model's field
    columns: Mapping[int, str | int],
    by: User,
    at: datetime,
    mode: str = SyncMode.FULL,
    cursor_column: str = "",
    lag_seconds: int = 0,
    max_rejected_percent: int = 10,
    max_shrink_percent: int = 20,
    schedule_minutes: int | None = None,
    full_every_days: int = 7,
) -> Binding:
    """Bind a table of the catalogue to an object of a source; `columns` goes by field id.

    Binding again replaces what was bound before and starts from the beginning; a held-back run,
    which read what was bound before, is discarded. Raises SourceUnfit where the object cannot be
    read so, or source and dataset have different owners.
    """
    resource = Resource.objects.select_related("dataset__owner").get(pk=resource_id)
    require(by, "exchange.bind_resource", organization=resource.dataset.owner)
    _check(resource, source, object, columns, mode=mode, cursor_column=cursor_column)
    engine.give_up(resource_id, by=by, at=at)
    binding, created = Binding.objects.update_or_create(
        resource=resource,
        defaults={
            "source": source,
            "object": dict(object),
            "columns": {str(pk): column for pk, column in columns.items()},
            "mode": mode,
            "cursor_column": cursor_column,
            "lag_seconds": lag_seconds,
            "max_rejected_percent": max_rejected_percent,
            "max_shrink_percent": max_shrink_percent,
            "schedule_minutes": schedule_minutes,
            "full_every_days": full_every_days,
            "checkpoint": "",
            "compared_at": None,
            "rules_digest": "",
        },
    )
    chain.record(
        "binding.create" if created else "binding.update",
        f"binding:{binding.pk}",
        by=by,
        at=at,
        dataset=resource.dataset_id,
        source=source.pk,
        object=dict(object),
        mode=mode,
    )
    return binding


def _check(resource, source, given, columns, *, mode, cursor_column) -> None:
    if source.organization_id != resource.dataset.owner_id:
        raise SourceUnfit(
            _("The source belongs to another department than the dataset. Choose one of its own.")
        )
    if source.kind == SourceKind.POSTGRESQL and not given.get("table"):
        raise SourceUnfit(_("A binding to a database names its table."))
    if mode == SyncMode.CURSOR and (source.kind != SourceKind.POSTGRESQL or not cursor_column):
        raise SourceUnfit(_("Only a table of a database with a cursor column syncs by cursor."))
    if mode == SyncMode.CURSOR and not resource.fields.live().filter(is_key=True).exists():
        raise SourceUnfit(
            _(
                "Only a table with a declared key syncs by cursor: without one, a changed row"
                " cannot be told from a new one. Mark the key's fields first."
            )
        )
    if source.kind == SourceKind.CSV:
        _check_file(given, columns)
    if source.kind == SourceKind.EXCEL:
        _check_workbook(given)
    if source.kind in FILE_KINDS:
        path = str(given["path"])
        files.allowed_folder(Path(path).parent, by=source.organization, asked=path)


def _check_workbook(given: Mapping[str, Any]) -> None:
    if not given.get("path"):
        raise SourceUnfit(_("A binding to files names their path."))
    row = given.get("header_row")
    if row is not None and (not isinstance(row, int) or row < 1):
        raise SourceUnfit(_("The row of the header is a number from 1 on, as the sheet shows it."))


def _check_file(given: Mapping[str, Any], columns: Mapping[int, str | int]) -> None:
    if not given.get("path"):
        raise SourceUnfit(_("A binding to files names their path."))
    encoding = str(given.get("encoding") or "utf-8").lower()
    if encoding not in files.ENCODINGS:
        raise SourceUnfit(
            _("“%(encoding)s” is not an encoding that can be read; it can be one of: %(known)s.")
            % {"encoding": encoding[:40], "known": ", ".join(files.ENCODINGS)}
        )
    separator = given.get("separator") or ","
    if len(separator) != 1 or separator in '"\r\n\0':
        raise SourceUnfit(_("The separator is one character, such as a comma or a tab."))
    if not given.get("header", True):
        width = given.get("width")
        places = [place for place in columns.values() if isinstance(place, int)]
        named = len(places) < len(columns)
        if not isinstance(width, int) or named or any(place >= width for place in places):
            raise SourceUnfit(
                _(
                    "A file without a header is bound by positions from 0, and the binding says"
                    " how many columns (“width”) each row has."
                )
            )
