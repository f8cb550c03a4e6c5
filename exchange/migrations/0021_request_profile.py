"""A request keeps the body of rules it was asked under."""

from django.conf import settings
from django.db import migrations, models

NATIONAL = "order809"


def keep(apps, _editor):
    """Give what was received before the rules by which its limit runs now: no clock moves."""
    kept = {}
    for profile, step in apps.get_model("catalog", "Clock").objects.values_list("profile", "step"):
        kept.setdefault(step, []).append(profile)
    requests = apps.get_model("exchange", "ShareRequest").objects.filter(received_at__isnull=False)
    requests.update(profile=settings.CLOCK_PROFILE)
    here = {settings.CLOCK_PROFILE, NATIONAL}
    for step, profiles in kept.items():
        if not here & set(profiles):  # a limit that began under rules that hold no longer
            requests.filter(due_step=step).update(profile=max(profiles))


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0018_graded_then"),
        ("exchange", "0020_dispute_acting_for"),
    ]

    operations = [
        migrations.AddField(
            model_name="sharerequest",
            name="profile",
            field=models.CharField(
                blank=True, max_length=30, verbose_name="body of rules it was asked under"
            ),
        ),
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
