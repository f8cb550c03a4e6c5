"""What a provider and the data authority say about a request: offers, reasons, what is missing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import delegations
from accounts.models import User
from accounts.roles import holders
from backoffice.forms.dressed import DayField, LinesField, WordsField, dress
from backoffice.words import GRADES, MODES
from catalog.models import Field
from exchange.models import Ground, ShareRequest
from exchange.sharing import two_sides
from exchange.sharing.matrix import Offer
from exchange.sharing.requests import asked, offered
from policy.terms import Grade, Mode, ScopeOperator

EXTRA = 2
"""Conditions on rows that can be added at a time."""

OPERATORS = [
    (ScopeOperator.EQ.value, _("is")),
    (ScopeOperator.IN.value, _("is one of")),
]


class OfferForm(forms.Form):
    """What the provider offers; at first what was asked for, or what was proposed before."""

    fields_offered = forms.TypedMultipleChoiceField(coerce=int, required=False)
    mode = forms.ChoiceField(label=_("way of use"))
    clear_up_to = forms.TypedChoiceField(label=_("clear up to"), coerce=int)
    valid_from = DayField(label=_("valid from"))
    valid_until = DayField(label=_("valid until"))
    daily_quota = forms.IntegerField(
        label=_("daily quota"),
        required=False,
        min_value=1,
        max_value=2_147_483_647,
        help_text=_("Calls a day, no more than were asked for."),
    )

    def __init__(
        self, *args: Any, request: ShareRequest, fields: Sequence[Field], **kwargs: Any
    ) -> None:
        """Offer no more than was asked for."""
        offer, self.wanted = offered(request), asked(request)
        kwargs.setdefault("initial", _initial(offer))
        super().__init__(*args, **kwargs)
        grades = [
            (value, label) for value, label in GRADES.items() if value <= self.wanted.clear_up_to
        ]
        ways = (self.wanted.mode,) if request.opening else (self.wanted.mode, Mode.VERIFY)
        modes = dict.fromkeys(ways)
        self._choices("fields_offered", [(pk, pk) for pk in self.wanted.fields])
        self._choices("mode", [(mode.value, MODES[mode]) for mode in modes])
        self._choices("clear_up_to", grades)
        for number in range(EXTRA):
            self._condition(number, fields)
        dress(self)

    def _choices(self, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(choices)

    def _condition(self, number: int, fields: Sequence[Field]) -> None:
        names = [("", "–"), *((field.pk, f"{field.label} ({field.name})") for field in fields)]
        self.fields[f"row_field_{number}"] = forms.TypedChoiceField(
            label=_("field"), choices=names, coerce=int, required=False, empty_value=None
        )
        self.fields[f"row_operator_{number}"] = forms.ChoiceField(
            label=_("compared"), choices=OPERATORS, required=False
        )
        self.fields[f"row_values_{number}"] = WordsField(label=_("values"), required=False)

    @property
    def conditions(self) -> list[list[forms.BoundField]]:
        """The inputs of each condition on rows that can be added."""
        parts = ("field", "operator", "values")
        return [[self[f"row_{part}_{number}"] for part in parts] for number in range(EXTRA)]

    @property
    def offer(self) -> Offer:
        """The offer as the form says it; conditions of the request itself always stay."""
        told = self.cleaned_data
        return Offer(
            fields=tuple(sorted(told["fields_offered"])),
            mode=Mode(told["mode"]),
            clear_up_to=Grade(told["clear_up_to"]),
            valid_from=told["valid_from"],
            valid_until=told["valid_until"],
            rows=(*self.wanted.rows, *self._added()),
            daily_quota=told["daily_quota"],
        )

    def _added(self) -> Iterable[dict[str, Any]]:
        told = self.cleaned_data
        for number in range(EXTRA):
            field, values = told[f"row_field_{number}"], told[f"row_values_{number}"]
            if field is not None:
                operator = told[f"row_operator_{number}"] or ScopeOperator.EQ.value
                yield {"field": field, "operator": operator, "values": sorted(set(values))}

    def clean(self) -> dict[str, Any]:
        """Let a condition name a field and its values together, or neither."""
        told = super().clean() or {}
        for number in range(EXTRA):
            field, values = told.get(f"row_field_{number}"), told.get(f"row_values_{number}")
            if (field is None) != (not values):
                said = _("A condition on rows names a field and what it is compared with.")
                self.add_error(f"row_values_{number}", said)
            elif told.get(f"row_operator_{number}") != ScopeOperator.IN and (values or [])[1:]:
                said = _("“is” compares with one value. Choose “is one of” for several.")
                self.add_error(f"row_values_{number}", said)
        return told


def _initial(offer: Offer) -> dict[str, Any]:
    return {
        "fields_offered": list(offer.fields),
        "mode": offer.mode.value,
        "clear_up_to": int(offer.clear_up_to),
        "valid_from": offer.valid_from,
        "valid_until": offer.valid_until,
        "daily_quota": offer.daily_quota,
    }


class StepForm(forms.Form):
    """What goes with a step of a request."""

    def __init__(self, *args: Any, request: ShareRequest, **kwargs: Any) -> None:
        """Dress the fields, and let the parts know the request."""
        super().__init__(*args, **kwargs)
        self.prepare(request)
        dress(self)

    def prepare(self, request: ShareRequest) -> None:
        """Fill in what depends on the request."""


class SaidForm(StepForm):
    """Words that go with a step."""

    reason = forms.CharField(
        label=_("Reason"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class MissingForm(StepForm):
    """Everything that is missing, one a line."""

    reason = LinesField(label=_("Everything that is missing, one a line"), required=False)


class RefusalForm(SaidForm):
    """Ground and reason of a refusal; `barred` says whether a live line bars what is asked for."""

    ground = forms.ChoiceField(label=_("ground of refusal"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, barred: bool = True, **kwargs: Any) -> None:
        """Offer the negative list only where a line of it counts today."""
        self.barred = barred
        super().__init__(*args, **kwargs)

    def prepare(self, request: ShareRequest) -> None:
        """Offer the grounds that there can be; a company has no duties of office."""
        no_ground = {Ground.BEYOND_DUTY} if request.opening else set()
        if not self.barred:
            no_ground.add(Ground.NEGATIVE_LIST)
        field = self.fields["ground"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [
                (ground.value, ground.label) for ground in Ground if ground not in no_ground
            ]


class AssignForm(StepForm):
    """To whom of the provider a request is given."""

    to = forms.ModelChoiceField(
        label=_("Given to"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("nobody in particular"),
    )

    def prepare(self, request: ShareRequest) -> None:
        """Offer who can answer for this provider, did not ask, and does not serve who asks."""
        people = delegations.acting(request.dataset.owner, *holders("exchange.answer_request"))
        asking = [pk for pk in (request.drafted_by_id, request.signed_by_id) if pk]
        field = self.fields["to"]
        if isinstance(field, forms.ModelChoiceField):
            if request.organization_id != request.dataset.owner_id:
                both = two_sides.serving(request.organization).values("user")
                people = people.exclude(pk__in=both)
            field.queryset = people.exclude(pk__in=asking).order_by("name")
        self.initial.setdefault("to", request.assigned_to_id)


def conditions(rows: Iterable[Mapping[str, Any]], names: Mapping[int, str]) -> list[str]:
    """Return conditions on rows as people read them; a field that is gone is “–”."""
    said = []
    for one in rows:
        facts = {
            "field": names.get(int(one["field"]), "–"),
            "values": "、".join(map(str, one["values"])),
        }
        equal = one["operator"] == ScopeOperator.EQ
        text = _("%(field)s is %(values)s") if equal else _("%(field)s is one of: %(values)s")
        said.append(str(text % facts))
    return said
