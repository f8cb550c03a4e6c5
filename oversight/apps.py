from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OversightConfig(AppConfig):
    """How well it goes: counts of use, and figures that anybody can recompute."""

    name = "oversight"
    verbose_name = _("Figures")
    default_auto_field = "django.db.models.BigAutoField"
