"""In whose course something happens: the id of the request or task, and where it came from."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")

address: ContextVar[str] = ContextVar("address", default="")
"""The network address of the person, "" where there is none, as in a task. Never in a log."""

began: ContextVar[float] = ContextVar("began", default=0.0)
"""When the request came, by `time.perf_counter`; 0 where there is none."""

app: ContextVar[str] = ContextVar("app", default="")
"""The app through which a person acts, "" where they act themselves."""


@contextmanager
def through(name: str) -> Iterator[None]:
    """Write down of all that happens meanwhile that an app acted for its person."""
    token = app.set(name)
    try:
        yield
    finally:
        app.reset(token)
