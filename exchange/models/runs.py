"""Each sync run with its ledger, and the rows it had to turn away."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.wording import in_both
from catalog.bilingual import choose
from exchange.models.sources import WholeBecause


class RunState(models.TextChoices):
    """Where a run is, or how it ended."""

    READING = "reading", _("reading")
    CHECKING = "checking", _("checking")
    MERGING = "merging", _("merging")
    PROJECTING = "projecting", _("projecting")
    DONE = "done", _("done")
    HELD = "held", _("held back")
    FAILED = "failed", _("failed")
    INTERRUPTED = "interrupted", _("interrupted")
    DISCARDED = "discarded", _("discarded")
    TRIED = "tried", _("tried out")


RUNNING = (RunState.READING, RunState.CHECKING, RunState.MERGING, RunState.PROJECTING)
LOST_AFTER = timedelta(minutes=1)
"""Without a heartbeat for so long (many of lease.HEARTBEAT_SECONDS) a run's process is taken for
dead. That only lets another try: whether it really is, the run's lease tells."""


class SyncRunQuerySet(models.QuerySet["SyncRun"]):
    """Phrases about runs."""

    def running(self):
        """Started and neither ended nor held back."""
        return self.filter(state__in=RUNNING)

    def busy(self, now):
        """Alive by their heartbeat, or waiting for a person: no other run is to be started."""
        return self.filter(
            Q(state=RunState.HELD) | Q(state__in=RUNNING, heartbeat_at__gt=now - LOST_AFTER)
        )


class SyncRun(models.Model):
    """One run of one binding, with the conservation ledger of design.md §3.

    Counts are rows. Once merged: read = inserted + updated + unchanged + rejected + duplicates,
    and before + inserted - deleted = after; the database refuses a merged run that does not
    balance. Digests are sums of row hashes, so their order does not matter.

    `undo_until` stands at the one run of a binding that can be undone: rows above `base_id` are
    those it inserted, `seq` is the place in the feed it left (exchange.sync.undo).

    A trial is staged and checked and never merged: of what it read it knows `rejected`,
    `duplicates` and `accepted`.
    """

    binding = models.ForeignKey(
        "exchange.Binding", models.PROTECT, related_name="runs", verbose_name=_("binding")
    )
    mode = models.CharField(_("mode"), max_length=10)
    because = models.CharField(
        _("read whole because"), max_length=10, choices=WholeBecause.choices, blank=True
    )
    trial = models.BooleanField(_("trial run"), default=False)
    scope = models.CharField(_("scope"), max_length=10, blank=True)
    state = models.CharField(
        _("state"), max_length=12, choices=RunState.choices, default=RunState.READING
    )
    started_at = models.DateTimeField(_("started at"))
    heartbeat_at = models.DateTimeField(_("heartbeat at"))
    merged_at = models.DateTimeField(_("merged at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    read = models.BigIntegerField(_("read"), default=0)
    inserted = models.BigIntegerField(_("inserted"), default=0)
    updated = models.BigIntegerField(_("updated"), default=0)
    unchanged = models.BigIntegerField(_("unchanged"), default=0)
    rejected = models.BigIntegerField(_("rejected"), default=0)
    duplicates = models.BigIntegerField(_("duplicates"), default=0)
    deleted = models.BigIntegerField(_("deleted"), default=0)
    before = models.BigIntegerField(_("before"), default=0)
    after = models.BigIntegerField(_("after"), default=0)
    bytes = models.BigIntegerField(_("bytes"), default=0)
    digest_before = models.DecimalField(
        _("digest before"), max_digits=40, decimal_places=0, default=0
    )
    digest_after = models.DecimalField(
        _("digest after"), max_digits=40, decimal_places=0, default=0
    )
    checkpoint_before = models.TextField(_("checkpoint before"), blank=True)
    checkpoint_after = models.TextField(_("checkpoint after"), blank=True)
    parts = models.JSONField(
        _("files read"), default=list, blank=True, help_text=_("Files read: name, first line.")
    )
    problem_code = models.CharField(_("problem code"), max_length=40, blank=True)
    problem_zh = models.TextField(_("problem, Chinese"), blank=True)
    problem_en = models.TextField(_("problem, English"), blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
    )

    seq = models.BigIntegerField(_("sequence"), default=0)
    base_id = models.BigIntegerField(_("first id"), default=0)
    undo_until = models.DateTimeField(_("can be undone until"), null=True, blank=True)
    undoes = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="undone_by",
        verbose_name=_("undoes"),
    )
    reason = models.TextField(_("reason"), blank=True)

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("sync run")
        verbose_name_plural = _("sync runs")
        indexes = [models.Index(fields=["binding", "-id"], name="exchange_run_latest")]
        constraints = [
            models.CheckConstraint(
                name="exchange_syncrun_read_balances",
                condition=Q(merged_at=None)
                | Q(
                    read=F("inserted")
                    + F("updated")
                    + F("unchanged")
                    + F("rejected")
                    + F("duplicates")
                ),
                violation_error_message=_("A run that does not balance does not go live."),
            ),
            models.CheckConstraint(
                name="exchange_syncrun_rows_balance",
                condition=Q(merged_at=None) | Q(after=F("before") + F("inserted") - F("deleted")),
                violation_error_message=_("A run that does not balance does not go live."),
            ),
            models.UniqueConstraint(
                fields=["binding"],
                condition=Q(state__in=RUNNING),
                name="exchange_syncrun_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_state_display()}"

    @property
    def accepted(self) -> int:
        """Rows that passed all checks, or would have gone live after a trial."""
        return self.read - self.rejected - self.duplicates

    @property
    def problem(self) -> str:
        """Why the run failed or is held back, in the language of who reads, "" where it went."""
        return choose(self.problem_zh, self.problem_en)

    def tell_problem(self, code: str, sentence: object) -> None:
        """Set why the run failed or is held back; a worker knows no reader, so in both languages.

        The caller saves.
        """
        told = in_both(sentence)
        self.problem_code = code
        self.problem_zh, self.problem_en = told["zh-hans"], told["en"]

    @property
    def stages(self) -> list[tuple[str, str]]:
        """The stages of a run in their order, with their words."""
        return [(str(state), str(state.label)) for state in RUNNING]


class RejectedRow(models.Model):
    """A row that broke a rule: kept sealed for its owner, and gone after 30 days.

    `line` counts lines of the source as read, from 1, over all its files; for a database it is
    the place in the read order. `payload` is sealed by `exchange.vault`.
    """

    run = models.ForeignKey(
        SyncRun, models.CASCADE, related_name="rejected_rows", verbose_name=_("run")
    )
    line = models.BigIntegerField(_("line of the source"))
    rule = models.CharField(_("rule"), max_length=40)
    field = models.CharField(_("field"), max_length=63, blank=True)
    payload = models.BinaryField(_("payload"))
    expires_at = models.DateTimeField(_("expires at"), db_index=True)

    class Meta:
        verbose_name = _("rejected row")
        verbose_name_plural = _("rejected rows")

    def __str__(self) -> str:
        return f"{self.line}: {self.rule} {self.field}"
