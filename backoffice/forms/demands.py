"""What the verbs on the demand list ask."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from accounts.roles import OrganizationKind
from backoffice.forms.dressed import OfficeForm, offer, places_for
from catalog import demands
from catalog.models import Dataset


class NewDemandForm(OfficeForm):
    """What a department needs, for what, and by which law."""

    organization = forms.ModelChoiceField(Organization.objects.none(), label=_("Department"))
    title_zh = forms.CharField(label=_("Title, Chinese"), max_length=200)
    title_en = forms.CharField(label=_("Title, English"), max_length=200, required=False)
    description = forms.CharField(
        label=_("What is needed"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_(
            "The facts you need, about whom or what, how fresh, and for which area. Everybody"
            " reads what is written here on the public list, so names and telephone numbers of"
            " people do not belong here."
        ),
    )
    scene = forms.CharField(label=_("Scene of use"), max_length=400)
    legal_basis = forms.CharField(
        label=_("Legal basis"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Law and article by which your department needs it."),
    )
    kept_back_because = forms.CharField(
        label=_("Kept from the public because"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "Leave it empty: demands are public. Say why only where the public must not know that"
            " your department needs this. Departments see demand and reason all the same."
        ),
    )

    def prepare(self) -> None:
        """Offer the departments for which the person may ask."""
        places = places_for(self.by, "catalog.raise_demand")
        offer(self, "organization", places)
        self.fields["organization"].initial = places.first()


class AcceptDemandForm(OfficeForm):
    """Whose duty the data is. Entries that may answer it already are shown above."""

    notes_title = _("The catalogue may have it already")
    provider = forms.ModelChoiceField(
        Organization.objects.none(), label=_("Department with the duty")
    )

    def prepare(self) -> None:
        """Offer the other departments; show what the catalogue may have."""
        places = Organization.objects.open().exclude(kind=OrganizationKind.COMPANY)
        offer(self, "provider", places.exclude(pk=self.target.organization_id).order_by("slug"))
        self.fields["provider"].initial = self.target.provider_id
        self.notes = tuple(
            f"{one.title} · {one.owner}" for one in demands.alike(self.target.title_zh)
        ) or (gettext("Nothing like it was found."),)


class CatalogueDemandForm(OfficeForm):
    """Which published dataset answers a demand."""

    dataset = forms.ModelChoiceField(Dataset.objects.none(), label=_("Dataset"))
    note = forms.CharField(
        label=_("Note"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def prepare(self) -> None:
        """Offer the published datasets of the department with the duty; of all before that."""
        rows = Dataset.objects.published()
        if self.target.provider_id is not None:
            rows = rows.filter(owner=self.target.provider_id)
        offer(self, "dataset", rows.select_related("owner").order_by("title_zh"))
