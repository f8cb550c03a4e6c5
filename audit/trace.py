"""In whose course something happens: the id of the request or task, and where it came from."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")

address: ContextVar[str] = ContextVar("address", default="")
"""The network address of the person, "" where there is none, as in a task. Never in a log."""
