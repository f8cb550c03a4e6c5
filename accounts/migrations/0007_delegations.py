"""A colleague acts in a role while its holder is away."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_labels")]

    operations = [
        migrations.CreateModel(
            name="Delegation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("head", "head of department"),
                            ("reviewer", "reviewer"),
                            ("operator", "operator of the data authority"),
                        ],
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                ("from_on", models.DateField(verbose_name="from")),
                ("until", models.DateField(verbose_name="until")),
                ("reason", models.TextField(max_length=500, verbose_name="reason")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="ended at"),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="ended by",
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegations_given",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who is away",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegations",
                        to="accounts.organization",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "to",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegations_taken",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who acts",
                    ),
                ),
            ],
            options={
                "verbose_name": "delegation",
                "verbose_name_plural": "delegations",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until__gte", models.F("from_on"))),
                        name="accounts_delegation_period",
                        violation_error_message="A period ends on or after the day it begins.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("holder", models.F("to")), _negated=True),
                        name="accounts_delegation_to_another",
                        violation_error_message="Nobody acts for themselves. Choose a colleague.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["head", "reviewer", "operator"])),
                        name="accounts_delegation_role_lendable",
                    ),
                ],
            },
        ),
    ]
