"""All fields of a draft in one table: change many, see what differs, then save it whole."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.buttons import REFUSALS, person_of, sentence, status_of
from backoffice.forms import field_table as forms
from backoffice.pages.field_sheets import RIGHT, entry_of
from backoffice.pages.frame import office_page, shown
from catalog.sheets import fields
from catalog.terms import State


@office_page(RIGHT)
def table(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Show the fields; what is sent is compared first, and saved as it was shown."""
    dataset = entry_of(request, dataset_id)
    posted: QueryDict | None = request.POST if request.method == "POST" else None
    if posted is not None and "at_once" in posted:
        posted = forms.set_ticked(posted, forms.lines(dataset))
    rows = forms.lines(dataset, posted)
    told, status, difference = "", 200, None
    if posted is not None:
        try:
            if "save" in posted:
                done = fields.apply(
                    dataset.pk,
                    forms.grid(rows),
                    digest=posted.get("digest", ""),
                    by=person_of(request),
                    at=timezone.now(),
                )
                text = _("%(count)s fields are as you wrote them.")
                messages.success(request, text % {"count": len(done.changes)})
                return redirect("admin:catalogue_field_table", dataset.pk)
            difference = fields.differ(dataset, forms.grid(rows))
        except REFUSALS as refusal:
            told, status = sentence(refusal), status_of(refusal)
            if "save" in posted:
                difference = fields.differ(dataset, forms.grid(rows))
    if dataset.state != State.DRAFT:
        status = 409 if posted is not None else status
        told = _(
            "“%(entry)s” is %(state)s, and only a draft's fields are changed in this table. Take"
            " it back for changes, or propose an amendment."
        ) % {"entry": dataset, "state": dataset.get_state_display()}
    return shown(
        request,
        "backoffice/field_table.html",
        title=_("All fields"),
        status=status,
        dataset=dataset,
        draft=dataset.state == State.DRAFT,
        told=told,
        difference=difference,
        rows=rows,
        groups=[title for title, _inputs in forms.GROUPS],
        at_once=forms.AtOnce(forms.choices()),
    )


ADDRESSES = [
    path("catalogue/<int:dataset_id>/field-table/", table, name="catalogue_field_table"),
]
