"""Use records of grants: rows that are only ever added (Order 809 art 29)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARD = """
CREATE FUNCTION exchange_keep_use_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Use records are kept as written; a correction is another record: % is refused.', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON exchange_userecord
    FOR EACH ROW EXECUTE FUNCTION exchange_keep_use_records();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON exchange_userecord
    FOR EACH STATEMENT EXECUTE FUNCTION exchange_keep_use_records();
"""
UNDO = """
DROP TRIGGER refuse_change ON exchange_userecord;
DROP TRIGGER refuse_truncate ON exchange_userecord;
DROP FUNCTION exchange_keep_use_records;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_labels"),
        ("exchange", "0013_agreements"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UseRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_on", models.DateField(verbose_name="used from")),
                ("last_on", models.DateField(verbose_name="used until")),
                ("scene", models.TextField(max_length=2000, verbose_name="scene of use")),
                (
                    "process",
                    models.TextField(blank=True, max_length=2000, verbose_name="how it was used"),
                ),
                ("result", models.TextField(max_length=2000, verbose_name="what came of it")),
                (
                    "stored",
                    models.TextField(max_length=2000, verbose_name="where and how it is kept"),
                ),
                (
                    "disposed_on",
                    models.DateField(blank=True, null=True, verbose_name="disposed of on"),
                ),
                (
                    "disposal",
                    models.TextField(
                        blank=True, max_length=2000, verbose_name="how it was disposed of"
                    ),
                ),
                ("written_at", models.DateTimeField(verbose_name="written at")),
                (
                    "app",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.app",
                        verbose_name="app",
                    ),
                ),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="exchange.userecord",
                        verbose_name="corrects",
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="use_records",
                        to="exchange.grant",
                        verbose_name="grant",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="written by",
                    ),
                ),
            ],
            options={
                "verbose_name": "use record",
                "verbose_name_plural": "use records",
                "indexes": [
                    models.Index(fields=["grant", "first_on"], name="exchange_userecord_of")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_on__gte", models.F("first_on"))),
                        name="exchange_userecord_period",
                        violation_error_message="A period ends on or after the day it begins.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("written_by__isnull", False),
                            ("app__isnull", False),
                            _connector="OR",
                        ),
                        name="exchange_userecord_writer",
                        violation_error_message="A person or an app writes a record.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("disposal", ""), ("disposed_on", None)),
                            models.Q(
                                ("disposed_on__isnull", False),
                                models.Q(("disposal", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="exchange_userecord_disposal",
                        violation_error_message="Of a disposal say both the day and how.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, UNDO),
    ]
