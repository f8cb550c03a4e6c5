"""What a company fills in to apply for conditional data. Rules are the verbs'."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from catalog.labels import GRADES
from catalog.models import Dataset
from exchange.models import ShareRequest
from exchange.sharing.contents import Lack, Terms
from exchange.sharing.matrix import Line, Offer
from policy.decision import OPEN_CEILING
from policy.terms import Grade, Mode, Treatment

MOST_CALLS = 2_147_483_647
FIELD_OF = {"fields": "wanted"}
"""Where a part of an application has another name in the form."""
WAY_NAMES: dict[str, Promise] = {
    Mode.QUERY.value: _("page by page, by calls of the API"),
    Mode.BULK.value: _("whole files"),
}


def way_of(mode: str) -> Promise | str:
    """Return a way of use as a company reads it."""
    return WAY_NAMES.get(mode, mode)


def _words(label: Any, most: int, rows: int, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=False,
        help_text=help_text,
        widget=forms.Textarea({"rows": rows}),
    )


class DayInput(forms.DateInput):
    """A day, as browsers ask for it."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ApplyForm(forms.Form):
    """An application; what a draft may lack is asked for when it is handed in."""

    use_required_attribute = False
    """What is missing is told all at once here, and by a browser one thing at a time."""

    asks_all = True
    """Everything is asked for when it is handed in, so no field says that it may stay empty."""

    organization = forms.ModelChoiceField(
        Organization.objects.none(), label=_("For which company")
    )
    wanted = forms.TypedMultipleChoiceField(
        label=_("Fields"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("No more than the purpose needs: the department may grant a part."),
    )
    purpose = _words(
        _("What the data is needed for"), 2000, 4, _("The data may be used for this alone.")
    )
    scene = forms.CharField(
        label=_("Product or business in which it is used"), max_length=200, required=False
    )
    safeguards = _words(
        _("Security measures"),
        2000,
        4,
        _("Who has access, where the data is kept, how it is encrypted and deleted."),
    )
    mode = forms.ChoiceField(
        label=_("How you read it"),
        choices=list(WAY_NAMES.items()),
        initial=Mode.QUERY.value,
        widget=forms.RadioSelect,
    )
    clear_up_to = forms.TypedChoiceField(
        label=_("Unmasked up to grade"),
        coerce=int,
        initial=int(Grade.L2),
        choices=[(value, label) for value, label in GRADES.items() if value <= OPEN_CEILING],
        help_text=_("Fields above it come masked, where the provider has set a mask."),
    )
    wanted_from = forms.DateField(label=_("From"), widget=DayInput())
    wanted_until = forms.DateField(
        label=_("Until, and on that day still"),
        widget=DayInput(),
        help_text=_("Three years at most."),
    )
    calls_peak = forms.IntegerField(
        label=_("Calls a day, at the most"), required=False, min_value=1, max_value=MOST_CALLS
    )
    vouched = forms.BooleanField(
        label=_(
            "For the company I vouch that this is true, and that the data is used for this purpose"
            " alone and given to nobody else."
        ),
        required=False,
    )

    def __init__(
        self, *args: Any, companies: Sequence[Organization], lines: Sequence[Line], **kwargs: Any
    ) -> None:
        """Offer the companies of the person, and the fields of which a grant could show more."""
        super().__init__(*args, **kwargs)
        company = self.fields["organization"]
        company.queryset = Organization.objects.filter(  # type: ignore[attr-defined]  # of a choice
            pk__in=[one.pk for one in companies]
        )
        if len(companies) == 1:
            company.initial, company.widget = companies[0].pk, forms.HiddenInput()
        self.fields["wanted"].choices = [  # type: ignore[attr-defined]  # of a choice
            (line.field.pk, f"{line.field.label} ({line.field.name})")
            for line in lines
            if line.gains or line.now.treatment != Treatment.WITHHELD
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        told = super().clean() or self.cleaned_data
        start, until = told.get("wanted_from"), told.get("wanted_until")
        if start and until and until < start:
            self.add_error(
                "wanted_until", gettext("The period ends on or after the day it begins.")
            )
        return told

    def tell(self, lacking: Iterable[Lack]) -> None:
        """Say at each field what an application lacks, and that it is vouched for.

        What is wrong with a field already stays as it was said.
        """
        told = [(FIELD_OF.get(one.part, one.part), one.sentence) for one in lacking]
        if not self.cleaned_data.get("vouched"):
            told.append(("vouched", gettext("Whoever hands it in vouches for this: tick it.")))
        for name, sentence in told:
            if name not in self.errors:
                self.add_error(name, sentence)

    def wrong(self) -> list[tuple[forms.BoundField, str]]:
        """Return each field with something wrong with it, in their order, and what that is."""
        fields = [*self.visible_fields(), *self.hidden_fields()]
        return [(field, str(field.errors[0])) for field in fields if field.errors]

    def begun(self, dataset: Dataset, company: Organization, today: date) -> ShareRequest:
        """Return an application as far as it is filled in, to see what it lacks; it is not kept.

        Its days are today's where none are said.
        """
        told = self.cleaned_data
        offer = self.offer(today)
        return ShareRequest(
            dataset=dataset,
            organization=told.get("organization") or company,
            purpose=told.get("purpose", ""),
            scene=told.get("scene", ""),
            safeguards=told.get("safeguards", ""),
            mode=offer.mode,
            fields=list(offer.fields),
            clear_up_to=int(offer.clear_up_to),
            wanted_from=offer.valid_from,
            wanted_until=offer.valid_until,
            calls_peak=told.get("calls_peak"),
        )

    def offer(self, today: date) -> Offer:
        """Return what is asked for as far as it is filled in, to show what it would bring."""
        told = self.cleaned_data
        start = told.get("wanted_from") or today
        return Offer(
            fields=tuple(told.get("wanted") or ()),
            mode=Mode(told.get("mode") or Mode.QUERY),
            clear_up_to=Grade(told.get("clear_up_to") or Grade.L2),
            valid_from=start,
            valid_until=max(told.get("wanted_until") or start, start),
        )

    def terms(self) -> Terms:
        """Return what the form says."""
        told = self.cleaned_data
        return Terms(
            purpose_class="",
            system="",
            purpose=told["purpose"],
            scene=told["scene"],
            safeguards=told["safeguards"],
            mode=Mode(told["mode"]),
            fields=tuple(told["wanted"]),
            clear_up_to=Grade(told["clear_up_to"]),
            wanted_from=told["wanted_from"],
            wanted_until=told["wanted_until"],
            calls_peak=told["calls_peak"],
        )


def first(today: date) -> dict[str, Any]:
    """Return what an empty form begins with."""
    return {"wanted_from": today, "wanted_until": today + timedelta(days=364)}


def said_by(request: ShareRequest) -> dict[str, Any]:
    """Return an application as its form shows it."""
    named = ("purpose", "scene", "safeguards", "mode", "clear_up_to", "calls_peak")
    days = ("wanted_from", "wanted_until")
    told = {name: getattr(request, name) for name in (*named, *days)}
    return told | {"organization": request.organization_id, "wanted": request.fields}
