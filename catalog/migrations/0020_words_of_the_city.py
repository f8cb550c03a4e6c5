"""Words that mean the same, and words that entries are called by.

The rows that the catalogue is searched by are of another making now: `provision` fills them anew.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_delegations"),
        ("catalog", "0019_alarms"),
    ]

    operations = [
        TrigramExtension(),
        migrations.RunSQL("DELETE FROM catalog_searchentry", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="WordGroup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "words",
                    models.TextField(
                        help_text="One word or phrase a line, at least two; all of them mean the same.",
                        verbose_name="words",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("active", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "folded",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        editable=False,
                        size=None,
                        verbose_name="as looked up",
                    ),
                ),
            ],
            options={
                "verbose_name": "group of words",
                "verbose_name_plural": "words that mean the same",
                "ordering": ["pk"],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["folded"], name="catalog_wordgroup_folded"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("word", models.TextField(verbose_name="word")),
                ("sound", models.TextField(blank=True, verbose_name="sound")),
                ("signs", models.TextField(blank=True, verbose_name="signs")),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="department of this name",
                    ),
                ),
            ],
            options={
                "verbose_name": "word of the catalogue",
                "verbose_name_plural": "words of the catalogue",
                "indexes": [
                    models.Index(fields=["sound"], name="catalog_searchword_sound"),
                    models.Index(fields=["signs"], name="catalog_searchword_signs"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["word", "sound"],
                        opclasses=["gin_trgm_ops", "gin_trgm_ops"],
                        name="catalog_searchword_alike",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("word", "owner"),
                        name="catalog_searchword_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
    ]
