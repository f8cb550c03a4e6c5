"""Closing one's own account."""

from django import forms
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import limits, members
from community import farewell
from portal.members.door import page, person_of, private_page


class CloseForm(forms.Form):
    """The password, or for who has none the word that is asked for."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CloseByMailForm(forms.Form):
    """The e-mail address, of who signs in elsewhere and has no password here."""

    password = forms.EmailField(label=gettext_lazy("E-mail address, to confirm"))


@private_page
def close(request: HttpRequest) -> HttpResponse:
    """Say what ends, and close the account once that is confirmed."""
    person = person_of(request)
    kind = CloseForm if person.has_usable_password() else CloseByMailForm
    form = kind(request.POST or None)
    if request.method == "POST" and form.is_valid():
        limits.spend(limits.PASSWORD, str(person.pk))
        typed = form.cleaned_data["password"]
        right = (
            person.check_password(typed)
            if person.has_usable_password()
            else typed.lower() == person.email
        )
        if right:
            farewell.close(person.pk, by=person, at=timezone.now())
            logout(request)
            return redirect("account_inactive")
        form.add_error("password", _("The password is not right, so nothing was done."))
    context = {"form": form, "ends": members.farewell(person), "person": person}
    return page(
        request, "portal/members/close.html", context, status=400 if form.is_bound else 200
    )
