"""The answer to a wish can be given more time, once and for a reason."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("community", "0002_wishes_in_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="wish",
            name="extended_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="given more time"),
        ),
        migrations.AddField(
            model_name="wish",
            name="extended_because",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=500,
                verbose_name="why more time is needed",
            ),
        ),
    ]
