from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.organizations import Organization
from accounts.models.people import User


class App(models.Model):
    """A developer's program: it belongs to an organisation and calls the API with its keys."""

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="apps", verbose_name=_("organisation")
    )
    name = models.CharField(_("name"), max_length=100)
    created_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("app")
        verbose_name_plural = _("apps")
        constraints = [
            models.UniqueConstraint(
                name="accounts_app_name_once_open",
                fields=["organization", "name"],
                condition=Q(closed_at=None),
                violation_error_message=_("Your organisation already has an app of this name."),
            ),
        ]

    def __str__(self):
        return self.name


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Phrases about keys."""

    def usable(self, now: datetime):
        """Neither revoked nor expired at `now`, of an open app of an open organisation."""
        return self.filter(
            revoked_at=None,
            expires_at__gt=now,
            app__closed_at=None,
            app__organization__closed_at=None,
        )


class ApiKey(models.Model):
    """A key of an app. Only its digest is kept: the key itself was shown once.

    `prefix` is the readable beginning, enough to recognise a key in a list or in a leak.
    `datasets` (their numbers) and `addresses` (networks), each by comma, bound what it opens;
    empty is no bound. `accounts.bounds` reads them.
    """

    app = models.ForeignKey(App, models.PROTECT, related_name="keys", verbose_name=_("app"))
    prefix = models.CharField(_("prefix"), max_length=16)
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    label = models.CharField(_("label"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    datasets = models.TextField(_("only these datasets"), blank=True, default="")
    addresses = models.TextField(_("only from these addresses"), blank=True, default="")
    rate_per_minute = models.PositiveIntegerField(_("rate per minute"), default=600)
    daily_quota = models.PositiveIntegerField(_("daily quota"), default=100_000)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            models.CheckConstraint(
                name="accounts_apikey_digest_shape",
                # a digest and nothing else: a key can never be stored by mistake
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"),
            ),
            models.CheckConstraint(
                name="accounts_apikey_expires_after_creation",
                condition=Q(expires_at__gt=F("created_at")),
                violation_error_message=_("A key must expire after the day it was made."),
            ),
            models.CheckConstraint(
                name="accounts_apikey_limits_positive",
                condition=Q(rate_per_minute__gt=0, daily_quota__gt=0),
                violation_error_message=_("Limits of a key are numbers above zero."),
            ),
        ]

    def __str__(self):
        return f"{self.prefix}…"
