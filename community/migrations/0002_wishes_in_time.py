"""Wishes for data are answered by a day."""

from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now


def begin(apps, _schema):
    """Begin the limit of wishes that wait: now, since none ran when they were made.

    The day itself is worked out within the hour, by the task that tells of limits.
    """
    waiting = apps.get_model("community", "Wish").objects.filter(state__in=["waiting", "open"])
    waiting.update(due_from=Now())


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_to_one_person"),
        ("catalog", "0029_wish_clock"),
        ("community", "0001_what_people_say"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="wish",
            name="due_from",
            field=models.DateTimeField(blank=True, null=True, verbose_name="limit runs from"),
        ),
        migrations.AddField(
            model_name="wish",
            name="due_on",
            field=models.DateField(blank=True, null=True, verbose_name="due on"),
        ),
        migrations.AddIndex(
            model_name="wish",
            index=models.Index(fields=["state", "due_on"], name="community_wish_due"),
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
