import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_labels"),
        ("exchange", "0015_batches"),
    ]

    operations = [
        migrations.CreateModel(
            name="RequestReference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reference",
                    models.CharField(max_length=64, verbose_name="reference of the caller"),
                ),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.app",
                        verbose_name="app",
                    ),
                ),
            ],
            options={
                "verbose_name": "reference of a request",
                "verbose_name_plural": "references of requests",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("app", "reference"),
                        name="exchange_requestreference_once",
                        violation_error_message="The app has used this reference already.",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="sharerequest",
            name="reference",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="requests",
                to="exchange.requestreference",
                verbose_name="reference of the caller",
            ),
        ),
    ]
