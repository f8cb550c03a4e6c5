"""What a member fills in to take part. Rules are the verbs'; here is only the asking."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from accounts.roles import OrganizationKind
from catalog.models import Dataset
from community.models import CommentKind, Speaker
from community.models.comments import TEXT_LENGTH
from community.models.showcases import ABOUT_LENGTH
from community.models.speakers import NAME_LENGTH
from community.models.wishes import WISH_LENGTH

ADDRESS = re.compile(r"(?:.*/datasets/)?([a-z0-9_-]+)/?(?:[?#].*)?$", re.IGNORECASE)


def _words(label: Any, most: int, help_text: Any = "", rows: int = 6) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, help_text=help_text, widget=forms.Textarea({"rows": rows})
    )


class TalkForm(forms.Form):
    """A form of a member, which asks for the name to be shown where there is none yet."""

    shown_name = forms.CharField(
        label=_("Name that others see"),
        max_length=NAME_LENGTH,
        help_text=_("Nothing else of you is shown: no e-mail address, no real name."),
        widget=forms.TextInput({"autocomplete": "nickname"}),
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        """Leave out the name of who has one."""
        super().__init__(*args, **kwargs)
        self.by = by
        if Speaker.objects.filter(user=by).exclude(name="").exists():
            del self.fields["shown_name"]
        self.prepare()

    def prepare(self) -> None:
        """Fill in what depends on the person."""


class NameForm(forms.Form):
    """Another name."""

    shown_name = TalkForm.base_fields["shown_name"]

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        """Show the present name."""
        super().__init__(*args, **kwargs)
        known = Speaker.objects.filter(user=by).first()
        self.fields["shown_name"].initial = known.name if known else ""


class CommentForm(TalkForm):
    """A comment, what is wrong and where, or a complaint."""

    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=CommentKind.choices,
        initial=CommentKind.COMMENT,
        widget=forms.RadioSelect,
    )
    text = _words(
        _("What you want to say"),
        TEXT_LENGTH,
        _("Everybody will read it: name no person, and no number of one."),
    )
    row = forms.IntegerField(
        label=_("Row"),
        required=False,
        min_value=0,
        help_text=_("If one row is wrong: its “_id” in the data."),
    )
    field = forms.CharField(label=_("Field"), required=False, max_length=63)


class WishForm(TalkForm):
    """A wish for data."""

    title = forms.CharField(label=_("Which data do you wish for?"), max_length=100)
    text = _words(_("What it should hold, how fresh, for which area"), WISH_LENGTH)
    purpose = forms.CharField(label=_("What you want it for"), max_length=400)
    dataset = forms.CharField(
        label=_("Dataset"),
        required=False,
        max_length=300,
        help_text=_("If it is more of a dataset that is listed: its address."),
    )

    def clean_dataset(self) -> int | None:
        """Return the id of the dataset that an address names."""
        told = self.cleaned_data["dataset"].strip()
        return found([told])[0] if told else None


class AppForm(TalkForm):
    """An app built on the data."""

    title_zh = forms.CharField(label=_("Title, Chinese"), max_length=100)
    title_en = forms.CharField(label=_("Title, English"), max_length=200, required=False)
    text = _words(_("What it does, and for whom"), ABOUT_LENGTH)
    url = forms.URLField(
        label=_("Address"),
        max_length=500,
        assume_scheme="https",
        help_text=_("It begins with https://."),
    )
    datasets = forms.CharField(
        label=_("Datasets it uses"),
        max_length=4000,
        help_text=_("Their addresses, one a line, such as /datasets/bus-stops."),
        widget=forms.Textarea({"rows": 3}),
    )
    organization = forms.ModelChoiceField(
        Organization.objects.none(), label=_("Company"), required=False
    )
    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        help_text=_("PNG, JPEG or WebP, at most 5 MB."),
        widget=forms.ClearableFileInput({"accept": "image/png,image/jpeg,image/webp"}),
    )

    def prepare(self) -> None:
        """Offer the companies that the person belongs to."""
        own = [one.pk for one in self.by.organizations() if one.kind == OrganizationKind.COMPANY]
        rows = Organization.objects.filter(pk__in=own)
        self.fields["organization"].queryset = rows  # type: ignore[attr-defined]  # a choice of rows
        if not own:
            del self.fields["organization"]

    def clean_datasets(self) -> list[int]:
        """Return the ids of the datasets that the lines name."""
        return found(self.cleaned_data["datasets"].split())


def found(addresses: list[str]) -> list[int]:
    """Return the ids of published datasets by address. Raises ValidationError for others."""
    slugs = {one: match[1].lower() for one in addresses if (match := ADDRESS.match(one))}
    known = dict(
        Dataset.objects.published().filter(slug__in=slugs.values()).values_list("slug", "pk")
    )
    unknown = [one for one in addresses if slugs.get(one) not in known]
    if unknown:
        raise forms.ValidationError(
            _("No dataset is listed at %(addresses)s. Copy the address of its page."),
            params={"addresses": ", ".join(unknown)[:300]},
        )
    return [known[slugs[one]] for one in addresses]
