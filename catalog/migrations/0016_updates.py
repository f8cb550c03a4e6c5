"""What an entry has to follow, and since when: the clock of Order 809 art 17(2)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0015_demands")]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="update_from",
            field=models.DateField(blank=True, null=True, verbose_name="to follow a change of"),
        ),
        migrations.AddField(
            model_name="dataset",
            name="update_because",
            field=models.TextField(blank=True, default="", verbose_name="what changed"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="dataset",
            name="update_extended",
            field=models.BooleanField(default=False, verbose_name="term to follow extended"),
        ),
    ]
