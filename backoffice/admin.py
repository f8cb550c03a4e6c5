"""What Django's admin looks for at its start: loading the desks registers them."""

from django.contrib import admin
from django.contrib.auth.models import Group

from backoffice.desks import (
    accounts,
    audit,
    batches,
    community,
    companies,
    corrections,
    datasets,
    demands,
    developers,
    disputes,
    duties,
    exchange,
    grading,
    grants,
    negative_list,
    notices,
    offers,
    people,
    reference,
    requests,
    revisions,
    schedule,
    sheets,
    stops,
    tables,
    uses,
)

DESKS = (
    audit,
    accounts,
    people,
    developers,
    companies,
    notices,
    datasets,
    tables,
    grading,
    offers,
    duties,
    demands,
    sheets,
    revisions,
    reference,
    negative_list,
    exchange,
    grants,
    stops,
    batches,
    requests,
    disputes,
    corrections,
    community,
    uses,
    schedule,
)

admin.site.unregister(Group)  # rights come from accounts.roles alone
