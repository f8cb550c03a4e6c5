"""The room's place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """What happened, and who read what."""

    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Audit trail")
