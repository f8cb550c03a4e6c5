"""Companies invite their people by mail."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


def person(name, *, empty=False):
    more = {"null": True, "blank": True} if empty else {}
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        verbose_name=name,
        **more,
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_responsible")]

    operations = [
        migrations.CreateModel(
            name="CompanyInvitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("developer", "developer"),
                            ("responsible", "responsible person of a company"),
                        ],
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                (
                    "digest",
                    models.CharField(
                        max_length=64, unique=True, verbose_name="digest of the token"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="invited at")),
                ("expires_at", models.DateTimeField(verbose_name="works until")),
                (
                    "accepted_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="accepted at"),
                ),
                (
                    "revoked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="taken back at"),
                ),
                ("accepted_by", person("accepted by", empty=True)),
                ("by", person("invited by")),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="accounts.organization",
                        verbose_name="company",
                    ),
                ),
            ],
            options={
                "verbose_name": "invitation to a company",
                "verbose_name_plural": "invitations to companies",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(("accepted_at", None), ("revoked_at", None), _connector="OR"),
                        name="accounts_companyinvitation_once",
                        violation_error_message=(
                            "An invitation is accepted or taken back, not both."
                        ),
                    ),
                    models.UniqueConstraint(
                        condition=Q(("accepted_at", None), ("revoked_at", None)),
                        fields=("company", "email"),
                        name="accounts_companyinvitation_one_open",
                        violation_error_message="This address is invited already.",
                    ),
                ],
            },
        ),
    ]
