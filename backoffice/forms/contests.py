"""What the verbs on contests ask."""

from typing import Any

from django import forms
from django.db.models import F
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from accounts.roles import OrganizationKind
from backoffice.forms.dressed import DayField, OfficeForm, OfficeModelForm, offer
from catalog.models import Dataset
from community.contests import REASON_LENGTH, Award
from community.models import Contest, ContestEntry
from community.states import ShowcaseState

PARTS = ("place", "zh", "en")


class ContestForm(OfficeModelForm):
    """What a contest says of itself."""

    datasets = forms.ModelMultipleChoiceField(
        Dataset.objects.none(),
        label=_("Datasets it invites to use"),
        required=False,
        help_text=_("Published ones. One that is withdrawn later is not shown any more."),
    )
    opens_on = DayField(label=_("Opens on"))
    entries_until = DayField(label=_("Entries until"), help_text=_("The last day for entries."))
    results_on = DayField(label=_("Results on"), help_text=_("After the last day for entries."))

    class Meta:
        model = Contest
        fields = [
            *("slug", "organizer", "title_zh", "title_en", "opens_on", "entries_until"),
            *("results_on", "text_zh", "text_en", "rules_zh", "rules_en", "prizes_zh"),
            *("prizes_en", "datasets"),
        ]

    def prepare(self) -> None:
        """Offer departments and published datasets; propose the data authority."""
        places = Organization.objects.open().exclude(kind=OrganizationKind.COMPANY)
        offer(self, "organizer", places.order_by("slug"))
        offer(self, "datasets", Dataset.objects.published().order_by("title_zh"))
        if self.target is None:
            authority = places.filter(kind=OrganizationKind.AUTHORITY).order_by("slug").first()
            self.fields["organizer"].initial = authority

    def clean(self) -> dict[str, Any]:
        """Return the datasets by their ids, as the verb takes them."""
        told = super().clean() or {}
        return told | {"datasets": [one.pk for one in told.get("datasets", ())]}


class CallOffForm(OfficeForm):
    """Why a contest is called off."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Everybody reads this on the page of the contest. It is kept."),
    )


class ResultsForm(OfficeForm):
    """Which entries get which award: a row of a table for each app that is shown."""

    layout = "backoffice/awards.html"

    def prepare(self) -> None:
        """Ask for place and award of each entry; an earlier award is filled in and on top."""
        rows = self.target.entries.filter(showcase__state=ShowcaseState.SHOWN)
        rows = rows.select_related("showcase").defer("showcase__picture")
        self.entries = list(rows.order_by(F("place").asc(nulls_last=True), "pk"))
        for entry in self.entries:
            self.fields |= _award_fields(entry)

    def rows(self) -> list[tuple[Any, ...]]:
        """Return each entry with its fields: place, award in Chinese, award in English. What does
        not fit is on top.
        """
        rows = [(entry, *(self[f"{part}_{entry.pk}"] for part in PARTS)) for entry in self.entries]
        return sorted(rows, key=lambda row: not any(field.errors for field in row[1:]))

    def clean(self) -> dict[str, Any]:
        """Return the awards by entry; one is told whole, or not at all."""
        told = super().clean() or {}
        awards = {}
        for entry in self.entries:
            place, zh, en = (told.get(f"{part}_{entry.pk}") for part in PARTS)
            if place and zh and en:
                awards[entry.pk] = Award(place, zh, en)
            elif place or zh or en:
                text = _("Tell place and award in Chinese and English, or leave all three empty.")
                self.add_error(f"place_{entry.pk}", text)
        return {"awards": awards}


def _award_fields(entry: ContestEntry) -> dict[str, forms.Field]:
    """Return the fields of one entry; the table heads them, so each names its app unseen."""
    named = {"app": entry.showcase.title}
    name: dict[str, Any] = {"required": False, "max_length": 100}
    asked: dict[str, forms.Field] = {
        f"place_{entry.pk}": forms.IntegerField(
            label=gettext("“%(app)s”: place") % named,
            required=False,
            min_value=1,
            max_value=99,
            initial=entry.place,
        ),
        f"zh_{entry.pk}": forms.CharField(
            label=gettext("“%(app)s”: award, Chinese") % named, initial=entry.award_zh, **name
        ),
        f"en_{entry.pk}": forms.CharField(
            label=gettext("“%(app)s”: award, English") % named, initial=entry.award_en, **name
        ),
    }
    for field in asked.values():
        field.widget.attrs["aria-label"] = field.label
    return asked
