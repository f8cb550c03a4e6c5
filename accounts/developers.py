"""Verbs on developers' apps. Keys are in `accounts.keys`."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import members, organizations
from accounts.models import App, Organization, User
from accounts.refusals import StepRefused
from accounts.roles import require
from audit import chain


@transaction.atomic
def create_app(organization: Organization, name: str, *, by: User, at: datetime) -> App:
    """Register a program of the organisation.

    Raises NotAllowed; StepRefused where the organisation is closed; ValidationError if there is an
    open app of that name.
    """
    require(by, "accounts.create_app", organization)
    organizations.hold_open(organization.pk)
    members.refuse_many(organization)
    app = App(organization=organization, name=name, created_by=by, created_at=at)
    app.full_clean()
    app.save()
    chain.record(
        "app.create",
        f"app:{app.pk}",
        by=by,
        at=at,
        name=name,
        organization=f"organization:{organization.pk}",
    )
    return app


@transaction.atomic
def close_app(app_id: int, *, by: User, at: datetime) -> App:
    """Close an app: all its keys are refused from the next call on.

    Raises NotAllowed; StepRefused if it is closed already.
    """
    app = App.objects.select_for_update(of=("self",)).select_related("organization").get(pk=app_id)
    require(by, "accounts.close_app", app.organization)
    if app.closed_at is not None:
        text = _("“%(name)s” was closed on %(day)s already.")
        day = timezone.localdate(app.closed_at).isoformat()
        raise StepRefused(text % {"name": app.name, "day": day}, "app-closed")
    app.closed_at = at
    app.save(update_fields=["closed_at"])
    chain.record("app.close", f"app:{app.pk}", by=by, at=at)
    return app
