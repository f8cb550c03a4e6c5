"""Entries are found by their department itself; `provision` fills the rows and words anew."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0025_opening_clock"),
    ]

    operations = [
        migrations.RunSQL("DELETE FROM catalog_searchentry", migrations.RunSQL.noop),
    ]
