"""Reports of something wrong: by any department, answered by the provider in time."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from accounts.roles import NotAllowed
from backoffice import words
from backoffice.buttons import Button, Press
from backoffice.desk import Desk
from backoffice.forms.dressed import OfficeForm, WordsField, offer, places_for
from catalog.models import Dataset, Field
from exchange.correction_flow import CorrectionState
from exchange.models import Correction, Wrong
from exchange.sharing import corrections
from exchange.sharing.corrections import Report

ANSWERED = (CorrectionState.CORRECTED, CorrectionState.NOT_WRONG)


def _words(label: Any, *, required: bool = True, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
    )


class ReportForm(OfficeForm):
    """What is wrong: in which entry, which record, which fields."""

    dataset = forms.ModelChoiceField(Dataset.objects.none(), label=_("dataset"))
    organization = forms.ModelChoiceField(Organization.objects.none(), label=_("reported by"))
    wrong = forms.ChoiceField(label=_("what is wrong"), choices=Wrong.choices)
    row = forms.IntegerField(
        label=_("row"),
        required=False,
        help_text=_("The record's “_id” as your department received it, if it did."),
    )
    subject = _words(
        _("which record"),
        required=False,
        help_text=_("One “field=value” a line, such as the key. It is kept encrypted."),
    )
    fields_wrong = WordsField(label=_("fields"), required=False)
    text = _words(_("what is wrong with it"))
    evidence = _words(_("evidence"), required=False)

    prefilled = ("dataset",)

    def prepare(self) -> None:
        """Offer what is published, and the person's own departments."""
        published = Dataset.objects.filter(state=Dataset.State.PUBLISHED).order_by("title_zh")
        offer(self, "dataset", published)
        places = places_for(self.by, "exchange.report_correction")
        offer(self, "organization", places)
        self.fields["organization"].initial = places.first()

    def clean_subject(self) -> dict[str, str]:
        """Return the values by field name."""
        lines = [line for line in self.cleaned_data["subject"].splitlines() if line.strip()]
        if any("=" not in line for line in lines):
            raise forms.ValidationError(_("Write one “field=value” a line."))
        pairs = (line.split("=", 1) for line in lines)
        return {name.strip(): text.strip() for name, text in pairs}


class AnswerForm(OfficeForm):
    """What was found."""

    found = forms.ChoiceField(
        label=_("what was found"),
        choices=[
            ("wrong", _("it was wrong, and is corrected at the source")),
            ("right", _("it is right")),
        ],
        widget=forms.RadioSelect,
    )
    text = _words(_("answer"))


class MoreForm(OfficeForm):
    """What is missing."""

    text = _words(_("what is missing"))


class SupplyForm(OfficeForm):
    """What is added."""

    evidence = _words(_("evidence"))


class EvaluateForm(OfficeForm):
    """Whether it helped."""

    solved = forms.BooleanField(label=_("solved"), required=False)
    score = forms.IntegerField(label=_("score, 1 to 5"), min_value=1, max_value=5)
    text = _words(_("evaluation"), required=False)


def _report(press: Press) -> None:
    told = press.told
    corrections.report(
        told["dataset"].pk,
        Report(
            wrong=Wrong(told["wrong"]),
            text=told["text"],
            subject=told["subject"],
            row=told["row"],
            fields=tuple(told["fields_wrong"]),
            evidence=told["evidence"],
        ),
        organization=told["organization"],
        by=press.by,
        at=press.at,
    )


def _answer(press: Press) -> None:
    wrong = press.told["found"] == "wrong"
    corrections.answer(
        press.target.pk, wrong=wrong, text=press.told["text"], by=press.by, at=press.at
    )


def _ask_more(press: Press) -> None:
    corrections.ask_more(press.target.pk, **press.told, by=press.by, at=press.at)


def _supply(press: Press) -> None:
    corrections.supply(press.target.pk, **press.told, by=press.by, at=press.at)


def _evaluate(press: Press) -> None:
    corrections.evaluate(press.target.pk, **press.told, by=press.by, at=press.at)


@admin.register(Correction)
class CorrectionDesk(Desk):
    """Reports by the own department, and those it has to answer, what is due first on top."""

    list_display = ["id", "dataset", "wrong", "organization", "state", "due_on", "score"]
    list_filter = ["state", "wrong", "due_on", "solved"]
    list_select_related = ["dataset", "organization"]
    search_fields = ["=id", "dataset__title_zh", "dataset__slug", "text"]
    ordering = ["due_on", "-id"]
    fields = [
        ("dataset", "wrong", "state"),
        "text",
        ("which", "names"),
        "evidence",
        ("organization", "reported_by", "app"),
        ("reported_at", "due_on"),
        "answer",
        ("answered_by", "answered_at"),
        ("lifted_at", "spread_at"),
        ("solved", "score"),
        "evaluation",
    ]
    readonly_fields = ["which", "names"]
    list_buttons = (
        Button(
            name="report",
            label=_("Report something wrong"),
            permission="exchange.report_correction",
            press=_report,
            done=_("The provider is told. A doubted row is marked, and nothing is held up."),
            form=ReportForm,
        ),
    )
    buttons = (
        Button(
            name="answer",
            label=_("Answer"),
            permission="exchange.answer_correction",
            press=_answer,
            done=_("The reporter is told."),
            form=AnswerForm,
            note=_("Correct the record at its source: the next sync carries it to its readers."),
            offered=lambda row: row.state == CorrectionState.OPEN,
        ),
        Button(
            name="more",
            label=_("Ask for what is missing"),
            permission="exchange.answer_correction",
            press=_ask_more,
            done=_("The reporter is told."),
            form=MoreForm,
            offered=lambda row: row.state == CorrectionState.OPEN,
        ),
        Button(
            name="supply",
            label=_("Complete the report"),
            permission="exchange.report_correction",
            press=_supply,
            done=_("The provider is told."),
            form=SupplyForm,
            offered=lambda row: row.state == CorrectionState.SUPPLEMENT,
        ),
        Button(
            name="evaluate",
            label=_("Evaluate the answer"),
            permission="exchange.report_correction",
            press=_evaluate,
            done=_("Thank you: it is kept with the report."),
            form=EvaluateForm,
            offered=lambda row: row.state in ANSWERED and row.score is None,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return what the person's departments reported or have to answer."""
        rows, places = super().get_queryset(request), self.places(request)
        if places is None:
            return rows
        return rows.filter(pk__in=Correction.objects.of_places(places).values("pk"))

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Return the row, which remembers who looks: the record is shown to the two sides."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.viewer = request.user
        return row

    @admin.display(description=_("which record"))
    def which(self, row: Correction) -> str:
        """Say which record is meant, to the provider and the reporter alone."""
        try:
            known = corrections.subject_of(row, by=row.viewer)  # type: ignore[attr-defined]  # set by get_object
        except NotAllowed:
            return str(_("shown to the provider and the reporter alone"))
        parts = [(name, text) for name, text in known["subject"].items()]
        if known["row"] is not None:
            parts.append((_("row"), known["row"]))
        told = format_html_join("", "<dt>{}</dt><dd>{}</dd>", parts)
        return format_html('<dl class="kept">{}</dl>', told) if parts else "–"

    @admin.display(description=_("fields"))
    def names(self, row: Correction) -> str:
        """Name the fields that are wrong."""
        known = Field.objects.filter(resource__dataset=row.dataset_id, name__in=row.fields)
        labels = {one.name: f"{one.label} ({one.name})" for one in known}
        return words.listed(labels.get(name, name) for name in row.fields) or "–"
