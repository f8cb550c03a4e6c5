"""Whether anybody is there to do what a queue is asked for."""

from celery import current_app
from django.conf import settings
from django.core.cache import cache

ANSWER_SECONDS = 0.7
KEPT_SECONDS = 10
"""How long an answer is kept, so that pages that ask every other second do not ask the workers."""


def listening(queue: str = "") -> bool:
    """Whether a worker takes messages of a queue, by default that of the syncs.

    A busy worker counts: it answers while its hands are full. Takes up to ANSWER_SECONDS.
    """
    queue = queue or settings.CELERY_TASK_DEFAULT_QUEUE
    key = f"workers:{queue}"
    known = cache.get(key)
    if known is None:
        known = _asked(queue)
        cache.set(key, known, KEPT_SECONDS)
    return known


def _asked(queue: str) -> bool:
    answers = current_app.control.inspect(timeout=ANSWER_SECONDS).active_queues() or {}
    return any(one["name"] == queue for queues in answers.values() for one in queues)
