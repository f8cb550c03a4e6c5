"""A mail that the mail server does not take for now is tried again by itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_to_one_person"),
    ]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="mail_due_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="mail tried again at"),
        ),
        migrations.AddField(
            model_name="notice",
            name="mail_tries",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, verbose_name="tries of the mail"
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="mail_reached",
            field=models.JSONField(
                blank=True,
                db_default=models.Value([], models.JSONField()),
                default=list,
                verbose_name="mail reached",
            ),
        ),
    ]
