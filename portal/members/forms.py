"""The forms of signing up and in: allauth's, with our words and rules."""

from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import members
from accounts.models import User

EMAIL, PASSWORD = _("E-mail address"), _("Password")
RULES = _(
    "At least 10 characters, of three of these kinds: small letters, capital letters, digits, "
    "signs."
)
SIGN_UP_FIELDS = ["name", "email", "password1", "password2"]


def dress(form: forms.BaseForm, **labels: Any) -> None:
    """Give fields our labels; what allauth writes into and below them goes."""
    for name, field in form.fields.items():
        field.label = labels.get(name, field.label)
        field.help_text = RULES if name == "password1" else ""
        field.widget.attrs.pop("placeholder", None)


class SignIn(allauth.LoginForm):
    """E-mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        dress(self, login=EMAIL, password=PASSWORD)


class SignUp(allauth.SignupForm):
    """Name, e-mail address, and a password twice.

    An address that has an account is answered as any other; its owner is told by mail.
    """

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = SIGN_UP_FIELDS

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        dress(self, email=EMAIL, password1=PASSWORD, password2=_("Password, again"))

    def validate_unique_email(self, value: str) -> str:
        """Note whether a member has the address."""
        found = super().validate_unique_email(value)
        self.account_already_exists |= members.by_email(value) is not None
        return found

    def try_save(self, request: Any) -> Any:
        """Enter the person, or write to who has the address; both take as long."""
        if self.account_already_exists:
            User().set_password(self.cleaned_data["password1"])
        return super().try_save(request)


class Forgotten(allauth.ResetPasswordForm):
    """The e-mail address to which a link goes; whether anybody has it is not told."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        dress(self, email=EMAIL)

    def clean_email(self) -> str:
        """Find the member of the address: nobody of the back office gets a password here."""
        email = self.cleaned_data["email"].lower()
        found = members.by_email(email)
        self.users = [found] if found else []
        return email


class NewPassword(allauth.ResetPasswordKeyForm):
    """A password in place of a forgotten one."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        dress(self, password1=_("New password"), password2=_("New password, again"))


class ChangePassword(allauth.ChangePasswordForm):
    """A password in place of the present one, which is asked for."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        dress(
            self,
            oldpassword=_("Present password"),
            password1=_("New password"),
            password2=_("New password, again"),
        )
