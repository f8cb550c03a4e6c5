"""The Celery application. A task's log lines carry the id of the request that asked for it."""

import os
import uuid
from typing import Any

from celery import Celery, Task

from audit import trace

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

HEADER = "request_id"


class TracedTask(Task):
    """A task that takes the request id along in its message's headers."""

    abstract = True

    def apply_async(
        self, *args: Any, headers: dict[str, Any] | None = None, **options: Any
    ) -> Any:
        """Send the task off with the id of the present request."""
        traced = {HEADER: trace.request_id.get()} | (headers or {})
        return super().apply_async(*args, headers=traced, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run under the id that came with the message; beat's tasks get one of their own."""
        came = getattr(self.request, HEADER, None) or trace.request_id.get() or uuid.uuid4().hex
        token = trace.request_id.set(came)
        try:
            return super().__call__(*args, **kwargs)
        finally:
            trace.request_id.reset(token)


app = Celery("city", task_cls=TracedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
