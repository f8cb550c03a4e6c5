"""Which table holds the rows of which zone: the pointer that a reader follows."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Zone(models.TextChoices):
    """A schema of record tables, named for who may have what is in it (design.md §3)."""

    SHARED = "shared", _("shared between departments")
    OPEN = "open", _("open to everyone")
    CONDITIONAL = "conditional", _("open under a grant")


class RecordTable(models.Model):
    """One immutable-named table of rows: `<zone>.ds_<resource>_v<version>`.

    `columns` is a list of {"field": id, "name", "column", "type", "treatment", "mask"} in
    catalogue order, with "coordinate" where it is an axis of a place (policy.places); a withheld
    field has no column in `open` or `conditional`. `unplaced` counts rows whose coordinates are
    no place, by reason. `seq` is the last `_seq` given out here, `source_seq` the place reached
    in the shared zone's feed, `last_id` the
    highest `_id` ever given out (shared only). `changed_at` is when `seq` last moved, kept of the
    zones that the public reads: a refresh that changed nothing for them leaves it. `revoked_at`
    marks a version that a stricter decision ended: whoever still streams from it must stop.
    """

    resource = models.ForeignKey(
        "catalog.Resource",
        models.PROTECT,
        related_name="record_tables",
        verbose_name=_("resource"),
    )
    zone = models.CharField(_("zone"), max_length=12, choices=Zone.choices)
    version = models.PositiveIntegerField(_("version"))
    table_name = models.CharField(_("table name"), max_length=63)
    columns = models.JSONField(_("columns"), default=list)
    key_columns = models.JSONField(_("key columns"), default=list)
    seq = models.BigIntegerField(_("sequence"), default=0)
    source_seq = models.BigIntegerField(_("source seq"), default=0)
    source_version = models.PositiveIntegerField(_("source version"), default=0)
    last_id = models.BigIntegerField(_("last id"), default=0)
    rows = models.BigIntegerField(_("rows"), default=0)
    unplaced = models.JSONField(_("rows whose coordinates are no place"), default=dict)
    digest = models.DecimalField(_("digest"), max_digits=40, decimal_places=0, default=0)
    tombstones_from = models.BigIntegerField(_("tombstones from"), default=0)
    policy_version = models.BigIntegerField(_("policy version"), default=0)
    live = models.BooleanField(_("live"), default=False)
    built_at = models.DateTimeField(_("built at"))
    refreshed_at = models.DateTimeField(_("refreshed at"))
    changed_at = models.DateTimeField(_("rows changed at"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("dropped at"), null=True, blank=True)

    class Meta:
        verbose_name = _("record table")
        verbose_name_plural = _("record tables")
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "zone"],
                condition=Q(live=True),
                name="exchange_recordtable_one_live",
            ),
            models.UniqueConstraint(
                fields=["resource", "zone", "version"], name="exchange_recordtable_version_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.zone}.{self.table_name}"
