"""What the verbs on sources, bindings, runs and grants ask."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.models import App, Organization
from backoffice import words
from backoffice.forms.dressed import DayField, OfficeForm, WordsField, offer, places_for
from catalog.models import Field
from exchange.connectors import files
from exchange.models import Source, SourceKind, SyncMode
from policy.terms import Channel, Grade, Mode


class HostForm(OfficeForm):
    """A database host that connectors may reach."""

    host = forms.CharField(label=_("Host or socket directory"), max_length=255)
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=5432)
    organization = forms.ModelChoiceField(
        Organization.objects.none(),
        label=_("Only for"),
        required=False,
        help_text=_("Empty: sources of every department may read it."),
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def prepare(self) -> None:
        """Offer the organisations that are open."""
        offer(self, "organization", Organization.objects.open().order_by("slug"))


TLS = {
    "": _("if the server offers it"),
    "require": _("always"),
    "verify": _("always, with a certificate that checks"),
}
"""How a connection to a database is encrypted, as people read it."""

NEEDED = {
    SourceKind.POSTGRESQL: ("host", "port", "database", "user", "password", "tls"),
    SourceKind.CSV: ("folder",),
    SourceKind.EXCEL: ("folder",),
}
"""What a form of a source asks for beside name and time zone, by its kind."""

SETTINGS = ("host", "port", "database", "user", "tls", "folder")
OPTIONAL = ("password", "tls", "folder")


def settings_of(told: dict[str, Any], kind: str = "") -> dict[str, Any]:
    """Return the settings that were given and that the kind has."""
    names = NEEDED[SourceKind(kind)] if kind else SETTINGS
    return {name: told[name] for name in SETTINGS if name in names and told.get(name)}


class SourceFields(OfficeForm):
    """What can be asked of a source. The password can be written here and read nowhere."""

    name = forms.CharField(label=_("Name"), max_length=100)
    host = forms.CharField(label=_("Host"), max_length=255, required=False)
    port = forms.IntegerField(
        label=_("Port"), min_value=1, max_value=65535, required=False, initial=5432
    )
    database = forms.CharField(label=_("Database"), max_length=63, required=False)
    user = forms.CharField(label=_("Database user"), max_length=63, required=False)
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Kept encrypted and never shown again."),
    )
    folder = forms.CharField(
        label=_("Folder"),
        max_length=300,
        required=False,
        help_text=_("Empty: your department's own."),
    )
    tls = forms.ChoiceField(label=_("Encrypted"), choices=list(TLS.items()), required=False)
    time_zone = forms.CharField(
        label=_("Time zone of times without one"), max_length=60, initial="Asia/Shanghai"
    )

    def only(self, kind: str) -> None:
        """Ask for no more than a source of this kind has, and for all it cannot do without."""
        for name in (*SETTINGS, "password"):
            if name not in NEEDED[SourceKind(kind)]:
                del self.fields[name]
            elif name not in OPTIONAL:
                self.fields[name].required = True


class SourceForm(SourceFields):
    """A new source of any kind."""

    organization = forms.ModelChoiceField(Organization.objects.none(), label=_("Organisation"))
    kind = forms.ChoiceField(label=_("Kind"), choices=SourceKind.choices)
    field_order = ("organization", "name", "kind")

    def prepare(self) -> None:
        """Offer the organisations whose sources the person may connect."""
        places = places_for(self.by, "exchange.create_source")
        offer(self, "organization", places)
        self.fields["organization"].initial = places.first()

    def clean(self) -> dict[str, Any]:
        """Refuse a name that the organisation gave to another source."""
        told = super().clean() or {}
        if Source.objects.filter(
            organization=told.get("organization"), name=told.get("name")
        ).exists():
            text = _("The organisation has a source of this name already. Choose another name.")
            self.add_error("name", text)
        return told


class NewSourceForm(SourceForm):
    """A new source of one kind: it asks only what that kind needs. `target` is the kind."""

    def prepare(self) -> None:
        """Leave out what the kind does not have."""
        super().prepare()
        del self.fields["kind"]
        self.only(self.target)
        self.fields["name"].initial = self._unused(str(SourceKind(self.target).label))
        organization = self.fields["organization"]
        if len(places_for(self.by, "exchange.create_source")) == 1:
            organization.widget = organization.hidden_widget()

    def _unused(self, name: str) -> str:
        """Return the name, with a number behind it where the organisation has it already."""
        places = places_for(self.by, "exchange.create_source")
        own = Source.objects.filter(organization__in=places, name__startswith=name)
        taken, number, free = set(own.values_list("name", flat=True)), 1, name
        while free in taken:
            number += 1
            free = f"{name} {number}"
        return free


class SourceChangeForm(SourceFields):
    """A source as it stands; without a password the one that is kept stays."""

    def prepare(self) -> None:
        """Show what stands, and ask only what the kind has."""
        self.only(self.target.kind)
        for name in self.fields:
            if name in SETTINGS:
                self.fields[name].initial = self.target.settings.get(name)
        self.fields["name"].initial = self.target.name
        self.fields["time_zone"].initial = self.target.time_zone


class BindingForm(OfficeForm):
    """What of a source feeds a table: field by field."""

    source = forms.ModelChoiceField(Source.objects.none(), label=_("Source"))
    schema = forms.CharField(label=_("Schema (database)"), required=False, max_length=63)
    table = forms.CharField(label=_("Table (database)"), required=False, max_length=63)
    path = forms.CharField(label=_("Path (files)"), required=False, max_length=500)
    member = forms.CharField(label=_("File within a ZIP"), required=False, max_length=200)
    encoding = forms.ChoiceField(
        label=_("Encoding (files)"), choices=[(name, name) for name in files.ENCODINGS]
    )
    separator = forms.CharField(
        label=_("Separator (files)"), initial=",", max_length=2, strip=False, required=False
    )
    header = forms.BooleanField(
        label=_("The first line is a header"), initial=True, required=False
    )
    width = forms.IntegerField(label=_("Columns a row (no header)"), min_value=1, required=False)
    sheet = forms.CharField(
        label=_("Sheet (workbooks)"),
        required=False,
        max_length=100,
        help_text=_("Empty: the first one."),
    )
    header_row = forms.IntegerField(
        label=_("Row of the header (workbooks)"),
        min_value=1,
        required=False,
        help_text=_("Empty: it is looked for below titles and notes."),
    )
    nulls = WordsField(label=_("Texts that mean “no value”"), required=False)
    mode = forms.ChoiceField(label=_("Way of reading"), choices=SyncMode.choices)
    cursor_column = forms.CharField(label=_("Cursor column"), required=False, max_length=100)
    lag_seconds = forms.IntegerField(label=_("Overlap in seconds"), min_value=0, initial=0)
    max_rejected_percent = forms.IntegerField(
        label=_("Held back when more rows than this are rejected, %"),
        min_value=0,
        max_value=100,
        initial=10,
    )
    max_shrink_percent = forms.IntegerField(
        label=_("Held back when more rows than this would vanish, %"),
        min_value=0,
        max_value=100,
        initial=20,
    )
    schedule_minutes = forms.IntegerField(
        label=_("Every … minutes"),
        min_value=1,
        required=False,
        help_text=_("Empty: only when somebody asks for it."),
    )
    full_every_days = forms.IntegerField(
        label=_("By cursor: full compare every … days"),
        min_value=0,
        max_value=3650,
        initial=7,
        help_text=_("A cursor does not see deletions; a full compare does. 0 never compares."),
    )

    def prepare(self) -> None:
        """Offer the owner's sources and ask a column for each field."""
        owner = self.target.dataset.owner
        offer(self, "source", Source.objects.filter(organization=owner).order_by("name"))
        self.listed = list(Field.objects.filter(resource=self.target).live())
        for one in self.listed:
            self.fields[f"column_{one.pk}"] = forms.CharField(
                label=gettext("Column of “%(field)s”") % {"field": one.name},
                initial=one.name,
                required=False,
                max_length=100,
            )
        bound = getattr(self.target, "binding", None)
        if bound is not None:
            self._show(bound)

    def _show(self, bound: Any) -> None:
        """Show the binding that stands."""
        first = {**bound.object, "source": bound.source_id}
        for name in (
            "mode",
            "cursor_column",
            "lag_seconds",
            "max_rejected_percent",
            "max_shrink_percent",
            "schedule_minutes",
            "full_every_days",
        ):
            first[name] = getattr(bound, name)
        for one in self.listed:
            first[f"column_{one.pk}"] = bound.columns.get(str(one.pk), "")
        for name, value in first.items():
            if name in self.fields:
                self.fields[name].initial = value

    def clean(self) -> dict[str, Any]:
        """Add what the verb takes: the object that is read, and the column of each field."""
        told = super().clean() or {}
        source = told.get("source")
        if source is None:
            return told
        told["object"] = OBJECTS[source.kind](told)
        told["columns"] = columns = {
            one.pk: told[f"column_{one.pk}"] for one in self.listed if told.get(f"column_{one.pk}")
        }
        if source.kind == SourceKind.CSV and not told.get("header"):
            for pk, place in columns.items():
                if not place.isascii() or not place.isdigit():
                    text = _("A file without a header has positions from 0, not names.")
                    self.add_error(f"column_{pk}", text)
                else:
                    columns[pk] = int(place)
        return told


def _table(told: dict[str, Any]) -> dict[str, Any]:
    return {"schema": told.get("schema") or "public", "table": told.get("table", "")}


def _file(told: dict[str, Any]) -> dict[str, Any]:
    separator = told.get("separator") or ","
    given = {
        "path": told.get("path", ""),
        "encoding": told.get("encoding") or "utf-8",
        "separator": "\t" if separator == "\\t" else separator,
        "header": bool(told.get("header")),
    }
    optional = {name: told[name] for name in ("member", "width", "nulls") if told.get(name)}
    return given | optional


def _workbook(told: dict[str, Any]) -> dict[str, Any]:
    optional = {name: told[name] for name in ("sheet", "header_row", "nulls") if told.get(name)}
    return {"path": told.get("path", "")} | optional


OBJECTS = {
    SourceKind.POSTGRESQL: _table,
    SourceKind.CSV: _file,
    SourceKind.EXCEL: _workbook,
}
"""What a binding reads, by the kind of its source."""


class GrantForm(OfficeForm):
    """A consumer's right to fields of one dataset."""

    to = forms.ModelChoiceField(Organization.objects.none(), label=_("Consumer"))
    app = forms.ModelChoiceField(App.objects.none(), label=_("Only for this app"), required=False)
    fields_granted = forms.ModelMultipleChoiceField(
        Field.objects.none(),
        label=_("Fields"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    channel = forms.ChoiceField(
        label=_("Channel"), choices=words.choices(words.CHANNELS), initial=Channel.OPEN.value
    )
    modes = forms.MultipleChoiceField(
        label=_("Ways of use"),
        choices=words.choices(words.MODES),
        initial=[Mode.QUERY.value],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    clear_up_to = forms.TypedChoiceField(
        label=_("Shown in clear up to grade"),
        choices=words.choices(words.GRADES),
        coerce=int,
        initial=int(Grade.L2),
    )
    purpose = forms.CharField(label=_("Purpose"), widget=forms.Textarea(attrs={"rows": 3}))
    valid_from = DayField(label=_("First day"))
    valid_until = DayField(label=_("Last day"))
    daily_quota = forms.IntegerField(label=_("Calls a day"), min_value=1, required=False)

    def prepare(self) -> None:
        """Offer the other organisations, their apps and the dataset's fields."""
        today = timezone.localdate()
        others = Organization.objects.open().exclude(pk=self.target.owner_id)
        offer(self, "to", others.order_by("slug"))
        offer(self, "app", App.objects.filter(closed_at=None).order_by("name"))
        own = Field.objects.filter(resource__dataset=self.target).live()
        offer(self, "fields_granted", own)
        self.fields["valid_from"].initial = today
        self.fields["valid_until"].initial = today + timedelta(days=365)

    def clean(self) -> dict[str, Any]:
        """Refuse an app of another organisation."""
        told = super().clean() or {}
        app, to = told.get("app"), told.get("to")
        if app is not None and to is not None and app.organization_id != to.pk:
            self.add_error("app", _("This app belongs to another organisation."))
        return told
