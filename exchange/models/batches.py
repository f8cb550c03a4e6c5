"""Batch jobs: whole copies under a grant, written to a file that is fetched for some days."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchange.batch_flow import UNFINISHED, BatchState


class BatchForm(models.TextChoices):
    """How the rows of a file are written."""

    CSV = "csv", _("CSV")
    JSONL = "jsonl", _("a line of JSON for each row")


class BatchMark(models.TextChoices):
    """What in a file names its grant."""

    ORDER = "order", _("the order of rows")
    COLUMN = "order+column", _("the order of rows, and the column _mark")


class BatchEnd(models.TextChoices):
    """Why a job has no file, or none any more."""

    TIME = "time", _("its days are over")
    GRANT = "grant", _("the grant was suspended, changed or ended")
    STRICTER = "stricter", _("what the grant shows has changed since")
    LOST = "lost", _("the file is not in the store any more")
    REFUSED = "refused", _("the dataset could not be served when its turn came")
    BROKEN = "broken", _("writing broke off")
    FULL = "full", _("the store of files had no room left for it")
    GIVEN_UP = "given_up", _("writing broke off again and again, and was given up")


class BatchJob(models.Model):
    """A whole copy that was asked for under a grant.

    `rows`, `bytes` and `sha256` are of the file as it is fetched; while it is written, `rows` and
    `bytes` say how far it is. `seq` is the zone's place in its feed when the rows were read.
    `fields` lists {"name", "title_zh", "title_en", "type", "treatment", "mask"}; `shape` is a
    digest of that and of the conditions on rows. `doubted` are the reports that stood on rows of
    the file when it was written; `last_row` is the highest `_id` that any row had when the rows
    were read, None of files from before it was noted. `tries` counts how often writing began. The
    file is sealed with a key of its own, kept in `sealed_key`: without it nobody reads the file.

    `looked_on`, `looked_version` and `looked_table` say on which day, by which policy version of
    the dataset and with which record table the file was last found to show what the grant does:
    while they stand, it need not be decided again.
    """

    grant = models.ForeignKey(
        "exchange.Grant", models.PROTECT, related_name="batches", verbose_name=_("grant")
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked by"),
    )
    app = models.ForeignKey(
        "accounts.App",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("app"),
    )
    asked_at = models.DateTimeField(_("asked at"))
    form = models.CharField(_("format"), max_length=5, choices=BatchForm.choices)
    packed = models.BooleanField(_("packed by gzip"), default=False)
    state = models.CharField(
        _("state"), max_length=7, choices=BatchState.choices, default=BatchState.QUEUED
    )
    ended_because = models.CharField(
        _("why there is no file"), max_length=8, choices=BatchEnd.choices, blank=True
    )
    mark = models.CharField(
        _("mark"), max_length=12, choices=BatchMark.choices, default=BatchMark.ORDER
    )
    fields = models.JSONField(_("fields"), default=list)
    shape = models.CharField(_("digest of what it shows"), max_length=64, blank=True)
    doubted = models.JSONField(_("reports on its rows"), default=list)
    last_row = models.PositiveBigIntegerField(_("highest row number"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    looked_on = models.DateField(_("last compared on"), null=True, blank=True)
    looked_version = models.BigIntegerField(_("policy version compared with"), default=0)
    looked_table = models.BigIntegerField(_("record table compared with"), null=True, blank=True)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    bytes = models.PositiveBigIntegerField(_("bytes"), default=0)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    seq = models.PositiveBigIntegerField(_("place in the feed"), default=0)
    begun_at = models.DateTimeField(_("begun at"), null=True, blank=True)
    made_at = models.DateTimeField(_("made at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("kept until"), null=True, blank=True)
    sealed_key = models.BinaryField(_("sealed key of the file"), default=b"")

    class Meta:
        verbose_name = _("batch job")
        verbose_name_plural = _("batch jobs")
        constraints = [
            models.UniqueConstraint(
                fields=["grant"],
                condition=Q(state__in=UNFINISHED),
                name="exchange_batchjob_one_at_a_time",
                violation_error_message=_("Under a grant one batch is written at a time."),
            ),
            models.CheckConstraint(
                name="exchange_batchjob_key_while_ready",
                condition=Q(state=BatchState.READY) | Q(sealed_key=b""),
                violation_error_message=_("Only a file that is ready has a key."),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.grant}"

    @property
    def address(self) -> str:
        """How audit entries name it."""
        return f"batch:{self.pk}"

    @property
    def file_name(self) -> str:
        """Return the name under which the file is fetched."""
        packed = ".gz" if self.packed else ""
        return f"{self.grant.dataset.slug}-{self.pk}.{self.form}{packed}"

    def stands(self, now: datetime) -> BatchState:
        """Where the job stands at a moment: one whose days are over is gone."""
        over = self.expires_at is not None and self.expires_at <= now
        if over and self.state == BatchState.READY:
            return BatchState.EXPIRED
        return BatchState(self.state)
