"""A letter that the mail server does not take for now is tried again by itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("community", "0004_followed"),
    ]

    operations = [
        migrations.AddField(
            model_name="follower",
            name="letter_due_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="mail tried again at"),
        ),
        migrations.AddField(
            model_name="follower",
            name="letter_tries",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, verbose_name="tries of the mail"
            ),
        ),
    ]
