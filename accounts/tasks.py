"""Celery's side of accounts: mails of notices."""

from celery import shared_task
from django.utils import timezone

from accounts import notices


@shared_task
def mail_notices() -> int:
    """Send the mails that are due; returns how many notices were done. Safe to repeat."""
    return notices.mail_due(at=timezone.now())


SCHEDULE = {
    "mail-notices": {
        "task": "accounts.tasks.mail_notices",
        "schedule": 60.0,
        "options": {"expire_seconds": 60},
    },
}
