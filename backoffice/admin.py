"""What Django's admin looks for at its start: loading the desks registers them."""

from django.contrib import admin
from django.contrib.auth.models import Group

from backoffice.desks import (
    accounts,
    audit,
    datasets,
    developers,
    exchange,
    negative_list,
    notices,
    reference,
    revisions,
    schedule,
    tables,
)

DESKS = (
    audit,
    accounts,
    developers,
    notices,
    datasets,
    tables,
    revisions,
    reference,
    negative_list,
    exchange,
    schedule,
)

admin.site.unregister(Group)  # rights come from accounts.roles alone
