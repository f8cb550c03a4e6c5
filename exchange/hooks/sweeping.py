"""How long deliveries are kept, and what goes with an app that was closed."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from psycopg import sql

from exchange.models import Webhook
from exchange.records.statements import run

OLD_DELIVERIES = sql.SQL(
    "DELETE FROM exchange_webhookdelivery WHERE made_at < %s"
    " OR repeats_id IN (SELECT id FROM exchange_webhookdelivery WHERE made_at < %s)"
)
OLD_EVENTS = sql.SQL(
    "DELETE FROM exchange_webhookevent e WHERE e.at < %s AND e.spread_at IS NOT NULL"
    " AND NOT EXISTS (SELECT FROM exchange_webhookdelivery d WHERE d.event_id = e.id)"
)


@transaction.atomic
def sweep(*, at: datetime) -> int:
    """Drop deliveries and events older than WEBHOOK_DAYS; returns how many deliveries.

    A webhook that ended, or whose app was closed, goes as long after that, with its address.
    """
    before = at - timedelta(days=settings.WEBHOOK_DAYS)
    dropped = run(OLD_DELIVERIES, [before, before])
    run(OLD_EVENTS, [before])
    Webhook.objects.filter(Q(ended_at__lt=before) | Q(app__closed_at__lt=before)).delete()
    return dropped
