"""Who made the boundaries that a map shows is told in English too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_mails_tried_again"),
    ]

    operations = [
        migrations.AddField(
            model_name="regionboundary",
            name="source_en",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=200,
                verbose_name="source, English",
            ),
        ),
    ]
