"""The axes of places as a choice: each reference system with its two axes."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from policy.places import SYSTEMS

EAST = {False: _("longitude"), True: _("easting")}
NORTH = {False: _("latitude"), True: _("northing")}
AXES = [
    ("", "–"),
    *(
        (f"{system.code}.{axis}", format_lazy("{}: {}", system.name, names[system.projected]))
        for system in SYSTEMS.values()
        for axis, names in (("x", EAST), ("y", NORTH))
    ),
]
HELP = _(
    "Where the field is one coordinate of a place: in which system. Another field holds the other."
)
