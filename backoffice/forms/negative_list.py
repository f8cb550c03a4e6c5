"""What the verbs on the negative list and its legal bases ask."""

from datetime import timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from backoffice import words
from backoffice.forms.dressed import DayField, OfficeForm, ReasonForm, offer
from catalog import bases
from catalog.models import Field, LegalBasis
from catalog.terms import Substitute
from exchange import line_effects


class LineForm(OfficeForm):
    """A line over fields of one dataset."""

    prefilled = ("fields_barred", "bars")  # lists, by an address such as that of an import

    fields_barred = forms.ModelMultipleChoiceField(
        Field.objects.none(),
        label=_("Fields"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None chosen: the whole dataset."),
    )
    bars = forms.MultipleChoiceField(
        label=_("Bars"),
        choices=words.choices(words.CHANNELS),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    basis = forms.ModelChoiceField(
        LegalBasis.objects.order_by("law_zh", "article", "-version"),
        label=_("Legal basis"),
        required=False,
    )
    reason_zh = forms.CharField(
        label=_("Reason, Chinese"), widget=forms.Textarea(attrs={"rows": 3})
    )
    reason_en = forms.CharField(
        label=_("Reason, English"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    substitute = forms.ChoiceField(
        label=_("Given instead"), choices=Substitute.choices, initial=Substitute.NONE
    )
    from_on = DayField(label=_("First day"))
    until_on = DayField(label=_("Last day"), required=False)
    review_on = DayField(label=_("To be reviewed on"))

    def prepare(self) -> None:
        """Offer the dataset's own fields, and propose a year."""
        today = timezone.localdate()
        own = Field.objects.filter(resource__dataset=self.target).live()
        offer(self, "fields_barred", own)
        self.fields["from_on"].initial = today
        self.fields["review_on"].initial = today + timedelta(days=365)


class OpinionForm(OfficeForm):
    """An opinion, which is kept with the line."""

    opinion = forms.CharField(label=_("Opinion"), widget=forms.Textarea(attrs={"rows": 4}))


class PublishLineForm(OfficeForm):
    """Nothing is asked: what the line would change is shown before it counts."""

    def prepare(self) -> None:
        """Try the line out."""
        self.effect = line_effects.of_publishing(self.target.pk, today=timezone.localdate())


class EndLineForm(ReasonForm):
    """Why a line ends, beside what its end would change."""

    def prepare(self) -> None:
        """Try the end out."""
        self.effect = line_effects.of_ending(self.target.pk, today=timezone.localdate())


class RenewForm(OfficeForm):
    """The day of the next review, and what was found in this one."""

    review_on = DayField(label=_("To be reviewed on"))
    opinion = forms.CharField(
        label=_("Opinion"), widget=forms.Textarea(attrs={"rows": 4}), required=False
    )

    def prepare(self) -> None:
        """Propose a year."""
        self.fields["review_on"].initial = timezone.localdate() + timedelta(days=365)


class ArticleForm(OfficeForm):
    """An article of law for the library."""

    law_zh = forms.CharField(label=_("Law, Chinese"), max_length=200)
    law_en = forms.CharField(label=_("Law, English"), max_length=300, required=False)
    document_number = forms.CharField(label=_("Document number"), max_length=100, required=False)
    article = forms.CharField(label=_("Article"), max_length=100)
    gist_zh = forms.CharField(label=_("Gist, Chinese"), widget=forms.Textarea(attrs={"rows": 3}))
    gist_en = forms.CharField(
        label=_("Gist, English"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    tier = forms.ChoiceField(label=_("Tier"), choices=words.choices(words.TIERS))
    in_force_from = DayField(label=_("In force from"))
    in_force_until = DayField(label=_("In force until"), required=False)
    source = forms.CharField(label=_("Where it was read"), max_length=500, required=False)


class NextArticleForm(ArticleForm):
    """The next version of an article."""

    def prepare(self) -> None:
        """Show the version that ends."""
        for name in self.fields:
            if name not in ("in_force_from", "in_force_until"):
                self.fields[name].initial = getattr(self.target, name)


class VerifyForm(OfficeForm):
    """The article word for word."""

    text_zh = forms.CharField(
        label=_("The article, word for word"), widget=forms.Textarea(attrs={"rows": 8})
    )
    source = forms.CharField(
        label=_("Where it was read"), widget=forms.Textarea(attrs={"rows": 2})
    )


class LastDayForm(OfficeForm):
    """The last day on which a basis holds, beside the lines that rest on it."""

    until = DayField(label=_("Last day"))

    def prepare(self) -> None:
        """Show what lapses with it."""
        self.leaning = list(bases.leaning(self.target.pk))
