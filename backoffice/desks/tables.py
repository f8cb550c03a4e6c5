"""What entries offer: tables, their binding to sources, and their fields with their grades."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from backoffice import handed_in, words
from backoffice.buttons import Button, Press, Warned
from backoffice.desk import Desk, labelled
from backoffice.desks import amendments, offers
from backoffice.filters import InWords
from backoffice.forms import catalog as forms
from backoffice.forms.dressed import ReasonForm
from backoffice.forms.exchange import BindingForm
from catalog import publishing, versions
from catalog.facts import as_params
from catalog.models import (
    Field,
    FileVersion,
    Resource,
)
from catalog.terms import ResourceKind, State
from exchange import opening, profiling, sources
from policy.terms import Grade, OpenType, ShareType


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
        "full_every_days",
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
        *amendments.AT_RESOURCE,
        *offers.AT_RESOURCE,
    )
    readonly_fields = ["versions"]

    @admin.display(description=_("Versions of the file"))
    def versions(self, resource: Resource) -> str:
        """List the versions, newest first, each to be downloaded."""
        rows = resource.versions.select_related("added_by").order_by("-number")
        wait = set(versions.waiting().filter(resource=resource).values_list("pk", flat=True))
        return (
            format_html_join(
                "",
                '<p>{} · {} <a class="text-primary-600 dark:text-primary-500" href="{}">'
                "{}</a></p>",
                (
                    (
                        handed_in.in_one_line(row),
                        row.note,
                        reverse("admin:catalog_fileversion_change", args=[row.pk]),
                        _said_of(row, wait),
                    )
                    for row in rows
                ),
            )
            or "–"
        )


def _said_of(version: FileVersion, waiting: set[int]) -> str:
    """Say whether everybody may be given a version, or whom it waits for."""
    if version.pk in waiting:
        return gettext("waits for the head to release it")
    return gettext("released to everyone") if version.released_at else gettext("version of a file")


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


def _withdraw(press: Press) -> None:
    opening.withdraw_field(press.target.pk, reason=press.told["reason"], by=press.by, at=press.at)


def _published(field: Field) -> bool:
    return field.ended_at is None and field.resource.dataset.state == State.PUBLISHED


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
        "why",
    ]
    list_filter = [
        ("grade", InWords),
        ("suggested_grade", InWords),
        ("share_type", InWords),
        ("open_type", InWords),
    ]
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
            offered=_published,
        ),
        *amendments.AT_FIELD,
        Button(
            name="withdraw",
            label=_("Withdraw"),
            permission="exchange.regrade_field",
            press=_withdraw,
            done=_("The field has ended; no copy holds it any more."),
            note=_("It acts at once. Grants that name the field may still read it."),
            form=ReasonForm,
            offered=_published,
            variant=ActionVariant.DANGER,
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

    @admin.display(description=_("why"))
    def why(self, field: Field) -> str:
        """Lead to what is behind the grade."""
        place = reverse("admin:field_grade", args=[field.pk])
        return format_html('<a href="{}">{}</a>', place, gettext("Why this grade"))
