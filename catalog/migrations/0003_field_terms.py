"""The terms that published fields stood under, kept from now on and never changed."""

import django.db.models.deletion
from django.db import migrations, models

# What is published already: its terms of today, from the day of its publication on. What they were
# in between was not kept.
BEGIN = """
INSERT INTO catalog_fieldterms (field_id, since, name, data_type, share_type, open_type, grade,
    mask_kind, mask_params, concealed, secrecy, ended_at)
SELECT f.id, d.published_at, f.name, f.data_type, f.share_type, f.open_type, f.grade,
    f.mask_kind, f.mask_params, f.concealed, f.secrecy, f.ended_at
FROM catalog_field f JOIN catalog_resource r ON r.id = f.resource_id
JOIN catalog_dataset d ON d.id = r.dataset_id WHERE d.published_at IS NOT NULL;
"""

GUARD = """
CREATE FUNCTION catalog_keep_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The terms of fields are only added to: % of % is refused.',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON catalog_fieldterms
    FOR EACH ROW EXECUTE FUNCTION catalog_keep_terms();
"""
UNDO = """
DROP TRIGGER refuse_change ON catalog_fieldterms;
DROP FUNCTION catalog_keep_terms();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="FieldTerms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateTimeField(verbose_name="since")),
                ("name", models.CharField(max_length=63, verbose_name="name")),
                ("data_type", models.CharField(max_length=20, verbose_name="data type")),
                ("share_type", models.CharField(max_length=14, verbose_name="share type")),
                ("open_type", models.CharField(max_length=14, verbose_name="open type")),
                (
                    "grade",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="grade"),
                ),
                ("mask_kind", models.CharField(blank=True, max_length=20, verbose_name="mask")),
                (
                    "mask_params",
                    models.JSONField(blank=True, default=dict, verbose_name="mask's settings"),
                ),
                (
                    "concealed",
                    models.BooleanField(default=False, verbose_name="its existence is concealed"),
                ),
                ("secrecy", models.CharField(max_length=12, verbose_name="secrecy")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "field",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="terms",
                        to="catalog.field",
                    ),
                ),
            ],
            options={
                "verbose_name": "terms of a field",
                "verbose_name_plural": "terms of fields",
                "indexes": [
                    models.Index(fields=["field", "since", "id"], name="catalog_fieldterms_since")
                ],
            },
        ),
        migrations.RunSQL(BEGIN, migrations.RunSQL.noop),
        migrations.RunSQL(GUARD, UNDO),
    ]
