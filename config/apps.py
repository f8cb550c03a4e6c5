from celery import current_app
from django.apps import AppConfig
from django.utils.module_loading import import_string

from config import sentences

ROOMS = (
    "accounts",
    "audit",
    "catalog",
    "community",
    "exchange",
    "oversight",
)  # those whose tasks run by the clock


class ConfigConfig(AppConfig):
    """Settings, addresses and processes of one installation."""

    name = "config"

    def ready(self) -> None:
        """Give forms and bodies our sentences; tell beat what runs when: each room's own SCHEDULE,
        which needs the models loaded."""
        sentences.say()
        current_app.conf.beat_schedule = {
            f"{room}.{name}": told
            for room in ROOMS
            for name, told in import_string(f"{room}.tasks.SCHEDULE").items()
        }
