"""Counts of the APIs by day, dataset and door, made from the deliveries that the audit keeps.

Set-based, and safe to repeat: a day is counted whole, each time it is counted. What the portal
reads to show it on a page has its name for an app and no key: the page view counts that.
"""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from oversight.models import Daily

COUNT = """
INSERT INTO oversight_daily (day, dataset_id, door, views, downloads, calls, rows, apps)
SELECT (v.at AT TIME ZONE %(zone)s)::date, d.id,
       CASE v.channel WHEN 'share' THEN 'office' ELSE 'open' END, 0,
       count(*) FILTER (WHERE v.mode = 'bulk'), count(*) FILTER (WHERE v.mode <> 'bulk'),
       coalesce(sum(v.rows), 0),
       count(DISTINCT (v.organization, v.app)) FILTER (WHERE v.app <> '')
FROM audit_delivery v JOIN catalog_dataset d ON v.dataset = 'dataset:' || d.id
WHERE v.at >= %(start)s AND v.at < %(end)s AND v.status < 400
  AND NOT (v.channel = 'open' AND v.key_id IS NULL AND v.app <> '')
GROUP BY 1, 2, 3
ON CONFLICT (dataset_id, day, door) DO UPDATE
SET downloads = EXCLUDED.downloads, calls = EXCLUDED.calls, rows = EXCLUDED.rows,
    apps = EXCLUDED.apps
"""


def count(*, at: datetime) -> int:
    """Count today and yesterday, and at first whatever is there; returns how many lines.

    Yesterday is counted for a whole day more, so a note that came late is in it.
    """
    today = timezone.localdate(at)
    first = min(_first(today), today - timedelta(days=1))
    return count_days(first, today)


def count_days(first: date, last: date) -> int:
    """Count these days anew, both included; returns how many lines were written."""
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT,
            {
                "zone": settings.TIME_ZONE,
                "start": _midnight(first),
                "end": _midnight(last + timedelta(days=1)),
            },
        )
        return cursor.rowcount


def _first(today: date) -> date:
    """Return the day to begin with: that of the last count, or of the first delivery."""
    counted = Daily.objects.exclude(calls=0, downloads=0).aggregate(last=Max("day"))["last"]
    if counted is not None:
        found: date = counted
        return found
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(at) FROM audit_delivery")
        began = cursor.fetchone()[0]
    return today if began is None else timezone.localdate(began)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
