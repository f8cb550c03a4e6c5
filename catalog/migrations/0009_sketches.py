"""Sketches of values, and indexes by which fields called alike are found."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

# The word by which names and labels are compared; `catalog.likeness.normal` says the same.
NORMAL = r"""
CREATE FUNCTION catalog_normal(told text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT regexp_replace(lower(normalize(told, NFKC)),
        '[ \t\n\r!-/:-@\[-`{-~，。、；：（）“”《》·—]+', '', 'g')
$$;
CREATE INDEX catalog_field_label_normal ON catalog_field (catalog_normal(label_zh));
CREATE INDEX catalog_field_name_normal ON catalog_field (catalog_normal(name));
"""
UNDO = """
DROP INDEX catalog_field_name_normal;
DROP INDEX catalog_field_label_normal;
DROP FUNCTION catalog_normal(text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0008_grading_table"),
    ]

    operations = [
        migrations.CreateModel(
            name="FieldSketch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "hashes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("different", models.BigIntegerField(default=0, verbose_name="different values")),
                ("sketched_at", models.DateTimeField(verbose_name="sketched")),
                (
                    "field",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sketch",
                        to="catalog.field",
                    ),
                ),
            ],
            options={
                "verbose_name": "sketch of values",
                "verbose_name_plural": "sketches of values",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["hashes"], name="catalog_fieldsketch_hashes"
                    )
                ],
            },
        ),
        migrations.RunSQL(NORMAL, UNDO),
    ]
