"""Examinations behind `manage.py doctor`: what is wrong, why it matters, what to do."""

import os
import re
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from packaging.markers import Marker

from audit import chain
from config import health
from exchange import public_files
from exchange.database_roles import LOGINS
from exchange.records import zones
from portal.members import oidc_server

OLDEST_PYTHON = (3, 11)
DISK_BYTES = 2_000_000_000
CLOCK_SECONDS = 5
# of the last day: the whole trail is `verify_audit`'s to walk
OLDEST_UNLINKED = """
SELECT id, extract(epoch FROM clock_timestamp() - recorded_at)::float8 FROM audit_entry AS entry
WHERE recorded_at > now() - interval '1 day' AND NOT EXISTS (
    SELECT FROM audit_link AS link
    WHERE link.entry_id = entry.id AND link.recorded_at = entry.recorded_at
)
ORDER BY id LIMIT 1
"""
WORK = {
    "worker-brief": (
        "It links the audit chain, drains notes of reads and starts the syncs that are due."
    ),
    "worker-hooks": "It tells webhooks what happened; until it runs, their events wait.",
}
"""What each worker of one queue does, so what stands still without it."""
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: `what` it is, `why` it matters, what to `do`."""

    what: str
    why: str
    do: str


def python_version() -> Iterator[Finding]:
    """Find a Python older than this release needs."""
    if sys.version_info < OLDEST_PYTHON:
        yield Finding(
            f"This is Python {sys.version.split()[0]}.",
            "The platform needs Python 3.11 or newer.",
            "Install it and make the environment again: rm -r .venv && make .venv",
        )


def packages() -> Iterator[Finding]:
    """Find packages that are missing, or other than locked."""
    lock = settings.BASE_DIR / "requirements" / "base.txt"
    wrong = [
        f"{name} {version} (here: {_installed(name) or 'none'})"
        for name, version, marker in PIN.findall(lock.read_text())
        if (not marker or Marker(marker).evaluate()) and _installed(name) != version
    ]
    if wrong:
        yield Finding(
            f"Packages differ from the lock: {', '.join(wrong)}.",
            "What was tested is what requirements/base.txt names.",
            "Install them as locked: rm -f .venv/.base && make .venv",
        )


def services() -> Iterator[Finding]:
    """Find a database or a Valkey that does not answer."""
    start = settings.SERVICES_MISSING or (
        "See that the server runs and that its URL is right: name, password, host and port."
    )
    if not health.database_answers():
        yield Finding("The database does not answer.", "Nothing works without it.", start)
    if not health.valkey_answers():
        yield Finding(
            "Valkey does not answer.", "Tasks, quotas and delivery notes go through it.", start
        )


def roles() -> Iterator[Finding]:
    """Find database roles that are not there."""
    known = {name for (name,) in _ask("SELECT rolname FROM pg_roles")}
    missing = [name for name in LOGINS if name not in known]
    if known and missing:
        yield Finding(
            f"Database roles are missing: {', '.join(missing)}.",
            "Web and workers run with the rights of these roles.",
            "As the owner: manage.py migrate, then manage.py provision",
        )


def workers() -> Iterator[Finding]:
    """Find a worker of one queue gone, or entries of the audit trail left unlinked."""
    now = timezone.now()
    for worker, queue in health.OF_ONE_QUEUE.items():
        late = health.stale_since(queue, now)
        if late is not None:
            yield Finding(
                f"No worker takes the queue “{queue}”: its oldest message went stale"
                f" {(now - late).total_seconds():.0f} seconds ago.",
                WORK[worker],
                f"Start {worker}: celery -A config worker --queues={queue} --hostname={queue}@%h",
            )
    for number, seconds in _ask(OLDEST_UNLINKED):
        if float(seconds) > chain.LINKED_WITHIN.total_seconds():
            yield Finding(
                f"Entry {number} of the audit trail waits for its link for {float(seconds):.0f}"
                " seconds.",
                "Until it is linked, nobody would see that it was changed.",
                "See that beat and worker-brief run, and what their logs say.",
            )


def migrations() -> Iterator[Finding]:
    """Find a database older or newer than this release."""
    if health.database_answers() and not health.migrations_are_applied():
        yield Finding(
            "Migrations are not applied.",
            "The tables are not as this release needs them.",
            "As the owner: manage.py migrate, then manage.py provision",
        )


def clock() -> Iterator[Finding]:
    """Find a clock that differs from the database's."""
    for (there,) in _ask("SELECT extract(epoch FROM clock_timestamp())::float8"):
        apart = abs(time.time() - float(there))
        if apart > CLOCK_SECONDS:
            yield Finding(
                f"This machine's clock and the database's are {apart:.0f} seconds apart.",
                "Time limits, keys and the audit chain need one time.",
                "Let both follow a time server (chrony, systemd-timesyncd).",
            )


def disk() -> Iterator[Finding]:
    """Find a disk that is nearly full."""
    free = shutil.disk_usage(settings.BASE_DIR).free
    if free < DISK_BYTES:
        yield Finding(
            f"{free / 1e9:.1f} GB are free below {settings.BASE_DIR}.",
            "A first sync writes a table twice; PostgreSQL stops when its disk is full.",
            "Free at least 2 GB.",
        )


def port(number: int) -> Iterator[Finding]:
    """Find a stranger on the site's port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        taken = probe.connect_ex(("127.0.0.1", number)) == 0
    if taken and settings.SERVICES_MISSING:  # else it is most likely the site itself
        yield Finding(
            f"Port {number} is taken although no services of this checkout run.",
            "The site cannot listen there.",
            f'End the other process, or: make demo ARGS="--port {number + 1}"',
        )


def file_roots() -> Iterator[Finding]:
    """Find roots of source files that are not there or cannot be read."""
    for root in settings.FILE_ROOTS:
        if not Path(root).is_dir():
            yield Finding(
                f"The folder {root} of FILE_ROOTS is not there.",
                "File sources are read below these folders only.",
                "Make the folder, or take it out of FILE_ROOTS.",
            )


def public_files_there() -> Iterator[Finding]:
    """Find public files that lie where doors cannot read them, and closed ones where they can.

    Only for a process that keeps the folder: to the others it is not there, or not to be written.
    """
    if not os.access(settings.PUBLIC_FILE_STORE, os.W_OK) or not health.migrations_are_applied():
        return
    strange, missing = public_files.differing(at=timezone.now())
    tend = (
        "It is mended every ten minutes: see that beat and worker-brief run. At once: celery -A"
        " config call exchange.tasks.tend_public_files"
    )
    if strange:
        yield Finding(
            f"{len(strange)} files in {settings.PUBLIC_FILE_STORE} are not public any longer.",
            "Who broke into a door could read them; the door itself gives them to nobody.",
            tend,
        )
    if missing:
        yield Finding(
            f"{len(missing)} public files are missing in {settings.PUBLIC_FILE_STORE}.",
            "The doors answer 503 for them.",
            f"{tend}. What FILE_STORE has lost as well comes back from a backup.",
        )


def zones_masked_otherwise() -> Iterator[Finding]:
    """Find zones that hold what the masks of another release left."""
    if not health.database_answers() or not health.migrations_are_applied():
        return
    if count := len(zones.masked_otherwise()):
        yield Finding(
            f"{count} tables of the open or the conditional zone were masked by another release.",
            "This one masks otherwise: what they hold masked is withheld until it is masked anew.",
            "It is done every ten minutes: see that beat and worker-sync run. At once: celery -A"
            " config call exchange.tasks.mask_anew",
        )


def proxies() -> Iterator[Finding]:
    """Find a site behind a proxy that does not know its proxy."""
    if settings.SECURE and not settings.TRUSTED_PROXIES:
        yield Finding(
            "SECURE is on and TRUSTED_PROXIES is empty.",
            "All people then seem to come from the proxy: the audit trail does not say from"
            " where, and they share one quota and one limit of failed sign-ins.",
            "Name the proxy's address, such as TRUSTED_PROXIES=10.0.0.5.",
        )


def foreign_sign_in() -> Iterator[Finding]:
    """Find a server of OpenID Connect that does not answer as members' sign-in needs it."""
    if not settings.OIDC_SERVER:
        return
    try:
        oidc_server.discovered()
    except oidc_server.Refused as no:
        yield Finding(
            f"{settings.OIDC_SERVER} does not answer as agreed: {no.detail}",
            "Members cannot sign in by it; by e-mail address and password they can.",
            "See that OIDC_SERVER is the issuer it names itself, that its certificate is trusted"
            " here, and that OIDC_INSIDE lists its network where that is not public.",
        )


def kept_secrets() -> Iterator[Finding]:
    """Find keys that others on this machine can read."""
    kept = settings.VAR / "secrets.json"
    if kept.exists() and kept.stat().st_mode & 0o077:
        yield Finding(
            f"{kept} can be read by others.",
            "It holds the keys of sessions, source passwords and rejected rows.",
            f"chmod 600 {kept}",
        )


def examine(port_number: int) -> list[Finding]:
    """Run all examinations, the ones that others stand on first."""
    examinations: tuple[Callable[[], Iterator[Finding]], ...] = (
        python_version,
        packages,
        services,
        migrations,
        roles,
        workers,
        clock,
        disk,
        lambda: port(port_number),
        file_roots,
        public_files_there,
        zones_masked_otherwise,
        proxies,
        foreign_sign_in,
        kept_secrets,
    )
    return [finding for examination in examinations for finding in examination()]


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _ask(query: str) -> list[tuple[str | float, ...]]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())
    except DatabaseError:
        return []
