"""The lists that entries refer to, and the counters."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from backoffice import words
from backoffice.desk import Desk, KeptDesk, labelled
from backoffice.desks import calendar, listed
from backoffice.filters import InWords
from catalog import indexing, lexicon
from catalog.models import (
    Clock,
    Code,
    CodeList,
    Counter,
    FieldSketch,
    SearchEntry,
    SearchWord,
    Subject,
    WordGroup,
    WorkingDay,
)
from catalog.terms import State


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
    list_buttons = (listed.SUBJECTS,)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Count the entries of each subject with the list."""
        return super().get_queryset(request).annotate(listed=Count("datasets"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Save, and have entries found by the subject's new name."""
        super().save_model(request, obj, form, change)
        indexing.index_subject(obj.pk, at=timezone.now())

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
    list_buttons = (listed.CODE_LIST,)


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


@admin.register(Clock)
class ClockDesk(KeptDesk):
    """Time limits, each with who says so and how far that was checked."""

    list_display = [
        "step",
        labelled(words.PROFILES, "profile", _("body of rules")),
        "working_days",
        "extension_days",
        "remind_days",
        "late_days",
        "climb_days",
        "citation",
        labelled(words.CERTAINTIES, "certainty", _("how far that was checked")),
    ]
    list_filter = [("profile", InWords)]
    ordering = ["profile", "step"]


@admin.register(WorkingDay)
class WorkingDayDesk(KeptDesk):
    """Days of work and of rest that the calendar package does not know yet."""

    list_display = ["day", "working", "note", "source"]
    list_filter = ["working"]
    ordering = ["-day"]
    list_buttons = (calendar.YEAR,)


@admin.register(SearchEntry)
class SearchEntryDesk(Desk):
    """What the catalogue is searched by, for who looks into why something is not found."""

    list_display = [
        "entry",
        labelled(dict(State.choices), "state", _("state")),
        "owner",
        labelled(words.GRADES, "grade", _("grade")),
        "indexed_at",
    ]
    list_filter = [("grade", InWords)]
    list_select_related = ["dataset", "owner"]
    search_fields = ["dataset__slug", "dataset__code"]
    ordering = ["-dataset_id"]
    exclude = ["words"]

    @admin.display(description=_("dataset"), ordering="dataset")
    def entry(self, row: SearchEntry) -> str:
        """Return the entry's title."""
        return str(row.dataset)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Leave the words where they are: no list shows them."""
        return super().get_queryset(request).defer("words")


@admin.register(WordGroup)
class WordGroupDesk(KeptDesk):
    """Words that mean the same: who types one finds entries with another."""

    list_display = ["__str__", "note", "active"]
    list_filter = ["active"]
    search_fields = ["words", "note"]
    ordering = ["pk"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Save, and have slips of the group's words understood."""
        super().save_model(request, obj, form, change)
        lexicon.learn(obj)


@admin.register(SearchWord)
class SearchWordDesk(Desk):
    """What entries are called, for who looks into how a misspelt word was understood."""

    list_display = ["word", "sound", "owner"]
    list_select_related = ["owner"]
    search_fields = ["word", "sound"]
    ordering = ["pk"]


@admin.register(FieldSketch)
class FieldSketchDesk(Desk):
    """How many different values fields hold; the hashes themselves are nobody's business."""

    owner_path = "field__resource__dataset__owner"
    list_display = ["field", "different", "sketched_at"]
    list_select_related = ["field__resource__dataset__owner"]
    fields = ["field", "different", "sketched_at"]
    ordering = ["-sketched_at", "-id"]
