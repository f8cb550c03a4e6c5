"""The limit of sharing what was agreed to is reminded of, told as late, and taken one step up.

Rows in which the data authority has set days already stay as they are.
"""

from django.db import migrations


def set_days(apps, _editor):
    apps.get_model("catalog", "Clock").objects.filter(
        step="deliver", remind_days=None, late_days=None, climb_days=None
    ).update(remind_days=1, late_days=1, climb_days=3)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0034_initials_of_groups")]

    operations = [migrations.RunPython(set_days, migrations.RunPython.noop)]
