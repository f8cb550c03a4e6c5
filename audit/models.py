"""Entries, their chain, and deliveries: rows that are only ever added.

The tables are made by SQL (migration 0001): partitioned by month, and refusing UPDATE, DELETE and
TRUNCATE by trigger. Actor and organisation are text as they were on the day.
"""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Entry(models.Model):
    """One verb that happened: `at` by the caller's clock, `recorded_at` by the database's.

    An entry is written in its verb's own transaction and linked into the chain afterwards.
    """

    at = models.DateTimeField(_("at"))
    verb = models.CharField(_("verb"), max_length=40)
    target = models.CharField(_("target"), max_length=200)
    actor = models.CharField(_("actor"), max_length=200)
    organization = models.CharField(_("organisation"), max_length=400, blank=True)
    details = models.JSONField(_("details"), default=dict)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    class Meta:
        managed = False
        db_table = "audit_entry"
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")

    def __str__(self) -> str:
        return f"{self.verb} {self.target}"


class Link(models.Model):
    """The place of an entry in the chain. `previous` is unique, so the chain cannot fork."""

    position = models.BigIntegerField(_("position"), primary_key=True)
    entry_id = models.BigIntegerField(_("entry"))
    recorded_at = models.DateTimeField(_("recorded at"))
    previous = models.CharField(_("hash before"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)
    algorithm = models.CharField(_("algorithm"), max_length=10)
    linked_at = models.DateTimeField(_("linked at"), db_default=Now())

    class Meta:
        managed = False
        db_table = "audit_link"
        verbose_name = _("link of the chain")
        verbose_name_plural = _("links of the chain")

    def __str__(self) -> str:
        return f"{self.position}: {self.hash[:12]}"


class Delivery(models.Model):
    """Who read what, under which grant. `stream_id` tells a drained open read from one written
    before its first byte; with it a message that is drained twice is kept once."""

    at = models.DateTimeField(_("at"))
    channel = models.CharField(_("channel"), max_length=10)
    mode = models.CharField(_("mode"), max_length=10)
    reader = models.CharField(_("kind of reader"), max_length=12)
    app = models.CharField(_("app"), max_length=100, blank=True)
    key_id = models.BigIntegerField(_("key"), null=True)
    organization = models.CharField(_("organisation"), max_length=200, blank=True)
    dataset = models.CharField(_("dataset"), max_length=100)
    grant_id = models.BigIntegerField(_("grant"), null=True)
    fields_digest = models.CharField(_("digest of fields"), max_length=64, blank=True)
    rows = models.BigIntegerField(_("rows"), default=0)
    bytes = models.BigIntegerField(_("bytes"), default=0)
    zone_seq = models.BigIntegerField(_("place in the feed"), default=0)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    stream_id = models.CharField(_("message"), max_length=40, null=True)  # noqa: DJ001 - unique

    class Meta:
        managed = False
        db_table = "audit_delivery"
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")

    def __str__(self) -> str:
        return f"{self.app or self.reader} ← {self.dataset}"
