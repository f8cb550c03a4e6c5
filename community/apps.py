from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommunityConfig(AppConfig):
    """What people say: comments on data, apps they built, data they wish for."""

    name = "community"
    verbose_name = _("What people say")
    default_auto_field = "django.db.models.BigAutoField"
