"""A run knows whether it is a trial, also where it failed; those that were tried out were."""

from django.db import migrations, models


def tried(apps, schema_editor):
    """Mark the trials that came to their end; of those that failed nobody can tell."""
    runs = apps.get_model("exchange", "SyncRun").objects.using(schema_editor.connection.alias)
    runs.filter(state="tried").update(trial=True)


class Migration(migrations.Migration):
    dependencies = [("exchange", "0007_sharing")]

    operations = [
        migrations.AddField("syncrun", "trial", models.BooleanField("trial run", default=False)),
        migrations.RunPython(tried, migrations.RunPython.noop),
    ]
