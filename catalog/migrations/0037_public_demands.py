"""Demands are told to everybody, but for those that are kept back with a reason."""

from django.db import migrations, models

# Those that are there were written when the list was for departments alone, so each of them waits
# until its department tells it. The sentence is a reason as people write them, for the office.
KEEP_BACK = """
UPDATE catalog_demand
SET kept_back_because = '提出时需求清单只供部门查看，本部门尚未确认可以公开。'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0036_closed_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="demand",
            name="kept_back_because",
            field=models.TextField(
                blank=True,
                default="",
                max_length=2000,
                verbose_name="kept from the public because",
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="demand",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "waiting for the data authority"),
                    ("accepted", "with the department that has the duty"),
                    ("catalogued", "in the catalogue"),
                    ("satisfied", "satisfied"),
                    ("declined", "declined"),
                ],
                default="open",
                max_length=12,
                verbose_name="state",
            ),
        ),
        migrations.RunSQL(KEEP_BACK, migrations.RunSQL.noop),
    ]
