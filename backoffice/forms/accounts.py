"""What the verbs on organisations, people, apps and keys ask."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import CodeSystem, Membership, Organization, Region, User
from accounts.roles import ADMIN_ROLES, OrganizationKind, Role
from backoffice.forms.dressed import DayField, OfficeForm, offer, places_for
from exchange import holdings, leaving


class RegionForm(OfficeForm):
    """A new region."""

    code = forms.CharField(label=_("Code"), max_length=20)
    code_system = forms.ChoiceField(label=_("Code system"), choices=CodeSystem.choices)
    name_zh = forms.CharField(label=_("Name, Chinese"), max_length=100)
    name_en = forms.CharField(label=_("Name, English"), max_length=100, required=False)
    parent = forms.ModelChoiceField(
        Region.objects.order_by("code"), label=_("Lies within"), required=False
    )


class OrganizationForm(OfficeForm):
    """A new organisation."""

    slug = forms.SlugField(label=_("Short name in addresses"), max_length=60)
    kind = forms.ChoiceField(label=_("Kind"), choices=OrganizationKind.choices)
    name_zh = forms.CharField(label=_("Name, Chinese"), max_length=200)
    name_en = forms.CharField(label=_("Name, English"), max_length=200, required=False)
    uscc = forms.CharField(label=_("Unified social credit code"), max_length=18)
    region = forms.ModelChoiceField(
        Region.objects.order_by("code"), label=_("Region"), required=False
    )


class TransferForm(OfficeForm):
    """Who carries on."""

    notes_title = _("What goes to the successor:")
    to = forms.ModelChoiceField(Organization.objects.none(), label=_("Successor"))

    def prepare(self) -> None:
        """Offer the open organisations, and say what the old one holds."""
        others = Organization.objects.open().exclude(pk=self.target.pk)
        offer(self, "to", others.order_by("slug"))
        self.notes = tuple(holdings.holdings_of(self.target.pk).lines_of_text())


class PersonForm(OfficeForm):
    """A new person, who chooses the password themselves."""

    username = forms.CharField(label=_("User name"), max_length=60)
    name = forms.CharField(label=_("Name"), max_length=100)
    email = forms.EmailField(label=_("E-mail"), required=False)


class PersonWithPasswordForm(PersonForm):
    """A new person with a first password."""

    password = forms.CharField(
        label=_("First password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class PasswordForm(OfficeForm):
    """A password, chosen by its owner."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("Password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Compare the two."""
        told = super().clean() or {}
        if told.get("password") != told.get("again"):
            self.add_error("again", _("The two passwords differ. Type both again."))
        return told


class HandOverForm(OfficeForm):
    """Who takes over what nobody else could do."""

    notes_title = _("Begun by this person and not at its end. It waits for roles, so it goes on:")
    to = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Takes over"),
        required=False,
        help_text=_("Needed where the person is the only holder of a role."),
    )

    def prepare(self) -> None:
        """Offer colleagues who may take over, and say what waits on the one who leaves."""
        self.notes = tuple(f"{what}: {count}" for what, count in leaving.waits_on(self.target))
        offer(self, "to", _who_may_follow(self.target).order_by("username"))


def _who_may_follow(user: User) -> QuerySet[User]:
    """Return active people of the same organisations, and those who have no role yet.

    An administrator's powers stay apart from everybody else's, so neither follows the other.
    """
    held = user.memberships.all()
    places = set(held.values_list("organization", flat=True))
    is_admin = held.filter(role__in=ADMIN_ROLES).exists()
    others = User.objects.filter(is_active=True).exclude(pk=user.pk)
    admins = Membership.objects.filter(role__in=ADMIN_ROLES).values("user")
    if places and not is_admin:
        others = others.exclude(pk__in=admins)
    colleagues = Membership.objects.filter(organization__in=places).values("user")
    return others.filter(Q(pk__in=colleagues) | Q(memberships=None))


class RoleForm(OfficeForm):
    """A role in an organisation."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    organization = forms.ModelChoiceField(Organization.objects.none(), label=_("Organisation"))

    def prepare(self) -> None:
        """Offer the open organisations."""
        offer(self, "organization", Organization.objects.open().order_by("slug"))


class AppForm(OfficeForm):
    """A new app."""

    organization = forms.ModelChoiceField(Organization.objects.none(), label=_("Organisation"))
    name = forms.CharField(label=_("Name"), max_length=100)

    def prepare(self) -> None:
        """Offer the organisations for which the person may register apps."""
        places = places_for(self.by, "accounts.create_app")
        offer(self, "organization", places)
        self.fields["organization"].initial = places.first()


class KeyForm(OfficeForm):
    """A new key."""

    label = forms.CharField(label=_("Label"), max_length=100, required=False)
    expires_on = DayField(label=_("Last day"))

    def prepare(self) -> None:
        """Propose a year."""
        self.fields["expires_on"].initial = timezone.localdate() + timedelta(days=365)


class QuotaForm(OfficeForm):
    """How often a key may call."""

    rate_per_minute = forms.IntegerField(label=_("Calls a minute"), min_value=1)
    daily_quota = forms.IntegerField(label=_("Calls a day"), min_value=1)

    def prepare(self) -> None:
        """Show what holds now."""
        for name in ("rate_per_minute", "daily_quota"):
            self.fields[name].initial = getattr(self.target, name)
