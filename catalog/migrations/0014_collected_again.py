"""What a department answers where another collects the same already."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0013_workbook_files")]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="collected_again",
            field=models.TextField(
                blank=True,
                default="",
                verbose_name="why it is collected although another department has it",
            ),
            preserve_default=False,
        ),
    ]
