"""Why a run failed is kept in both languages; what was told in one stands in both."""

from django.db import migrations, models


def in_both(apps, schema_editor):
    """Copy what there is: nobody knows in which language it was written."""
    runs = apps.get_model("exchange", "SyncRun").objects.using(schema_editor.connection.alias)
    runs.exclude(problem_zh="").update(problem_en=models.F("problem_zh"))


class Migration(migrations.Migration):
    dependencies = [("exchange", "0005_labels")]

    operations = [
        migrations.RenameField("syncrun", "problem", "problem_zh"),
        migrations.AlterField(
            "syncrun", "problem_zh", models.TextField("problem, Chinese", blank=True)
        ),
        migrations.AddField(
            "syncrun", "problem_en", models.TextField("problem, English", blank=True)
        ),
        migrations.RunPython(in_both, migrations.RunPython.noop),
    ]
