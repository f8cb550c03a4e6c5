"""What the steps of a dispute ask."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms.dressed import DayField, OfficeForm
from exchange.models import About
from exchange.sharing import disputes, settling
from exchange.workflow import DISPUTE_MOVES, DISPUTE_STEPS, DisputeState, DisputeStep

UP_WORDS = {
    DisputeStep.TO_AUTHORITY: _("our data authority (departments of one level)"),
    DisputeStep.TO_SUPERIOR: _("the common superior authority (across levels or regions)"),
    DisputeStep.TO_GOVERNMENT: _("the government (no agreement before an authority)"),
}


def _words(label: Any, *, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, max_length=2000, widget=forms.Textarea({"rows": 4})
    )


class OpenForm(OfficeForm):
    """What is disputed, and what is claimed."""

    about = forms.ChoiceField(label=_("about"))
    claim = _words(
        _("what is claimed"),
        help_text=_("Say what the department asks for and on which basis; the provider reads it."),
    )

    def prepare(self) -> None:
        """Offer what can be disputed now."""
        labels = {one: About(one).label for one in self.initial.get("open_to", ())}
        self.fields["about"].choices = list(labels.items())  # type: ignore[attr-defined]  # it is a choice


class SayForm(OfficeForm):
    """What is said."""

    text = _words(_("what is said"))


class _DayToAnswerForm(OfficeForm):
    """Asks for the last day of an answer that is late, and for no day elsewhere."""

    def prepare(self) -> None:
        """Ask for a day where the settlement names one."""
        if settling.needs_day(self.target.request, self.target.about):
            self.fields["answer_by"] = DayField(
                label=_("last day for the answer"),
                required=False,
                help_text=_("Needed where it is settled for the asking department."),
            )


class ConcedeForm(_DayToAnswerForm):
    """Why the provider gives in."""

    text = _words(_("how it was settled"))


class EscalateForm(OfficeForm):
    """To whom the dispute is taken, and why."""

    to = forms.ChoiceField(label=_("taken to"))
    text = _words(
        _("why no agreement was reached"),
    )

    def prepare(self) -> None:
        """Offer the steps up that are possible from where the dispute stands."""
        state = DisputeState(self.target.state)
        up = [(str(one), UP_WORDS[one]) for one in disputes.UP if (state, one) in DISPUTE_MOVES]
        self.fields["to"].choices = up  # type: ignore[attr-defined]  # it is a choice


class DecideForm(_DayToAnswerForm):
    """How it is settled, for whom, and by which paper."""

    outcome = forms.ChoiceField(
        label=_("settled"),
        choices=[
            (str(DisputeStep.FOR_ASKER), DISPUTE_STEPS[DisputeStep.FOR_ASKER]),
            (str(DisputeStep.STAND), DISPUTE_STEPS[DisputeStep.STAND]),
        ],
        widget=forms.RadioSelect,
    )
    text = _words(_("how it was settled"))
    document = forms.CharField(
        label=_("document number"),
        max_length=100,
        required=False,
        help_text=_("Needed where a superior authority or the government decided."),
    )


class DropForm(OfficeForm):
    """Why the dispute is given up."""

    text = _words(_("why it is given up"))
