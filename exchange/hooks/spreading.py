"""From an event to its deliveries: one statement for as many webhooks as listen.

Two workers never take the same event: each locks the ones it takes and passes by those that are
locked. Work is proportional to what happened; an event nobody listens to was never written.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from psycopg import sql

from exchange.records.statements import one

EVENTS_A_TURN = 200

SPREAD = sql.SQL("""
WITH taken AS (
    SELECT id FROM exchange_webhookevent WHERE spread_at IS NULL
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
), laid AS (
    INSERT INTO exchange_webhookdelivery
        (webhook_id, event_id, state, tries, made_at, due_at, problem, answer)
    SELECT w.id, e.id, 'waiting', 0, %(at)s, %(at)s, '', ''
    FROM taken
    JOIN exchange_webhookevent e USING (id)
    CROSS JOIN LATERAL (
        SELECT s.webhook_id FROM exchange_webhooksubscription s
        WHERE s.dataset_id = e.dataset_id AND s.created_at <= e.at
          AND e.kind <> 'dataset.published'
        UNION ALL
        SELECT id FROM exchange_webhook
        WHERE e.kind = 'dataset.published' AND created_at <= e.at AND state = 'live'
    ) AS listening
    JOIN exchange_webhook w ON w.id = listening.webhook_id
        AND w.state = 'live' AND w.kinds @> to_jsonb(e.kind::text)
    JOIN accounts_app a ON a.id = w.app_id AND a.closed_at IS NULL
    JOIN accounts_organization o ON o.id = a.organization_id AND o.closed_at IS NULL
    LEFT JOIN exchange_grant g ON g.id = e.grant_id
    WHERE e.webhook_id IS NULL
      AND (e.grant_id IS NULL
           OR g.organization_id = a.organization_id AND coalesce(g.app_id, a.id) = a.id)
      AND (e.zone <> 'conditional' OR (
            SELECT bool_and(l.rows = '[]') FROM exchange_grant l
            WHERE l.dataset_id = e.dataset_id AND l.organization_id = a.organization_id
              AND coalesce(l.app_id, a.id) = a.id
              AND l.suspended_at IS NULL AND l.revoked_at IS NULL
              AND %(today)s BETWEEN l.valid_from AND l.valid_until))
    ON CONFLICT DO NOTHING
    RETURNING 1
), done AS (
    UPDATE exchange_webhookevent SET spread_at = %(at)s WHERE id IN (SELECT id FROM taken)
    RETURNING 1
)
SELECT (SELECT count(*) FROM done), (SELECT count(*) FROM laid)
""")


@transaction.atomic
def spread(*, at: datetime) -> int:
    """Lay the deliveries of events that are not given out yet; returns of how many events.

    What changed in the conditional zone goes to who holds a live grant, and none for some rows
    alone: it would tell of the others. What happens to a grant goes to whose it is. A webhook that
    began to listen after the event is not told of it.
    """
    events, _deliveries = one(
        SPREAD, {"most": EVENTS_A_TURN, "at": at, "today": timezone.localdate(at)}
    )
    return int(events)
