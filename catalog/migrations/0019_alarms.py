"""When a limit is reminded of, told as late, and taken one step up."""

from django.db import migrations, models

# These are told of by clocks of their own, or are met by the platform itself.
WITHOUT = ("catalogue_review", "catalogue_update", "answer_unconditional", "deliver")


def leave_out(apps, _editor):
    apps.get_model("catalog", "Clock").objects.filter(step__in=WITHOUT).update(
        remind_days=None, late_days=None, climb_days=None
    )


def days(name, default, told):
    return migrations.AddField(
        model_name="clock",
        name=name,
        field=models.PositiveSmallIntegerField(
            blank=True,
            default=default,
            help_text="Leave empty where nobody is to be told.",
            null=True,
            verbose_name=told,
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0018_graded_then")]

    operations = [
        days("remind_days", 1, "reminder, working days before the last day"),
        days("late_days", 1, "told as late, working days after the last day"),
        days("climb_days", 3, "one step up, working days after the last day"),
        migrations.RunPython(leave_out, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.CheckConstraint(
                condition=models.Q(late_days__gte=1, climb_days__gt=models.F("late_days"))
                | models.Q(late_days__gte=1, climb_days=None)
                | models.Q(late_days=None, climb_days=None),
                name="catalog_clock_climbs_after_late",
                violation_error_message=(
                    "A limit is told as late one working day after the last day or more, and goes"
                    " one step up after that."
                ),
            ),
        ),
    ]
