"""Where data comes from, how each run went, where rows stand, and who was granted what."""

from exchange.models.grants import Ending, Grant
from exchange.models.records import RecordTable, Zone
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

__all__ = [
    "FILE_KINDS",
    "AllowedHost",
    "Answer",
    "Binding",
    "Ending",
    "Grant",
    "Ground",
    "Purpose",
    "RecordTable",
    "RejectedRow",
    "RequestEvent",
    "RunState",
    "ShareRequest",
    "Source",
    "SourceKind",
    "SyncMode",
    "SyncRun",
    "WholeBecause",
    "Zone",
]
