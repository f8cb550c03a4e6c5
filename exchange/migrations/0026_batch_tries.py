"""How often writing a batch file was begun, and up to which row it goes."""

from django.db import migrations, models

ENDS = [
    ("time", "its days are over"),
    ("grant", "the grant was suspended, changed or ended"),
    ("stricter", "what the grant shows has changed since"),
    ("lost", "the file is not in the store any more"),
    ("refused", "the dataset could not be served when its turn came"),
    ("broken", "writing broke off"),
    ("full", "the store of files had no room left for it"),
    ("given_up", "writing broke off again and again, and was given up"),
]


class Migration(migrations.Migration):
    dependencies = [("exchange", "0025_webhooks")]

    operations = [
        migrations.AddField(
            model_name="batchjob",
            name="last_row",
            field=models.PositiveBigIntegerField(
                blank=True, null=True, verbose_name="highest row number"
            ),
        ),
        migrations.AddField(
            model_name="batchjob",
            name="tries",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="tries"),
        ),
        migrations.AlterField(
            model_name="batchjob",
            name="ended_because",
            field=models.CharField(
                blank=True, choices=ENDS, max_length=8, verbose_name="why there is no file"
            ),
        ),
    ]
