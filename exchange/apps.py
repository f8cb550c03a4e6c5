from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExchangeConfig(AppConfig):
    """Sources, the runs that read them, the rows they bring, and who is granted what of them."""

    name = "exchange"
    verbose_name = _("Sources and runs")
    default_auto_field = "django.db.models.BigAutoField"
