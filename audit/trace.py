"""The id of the request, or of the task, in whose course something happens."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
