"""Citizens have a place without a credit code; keys may be bound to datasets and addresses."""

from django.db import migrations, models
from django.db.models import Q

import accounts.models.organizations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_member_sessions")]

    operations = [
        migrations.AlterField(
            model_name="organization",
            name="uscc",
            field=models.CharField(
                blank=True,
                max_length=18,
                null=True,
                unique=True,
                validators=[accounts.models.organizations.check_uscc],
                verbose_name="unified social credit code",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="organization", name="accounts_organization_uscc_shape"
        ),
        migrations.AddConstraint(
            model_name="organization",
            constraint=models.CheckConstraint(
                condition=Q(
                    ("uscc__regex", "^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$")
                )
                | Q(("kind", "company"), ("uscc", None)),
                name="accounts_organization_uscc_shape",
                violation_error_message=(
                    "A unified social credit code has 18 characters: digits and capital letters "
                    "without I, O, S, V and Z."
                ),
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="datasets",
            field=models.TextField(blank=True, default="", verbose_name="only these datasets"),
        ),
        migrations.AddField(
            model_name="apikey",
            name="addresses",
            field=models.TextField(
                blank=True, default="", verbose_name="only from these addresses"
            ),
        ),
    ]
