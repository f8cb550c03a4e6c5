"""The audit trail taken out as a file. Reading it here leaves an entry of its own."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.refusals import StepRefused
from accounts.roles import require
from audit import chain
from audit.models import Entry

COLUMNS = (
    *("id", "recorded_at", "at", "verb", "target", "actor", "organization"),
    *("details", "request_id", "address"),
)
AT_A_TIME = 2000


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@transaction.atomic
def export(*, since: date, until: date, by: User, at: datetime) -> Iterator[tuple[object, ...]]:
    """Return the entries recorded from `since` to `until`, both included, as rows of COLUMNS.

    Raises NotAllowed; StepRefused where the days are the wrong way round.
    """
    require(by, "audit.export_entry")
    if until < since:
        text = _("The last day, %(until)s, is before the first, %(since)s. Change one of them.")
        raise StepRefused(text % {"since": since, "until": until}, "days-reversed")
    days = f"{since.isoformat()}/{until.isoformat()}"
    chain.record("audit.export", f"days:{days}", by=by, at=at)
    end = _midnight(until + timedelta(days=1))
    found = Entry.objects.filter(recorded_at__gte=_midnight(since), recorded_at__lt=end)
    return found.order_by("pk").values_list(*COLUMNS).iterator(chunk_size=AT_A_TIME)
