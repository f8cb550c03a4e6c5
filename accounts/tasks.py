"""Celery's side of accounts: mails of notices, and invitations that are forgotten."""

from celery import shared_task
from django.utils import timezone

from accounts import colleagues, notices


@shared_task
def mail_notices() -> int:
    """Send the mails that are due; returns how many notices were done. Safe to repeat."""
    return notices.mail_due(at=timezone.now())


@shared_task
def forget_invitations() -> int:
    """Delete invitations that are long over; returns how many. Safe to repeat."""
    return colleagues.forget(at=timezone.now())


SCHEDULE = {
    "mail-notices": {
        "task": "accounts.tasks.mail_notices",
        "schedule": 60.0,
        "options": {"expire_seconds": 60},
    },
    "forget-invitations": {
        "task": "accounts.tasks.forget_invitations",
        "schedule": 86_400.0,
        "options": {"expire_seconds": 86_400},
    },
}
