"""Sources of departments, and what of them feeds which table of the catalogue."""

from datetime import timedelta

from django.conf import settings as platform
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class SourceKind(models.TextChoices):
    """What a connector can read."""

    POSTGRESQL = "postgresql", _("PostgreSQL database")
    CSV = "csv", _("CSV files")
    EXCEL = "excel", _("Excel workbooks")


FILE_KINDS = (SourceKind.CSV, SourceKind.EXCEL)


class SyncMode(models.TextChoices):
    """How a run finds out what changed."""

    FULL = "full", _("full compare")
    CURSOR = "cursor", _("by cursor column")


class WholeBecause(models.TextChoices):
    """Why a sync by cursor read the whole source for once."""

    SHAPE = "shape", _("the first run, or another shape or key")
    RULES = "rules", _("rules or code lists changed")
    DUE = "due", _("the regular compare was due")


class AllowedHost(models.Model):
    """A database host the system administrator lets connectors reach; no other is dialled.

    One with an organisation is dialled for sources of that organisation alone.
    """

    host = models.CharField(_("host or socket directory"), max_length=255)
    port = models.PositiveIntegerField(_("port"), default=5432)
    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="allowed_hosts",
        verbose_name=_("only for"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    allowed_by = models.ForeignKey(
        platform.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("allowed by")
    )
    allowed_at = models.DateTimeField(_("allowed at"))

    class Meta:
        verbose_name = _("allowed host")
        verbose_name_plural = _("allowed hosts")
        constraints = [
            models.UniqueConstraint(
                fields=["host", "port", "organization"],
                name="exchange_allowedhost_once_for_each",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Source(models.Model):
    """A database or a folder of files that a department lets the platform read.

    `settings` holds what may be shown: host, port, database, user. The password stands only in
    `secret`, sealed by `exchange.vault`.
    """

    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        related_name="sources",
        verbose_name=_("organisation"),
    )
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=20, choices=SourceKind.choices)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    secret = models.BinaryField(_("secret"), null=True, blank=True, editable=False)
    time_zone = models.CharField(
        _("time zone of times without one"), max_length=60, default="Asia/Shanghai"
    )
    created_by = models.ForeignKey(
        platform.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="exchange_source_named_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BindingQuerySet(models.QuerySet["Binding"]):
    """Phrases about bindings."""

    def due(self, now):
        """Not paused, scheduled, and not attempted within the promised number of minutes."""
        minute: models.DurationField[timedelta, timedelta] = models.DurationField()
        period = models.ExpressionWrapper(
            F("schedule_minutes") * models.Value(timedelta(minutes=1), output_field=minute),
            output_field=minute,
        )
        return self.filter(paused=False, schedule_minutes__isnull=False).filter(
            Q(attempted_at=None) | Q(attempted_at__lte=now - period)
        )


class Binding(models.Model):
    """挂接: which object of a source feeds a table of the catalogue, and how (domain.md §2.5).

    `object` names what is read: {"schema", "table"} of a database, or {"path", "member",
    "encoding", "separator", "header", "nulls"} of CSV files (without a header, "width" says how
    many columns a row has, "titles" what people call them), or {"path", "sheet", "header_row",
    "nulls"} of workbooks (rows count from 1; without a row the header is looked for). `columns`
    maps a field's id (text, for JSON) to a column's name in the source, or to its position from 0
    where a file has no header.
    """

    resource = models.OneToOneField(
        "catalog.Resource", models.PROTECT, related_name="binding", verbose_name=_("resource")
    )
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="bindings", verbose_name=_("source")
    )
    object = models.JSONField(_("what is read"), default=dict)
    columns = models.JSONField(_("columns by field"), default=dict)
    mode = models.CharField(
        _("mode"), max_length=10, choices=SyncMode.choices, default=SyncMode.FULL
    )
    cursor_column = models.CharField(_("cursor column"), max_length=100, blank=True)
    lag_seconds = models.PositiveIntegerField(
        _("overlap in seconds"),
        default=0,
        help_text=_("How far before the last cursor value a run reads again, for late commits."),
    )
    max_rejected_percent = models.PositiveSmallIntegerField(
        _("held back when more rows than this are rejected, %"), default=10
    )
    max_shrink_percent = models.PositiveSmallIntegerField(
        _("held back when more rows than this would vanish, %"), default=20
    )
    schedule_minutes = models.PositiveIntegerField(_("every … minutes"), null=True, blank=True)
    full_every_days = models.PositiveSmallIntegerField(
        _("by cursor: full compare every … days"),
        default=7,
        help_text=_("A cursor does not see deletions; a full compare does. 0 never compares."),
    )
    paused = models.BooleanField(_("paused"), default=False)
    checkpoint = models.TextField(_("checkpoint"), blank=True)
    attempted_at = models.DateTimeField(_("attempted at"), null=True, blank=True)
    compared_at = models.DateTimeField(_("last compared whole"), null=True, blank=True)
    rules_digest = models.CharField(_("rules digest"), max_length=64, blank=True, editable=False)

    objects = BindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("binding")
        verbose_name_plural = _("bindings")
        constraints = [
            models.CheckConstraint(
                name="exchange_binding_cursor_has_column",
                condition=~Q(mode=SyncMode.CURSOR) | ~Q(cursor_column=""),
                violation_error_message=_("A sync by cursor needs its cursor column."),
            ),
            models.CheckConstraint(
                name="exchange_binding_percent",
                condition=Q(max_rejected_percent__lte=100) & Q(max_shrink_percent__lte=100),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.resource}"
