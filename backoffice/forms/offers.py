"""What the verbs on files, interfaces, links, duties and code lists ask."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import CodeSystem, Organization
from backoffice import handed_in
from backoffice.forms.dressed import OfficeForm, offer, places_for
from catalog.models import Dataset
from catalog.terms import ApiAuth, ApiMethod


class TitledForm(OfficeForm):
    """A title in both languages."""

    title_zh = forms.CharField(label=_("Title, Chinese"), max_length=100)
    title_en = forms.CharField(label=_("Title, English"), max_length=200, required=False)


class VersionForm(OfficeForm):
    """A file with a note."""

    file = forms.FileField(label=_("File"), max_length=200)
    note = forms.CharField(label=_("Note"), max_length=500, required=False)


class NewFileForm(TitledForm, VersionForm):
    """A file to be offered."""

    is_public = forms.BooleanField(
        label=_("Open to everyone"),
        required=False,
        help_text=_(
            "Anybody may download the file once the entry is published; a newer version once the"
            " head of the department has released it. Nobody grades what is inside of a file: look"
            " through it for personal data and secrets first. It stays withheld as long as a field"
            " of the entry is not in clear for everyone. A file that is closed can be opened"
            " later, and one that is open closed at once."
        ),
    )
    field_order = ["title_zh", "title_en", "file", "note", "is_public"]


class ReleaseForm(OfficeForm):
    """A version to be let out: its name, its way to the bytes, its size and its digest."""

    notes_title = _("What you decide on")

    def prepare(self) -> None:
        """Show the version."""
        if self.target is not None:
            self.notes = (handed_in.in_one_line(self.target),)


class LinkForm(TitledForm):
    """An address elsewhere."""

    url = forms.CharField(label=_("Address"), max_length=500)


class ApiForm(LinkForm):
    """An interface with its description."""

    method = forms.ChoiceField(label=_("Method"), choices=ApiMethod.choices)
    auth = forms.ChoiceField(
        label=_("How callers prove themselves"), choices=ApiAuth.choices, initial=ApiAuth.KEY
    )
    document_url = forms.CharField(
        label=_("Address of the OpenAPI document"), max_length=200, required=False
    )
    document = forms.CharField(
        label=_("OpenAPI document"),
        max_length=1_000_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("The whole document in JSON or YAML, where it has no address."),
    )
    description_zh = forms.CharField(
        label=_("Description, Chinese"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    description_en = forms.CharField(
        label=_("Description, English"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RelateForm(OfficeForm):
    """The entries that belong with this one."""

    related = forms.ModelMultipleChoiceField(
        Dataset.objects.none(), label=_("Related datasets"), required=False
    )

    def prepare(self) -> None:
        """Offer what all may see and the department's own."""
        rows = Dataset.objects.visible_to([self.target.owner_id]).exclude(pk=self.target.pk)
        offer(self, "related", rows.order_by("title_zh"))
        self.fields["related"].initial = self.target.related.all()


class NewDutyForm(OfficeForm):
    """A duty with its basis in law."""

    organization = forms.ModelChoiceField(Organization.objects.none(), label=_("Department"))
    code = forms.CharField(label=_("Code"), max_length=40)
    title_zh = forms.CharField(label=_("Title, Chinese"), max_length=200)
    title_en = forms.CharField(label=_("Title, English"), max_length=200, required=False)
    legal_basis = forms.CharField(
        label=_("Legal basis"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Law, article and what it charges the department with."),
    )

    def prepare(self) -> None:
        """Offer the departments whose duties the person keeps."""
        places = places_for(self.by, "catalog.keep_duty")
        offer(self, "organization", places)
        self.fields["organization"].initial = places.first()


class DutyDatasetsForm(OfficeForm):
    """Which datasets serve a duty."""

    datasets = forms.ModelMultipleChoiceField(
        Dataset.objects.none(), label=_("Datasets"), required=False
    )

    def prepare(self) -> None:
        """Offer the department's own."""
        own = Dataset.objects.filter(owner=self.target.organization_id)
        offer(self, "datasets", own.order_by("title_zh"))
        self.fields["datasets"].initial = self.target.datasets.all()


class CodesFileForm(OfficeForm):
    """A file of codes."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, XLSX or XLS with columns code and name; parent and name_en if any."),
    )


class CodeListFileForm(CodesFileForm):
    """A file of codes, and which list in which version it is."""

    name = forms.CharField(label=_("Name"), max_length=100)
    version = forms.CharField(label=_("Version"), max_length=40)
    title_zh = forms.CharField(label=_("Title, Chinese"), max_length=200, required=False)
    title_en = forms.CharField(label=_("Title, English"), max_length=200, required=False)

    field_order = ["name", "version", "title_zh", "title_en", "file"]


class RegionsFileForm(CodesFileForm):
    """A file of regions, and whose codes they are."""

    code_system = forms.ChoiceField(label=_("Code system"), choices=CodeSystem.choices)
