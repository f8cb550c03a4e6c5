"""Entries are narrowed by the formats of their data; `provision` fills the rows anew."""

from django.db import migrations, models

FACETS = ["state", "owner", "region", "subject", "grade", "sharing", "opening"]


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0027_files_for_everybody"),
    ]

    operations = [
        migrations.RunSQL("DELETE FROM catalog_searchentry", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="searchentry",
            name="formats",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, verbose_name="formats"
            ),
        ),
        migrations.RemoveIndex(model_name="searchentry", name="catalog_search_facets"),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(
                fields=[*FACETS, "formats", "cycle", "category"],
                name="catalog_search_facets",
            ),
        ),
    ]
