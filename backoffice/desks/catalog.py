"""The resource catalogue: entries, their fields, and the lists they refer to."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.enums import ActionVariant

from backoffice import words
from backoffice.buttons import Button, Press, Warned
from backoffice.desk import Desk, KeptDesk, labelled
from backoffice.forms import catalog as forms
from backoffice.forms.dressed import ReasonForm
from backoffice.forms.exchange import BindingForm, GrantForm
from backoffice.forms.negative_list import LineForm
from catalog import negative_list, publishing
from catalog.drafting import NewField
from catalog.facts import as_params
from catalog.models import (
    Code,
    CodeList,
    Counter,
    Dataset,
    Field,
    Resource,
    Revision,
    Subject,
)
from catalog.terms import ResourceKind, RevisionState, State
from exchange import opening, profiling, sharing, sources
from policy.terms import Channel, Grade, Mode, OpenType, ShareType


def _in(*states: State):
    """Return whether an entry is in one of these states, as a question to ask of it."""
    return lambda dataset: dataset.state in states


def _create(press: Press) -> None:
    told = press.told
    publishing.create_dataset(
        told.pop("slug"), owner=told.pop("owner"), **told, by=press.by, at=press.at
    )


def _update(press: Press) -> None:
    publishing.update_dataset(press.target.pk, **press.told, by=press.by, at=press.at)


def _add_field(press: Press) -> None:
    new = NewField(**press.told)
    table = press.target.resources.filter(kind=ResourceKind.TABLE).first()
    if table is None:
        publishing.add_table(press.target.pk, fields=[new], by=press.by, at=press.at)
    else:
        publishing.add_field(table.pk, new, by=press.by, at=press.at)


def _sign(press: Press) -> None:
    publishing.sign(press.target.pk, checklist=press.told, by=press.by, at=press.at)


def _send_back(press: Press) -> None:
    publishing.send_back(press.target.pk, defects=press.told["defects"], by=press.by, at=press.at)


def _publish(press: Press) -> str:
    projection = opening.publish(press.target.pk, by=press.by, at=press.at)
    text = gettext("The dataset is published; %(rows)s rows are open to everyone.")
    return text % {"rows": projection.rows}


def _withdraw(press: Press) -> None:
    opening.withdraw(press.target.pk, reason=press.told["reason"], by=press.by, at=press.at)


def _propose_line(press: Press) -> None:
    told = press.told
    basis = told.pop("basis")
    negative_list.propose(
        press.target.pk,
        basis_id=basis.pk if basis else None,
        field_ids=[field.pk for field in told.pop("fields_barred")],
        bars=[Channel(bar) for bar in told.pop("bars")],
        **told,
        by=press.by,
        at=press.at,
    )


def _grant(press: Press) -> None:
    told = press.told
    sharing.grant(
        press.target.pk,
        fields=[field.pk for field in told.pop("fields_granted")],
        channel=Channel(told.pop("channel")),
        modes=[Mode(mode) for mode in told.pop("modes")],
        clear_up_to=Grade(told.pop("clear_up_to")),
        **told,
        by=press.by,
        at=press.at,
    )


@admin.register(Dataset)
class DatasetDesk(Desk):
    """Entries of the catalogue, on their way from draft to published."""

    owner_path = "owner"
    list_display = ["title_zh", "title_en", "owner", "state", "update_cycle", "published_at"]
    list_filter = ["state", "update_cycle", "category", "owner"]
    list_select_related = ["owner"]
    search_fields = ["title_zh", "title_en", "slug", "code", "abstract_zh", "abstract_en"]
    ordering = ["-id"]
    fieldsets = (
        (None, {"fields": ("state", "missing", "defects", "listed_fields")}),
        (
            _("Metadata"),
            {
                "fields": (
                    "slug",
                    "code",
                    "owner",
                    "title_zh",
                    "title_en",
                    "abstract_zh",
                    "abstract_en",
                    "keywords_zh",
                    "keywords_en",
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
                    ("published_by", "published_at"),
                    ("withdrawn_by", "withdrawn_at"),
                    "withdrawn_reason",
                )
            },
        ),
    )
    readonly_fields = ["missing", "listed_fields"]
    list_buttons = (
        Button(
            name="create",
            label=_("Draft an entry"),
            permission="catalog.create_dataset",
            press=_create,
            done=_("The entry is drafted. List its fields next."),
            form=forms.NewDatasetForm,
        ),
    )
    buttons = (
        Button(
            name="update",
            label=_("Change metadata"),
            permission="catalog.update_dataset",
            press=_update,
            done=_("The metadata is changed."),
            form=forms.DatasetForm,
            offered=_in(State.DRAFT),
        ),
        Button(
            name="field",
            label=_("Add a field"),
            permission="catalog.update_dataset",
            press=_add_field,
            done=_("The field is added. A person grades it before the entry is published."),
            form=forms.FieldForm,
            offered=_in(State.DRAFT),
        ),
        Button(
            name="sign",
            label=_("Sign"),
            permission="catalog.sign_dataset",
            press=_sign,
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
            press=lambda press: publishing.submit(press.target.pk, by=press.by, at=press.at),
            done=_("The entry is with the data authority."),
            offered=_in(State.SIGNED),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="send-back",
            label=_("Send back"),
            permission="catalog.review_dataset",
            press=_send_back,
            done=_("The entry is sent back with all that is missing."),
            form=forms.DefectsForm,
            offered=_in(State.IN_REVIEW),
        ),
        Button(
            name="publish",
            label=_("Publish"),
            permission="exchange.publish_dataset",
            press=_publish,
            done="",
            offered=_in(State.IN_REVIEW),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="line",
            label=_("Propose a line of the negative list"),
            permission="catalog.propose_negativeline",
            press=_propose_line,
            done=_("The line is proposed. The legal unit reviews it next."),
            form=LineForm,
        ),
        Button(
            name="grant",
            label=_("Grant"),
            permission="exchange.grant_dataset",
            press=_grant,
            done=_("The grant holds from its first day."),
            form=GrantForm,
            offered=_in(State.PUBLISHED),
        ),
        Button(
            name="withdraw",
            label=_("Withdraw"),
            permission="exchange.withdraw_dataset",
            press=_withdraw,
            done=_("The dataset is withdrawn; nothing of it is served any more."),
            note=_("Who asks for it is told the reason. A withdrawn dataset stays withdrawn."),
            form=ReasonForm,
            offered=_in(State.PUBLISHED),
            variant=ActionVariant.DANGER,
        ),
    )

    @admin.display(description=_("Still missing"))
    def missing(self, dataset: Dataset) -> str:
        """Name everything that keeps the entry from publication."""
        if dataset.state in (State.PUBLISHED, State.WITHDRAWN):
            return "–"
        sentences = ((defect.sentence,) for defect in publishing.publication_defects(dataset))
        return format_html_join("", "<p>{}</p>", sentences) or gettext("nothing")

    @admin.display(description=_("Fields"))
    def listed_fields(self, dataset: Dataset) -> str:
        """List the fields with their grades, each with the way to its page."""
        rows = Field.objects.filter(resource__dataset=dataset).live()
        return format_html_join("", "<p>{}</p>", ((_in_one_line(row),) for row in rows)) or "–"


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


def suggest(resource_id: int, press: Press) -> str:
    """Look at a sample of a bound table, and say for how many fields."""
    found = profiling.suggest_grades(resource_id, by=press.by, at=press.at)
    text = gettext(
        "%(count)s fields were looked at. Their suggestions wait for a person to grade."
    )
    return text % {"count": len(found)}


def bind(resource: Resource, press: Press) -> None:
    """Bind a table as the form says."""
    names = (
        "source",
        "object",
        "columns",
        "mode",
        "cursor_column",
        "lag_seconds",
        "max_rejected_percent",
        "max_shrink_percent",
        "schedule_minutes",
    )
    asked = {name: press.told[name] for name in names}
    sources.bind(resource.pk, **asked, by=press.by, at=press.at)


def _is_table(resource: Resource) -> bool:
    return resource.kind == ResourceKind.TABLE


@admin.register(Resource)
class ResourceDesk(Desk):
    """What entries offer."""

    owner_path = "dataset__owner"
    list_display = ["dataset", "kind", "name", "title_zh", "title_en"]
    list_filter = ["kind"]
    list_select_related = ["dataset__owner"]
    search_fields = ["name", "title_zh", "title_en", "dataset__slug"]
    ordering = ["-id"]
    buttons = (
        Button(
            name="bind",
            label=_("Bind to a source"),
            permission="exchange.bind_resource",
            press=lambda press: bind(press.target, press),
            done=_("The table is bound. A sync reads it from the beginning."),
            form=BindingForm,
            note=_(
                "A full compare costs the whole table each time; by cursor the cost follows what "
                "changed, but deletions are not seen."
            ),
            offered=_is_table,
        ),
        Button(
            name="suggest",
            label=_("Suggest grades"),
            permission="exchange.suggest_grades",
            press=lambda press: suggest(press.target.pk, press),
            done="",
            note=_("A sample of the source is looked at; what was found is written down."),
            offered=lambda resource: _is_table(resource) and hasattr(resource, "binding"),
        ),
    )


def _grade(press: Press) -> None:
    told = press.told
    publishing.grade_field(
        press.target.pk,
        grade=Grade(told["grade"]),
        share_type=ShareType(told["share_type"]),
        open_type=OpenType(told["open_type"]),
        mask=forms.mask_of(told),
        reason=told["reason"],
        by=press.by,
        at=press.at,
    )


def _regrade(press: Press) -> Warned | None:
    told, mask = press.told, forms.mask_of(press.told)
    wanted = {
        "grade": told["grade"],
        "share_type": told["share_type"],
        "open_type": told["open_type"],
        "mask_kind": mask.kind.value if mask else "",
        "mask_params": as_params(mask),
    }
    waiting = opening.regrade(
        press.target.resource.dataset_id,
        {press.target.pk: wanted},
        reason=told["reason"],
        by=press.by,
        at=press.at,
    )
    if waiting is None:
        return None
    text = _("This shows more than before, so it waits for a second person (revision %(number)s).")
    return Warned(text=text % {"number": waiting.pk})


def _change_field(press: Press) -> None:
    publishing.update_field(press.target.pk, **press.told, by=press.by, at=press.at)


def _of_draft(field: Field) -> bool:
    return field.ended_at is None and field.resource.dataset.state == State.DRAFT


@admin.register(Field)
class FieldDesk(Desk):
    """Fields, and the grades that people give them."""

    owner_path = "resource__dataset__owner"
    list_display = [
        "name",
        "label_zh",
        "dataset",
        labelled(words.DATA_TYPES, "data_type", _("data type")),
        labelled(words.GRADES, "grade", _("grade")),
        labelled(words.GRADES, "suggested_grade", _("suggested grade")),
        labelled(words.OPEN_TYPES, "open_type", _("open type")),
    ]
    list_filter = ["grade", "suggested_grade", "share_type", "open_type"]
    list_select_related = ["resource__dataset__owner"]
    search_fields = ["name", "label_zh", "label_en", "resource__dataset__slug"]
    ordering = ["resource", "position", "id"]
    buttons = (
        Button(
            name="grade",
            label=_("Grade"),
            permission="catalog.grade_field",
            press=_grade,
            done=_("The field is graded."),
            form=forms.GradeForm,
            offered=_of_draft,
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="regrade",
            label=_("Regrade"),
            permission="exchange.regrade_field",
            press=_regrade,
            done=_("The field is regraded; no copy shows more than the new grade allows."),
            note=_(
                "Stricter acts at once. What shows more than before waits for a second person."
            ),
            form=forms.RegradeForm,
            offered=lambda field: field.resource.dataset.state == State.PUBLISHED,
        ),
        Button(
            name="change",
            label=_("Change"),
            permission="catalog.update_dataset",
            press=_change_field,
            done=_("The field is changed."),
            form=forms.FieldForm,
            offered=_of_draft,
        ),
        Button(
            name="end",
            label=_("End"),
            permission="catalog.update_dataset",
            press=lambda press: publishing.end_field(press.target.pk, by=press.by, at=press.at),
            done=_("The field is off the entry."),
            offered=_of_draft,
            variant=ActionVariant.DANGER,
        ),
    )

    @admin.display(description=_("dataset"), ordering="resource__dataset")
    def dataset(self, field: Field) -> str:
        """Name the entry."""
        return str(field.resource.dataset)


def _decide(*, accept: bool):
    """Return the press that accepts or refuses a revision."""

    def press_it(press: Press) -> None:
        opening.decide_revision(
            press.target.pk,
            accept=accept,
            reason=press.told["reason"],
            by=press.by,
            at=press.at,
        )

    return press_it


def _waits(revision: Revision) -> bool:
    return revision.state == RevisionState.PROPOSED


@admin.register(Revision)
class RevisionDesk(Desk):
    """Changes of published entries, old and new side by side."""

    owner_path = "dataset__owner"
    list_display = ["id", "dataset", "state", "loosens", "proposed_by", "proposed_at"]
    list_filter = ["state", "loosens"]
    list_select_related = ["dataset__owner", "proposed_by"]
    ordering = ["-id"]
    fields = [
        "dataset",
        "state",
        "side_by_side",
        "reason",
        ("proposed_by", "proposed_at"),
        ("decided_by", "decided_at"),
        "decision_reason",
    ]
    readonly_fields = ["side_by_side"]
    buttons = (
        Button(
            name="accept",
            label=_("Accept"),
            permission="exchange.decide_revision",
            press=_decide(accept=True),
            done=_("The change holds from now on."),
            form=ReasonForm,
            offered=_waits,
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="refuse",
            label=_("Refuse"),
            permission="exchange.decide_revision",
            press=_decide(accept=False),
            done=_("The change is refused; all stays as it was."),
            form=ReasonForm,
            offered=_waits,
        ),
    )

    @admin.display(description=_("changes"))
    def side_by_side(self, revision: Revision) -> str:
        """Show each change: field, what, old, new."""
        names = dict(
            Field.objects.filter(pk__in=[int(pk) for pk in revision.changes]).values_list(
                "pk", "name"
            )
        )
        lines = [
            (names.get(int(pk), pk), attribute, str(old), str(new))
            for pk, attributes in revision.changes.items()
            for attribute, (old, new) in attributes.items()
            if old != new
        ]
        return format_html_join("", "<p><code>{}</code> {}: {} → <b>{}</b></p>", lines)


class CodesOf(TabularInline):
    """The codes of a list."""

    model = Code
    extra = 0
    per_page = 50
    ordering = ["code"]


@admin.register(Subject)
class SubjectDesk(KeptDesk):
    """Subjects, by which people browse."""

    list_display = ["code", "name_zh", "name_en", "parent", "datasets_listed"]
    list_select_related = ["parent"]
    search_fields = ["code", "name_zh", "name_en"]
    ordering = ["code"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Count the entries of each subject with the list."""
        return super().get_queryset(request).annotate(listed=Count("datasets"))

    @admin.display(description=_("datasets"), ordering="listed")
    def datasets_listed(self, subject: Any) -> int:
        """How many entries stand under the subject."""
        return subject.listed


@admin.register(CodeList)
class CodeListDesk(KeptDesk):
    """Code lists, each in one version."""

    list_display = ["name", "version", "title_zh", "title_en"]
    search_fields = ["name", "title_zh", "title_en"]
    ordering = ["name", "-version"]
    inlines = [CodesOf]


@admin.register(Code)
class CodeDesk(KeptDesk):
    """Single codes."""

    list_display = ["code", "label_zh", "label_en", "list"]
    list_filter = ["list"]
    list_select_related = ["list"]
    search_fields = ["code", "label_zh", "label_en"]
    ordering = ["list", "code"]


@admin.register(Counter)
class CounterDesk(Desk):
    """The last number drawn in each series, such as of resource codes."""

    list_display = ["__str__"]
