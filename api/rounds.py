"""Calls for kept pages that come at once: one of them asks for all, in one round.

What such a call waits for, whether anything was written and what is left of its quota, many wait
for alike. Whoever has the turn asks the database once, has Valkey charge all who came before it
asked, and notes what is going out; who comes meanwhile waits for the next round. So no call rests
on a look that is older than itself. docs/adr/0012 says what this is worth.
"""

import time
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from threading import Lock

from accounts.models import ApiKey
from api import metering
from audit import stream
from exchange import access
from exchange.access import Caller
from exchange.records import reading


def _shut() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class Joined:
    """A call that waits for its round; `note` writes down what it is given, in its own `context`.

    `meter` is what the answer tells of the quota, once the call was charged; `found` the state of
    the database that the round saw, and `began` when it asked (by `time.monotonic`); `stands`
    whether the call may be answered by what it has.
    """

    state: bytes | None
    key: ApiKey | None
    who: Caller
    note: Callable[[], None]
    context: Context = field(default_factory=copy_context)
    meter: dict[str, str] | None = None
    found: bytes | None = None
    began: float = 0.0
    stands: bool = False
    taken: bool = False
    woken: Lock = field(default_factory=_shut)


class Rounds:
    """Where calls wait: one asks for all who are there, then the first of who came since."""

    def __init__(self) -> None:
        """Begin empty."""
        self._waiting: list[Joined] = []
        self._asking = False
        self._lock = Lock()

    def join(self, call: Joined) -> Joined:
        """Have a call looked up, charged and noted together with all who wait, and return it.

        It does not `stand` where something was written since its state, where it may not be made,
        and where the one that asked for it failed or was slower than the lease: then it is asked
        step by step. Raises what the database raises.
        """
        with self._lock:
            self._waiting.append(call)
            waits, self._asking = self._asking, True
        if waits:
            call.woken.acquire()
        if not call.taken:
            self._lead()
        return call

    def _lead(self) -> None:
        with self._lock:
            calls, self._waiting = self._waiting, []
        others = calls[1:]  # who came first has the turn
        try:
            ask_for(calls)
        finally:
            for call in others:
                call.woken.release()
            with self._lock:
                self._asking = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].woken.release()


def ask_for(calls: Sequence[Joined]) -> None:
    """Look up, charge and note these calls in one round. Raises what the database raises."""
    began = time.monotonic()
    for call in calls:
        call.taken, call.began = True, began
    found = access.state()
    for call in calls:
        call.found = found
    unmoved = [call for call in calls if call.state == found]
    meters = metering.charge_each([(call.key, call.who) for call in unmoved])
    for call, meter in zip(unmoved, meters, strict=True):
        call.meter = meter
    if time.monotonic() - began > reading.LEASE_SECONDS:
        return
    charged = [call for call in unmoved if call.meter is not None]
    with stream.together():
        for call in charged:
            call.context.run(call.note)
    for call in charged:
        call.stands = True


ours = Rounds()
