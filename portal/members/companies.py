"""Building for a company: claimed by its credit code, checked by the data authority."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import companies as verbs
from accounts import members
from accounts.models import CompanyClaim
from portal.members.door import done, member_page, page, person_of, said


class ClaimForm(forms.Form):
    """A company by its code, and how the claim can be checked."""

    uscc = forms.CharField(
        label=gettext_lazy("Unified social credit code"),
        min_length=18,
        max_length=18,
        help_text=gettext_lazy("18 digits and capital letters, as on the business licence."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(label=gettext_lazy("Name, as on the certificate"), max_length=200)
    note = forms.CharField(
        label=gettext_lazy("How we can check that you belong to it"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy(
            "Such as a telephone number or an address of the company at which we can ask for you."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


@member_page
def companies(request: HttpRequest) -> HttpResponse:
    """List the companies for which the member builds, and the claims; claim another."""
    person = person_of(request)
    form = ClaimForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            verbs.claim(**form.cleaned_data, by=person, at=timezone.now())
        except ValidationError as no:
            form.add_error("uscc", no.messages[0])
        else:
            sentence = _("The data authority checks it. The answer stands here.")
            return done(request, sentence, "members-companies")
    context = {
        "companies": [one for one in members.places_of(person) if not one.is_personal],
        "claims": CompanyClaim.objects.filter(by=person).order_by("-pk"),
        "form": form,
        "said": said(request),
    }
    status = 400 if form.is_bound else 200
    return page(request, "portal/members/companies.html", context, status=status)
