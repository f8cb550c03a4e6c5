"""Entries of the catalogue, on their way from draft to published."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant

from backoffice import lights, words
from backoffice.buttons import Button, way_to
from backoffice.desk import Desk
from backoffice.desks import amendments, counting, offers, presses, workbooks
from backoffice.forms import catalog as forms
from backoffice.forms.dressed import ReasonForm
from backoffice.forms.exchange import GrantForm
from backoffice.forms.negative_list import LineForm
from catalog import deadlines, one_source, publishing, search, updates
from catalog.models import (
    Dataset,
    Field,
    Resource,
)
from catalog.terms import ClockStep, State

STATE_COLOURS = {
    State.DRAFT: "",
    State.SIGNED: "info",
    State.IN_REVIEW: "warning",
    State.PUBLISHED: "success",
    State.WITHDRAWN: "danger",
}
LONGEST_NUMBER = 18  # more digits no number of an entry has


EXTENSIONS = Dataset._meta.get_field("extensions").verbose_name  # noqa: SLF001 - Django's public-by-custom name


def _in(*states: State):
    """Return whether an entry is in one of these states, as a question to ask of it."""
    return lambda dataset: dataset.state in states


def _follows(dataset: Dataset) -> bool:
    """Whether a published entry has a change to follow."""
    return dataset.state == State.PUBLISHED and dataset.update_from is not None


@admin.register(Dataset)
class DatasetDesk(Desk):
    """Entries of the catalogue, on their way from draft to published."""

    owner_path = "owner"
    list_display = [
        "title_zh",
        "title_en",
        "owner",
        "standing",
        "due",
        "update_cycle",
        "published_at",
    ]
    list_filter = ["state", "update_cycle", "category", "owner"]
    list_select_related = ["owner"]
    search_fields = ["title_zh"]  # the box is there; what it searches says get_search_results
    ordering = ["-id"]
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "state",
                    "due",
                    "to_follow",
                    "missing",
                    "found_missing",
                    "elsewhere",
                    "offered",
                    "listed_fields",
                )
            },
        ),
        (
            _("Metadata"),
            {
                "fields": (
                    "slug",
                    "code",
                    "owner",
                    "title_zh",
                    "title_en",
                    "alias",
                    "abstract_zh",
                    "abstract_en",
                    "words_zh",
                    "words_en",
                    "update_cycle",
                    "license",
                    "contact",
                    ("category", "item"),
                    ("subject", "detail"),
                    ("format_class", "format_type"),
                    "share_way",
                    "share_condition_zh",
                    "share_condition_en",
                    "source_authority",
                    "region",
                    "related",
                    "further",
                )
            },
        ),
        (
            _("Way"),
            {
                "fields": (
                    ("created_by", "created_at"),
                    ("signed_by", "signed_at"),
                    ("submitted_by", "submitted_at"),
                    ("reviewed_by", "reviewed_at"),
                    ("published_by", "published_at"),
                    ("withdrawn_by", "withdrawn_at"),
                    "withdrawn_reason",
                    "followers",
                )
            },
        ),
    )
    readonly_fields = [
        "due",
        "to_follow",
        "missing",
        "found_missing",
        "elsewhere",
        "offered",
        "listed_fields",
        "words_zh",
        "words_en",
        "further",
        "followers",
    ]
    list_buttons = (
        Button(
            name="create",
            label=_("Draft an entry"),
            permission="catalog.create_dataset",
            press=presses.create,
            done=_("The entry is drafted. List its fields next."),
            form=forms.NewDatasetForm,
        ),
        workbooks.EXPORT,
    )
    buttons = (
        Button(
            name="update",
            label=_("Change metadata"),
            permission="catalog.update_dataset",
            press=presses.update,
            done=_("The metadata is changed."),
            form=forms.DatasetForm,
            offered=_in(State.DRAFT),
        ),
        Button(
            name="field",
            label=_("Add a field"),
            permission="catalog.update_dataset",
            press=presses.add_field,
            done=_("The field is added. A person grades it before the entry is published."),
            form=forms.FieldForm,
            offered=_in(State.DRAFT),
        ),
        *offers.AT_DATASET,
        workbooks.IN_TABLE,
        workbooks.BY_WORKBOOK,
        workbooks.COPY,
        Button(
            name="ask-signature",
            label=_("Ask for the signature"),
            permission="catalog.submit_dataset",
            press=lambda press: publishing.ask_signature(
                press.target.pk, by=press.by, at=press.at
            ),
            done=_("The entry is laid before the head of the department."),
            offered=_in(State.DRAFT),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="sign",
            label=_("Sign"),
            permission="catalog.sign_dataset",
            press=presses.sign,
            done=_("The entry is signed. It can be submitted now."),
            form=forms.SignForm,
            offered=_in(State.DRAFT),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="recall",
            label=_("Take back for changes"),
            permission="catalog.update_dataset",
            press=lambda press: publishing.recall(press.target.pk, by=press.by, at=press.at),
            done=_("The entry is a draft again; the signature is void."),
            offered=_in(State.SIGNED),
        ),
        Button(
            name="submit",
            label=_("Submit for review"),
            permission="catalog.submit_dataset",
            press=presses.submit,
            done=_("The entry is with the data authority."),
            form=forms.SubmitForm,
            offered=_in(State.SIGNED),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="send-back",
            label=_("Send back"),
            permission="catalog.review_dataset",
            press=presses.send_back,
            done=_("The entry is sent back with all that is missing."),
            form=forms.DefectsForm,
            offered=_in(State.IN_REVIEW),
        ),
        Button(
            name="publish",
            label=_("Publish"),
            permission="exchange.publish_dataset",
            press=presses.publish,
            done="",
            form=forms.SeenForm,
            offered=_in(State.IN_REVIEW),
            variant=ActionVariant.PRIMARY,
        ),
        *amendments.AT_DATASET,
        Button(
            name="note-change",
            label=_("Something changed"),
            permission="catalog.update_dataset",
            press=presses.note_change,
            done=_("The term to follow the change runs from the day it happened."),
            note=_(
                "Where a law or the duties of the department change, the entry follows within the"
                " term of Order 809, article 17."
            ),
            form=forms.ChangeForm,
            offered=lambda dataset: dataset.state == State.PUBLISHED and not dataset.update_from,
        ),
        Button(
            name="extend-term",
            label=_("Extend the term"),
            permission="catalog.review_dataset",
            press=presses.extend_term,
            done=_("The term is extended."),
            form=ReasonForm,
            offered=lambda dataset: _follows(dataset) and not dataset.update_extended,
        ),
        Button(
            name="close-change",
            label=_("No change is needed"),
            permission="catalog.sign_dataset",
            press=presses.close_change,
            done=_("The term has ended; your reason is in the trail."),
            form=ReasonForm,
            offered=_follows,
        ),
        Button(
            name="line",
            label=_("Propose a line of the negative list"),
            permission="catalog.propose_negativeline",
            press=presses.propose_line,
            done=_("The line is proposed. The legal unit reviews it next."),
            form=LineForm,
        ),
        Button(
            name="grant",
            label=_("Grant"),
            permission="exchange.grant_dataset",
            press=presses.grant,
            done=_("The grant holds from its first day."),
            form=GrantForm,
            offered=_in(State.PUBLISHED),
        ),
        *counting.AT_DATASET,
        Button(
            name="withdraw",
            label=_("Withdraw"),
            permission="exchange.withdraw_dataset",
            press=presses.withdraw,
            done=_("The dataset is withdrawn; nothing of it is served any more."),
            note=_("Who asks for it is told the reason. A withdrawn dataset stays withdrawn."),
            form=ReasonForm,
            offered=_in(State.PUBLISHED),
            variant=ActionVariant.DANGER,
        ),
    )

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """Lead from another department's published entry to where everybody finds it."""
        fits = object_id.isdecimal() and len(object_id) < LONGEST_NUMBER
        number = int(object_id) if fits else 0
        entry = Dataset.objects.filter(pk=number, state=State.PUBLISHED).first()
        if entry is None:
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)
        return redirect(f"{reverse('admin:search')}?{urlencode({'q': entry.title})}")

    def opens(self, request: HttpRequest, row: Dataset) -> bool:
        """Whether this person is shown the entry: here, or where everybody finds it."""
        everybody = row.state == State.PUBLISHED and self.has_view_permission(request, row)
        return everybody or super().opens(request, row)

    def _drawn(
        self, request: HttpRequest, buttons: Iterable[Button], row: Any
    ) -> list[dict[str, Any]]:
        drawn = super()._drawn(request, buttons, row)
        reviewed = row is not None and row.state == State.IN_REVIEW
        if reviewed and request.user.has_perm("catalog.review_dataset", row.owner):
            return [way_to(_("Review it with everything in view"), "admin:review", row), *drawn]
        return drawn

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django's signature
        queryset: QuerySet,
        search_term: str,
    ) -> tuple[QuerySet, bool]:
        """Find by the search table, as all other doors do."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=search.matching(search_term).values("pk")), False

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Give each listed entry its deadline; the limits are read once for the list."""
        listed = super().get_changelist_instance(request)
        clocks, today = deadlines.clocks(), timezone.localdate()
        for dataset in listed.result_list:
            dataset.review_due = _deadline(dataset, clocks, today)
        return listed

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def standing(self, dataset: Dataset) -> tuple[str, str]:
        """Show where the entry stands, as a badge."""
        return dataset.state, str(State(dataset.state).label)

    @display(description=_("review"), ordering="submitted_at")
    def due(self, dataset: Dataset) -> str:
        """Show until when the review is due, with its light."""
        if hasattr(dataset, "review_due"):
            return lights.badge(dataset.review_due)
        return lights.badge(_deadline(dataset, deadlines.clocks(), timezone.localdate()))

    @admin.display(description=_("to follow a change"))
    def to_follow(self, dataset: Dataset) -> str:
        """Show what changed around a published entry, and until when it follows."""
        if not _follows(dataset):
            return "–"
        due = updates.due(dataset, deadlines.clocks(), today=timezone.localdate())
        return format_html(
            "{} {} · {}", lights.badge(due), dataset.update_from, dataset.update_because
        )

    @admin.display(description=_("Still missing"))
    def missing(self, dataset: Dataset) -> str:
        """Name everything that keeps the entry from publication."""
        if dataset.state in (State.PUBLISHED, State.WITHDRAWN):
            return "–"
        sentences = ((defect.sentence,) for defect in publishing.publication_defects(dataset))
        return format_html_join("", "<p>{}</p>", sentences) or gettext("nothing")

    @admin.display(description=_("what was found missing"))
    def found_missing(self, dataset: Dataset) -> str:
        """List what a reviewer found missing, a sentence a line."""
        return format_html_join("", "<p>{}</p>", ((text,) for text in dataset.defects)) or "–"

    @admin.display(description=_("keywords, Chinese"))
    def words_zh(self, dataset: Dataset) -> str:
        """Show the Chinese keywords with a comma between them."""
        return "，".join(dataset.keywords_zh) or "–"

    @admin.display(description=_("keywords, English"))
    def words_en(self, dataset: Dataset) -> str:
        """Show the English keywords with a comma between them."""
        return ", ".join(dataset.keywords_en) or "–"

    @admin.display(description=EXTENSIONS)
    def further(self, dataset: Dataset) -> str:
        """Show the further elements, name and value a line."""
        return format_html_join("", "<p>{}: {}</p>", dataset.extensions.items()) or "–"

    @admin.display(description=_("people who follow it"))
    def followers(self, dataset: Dataset) -> int:
        """Show how many follow the entry; who they are is shown nowhere."""
        return dataset.follows.count()

    @admin.display(description=_("Offers"))
    def offered(self, dataset: Dataset) -> str:
        """List the table, files, interfaces and links, each with the way to its page."""
        rows = dataset.resources.live()
        return (
            format_html_join(
                "",
                '<p>{} <a class="text-primary-600 dark:text-primary-500" href="{}">{}</a> {}</p>',
                (
                    (
                        row.get_kind_display(),
                        reverse("admin:catalog_resource_change", args=[row.pk]),
                        row,
                        _openness(row),
                    )
                    for row in rows
                ),
            )
            or "–"
        )

    @admin.display(description=_("Collected elsewhere already"))
    def elsewhere(self, dataset: Dataset) -> str:
        """Name published entries that may hold the same, before this one is submitted."""
        if dataset.state not in (State.DRAFT, State.SIGNED):
            return "–"
        sentences = ((found.sentence,) for found in one_source.for_publisher(dataset))
        return format_html_join("", "<p>{}</p>", sentences) or gettext("nothing found")

    @admin.display(description=_("Fields"))
    def listed_fields(self, dataset: Dataset) -> str:
        """List the fields with their grades, each with the way to its page."""
        rows = Field.objects.filter(resource__dataset=dataset).live()
        return format_html_join("", "<p>{}</p>", ((_in_one_line(row),) for row in rows)) or "–"


def _openness(row: Resource) -> str:
    """Say whether a file is for everybody; of what is none, where it leads."""
    if row.opening_proposed_by_id is not None:
        return gettext("waits for the head to release it")
    return gettext("Open to everyone") if row.is_public else row.url


def _deadline(
    dataset: Dataset, clocks: deadlines.Clocks, today: date
) -> deadlines.Deadline | None:
    if dataset.state != State.IN_REVIEW or dataset.submitted_at is None:
        return None
    return clocks.due_for(ClockStep.CATALOGUE_REVIEW, dataset.submitted_at, today=today)


def _in_one_line(field: Field) -> str:
    grade = words.GRADES.get(field.grade) if field.grade else gettext("not graded")
    return format_html(
        '<a class="text-primary-600 dark:text-primary-500" href="{}"><code>{}</code></a>'
        " {} · {} · {} · {} · {}",
        reverse("admin:catalog_field_change", args=[field.pk]),
        field.name,
        field.label,
        grade,
        words.SHARE_TYPES[field.share_type],
        words.OPEN_TYPES[field.open_type],
        words.MASKS[field.mask_kind],
    )
