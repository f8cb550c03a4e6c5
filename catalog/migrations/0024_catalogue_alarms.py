"""Limits of the catalogue are reminded of, told as late, and taken one step up, as those of requests.

Rows in which the data authority has set days already stay as they are.
"""

from django.db import migrations

STEPS = ("catalogue_review", "catalogue_update")


def set_days(apps, _editor):
    apps.get_model("catalog", "Clock").objects.filter(
        step__in=STEPS, remind_days=None, late_days=None, climb_days=None
    ).update(remind_days=1, late_days=1, climb_days=3)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0023_axes_of_places")]

    operations = [migrations.RunPython(set_days, migrations.RunPython.noop)]
