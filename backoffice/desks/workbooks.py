"""Buttons that give out entries as workbooks."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from backoffice.buttons import Button, Press
from backoffice.forms.dressed import OfficeForm, offer, places_for
from catalog import copying
from catalog.models import Dataset
from catalog.sheets import exporting
from catalog.terms import State

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = (("xlsx", _("workbook, the national template")), ("csv", "CSV"))


class ExportForm(OfficeForm):
    """Whose entries, which of them, and in what kind of file."""

    owner = forms.ModelChoiceField(Organization.objects.none(), label=_("Provider"))
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("every state")), *State.choices], required=False
    )
    datasets = forms.ModelMultipleChoiceField(
        Dataset.objects.none(),
        label=_("Only these"),
        required=False,
        help_text=_("None chosen: all of them."),
    )
    kind = forms.ChoiceField(label=_("File"), choices=KINDS)

    def prepare(self) -> None:
        """Offer what the person may see."""
        places = places_for(self.by, "catalog.view_dataset")
        offer(self, "owner", places)
        offer(self, "datasets", Dataset.objects.filter(owner__in=places).order_by("title_zh"))
        self.fields["owner"].initial = places.first()


def attached(data: bytes, name: str) -> HttpResponse:
    """Return a file to be saved; `name` is one of ours."""
    kind = XLSX if name.endswith(".xlsx") else "text/csv; charset=utf-8"
    answer = HttpResponse(data, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _export(press: Press) -> HttpResponse:
    told = press.told
    rows = Dataset.objects.filter(owner=told["owner"])
    if told["state"]:
        rows = rows.filter(state=told["state"])
    if told["datasets"]:
        rows = rows.filter(pk__in=[one.pk for one in told["datasets"]])
    items = exporting.rows_of(rows.order_by("pk"))
    write = exporting.as_xlsx if told["kind"] == "xlsx" else exporting.as_csv
    return attached(write(items), f"catalogue-{told['owner'].slug}.{told['kind']}")


EXPORT = Button(
    name="export",
    label=_("Export"),
    permission="catalog.view_dataset",
    press=_export,
    done="",
    form=ExportForm,
)


class CopyForm(OfficeForm):
    """The new entry's own: whose it is, its address, its title."""

    owner = forms.ModelChoiceField(Organization.objects.none(), label=_("Provider"))
    slug = forms.SlugField(label=_("Address"), max_length=60)
    title_zh = forms.CharField(label=_("Title, Chinese"), max_length=100)
    title_en = forms.CharField(label=_("Title, English"), max_length=200, required=False)

    def prepare(self) -> None:
        """Offer the organisations for which the person may list datasets."""
        places = places_for(self.by, "catalog.create_dataset")
        offer(self, "owner", places)
        self.fields["owner"].initial = places.first()


def _copy(press: Press) -> HttpResponse:
    told = press.told
    made = copying.copy(press.target.pk, told.pop("slug"), **told, by=press.by, at=press.at)
    return redirect("admin:catalog_dataset_change", made.pk)


COPY = Button(
    name="copy",
    label=_("Draft a similar entry"),
    permission="catalog.create_dataset",
    press=_copy,
    done="",
    form=CopyForm,
    note=_("Metadata and fields are copied. Grades become suggestions, which a person decides."),
)
IN_TABLE = Button(
    name="field_table",
    label=_("All fields"),
    permission="catalog.update_dataset",
    press=lambda press: redirect("admin:catalogue_field_table", press.target.pk),
    done="",
    note=_("All fields in one table, to change many at once; what differs is shown first."),
    offered=lambda dataset: dataset.state == State.DRAFT,
)
BY_WORKBOOK = Button(
    name="fields",
    label=_("Fields by workbook"),
    permission="catalog.update_dataset",
    press=lambda press: redirect("admin:catalogue_fields", press.target.pk),
    done="",
    note=_("The fields as a workbook, out and in; what would change is shown first."),
    offered=lambda dataset: dataset.state in {State.DRAFT, State.PUBLISHED},
)
