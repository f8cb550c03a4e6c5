"""When a file that everybody was given was last closed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0035_delivery_alarms"),
    ]

    operations = [
        migrations.AddField(
            model_name="resource",
            name="closed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="closed to everyone"),
        ),
    ]
