"""What happened, for the audit administrator: to read and to prove, not to change."""

from django.contrib import admin
from django.http import StreamingHttpResponse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts import trail
from audit import chain
from audit.models import Delivery, Entry, Link
from audit.verbs import VERBS
from backoffice.buttons import Button, Press, Warned
from backoffice.desk import Desk
from backoffice.forms.trail import TrailDaysForm
from catalog import exports

CSV = "text/csv; charset=utf-8"


def _verify(press: Press) -> Warned | None:
    found = chain.verify(at=press.at)
    if found is None:
        return None
    text = gettext(
        "The chain is broken at position %(position)s, entry %(entry)s: %(what)s. Keep the "
        "database as it is and tell the system administrator."
    )
    terms = {"position": found.position, "entry": found.entry, "what": found.what}
    return Warned(text=text % terms)


def _take_out(press: Press) -> StreamingHttpResponse:
    rows = trail.export(by=press.by, at=press.at, **press.told)
    response = StreamingHttpResponse(exports.csv_lines(trail.COLUMNS, rows), content_type=CSV)
    days = f"{press.told['since']}-{press.told['until']}"
    response["Content-Disposition"] = f'attachment; filename="audit-{days}.csv"'
    return response


@admin.register(Entry)
class EntryDesk(Desk):
    """Entries of the audit trail."""

    list_display = ["at", "what", "target", "actor", "organization", "address", "request_id"]
    list_filter = ["verb", "at"]
    search_fields = ["target", "actor", "organization", "address", "request_id"]
    ordering = ["-id"]
    fields = [
        *("at", "what", "verb", "target", "actor", "organization"),
        *("details", "request_id", "address", "recorded_at"),
    ]
    readonly_fields = ["what"]
    list_buttons = (
        Button(
            name="verify",
            label=_("Verify the chain"),
            permission="audit.verify_chain",
            press=_verify,
            done=_("The chain is whole: no entry was changed, removed or slipped in."),
            note=_("Every entry is read and its hash compared. This takes a while."),
        ),
        Button(
            name="export",
            label=_("Take out as CSV"),
            permission="audit.export_entry",
            press=_take_out,
            done=_("Taken out."),
            form=TrailDaysForm,
            note=_("The entries of some days, as a table. That you took them out is an entry."),
        ),
    )

    @admin.display(description=_("What happened"), ordering="verb")
    def what(self, entry: Entry) -> str:
        """Say the verb in the language now active."""
        chinese, english = VERBS.get(entry.verb, (entry.verb, entry.verb))
        return chinese if (get_language() or "zh").startswith("zh") else english


@admin.register(Link)
class LinkDesk(Desk):
    """Links of the chain."""

    list_display = ["position", "entry_id", "hash", "algorithm", "linked_at"]
    search_fields = ["hash"]
    ordering = ["-position"]


@admin.register(Delivery)
class DeliveryDesk(Desk):
    """Who read what."""

    list_display = ["at", "organization", "app", "dataset", "mode", "rows", "bytes", "grant_id"]
    list_filter = ["channel", "mode", "reader", "at"]
    search_fields = ["organization", "app", "dataset", "request_id"]
    ordering = ["-id"]
