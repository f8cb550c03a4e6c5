"""Grants: consumers' rights, how they are used, suspended, mended, stopped and ended."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from backoffice import words
from backoffice.buttons import Button, Press
from backoffice.desk import Desk, GrantPaperDesk, labelled
from backoffice.filters import InWords
from backoffice.forms.dressed import ReasonForm
from backoffice.forms.grants import StopForm, SuspendForm
from backoffice.scopes import conditions, field_names
from exchange.models import Agreement, BatchJob, Grant
from exchange.sharing import batches, grants, lifecycle, standing, stopping, use
from exchange.workflow import GrantState
from policy.terms import Channel, Mode

SHOWN_BATCHES = 5


def _batch(job: BatchJob) -> str:
    """Name a batch file in one line."""
    kept = f"{timezone.localtime(job.expires_at):%Y-%m-%d}" if job.expires_at else "–"
    return gettext("no. %(batch)s: %(state)s, %(rows)s rows, until %(day)s") % {
        "batch": job.pk,
        "state": job.stands(timezone.now()).label,
        "rows": job.rows,
        "day": kept,
    }


def _state(grant: Grant) -> GrantState:
    return lifecycle.state_now(grant, at=timezone.now())


def _is(*states: GrantState) -> Callable[[Grant], bool]:
    """Return whether a grant that a request led to is in one of these states."""
    return lambda grant: (
        (grant.channel == Channel.SHARE or grant.request_id is not None)
        and _state(grant) in states
    )


def _shared(*states: GrantState) -> Callable[[Grant], bool]:
    """Return whether a grant between departments is in one of these states."""
    return lambda grant: grant.channel == Channel.SHARE and _state(grant) in states


def _can_be_stopped(grant: Grant) -> bool:
    holds = _shared(GrantState.LIVE, GrantState.SUSPENDED)(grant)
    return holds and not grant.stops.open().exists()


def _for_batches(*, marked: bool) -> Callable[[Grant], bool]:
    """Return whether files are made under a grant, with or without a mark in each row."""
    live = _shared(GrantState.LIVE, GrantState.SUSPENDED)
    return lambda grant: (
        live(grant) and str(Mode.BULK) in grant.modes and grant.mark_column == marked
    )


def _mark(*, wanted: bool) -> Callable[[Press], None]:
    def press(press: Press) -> None:
        batches.mark_column(press.target.pk, wanted=wanted, by=press.by, at=press.at)

    return press


def _reasoned(press: Press) -> dict[str, Any]:
    return {"reason": press.told["reason"], "by": press.by, "at": press.at}


def _suspend(press: Press) -> None:
    lifecycle.suspend(press.target.pk, mend_by=press.told["mend_by"], **_reasoned(press))


def _stop(press: Press) -> None:
    stopping.ask(press.target.pk, **press.told, by=press.by, at=press.at)


def _revoke(press: Press) -> None:
    grants.revoke(press.target.pk, reason=press.told["reason"], by=press.by, at=press.at)


@admin.register(Grant)
class GrantDesk(Desk):
    """Consumers' rights. They are made at the dataset."""

    owner_path = "dataset__owner"
    list_display = [
        "id",
        "organization",
        "dataset",
        labelled(words.CHANNELS, "channel", _("channel")),
        "valid_from",
        "valid_until",
        "first_used_at",
        "stands",
    ]
    list_filter = [("channel", InWords), "valid_until", "suspended_at", "revoked_at"]
    list_select_related = ["organization", "dataset__owner"]
    search_fields = ["organization__name_zh", "organization__name_en", "dataset__slug", "purpose"]
    ordering = ["-id"]
    fields = [
        ("organization", "app"),
        "dataset",
        "channel",
        "granted_fields",
        "clear_up_to",
        "ways",
        "granted_rows",
        "purpose",
        ("valid_from", "valid_until"),
        "deliver_by",
        "daily_quota",
        "mark_column",
        "batch_files",
        ("created_by", "created_at"),
        ("stands", "why_not"),
        "use",
        "agreed_as",
        "use_records",
        ("suspended_at", "mend_by"),
        "suspended_because",
        "asked_to_stop",
        ("revoked_at", "ending"),
        "ended_because",
        ("disposed_at", "disposal"),
    ]
    readonly_fields = [
        "batch_files",
        "granted_fields",
        "granted_rows",
        "ways",
        "stands",
        "why_not",
        "use",
        "use_records",
        "agreed_as",
        "asked_to_stop",
    ]
    buttons = (
        Button(
            name="revoke",
            label=_("Revoke"),
            permission="exchange.revoke_grant",
            press=_revoke,
            done=_("The grant is revoked: the next call is refused."),
            form=ReasonForm,
            offered=lambda grant: (
                grant.revoked_at is None
                and (grant.request_id is None or grant.channel == Channel.OPEN)
            ),
            variant=ActionVariant.DANGER,
        ),
        Button(
            name="mark",
            label=_("Mark each row"),
            permission="exchange.grant_dataset",
            press=_mark(wanted=True),
            done=_("Batch files from now on bear a mark in each row."),
            note=_(
                "A column _mark is added, by which a single row leads to the grant, in whatever"
                " order. Files that are there stay as they are."
            ),
            offered=_for_batches(marked=False),
        ),
        Button(
            name="unmark",
            label=_("Mark the order only"),
            permission="exchange.grant_dataset",
            press=_mark(wanted=False),
            done=_("Batch files from now on bear the mark of their order only."),
            offered=_for_batches(marked=True),
        ),
        Button(
            name="suspend",
            label=_("Suspend"),
            permission="exchange.suspend_grant",
            press=_suspend,
            done=_("The grant is suspended: the next call is refused, and its holder is told."),
            note=_(
                "For misuse. The holder has until the day you set to mend it; the grant can be"
                " ended after that day: between departments by Order 809, article 27, with a"
                " company as the agreement says."
            ),
            form=SuspendForm,
            offered=_is(GrantState.LIVE),
            variant=ActionVariant.DANGER,
        ),
        Button(
            name="resume",
            label=_("Resume"),
            permission="exchange.suspend_grant",
            press=lambda press: lifecycle.resume(press.target.pk, **_reasoned(press)),
            done=_("The grant holds again."),
            form=ReasonForm,
            offered=_is(GrantState.SUSPENDED),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="end",
            label=_("End for misuse"),
            permission="exchange.suspend_grant",
            press=lambda press: lifecycle.end_for_misuse(press.target.pk, **_reasoned(press)),
            done=_("The grant has ended. Its holder disposes of what was received."),
            note=_("Possible when the term to mend is over, and the misuse was not mended."),
            form=ReasonForm,
            offered=_is(GrantState.SUSPENDED),
            variant=ActionVariant.DANGER,
        ),
        Button(
            name="stop",
            label=_("Ask to stop for cause"),
            permission="exchange.stop_grant",
            press=_stop,
            done=_("The head of the department is asked. The service goes on until then."),
            note=_(
                "A provider does not stop without cause: it agrees with the department, and files"
                " a notice with the data authority (Order 809, article 27). Where the department"
                " objects or is silent, the data authority decides."
            ),
            form=StopForm,
            offered=_can_be_stopped,
            variant=ActionVariant.DANGER,
        ),
    )

    @admin.display(description=_("fields"))
    def granted_fields(self, grant: Grant) -> str:
        """Name the fields that the grant covers."""
        return field_names(grant.fields)

    @admin.display(description=_("conditions on rows"))
    def granted_rows(self, grant: Grant) -> str:
        """Say which rows the grant covers."""
        return conditions(grant.rows)

    @admin.display(description=_("modes"))
    def ways(self, grant: Grant) -> str:
        """Say in which ways data goes."""
        return words.listed(words.MODES[mode] for mode in grant.modes)

    @admin.display(description=_("state"))
    def stands(self, grant: Grant) -> str:
        """Say where the grant stands today, and what is served under it."""
        return standing.of(grant, timezone.localdate()).label

    @admin.display(description=_("why nothing is served"))
    def why_not(self, grant: Grant) -> str:
        """Say why nothing is served under the grant today, if so."""
        return standing.of(grant, timezone.localdate()).why or "–"

    @admin.display(description=_("agreement"))
    def agreed_as(self, grant: Grant) -> str:
        """Lead to what was agreed, where the grant is between departments."""
        kept = Agreement.objects.filter(grant=grant).only("grant", "document").first()
        if kept is None:
            return "–"
        place = reverse("admin:agreement", args=[grant.pk])
        return format_html('<a href="{}">{}</a>', place, kept.number)

    @admin.display(description=_("stop of the service"))
    def asked_to_stop(self, grant: Grant) -> str:
        """Lead to what was asked about a stop of the service, with where it stands."""
        stop = grant.stops.order_by("-pk").first()
        if stop is None:
            return "–"
        place = reverse("admin:exchange_stop_change", args=[stop.pk])
        told = f"{stop.get_state_display()}, {stop.from_day:%Y-%m-%d}"
        return format_html('<a href="{}">#{}</a> {}', place, stop.pk, told)

    @admin.display(description=_("batch files"))
    def batch_files(self, grant: Grant) -> str:
        """Name the newest batch files with state, rows, and until when they are kept."""
        jobs = grant.batches.order_by("-pk")[:SHOWN_BATCHES]
        return "; ".join(map(_batch, jobs)) or "–"

    @admin.display(description=_("use"))
    def use(self, grant: Grant) -> str:
        """Say how often the grant was used of late, and when last."""
        used = use.of(grant, now=timezone.now())
        if not used.calls:
            return gettext("not used for %(days)s days") % {"days": use.DAYS}
        return gettext(
            "calls in the last %(days)s days: %(calls)s, rows: %(rows)s, last: %(last)s"
        ) % {
            "days": use.DAYS,
            "calls": used.calls,
            "rows": used.rows,
            "last": f"{timezone.localtime(used.last_at):%Y-%m-%d %H:%M}",
        }

    @admin.display(description=_("use records"))
    def use_records(self, grant: Grant) -> str:
        """Lead to what the department wrote down about its use."""
        if grant.channel != Channel.SHARE:
            return "–"
        place = reverse("admin:grant_uses", args=[grant.pk])
        return format_html('<a href="{}">{}</a>', place, grant.use_records.count())


@admin.register(Agreement)
class AgreementDesk(GrantPaperDesk):
    """What was agreed with each grant between departments; each is read on its own page."""

    list_display = ["called", "grant", "made_at"]
    list_display_links = None
    list_filter = ["made_at"]
    list_select_related = ["grant__dataset__owner", "grant__organization"]
    search_fields = ["=grant__id", "digest"]
    ordering = ["-id"]
    fields = ["called", "grant", "made_at", "digest", "algorithm"]
    readonly_fields = ["called"]

    @admin.display(description=_("agreement"))
    def called(self, kept: Agreement) -> str:
        """Return the number, and the way to the page where it is read and proved."""
        place = reverse("admin:agreement", args=[kept.grant_id])
        return format_html('<a href="{}" class="text-link">{}</a>', place, kept.number)
