"""The table that the catalogue is searched by. `provision` fills it for entries there before."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

# Counting by facets reads many rows and no words: so the words lie beside the rows, as they are.
NARROW = """
ALTER TABLE catalog_searchentry SET (toast_tuple_target = 256);
ALTER TABLE catalog_searchentry ALTER COLUMN words SET STORAGE EXTERNAL,
    ALTER COLUMN titles SET STORAGE MAIN;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_notices"),
        ("catalog", "0006_catalogue_whole"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "dataset",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_entry",
                        serialize=False,
                        to="catalog.dataset",
                    ),
                ),
                ("words", django.contrib.postgres.search.SearchVectorField()),
                ("titles", models.TextField()),
                ("state", models.CharField(max_length=12)),
                ("category", models.CharField(max_length=12)),
                ("cycle", models.CharField(max_length=12)),
                ("grade", models.PositiveSmallIntegerField(null=True)),
                ("sharing", models.PositiveSmallIntegerField()),
                ("opening", models.PositiveSmallIntegerField()),
                ("indexed_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.region",
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.subject",
                    ),
                ),
            ],
            options={
                "verbose_name": "row of the search table",
                "verbose_name_plural": "search table",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["words"], name="catalog_search_words"
                    ),
                    models.Index(fields=["state", "dataset"], name="catalog_search_state"),
                    models.Index(fields=["indexed_at"], name="catalog_search_indexed_at"),
                ],
            },
        ),
        migrations.RunSQL(NARROW, migrations.RunSQL.noop),
    ]
