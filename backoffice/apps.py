from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class BackofficeConfig(AppConfig):
    """The desks at which the city's people work, below /office/."""

    name = "backoffice"
    verbose_name = _("Back office")
    default = True


class OfficeAdminConfig(admin_apps.AdminConfig):
    """Django's admin with the site of this house; stands for `django.contrib.admin`."""

    default_site = "backoffice.site.OfficeSite"
    default = False
