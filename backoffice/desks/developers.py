"""Developers' apps and their keys."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from accounts import developers, keys
from accounts.models import ApiKey, App
from backoffice.buttons import Button, Press, Shown
from backoffice.desk import Desk
from backoffice.desks.beside import ShownOnly
from backoffice.forms import accounts as forms


def _is_open(row: Any) -> bool:
    return row.closed_at is None


class KeysOf(ShownOnly):
    """An app's keys."""

    model = ApiKey
    fields = ["prefix", "label", "created_at", "expires_at", "revoked_at"]


def _issue(press: Press) -> Shown:
    last = press.told["expires_on"] + timedelta(days=1)
    issued = keys.issue(
        press.target,
        by=press.by,
        at=press.at,
        expires_at=timezone.make_aware(datetime.combine(last, time.min)),
        label=press.told["label"],
    )
    return Shown(
        title=_("The key is made"),
        note=_("Copy it now: it is shown this once, and only its digest is kept."),
        lines=((_("Key"), issued.raw), (_("Header"), f"X-API-Key: {issued.raw}")),
    )


@admin.register(App)
class AppDesk(Desk):
    """Developers' apps."""

    owner_path = "organization"
    list_display = ["name", "organization", "created_at", "closed_at"]
    list_filter = ["closed_at"]
    list_select_related = ["organization"]
    search_fields = ["name", "organization__name_zh", "organization__name_en"]
    ordering = ["-id"]
    inlines = [KeysOf]
    list_buttons = (
        Button(
            name="create",
            label=_("Register an app"),
            permission="accounts.create_app",
            press=lambda press: developers.create_app(
                press.told["organization"], press.told["name"], by=press.by, at=press.at
            ),
            done=_("The app is registered. Make a key for it next."),
            form=forms.AppForm,
        ),
    )
    buttons = (
        Button(
            name="key",
            label=_("Make a key"),
            permission="accounts.create_key",
            press=_issue,
            done="",
            form=forms.KeyForm,
            offered=_is_open,
        ),
        Button(
            name="close",
            label=_("Close"),
            permission="accounts.close_app",
            press=lambda press: developers.close_app(press.target.pk, by=press.by, at=press.at),
            done=_("The app is closed; its keys are refused from the next call on."),
            offered=_is_open,
            variant=ActionVariant.DANGER,
        ),
    )


def _set_quota(press: Press) -> None:
    keys.set_quota(press.target.pk, **press.told, by=press.by, at=press.at)


@admin.register(ApiKey)
class ApiKeyDesk(Desk):
    """Keys: recognised by their beginning; the key itself is nowhere."""

    owner_path = "app__organization"
    list_display = ["prefix", "app", "label", "expires_at", "revoked_at", "daily_quota"]
    list_filter = ["revoked_at", "expires_at"]
    list_select_related = ["app__organization"]
    search_fields = ["prefix", "label", "app__name"]
    ordering = ["-id"]
    fields = [
        "app",
        "prefix",
        "label",
        "created_at",
        "expires_at",
        "revoked_at",
        "rate_per_minute",
        "daily_quota",
    ]
    buttons = (
        Button(
            name="quota",
            label=_("Set the quota"),
            permission="accounts.set_quota",
            press=_set_quota,
            done=_("The quota is set."),
            form=forms.QuotaForm,
        ),
        Button(
            name="revoke",
            label=_("Revoke"),
            permission="accounts.revoke_key",
            press=lambda press: keys.revoke(press.target.pk, by=press.by, at=press.at),
            done=_("The key is revoked: the next call with it is refused."),
            offered=lambda key: key.revoked_at is None,
            variant=ActionVariant.DANGER,
        ),
    )
