"""What a member said for themselves is answered to that person."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0013_company_invitations"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="notice",
            name="accounts_notice_told_once_while_open",
        ),
        migrations.AddField(
            model_name="notice",
            name="person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="role",
            field=models.CharField(
                blank=True,
                choices=[
                    ("publisher", "publisher"),
                    ("head", "head of department"),
                    ("reviewer", "reviewer"),
                    ("operator", "operator of the data authority"),
                    ("developer", "developer"),
                    ("responsible", "responsible person of a company"),
                    ("system_admin", "system administrator"),
                    ("security_admin", "security administrator"),
                    ("audit_admin", "audit administrator"),
                ],
                max_length=20,
                verbose_name="role",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("settled_at", None)),
                fields=("kind", "target", "role", "organization", "person"),
                name="accounts_notice_told_once_while_open",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("person", None), models.Q(("role", ""), _negated=True)),
                    models.Q(("organization", None), ("person__isnull", False), ("role", "")),
                    _connector="OR",
                ),
                name="accounts_notice_to_a_role_or_a_person",
            ),
        ),
    ]
