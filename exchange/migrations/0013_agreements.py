import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0012_request_attachments"),
    ]

    operations = [
        migrations.CreateModel(
            name="Agreement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("document", models.JSONField(verbose_name="document")),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
                ("algorithm", models.CharField(max_length=10, verbose_name="algorithm")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                (
                    "grant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agreement",
                        to="exchange.grant",
                        verbose_name="grant",
                    ),
                ),
            ],
            options={
                "verbose_name": "agreement",
                "verbose_name_plural": "agreements",
            },
        ),
    ]
