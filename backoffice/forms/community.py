"""What the verbs on comments, apps and wishes ask."""

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from accounts.roles import OrganizationKind
from backoffice.forms.dressed import DayField, OfficeForm, WordsField, offer
from catalog import deadlines
from catalog.models import Dataset, Demand, LegalBasis
from catalog.terms import ClockStep, DemandState
from community.comments import REASON_LENGTH
from community.models import Comment, Wish
from community.models.comments import TEXT_LENGTH
from community.states import CommentState, Outcome
from policy.terms import OPEN_TIERS, Certainty


def _words(label, *, most: int = TEXT_LENGTH, required: bool = True, help_text="", rows: int = 5):
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        help_text=help_text,
        widget=forms.Textarea({"rows": rows}),
    )


class WhyNotForm(OfficeForm):
    """Why something is not shown; who wrote it reads this."""

    reason = _words(
        _("Reason"),
        most=REASON_LENGTH,
        help_text=_("Who wrote it reads this. It is kept."),
        rows=3,
    )


class HideManyForm(WhyNotForm):
    """Why several comments are not shown."""

    chosen = forms.ModelMultipleChoiceField(Comment.objects.none(), label=_("Comments"))

    prefilled = ("chosen",)

    def prepare(self) -> None:
        """Offer what could be hidden."""
        states = (CommentState.WAITING, CommentState.SHOWN)
        rows = Comment.objects.filter(state__in=states).select_related("dataset")
        offer(self, "chosen", rows.order_by("-pk"))


class CommentAnswerForm(OfficeForm):
    """The department's answer."""

    text = _words(
        _("Answer"), help_text=_("Everybody reads it, with the day and your department.")
    )

    def prepare(self) -> None:
        """Show what is answered."""
        self.notes = (self.target.text,)


class TakeUpForm(OfficeForm):
    """Which record is meant."""

    row = forms.IntegerField(
        label=_("row"),
        required=False,
        min_value=0,
        help_text=_("The record's “_id” in the shared data. Without one, the entry is meant."),
    )
    key = _words(
        _("which record"),
        required=False,
        help_text=_("One “field=value” a line, such as the key. It is kept encrypted."),
        rows=3,
    )
    fields_wrong = WordsField(label=_("fields"), required=False)

    def prepare(self) -> None:
        """Show what was said, and fill in the field that was named."""
        self.notes = (self.target.text,)
        self.fields["fields_wrong"].initial = self.target.field

    def clean_key(self) -> dict[str, str]:
        """Return the values by field name."""
        lines = [line for line in self.cleaned_data["key"].splitlines() if line.strip()]
        if any("=" not in line for line in lines):
            raise forms.ValidationError(_("Write one “field=value” a line."))
        pairs = (line.split("=", 1) for line in lines)
        return {name.strip(): text.strip() for name, text in pairs}


class GiveForm(OfficeForm):
    """Whose duty the data is."""

    provider = forms.ModelChoiceField(
        Organization.objects.none(), label=_("Department with the duty")
    )

    def prepare(self) -> None:
        """Offer the departments."""
        places = Organization.objects.open().exclude(kind=OrganizationKind.COMPANY)
        offer(self, "provider", places.order_by("slug"))
        self.fields["provider"].initial = self.target.provider_id


class MoreTimeForm(OfficeForm):
    """Why the answer to a wish takes longer, beside what the time limit allows."""

    reason = _words(
        _("Reason"),
        most=REASON_LENGTH,
        help_text=_("Everybody reads this on the page of the wish. It is kept."),
        rows=3,
    )
    notes_title = _("What the time limit says")

    def prepare(self) -> None:
        """Show by how much, and by whose consent."""
        limit = deadlines.clocks().limit(ClockStep.WISH)
        told = gettext("Working days more, once: %(days)s. It needs: %(consent)s")
        self.notes = (told % {"days": limit.extension_days, "consent": limit.consent or "–"},)


class MergeForm(OfficeForm):
    """Which wish is for the same."""

    into = forms.ModelChoiceField(Wish.objects.none(), label=_("The other wish"))

    def prepare(self) -> None:
        """Offer the other wishes on the list."""
        offer(self, "into", Wish.objects.shown().exclude(pk=self.target.pk).order_by("-votes"))


class WishAnswerForm(OfficeForm):
    """The public answer to a wish."""

    outcome = forms.ChoiceField(
        label=_("outcome"), choices=Outcome.choices, widget=forms.RadioSelect
    )
    text = _words(
        _("Answer"), help_text=_("Everybody reads it, with the day and your department.")
    )
    dataset = forms.ModelChoiceField(
        Dataset.objects.none(),
        label=_("Dataset"),
        required=False,
        help_text=_("Where it is open: now, or already."),
    )
    planned_on = DayField(
        label=_("will be opened on"), required=False, help_text=_("Where it will be opened.")
    )
    basis = forms.ModelChoiceField(
        LegalBasis.objects.none(),
        label=_("legal basis"),
        required=False,
        help_text=_("Where a law refuses: only an article that was read word for word."),
    )
    demand = forms.ModelChoiceField(
        Demand.objects.none(),
        label=_("demand of a department"),
        required=False,
        help_text=_(
            "Where a department needs the same. Everybody sees it, unless the demand is kept from"
            " the public."
        ),
    )

    def prepare(self) -> None:
        """Show the wish; offer published datasets, articles that carry a refusal, and demands."""
        self.notes = (self.target.title, self.target.text, self.target.purpose)
        rows = Dataset.objects.published().select_related("owner")
        offer(self, "dataset", rows.order_by("title_zh"))
        self.fields["dataset"].initial = self.target.dataset_id
        today = timezone.localdate()
        articles = LegalBasis.objects.filter(
            Q(in_force_until=None) | Q(in_force_until__gte=today),
            certainty=Certainty.VERIFIED,
            tier__in=list(OPEN_TIERS),
            in_force_from__lte=today,
        )
        offer(self, "basis", articles.order_by("law_zh", "article"))
        going = Demand.objects.exclude(state=DemandState.DECLINED)
        offer(self, "demand", going.order_by("-pk"))
