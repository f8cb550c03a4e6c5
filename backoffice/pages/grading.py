"""The table of grades: the version in force, earlier ones, and trying another one out."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import holders, require
from backoffice import words
from backoffice.buttons import person_of, sentence
from backoffice.pages import treatments
from backoffice.pages.frame import number_of, office_page, shown
from backoffice.pages.sheets_out import sheet
from catalog import grading_change, grading_table
from catalog.grading_change import FieldChange
from catalog.models import GradingTable
from catalog.refusals import CatalogRefusal
from policy.detect import Kind
from policy.evidence import kind_word
from policy.grading import Outcome, Table
from policy.terms import Grade, MaskKind, ShareType

KEEP = "catalog.keep_gradingtable"
SHOWN = 50
EXPORTED = 100_000
"""Fields in one file; a spreadsheet holds a million."""


@dataclass(frozen=True, slots=True)
class RowShown:
    """One kind of the table, as the page shows it and its form asks for it."""

    kind: Kind
    word: str
    grade: str
    mask: Mapping[str, Any]

    @property
    def grade_word(self) -> Any:
        """The grade in words."""
        return words.GRADES[int(Grade[self.grade])] if self.grade in Grade.__members__ else ""

    @property
    def mask_word(self) -> str:
        """The mask in words, with what it keeps."""
        label = str(words.MASKS.get(self.mask.get("kind", ""), ""))
        kept = [
            str(self.mask[name])
            for name in ("keep_left", "keep_right", "digits")
            if name in self.mask
        ]
        return f"{label} ({' + '.join(kept)})" if kept else label


@office_page("catalog.view_gradingtable")
@require_safe
def grading(request: HttpRequest) -> HttpResponse:
    """Show a version of the table, the one in force unless `?version=` asks for another."""
    versions = list(GradingTable.objects.select_related("proposed_by").order_by("-version"))
    asked = request.GET.get("version", "")
    chosen = next((one for one in versions if str(one.version) == asked), None)
    if asked and chosen is None:
        raise Http404
    return _table(request, (chosen or versions[0]).rows, chosen or versions[0], versions)


def _table(
    request: HttpRequest,
    rows: Mapping[str, Any],
    chosen: GradingTable,
    versions: list[GradingTable],
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    return shown(
        request,
        "backoffice/grading.html",
        title=_("Table of grades"),
        status=status,
        chosen=chosen,
        in_force=versions[0],
        versions=versions,
        rows=_rows(rows),
        defaults=_defaults(rows),
        grades=[(grade.name, words.GRADES[int(grade)]) for grade in Grade],
        masks=words.choices(words.MASKS, without=(MaskKind.PSEUDONYM.value,)),
        share_types=words.choices(words.SHARE_TYPES, without=(ShareType.NOT_SHARED.value,)),
        open_types=words.choices(words.OPEN_TYPES),
        keeps=request.user.has_perm(KEEP) and chosen == versions[0],
        keepers=", ".join(str(role.label) for role in holders(KEEP)),
        refusal=refusal,
    )


def _rows(data: Mapping[str, Any]) -> list[RowShown]:
    language = get_language() or "zh"
    told = data.get("rows", {})
    return [
        RowShown(kind, kind_word(kind, language), row["grade"], row["mask"] or {})
        for kind in Kind
        if (row := told.get(kind.value))
    ]


def _defaults(data: Mapping[str, Any]) -> list[tuple[str, Any, str, str, Any, Any]]:
    return [
        (
            grade.name,
            words.GRADES[int(grade)],
            share,
            opened,
            words.SHARE_TYPES.get(share, share),
            words.OPEN_TYPES.get(opened, opened),
        )
        for grade in Grade
        for share, opened in [data["defaults"][grade.name]]
    ]


def _asked(told: QueryDict) -> dict[str, Any]:
    """Return the table that the form describes, unchecked."""
    return {
        "rows": {
            kind.value: {"grade": told.get(f"grade-{kind.value}", ""), "mask": _mask(told, kind)}
            for kind in Kind
        },
        "defaults": {
            grade.name: [told.get(f"share-{grade.name}", ""), told.get(f"open-{grade.name}", "")]
            for grade in Grade
        },
    }


def _mask(told: QueryDict, kind: Kind) -> dict[str, Any] | None:
    chosen = told.get(f"mask-{kind.value}", "")
    used = {
        MaskKind.KEEP_EDGES.value: ("keep_left", "keep_right"),
        MaskKind.ROUND_COORDINATE.value: ("digits",),
    }.get(chosen, ())
    numbers = {name: told.get(f"{name}-{kind.value}", "") for name in used}
    if not chosen:
        return None
    return {"kind": chosen} | {
        name: text or 0 if (number := number_of(text)) is None else number
        for name, text in numbers.items()
    }


@office_page(KEEP)
@require_POST
def try_out(request: HttpRequest) -> HttpResponse:
    """Show what the table of the form would change; save it, page through it, or export it.

    `do` says which. 422 for what is no table, 409 where the catalogue has moved since.
    """
    told = request.POST
    given = told.get("table")
    try:
        data = json.loads(given) if given else _asked(told)
    except ValueError as broken:
        raise Http404 from broken
    if told.get("do") == "edit":
        return _again(request, data)
    try:
        table = grading_table.proposed(data)
    except CatalogRefusal as refusal:
        return _again(request, data, refusal)
    if told.get("do") in ("csv", "xlsx"):
        return _export(table, told["do"])
    if told.get("do") == "save":
        return _save(request, table)
    return _shown_run(request, table)


def _again(
    request: HttpRequest, data: Mapping[str, Any], refusal: CatalogRefusal | None = None
) -> HttpResponse:
    versions = list(GradingTable.objects.select_related("proposed_by").order_by("-version"))
    rows = data if set(data) == {"rows", "defaults"} else versions[0].rows
    said, status = ("", 200) if refusal is None else (sentence(refusal), refusal.status)
    return _table(request, rows, versions[0], versions, refusal=said, status=status)


def _save(request: HttpRequest, table: Table) -> HttpResponse:
    told = request.POST
    require(person_of(request), KEEP)
    try:
        kept = grading_table.replace(
            table.as_data(),
            note=told.get("note", ""),
            digest=told.get("digest", ""),
            by=person_of(request),
            at=timezone.now(),
        )
    except CatalogRefusal as refusal:
        return _shown_run(request, table, refusal)
    text = _("Version %(version)s is in force. %(count)s fields wait to be graded anew.")
    messages.success(
        request, text % {"version": kept.version, "count": kept.changed.get("waiting", 0)}
    )
    return redirect("admin:grading")


def _shown_run(
    request: HttpRequest, table: Table, refusal: CatalogRefusal | None = None
) -> HttpResponse:
    at = timezone.now()
    run = grading_change.dry_run(table, at=at)
    pages = Paginator(grading_change.changed_fields(table), SHOWN)
    pages.count = run.fields  # counted already
    page = pages.get_page(request.POST.get("page", 1))
    return shown(
        request,
        "backoffice/grading_run.html",
        title=_("What this would change"),
        status=refusal.status if refusal else 200,
        run=run,
        rows=_differing(table),
        decisions=[
            (treatments.said(one.viewpoint, one.before, one.after), one.fields)
            for one in run.decisions
        ],
        page=page,
        fields=[_changed(one) for one in grading_change.described(page.object_list, table, at=at)],
        table=json.dumps(table.as_data()),
        note=request.POST.get("note", ""),
        refusal=sentence(refusal) if refusal else "",
    )


def _differing(table: Table) -> list[tuple[RowShown, RowShown]]:
    """Return the kinds whose row differs from the version in force: before, after."""
    before, after = _rows(grading_change.in_force().rows), _rows(table.as_data())
    return [(old, new) for old, new in zip(before, after, strict=True) if old != new]


def _changed(one: FieldChange) -> dict[str, Any]:
    return {
        "field": one.field,
        "dataset": one.field.resource.dataset,
        "before": words.GRADES[int(one.before.grade)],
        "after": words.GRADES[int(one.after.grade)],
        "higher": one.after.grade > one.before.grade,
        "same": one.after.grade == one.before.grade,
        "grade": words.GRADES.get(one.field.grade or 0, ""),
        "seen": treatments.seen(one.differences),
    }


def _export(table: Table, kind: str) -> HttpResponse:
    head = [
        _("Department"),
        _("Dataset"),
        _("Field"),
        _("Label"),
        _("Grade now"),
        _("Suggested now"),
        _("Suggested then"),
        _("Who would see it otherwise"),
    ]
    return sheet(kind, "grading-dry-run", _("What this would change"), head, _lines(table))


def _lines(table: Table) -> Iterator[list[Any]]:
    at, fields = timezone.now(), grading_change.changed_fields(table)[:EXPORTED]
    for one in grading_change.described(fields, table, at=at):
        dataset = one.field.resource.dataset
        yield [
            dataset.owner,
            dataset.title,
            one.field.name,
            one.field.label,
            Grade(one.field.grade).name if one.field.grade else "",
            _outcome(one.before),
            _outcome(one.after),
            treatments.in_a_line(one.differences),
        ]


def _outcome(outcome: Outcome) -> str:
    return outcome.grade.name


ADDRESSES = [
    path("grading/", grading, name="grading"),
    path("grading/try/", try_out, name="grading_try"),
]
