"""Sources, bindings, runs, rejected rows, record tables and grants."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from backoffice import words
from backoffice.buttons import Button, Press, Shown, Warned
from backoffice.desk import Desk, labelled
from backoffice.desks.tables import bind, suggest
from backoffice.filters import InWords
from backoffice.forms import exchange as forms
from backoffice.forms.dressed import ReasonForm
from backoffice.forms.schedules import ScheduleForm, schedule_of
from catalog.models import Field
from exchange import quarantine, schedules, sources, tasks
from exchange.models import (
    AllowedHost,
    Binding,
    RecordTable,
    RejectedRow,
    RunState,
    Source,
    SyncRun,
)
from exchange.sync import engine, undoing


def _named(field: Field) -> str:
    return f"{field.label} ({field.name})"


def _allow(press: Press) -> None:
    told = press.told
    sources.allow_host(
        told["host"],
        told["port"],
        note=told["note"],
        organization=told["organization"],
        by=press.by,
        at=press.at,
    )


@admin.register(AllowedHost)
class AllowedHostDesk(Desk):
    """Database hosts that connectors may reach."""

    list_display = ["host", "port", "organization", "note", "allowed_by", "allowed_at"]
    list_select_related = ["allowed_by", "organization"]
    search_fields = ["host", "note"]
    ordering = ["host", "port"]
    list_buttons = (
        Button(
            name="allow",
            label=_("Allow a host"),
            permission="exchange.allow_host",
            press=_allow,
            done=_("The host is allowed."),
            form=forms.HostForm,
        ),
    )
    buttons = (
        Button(
            name="refuse",
            label=_("Take off the list"),
            permission="exchange.refuse_host",
            press=lambda press: sources.refuse_host(press.target.pk, by=press.by, at=press.at),
            done=_("The host is off the list; runs that need it fail from now on."),
            variant=ActionVariant.DANGER,
        ),
    )


def _connect(press: Press) -> None:
    told = press.told
    kind = told["kind"]
    sources.create(
        told["organization"],
        name=told["name"],
        kind=kind,
        settings=forms.settings_of(told, kind),
        password=told["password"],
        time_zone=told["time_zone"],
        by=press.by,
        at=press.at,
    )


def _change(press: Press) -> None:
    told = press.told
    sources.update(
        press.target.pk,
        name=told["name"],
        settings=forms.settings_of(told),
        password=told.get("password") or None,
        time_zone=told["time_zone"],
        by=press.by,
        at=press.at,
    )


def _test(press: Press) -> Warned | None:
    problem = sources.test(press.target.pk, by=press.by, at=press.at)
    return None if problem is None else Warned(text=str(problem))


@admin.register(Source)
class SourceDesk(Desk):
    """Sources of departments. A password is written here and read nowhere."""

    owner_path = "organization"
    list_display = ["name", "organization", "kind", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["organization"]
    search_fields = ["name", "organization__name_zh", "organization__name_en"]
    ordering = ["organization", "name"]
    list_buttons = (
        Button(
            name="create",
            label=_("Connect a source"),
            permission="exchange.create_source",
            press=_connect,
            done=_("The source is connected. Test it, then bind a table to it."),
            form=forms.SourceForm,
        ),
    )
    buttons = (
        Button(
            name="test",
            label=_("Test"),
            permission="exchange.test_source",
            press=_test,
            done=_("The source answers."),
        ),
        Button(
            name="change",
            label=_("Change"),
            permission="exchange.update_source",
            press=_change,
            done=_("The source is changed. Test it."),
            form=forms.SourceChangeForm,
        ),
        Button(
            name="remove",
            label=_("Remove"),
            permission="exchange.remove_source",
            press=lambda press: sources.remove(press.target.pk, by=press.by, at=press.at),
            done=_("The source is removed."),
            note=_("Only a source that feeds no table can be removed."),
            offered=lambda source: not source.bindings.exists(),
            variant=ActionVariant.DANGER,
        ),
    )


def _sync_now(press: Press) -> None:
    schedules.may_be_synced(press.target)
    tasks.sync.delay(press.target.pk, press.by.pk)


def _reschedule(press: Press) -> None:
    schedules.reschedule(press.target.pk, schedule_of(press.told), by=press.by, at=press.at)


class BindAgainForm(forms.BindingForm):
    """The binding of a table, as it stands and as it is to be."""

    def prepare(self) -> None:
        """Ask for the table of the binding."""
        self.target = self.target.resource
        super().prepare()


@admin.register(Binding)
class BindingDesk(Desk):
    """What of a source feeds which table."""

    owner_path = "resource__dataset__owner"
    list_display = ["resource", "source", "mode", "schedule_minutes", "paused", "attempted_at"]
    list_filter = ["mode", "paused"]
    list_select_related = ["resource__dataset__owner", "source"]
    search_fields = ["source__name", "resource__dataset__slug", "resource__title_zh"]
    ordering = ["-id"]
    exclude = ["columns"]
    readonly_fields = ["bound"]
    buttons = (
        Button(
            name="sync",
            label=_("Sync now"),
            permission="exchange.run_sync",
            press=_sync_now,
            done=_("A worker has been asked. The run appears in the list of runs."),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="bind",
            label=_("Bind anew"),
            permission="exchange.bind_resource",
            press=lambda press: bind(press.target.resource, press),
            done=_("The table is bound. A sync reads it from the beginning."),
            form=BindAgainForm,
        ),
        Button(
            name="reschedule",
            label=_("Change the schedule"),
            permission="exchange.reschedule_binding",
            press=_reschedule,
            done=_("The schedule is changed. The next run reads on from where the last one was."),
            form=ScheduleForm,
        ),
        Button(
            name="suggest",
            label=_("Suggest grades"),
            permission="exchange.suggest_grades",
            press=lambda press: suggest(press.target.resource_id, press),
            done="",
            note=_("A sample of the source is looked at; what was found is written down."),
        ),
    )

    @admin.display(description=_("columns by field"))
    def bound(self, binding: Binding) -> str:
        """Show which column fills which field."""
        fields = Field.objects.in_bulk([int(pk) for pk in binding.columns])
        pairs = [
            (_named(fields[int(pk)]), column)
            for pk, column in binding.columns.items()
            if int(pk) in fields
        ]
        return format_html(
            '<dl class="kept">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs)
        )


def _is_held(run: SyncRun) -> bool:
    return run.state == RunState.HELD


def _undo(press: Press) -> None:
    undoing.undo_run(press.target.pk, reason=press.told["reason"], by=press.by, at=press.at)


@admin.register(SyncRun)
class SyncRunDesk(Desk):
    """Runs with their ledgers; one that is held back waits here for a person."""

    owner_path = "binding__resource__dataset__owner"
    list_display = [
        "page",
        "binding",
        "state",
        "started_at",
        "read",
        "inserted",
        "updated",
        "rejected",
        "duplicates",
        "deleted",
        "after",
    ]
    list_filter = ["state", "mode", "because", "started_at"]
    list_select_related = ["binding__source", "binding__resource__dataset__owner"]
    search_fields = [
        "problem_zh",
        "problem_en",
        "problem_code",
        "binding__resource__dataset__slug",
    ]
    ordering = ["-id"]
    list_display_links = None
    exclude = ["problem_zh", "problem_en"]
    readonly_fields = ["what_was_wrong"]
    buttons = (
        Button(
            name="release",
            label=_("Release"),
            permission="exchange.release_run",
            press=lambda press: engine.release(press.target.pk, by=press.by, at=press.at),
            done=_("The run is live."),
            note=_("What was staged goes live as it was read."),
            offered=_is_held,
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="discard",
            label=_("Discard"),
            permission="exchange.discard_run",
            press=lambda press: engine.discard(press.target.pk, by=press.by, at=press.at),
            done=_("The run is discarded; what is published stays as it was."),
            offered=_is_held,
            variant=ActionVariant.DANGER,
        ),
        Button(
            name="undo",
            label=_("Undo"),
            permission="exchange.undo_run",
            press=_undo,
            done=_(
                "The rows stand as before the run. The binding is paused: correct the source, then"
                " let the clock go on."
            ),
            note=_(
                "All that this run changed is taken back, also where it is open. Whoever follows"
                " the feed is told. The binding is paused, so that the same load does not come"
                " again."
            ),
            form=ReasonForm,
            offered=undoing.can_undo,
            variant=ActionVariant.DANGER,
        ),
    )

    @admin.display(description=_("problem"))
    def what_was_wrong(self, run: SyncRun) -> str:
        """Return the run's problem in the reader's language."""
        return run.problem or "–"

    @admin.display(description=_("run"), ordering="pk")
    def page(self, run: SyncRun) -> str:
        """Return the way to the run's own page."""
        return format_html('<a href="{}">#{}</a>', reverse("admin:run", args=[run.pk]), run.pk)

    def _home(self, request: HttpRequest, row: Any) -> str:
        """Go to the run's own page after a button."""
        if row is None:
            return super()._home(request, row)
        return reverse("admin:run", args=[row.pk])


def _look(press: Press) -> Shown:
    row = press.target
    cells = quarantine.look(row.pk, by=press.by, at=press.at)
    text = gettext("Line %(line)s: rejected by “%(rule)s”")
    return Shown(
        title=text % {"line": row.line, "rule": words.RULES.get(row.rule, row.rule)},
        note=_("This look is written down. Do not carry the values on."),
        lines=tuple(cells.items()),
    )


@admin.register(RejectedRow)
class RejectedRowDesk(Desk):
    """Rows that broke a rule: only for the department they come from, and each look is kept."""

    owner_path = "run__binding__resource__dataset__owner"
    list_display = ["line", labelled(words.RULES, "rule", _("rule")), "field", "run", "expires_at"]
    list_filter = [("rule", InWords), "expires_at"]
    list_select_related = ["run__binding__resource__dataset__owner"]
    search_fields = ["rule", "field", "=run__id"]
    ordering = ["-run", "line"]
    fields = ["run", "line", "rule", "field", "expires_at"]
    buttons = (
        Button(
            name="look",
            label=_("Look at the values"),
            permission="exchange.read_rejected",
            press=_look,
            done="",
            note=_("The row is shown once in clear, and the look is written down."),
        ),
    )


@admin.register(RecordTable)
class RecordTableDesk(Desk):
    """Which table holds the rows of which zone."""

    owner_path = "resource__dataset__owner"
    list_display = ["resource", "zone", "version", "rows", "seq", "live", "refreshed_at"]
    list_filter = ["zone", "live"]
    list_select_related = ["resource__dataset__owner"]
    search_fields = ["table_name", "resource__dataset__slug"]
    ordering = ["-id"]
