"""A table of rows knows when what it shows last changed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0030_who_answered_a_stop")]

    operations = [
        migrations.AddField(
            model_name="recordtable",
            name="changed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="rows changed at"),
        ),
    ]
