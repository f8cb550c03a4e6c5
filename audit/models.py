"""Entries, their chain, and deliveries: rows that are only ever added.

The tables are made by SQL in the migrations: partitioned by month (UTC), and refusing UPDATE,
DELETE and TRUNCATE by trigger. Actor and organisation are text as they were on the day.
"""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Entry(models.Model):
    """One verb that happened: `at` by the caller's clock, `recorded_at` by the database's.

    An entry is written in its verb's own transaction and linked into the chain afterwards.
    `written_in` is that transaction's number; the database sets it. `address` is where the person
    came from, empty for what the platform does by itself.
    """

    at = models.DateTimeField(_("at"))
    verb = models.CharField(_("verb"), max_length=40)
    target = models.TextField(_("target"))
    actor = models.TextField(_("actor"))
    organization = models.TextField(_("organisation"), blank=True)
    details = models.JSONField(_("details"), default=dict, encoder=DjangoJSONEncoder)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    address = models.CharField(_("network address"), max_length=45, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())
    written_in = models.BigIntegerField(_("transaction"), db_default=0, editable=False)

    class Meta:
        managed = False
        db_table = "audit_entry"
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")

    def __str__(self) -> str:
        return f"{self.verb} {self.target}"


class Link(models.Model):
    """The place of an entry in the chain. `previous` is unique, so the chain cannot fork.

    `horizon`: every entry of a transaction below it was settled, and linked, with this link.
    """

    position = models.BigIntegerField(_("position"), primary_key=True)
    entry_id = models.BigIntegerField(_("entry"))
    recorded_at = models.DateTimeField(_("recorded at"))
    previous = models.CharField(_("hash before"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)
    algorithm = models.CharField(_("algorithm"), max_length=10)
    linked_at = models.DateTimeField(_("linked at"), db_default=Now())
    horizon = models.BigIntegerField(_("settled below"), default=0, editable=False)

    class Meta:
        managed = False
        db_table = "audit_link"
        verbose_name = _("link of the chain")
        verbose_name_plural = _("links of the chain")

    def __str__(self) -> str:
        return f"{self.position}: {self.hash[:12]}"


class Delivery(models.Model):
    """Who read what, under which grant.

    `sender` and `number` tell a drained note of an open read from what was written before its
    first byte; a note that is drained twice is kept once.
    """

    at = models.DateTimeField(_("at"))
    channel = models.CharField(_("channel"), max_length=10)
    mode = models.CharField(_("mode"), max_length=10)
    reader = models.CharField(_("kind of reader"), max_length=12)
    app = models.TextField(_("app"), blank=True)
    key_id = models.BigIntegerField(_("key"), null=True)
    organization = models.TextField(_("organisation"), blank=True)
    dataset = models.TextField(_("dataset"))
    grant_id = models.BigIntegerField(_("grant"), null=True)
    fields_digest = models.CharField(_("digest of fields"), max_length=64, blank=True)
    rows = models.BigIntegerField(_("rows"), default=0)
    bytes = models.BigIntegerField(
        _("bytes"),
        default=0,
        help_text=_(
            "Of a page under a grant: its rows, as the database built them. Otherwise: the answer."
        ),
    )
    zone_seq = models.BigIntegerField(_("place in the feed"), default=0)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    status = models.SmallIntegerField(_("status"), default=200)
    sender = models.CharField(_("process"), max_length=16, null=True)  # noqa: DJ001 - unique
    number = models.BigIntegerField(_("number of the note"), null=True)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    class Meta:
        managed = False
        db_table = "audit_delivery"
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")

    def __str__(self) -> str:
        return f"{self.app or self.reader} ← {self.dataset}"
