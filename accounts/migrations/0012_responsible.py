"""Somebody answers for a company: the person whom the data authority let build for it first."""

from django.db import migrations, models
from django.db.models import Q

ROLES = [
    ("publisher", "publisher"),
    ("head", "head of department"),
    ("reviewer", "reviewer"),
    ("operator", "operator of the data authority"),
    ("developer", "developer"),
    ("responsible", "responsible person of a company"),
    ("system_admin", "system administrator"),
    ("security_admin", "security administrator"),
    ("audit_admin", "audit administrator"),
]


def name_first(apps, _schema):
    membership = apps.get_model("accounts", "Membership")
    checked = membership.objects.filter(
        role="developer",
        user__is_active=True,
        organization__kind="company",
        organization__uscc__isnull=False,
    )
    first = {}
    for held in checked.order_by("pk"):
        first.setdefault(held.organization_id, held.user_id)
    for organization, user in first.items():
        membership.objects.get_or_create(
            organization_id=organization, user_id=user, role="responsible"
        )


def take_away(apps, _schema):
    apps.get_model("accounts", "Membership").objects.filter(role="responsible").delete()


def role_field():
    return models.CharField(choices=ROLES, max_length=20, verbose_name="role")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_company_claims")]

    operations = [
        migrations.RemoveConstraint("membership", "accounts_membership_role_known"),
        migrations.AlterField("membership", "role", role_field()),
        migrations.AlterField("notice", "role", role_field()),
        migrations.AddConstraint(
            "membership",
            models.CheckConstraint(
                condition=Q(role__in=[role for role, _name in ROLES]),
                name="accounts_membership_role_known",
            ),
        ),
        migrations.RunPython(name_first, take_away),
    ]
