"""The sidebar: what a person's roles let them open, in the order of their work."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts import notices
from backoffice.buttons import person_of


@dataclass(frozen=True, slots=True)
class Page:
    """A page beside the models' desks: its address, its icon, and who may open it."""

    name: str
    title: str | Promise
    icon: str
    permission: str


@dataclass(frozen=True, slots=True)
class Group:
    """A heading and the models below it, as "app.model", each with its icon; pages come first."""

    title: str | Promise
    models: tuple[tuple[str, str], ...]
    pages: tuple[Page, ...] = ()


GROUPS = (
    Group(
        _("Catalogue"),
        (
            ("catalog.Dataset", "dataset"),
            ("catalog.Field", "view_column"),
            ("catalog.Duty", "account_tree"),
            ("catalog.Demand", "checklist"),
            ("catalog.Revision", "difference"),
            ("catalog.NegativeLine", "block"),
            ("catalog.LegalBasis", "gavel"),
        ),
        (
            Page("admin:sitting", _("Take up a table"), "add_circle", "exchange.browse_source"),
            Page(
                "admin:grading", _("Table of grades"), "rule_settings", "catalog.view_gradingtable"
            ),
            Page("admin:lists", _("The three lists"), "lists", "catalog.view_demand"),
            Page("admin:decided", _("Decision of a day"), "event", "catalog.view_fieldterms"),
            Page("admin:regrading", _("To be graded anew"), "rebase_edit", "catalog.view_field"),
            Page(
                "admin:catalogue_import",
                _("Catalogue from a workbook"),
                "upload_file",
                "catalog.import_catalogue",
            ),
            Page(
                "admin:catalogue_duties",
                _("Duties, datasets, tables"),
                "schema",
                "catalog.view_duty",
            ),
        ),
    ),
    Group(
        _("Sources and runs"),
        (
            ("exchange.Source", "database"),
            ("exchange.Binding", "cable"),
            ("exchange.SyncRun", "sync"),
            ("exchange.RejectedRow", "rule"),
            ("exchange.AllowedHost", "dns"),
        ),
        (Page("admin:runs", _("Live and next"), "monitoring", "exchange.view_syncrun"),),
    ),
    Group(
        _("Consumers"),
        (
            ("exchange.ShareRequest", "contract_edit"),
            ("exchange.Dispute", "balance"),
            ("exchange.Correction", "fact_check"),
            ("exchange.Grant", "handshake"),
            ("exchange.Stop", "event_upcoming"),
            ("exchange.UseRecord", "edit_note"),
            ("accounts.App", "apps"),
            ("accounts.ApiKey", "key"),
            ("exchange.Webhook", "webhook"),
            ("exchange.WebhookDelivery", "outgoing_mail"),
        ),
        (
            Page(
                "admin:deciding_desk",
                _("Requests to be answered"),
                "assignment",
                "exchange.comment_request",
            ),
            Page(
                "admin:own_requests",
                _("Requests of my department"),
                "outbox",
                "exchange.view_sharerequest",
            ),
            Page("admin:own_grants", _("Grants of my department"), "key", "exchange.view_grant"),
        ),
    ),
    Group(
        _("What people say"),
        (
            ("community.Comment", "forum"),
            ("community.Wish", "volunteer_activism"),
            ("community.Showcase", "apps"),
            ("community.Contest", "trophy"),
            ("community.ContestEntry", "how_to_reg"),
            ("community.Speaker", "record_voice_over"),
            ("community.Vote", "how_to_vote"),
        ),
    ),
    Group(
        _("People"),
        (
            ("accounts.Organization", "apartment"),
            ("accounts.User", "person"),
            ("accounts.Membership", "badge"),
            ("accounts.Delegation", "event_busy"),
            ("accounts.Region", "map"),
        ),
        (Page("admin:away", _("I am away"), "flight_takeoff", "accounts.lend_role"),),
    ),
    Group(
        _("Oversight"),
        (
            ("audit.Entry", "history"),
            ("audit.Link", "link"),
            ("audit.Delivery", "local_shipping"),
        ),
    ),
    Group(
        _("Reference"),
        (
            ("catalog.Subject", "category"),
            ("catalog.CodeList", "list_alt"),
        ),
    ),
)


def of(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups that hold something for this person, as the theme draws them."""
    desk = {"title": _("My desk"), "icon": "home", "link": reverse("admin:index")}
    inbox = {"title": _("Inbox"), "icon": "inbox", "link": reverse("admin:inbox")}
    new = notices.unseen(person_of(request))
    if new:
        inbox["badge"] = str(new)
    seek = {
        "title": _("Search in the catalogue"),
        "icon": "search",
        "link": reverse("admin:search"),
    }
    groups = [{"title": group.title, "items": _items(request, group)} for group in GROUPS]
    return [{"items": [desk, inbox, seek]}, *(group for group in groups if group["items"])]


def _items(request: HttpRequest, group: Group) -> list[dict[str, Any]]:
    items = [
        {"title": page.title, "icon": page.icon, "link": reverse(page.name)}
        for page in group.pages
        if request.user.has_perm(page.permission)
    ]
    for label, icon in group.models:
        meta = apps.get_model(label)._meta  # noqa: SLF001 - Django's public-by-custom name
        if request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
            place = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
            items.append(
                {"title": capfirst(meta.verbose_name_plural), "icon": icon, "link": place}
            )
    return items
