from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0030_versions_released"),
    ]

    operations = [
        migrations.AlterField(
            model_name="field",
            name="coordinate",
            field=models.CharField(
                blank=True, default="", max_length=20, verbose_name="part of a place"
            ),
        ),
    ]
