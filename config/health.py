"""What a load balancer asks: is the process alive, and can it serve?"""

import json
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

# The doors to the public may not read the table of migrations; there their face of the catalogue
# (the schema that stands first in their search path) stands for them, since `provision` makes it
# after `migrate`.
MAY_READ_MIGRATIONS = (
    "SELECT to_regclass('public.django_migrations') IS NULL"
    " OR has_table_privilege('public.django_migrations', 'SELECT')"
)
BEHIND = timedelta(minutes=1)
OF_ONE_QUEUE = {"worker-brief": settings.BRIEF_QUEUE, "worker-hooks": settings.HOOKS_QUEUE}
"""The workers that take one queue each, whose messages go stale where they are missing."""
FACE_STANDS = (
    "SELECT current_schema() <> 'public'"
    " AND to_regclass(current_schema() || '.catalog_dataset') IS NOT NULL"
)


def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer that the process lives. Asks nobody else."""
    return _never_stored(JsonResponse({"status": "ok"}))


def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, Valkey and migrations are as this release needs them, else 503.

    The answer names what is missing and nothing about where it should be.
    """
    found = {"database": database_answers(), "valkey": valkey_answers()}
    found["migrations"] = found["database"] and migrations_are_applied()
    words = {name: "ok" if well else "missing" for name, well in found.items()}
    ready = all(found.values())
    if found["valkey"]:  # behind is told and costs nobody the site: pages need no worker
        now = timezone.now()
        for worker, queue in OF_ONE_QUEUE.items():
            words[worker] = "ok" if stale_since(queue, now) is None else "behind"
    body = {"status": "ok" if ready else "not ready"} | words
    return _never_stored(JsonResponse(body, status=200 if ready else 503))


def database_answers() -> bool:
    """Say whether a trivial query comes back."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return True
    except DatabaseError:
        return False


def valkey_answers() -> bool:
    """Say whether Valkey answers within two seconds."""
    try:
        with redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


def stale_since(queue: str, now: datetime) -> datetime | None:
    """Return when the oldest message of a queue went stale, where no worker took it in time.

    None where none waits, where the oldest has no term, or where it went stale within the last
    minute. A message that is taken too late is dropped by its worker: the next does its work.
    """
    try:
        with redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
            oldest = client.lindex(queue, -1)  # workers take from the end
        term = json.loads(oldest)["headers"].get("expires") if oldest else None
    except (redis.RedisError, OSError):
        return None
    expired = datetime.fromisoformat(term) if term else None
    return expired if expired and expired < now - BEHIND else None


def migrations_are_applied() -> bool:
    """Say whether the database is as far as this release's migrations."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(MAY_READ_MIGRATIONS)
            if not cursor.fetchone()[0]:
                cursor.execute(FACE_STANDS)
                return bool(cursor.fetchone()[0])
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False


def _never_stored(response: JsonResponse) -> JsonResponse:
    response["Cache-Control"] = "no-store"
    return response
