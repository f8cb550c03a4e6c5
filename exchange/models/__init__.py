"""Where data comes from, how each run went, where rows stand, and who was granted what."""

from exchange.models.agreements import Agreement
from exchange.models.attachments import RequestAttachment
from exchange.models.batches import BatchEnd, BatchForm, BatchJob, BatchMark
from exchange.models.corrections import Correction, Wrong
from exchange.models.counting import CountingRule
from exchange.models.disputes import About, Dispute, DisputeEvent, Side
from exchange.models.grants import Ending, Grant
from exchange.models.records import RecordTable, Zone
from exchange.models.references import RequestReference
from exchange.models.requests import (
    Answer,
    Ground,
    Purpose,
    RequestEvent,
    ShareRequest,
)
from exchange.models.runs import RejectedRow, RunState, SyncRun
from exchange.models.sources import (
    FILE_KINDS,
    AllowedHost,
    Binding,
    Source,
    SourceKind,
    SyncMode,
    WholeBecause,
)
from exchange.models.stops import Stop
from exchange.models.uses import UseRecord
from exchange.models.webhooks import (
    Webhook,
    WebhookDelivery,
    WebhookEvent,
    WebhookSecret,
    WebhookSubscription,
)

__all__ = [
    "FILE_KINDS",
    "About",
    "Agreement",
    "AllowedHost",
    "Answer",
    "BatchEnd",
    "BatchForm",
    "BatchJob",
    "BatchMark",
    "Binding",
    "Correction",
    "CountingRule",
    "Dispute",
    "DisputeEvent",
    "Ending",
    "Grant",
    "Ground",
    "Purpose",
    "RecordTable",
    "RejectedRow",
    "RequestAttachment",
    "RequestEvent",
    "RequestReference",
    "RunState",
    "ShareRequest",
    "Side",
    "Source",
    "SourceKind",
    "Stop",
    "SyncMode",
    "SyncRun",
    "UseRecord",
    "Webhook",
    "WebhookDelivery",
    "WebhookEvent",
    "WebhookSecret",
    "WebhookSubscription",
    "WholeBecause",
    "Wrong",
    "Zone",
]
