"""What a page read of a dataset's rows, written down as a read of the API is.

One rule for preview, map and chart: the read is in the audit under the portal's name, and figures
count it neither as a call nor as a download. What scripts or readers take from the API itself,
such as tiles and files, is a call of theirs.
"""

from django.utils import timezone

from audit import deliveries
from exchange.access import Head, Seen
from policy.terms import Channel, Mode, ReaderKind

READ_AS = "portal"
"""The name under which pages read, so that figures tell them from calls."""


def note(head: Head, seen: Seen, *, rows: int, size: int) -> None:
    """Write a read down. Raises redis.RedisError where it cannot."""
    deliveries.note(
        at=timezone.now(),
        channel=str(Channel.OPEN),
        mode=str(Mode.QUERY),
        reader=str(ReaderKind.PUBLIC),
        app=READ_AS,
        dataset=f"dataset:{head.dataset_id}",
        fields_digest=seen.digest,
        rows=rows,
        bytes=size,
        zone_seq=head.seq,
    )
