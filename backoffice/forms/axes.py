"""What a field can be of a place, as a choice: in each reference system an axis, or a geometry."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from policy.places import FORMS, SYSTEMS

EAST = {False: _("longitude"), True: _("easting")}
NORTH = {False: _("latitude"), True: _("northing")}
WRITTEN = {"wkt": _("geometry as WKT"), "geojson": _("geometry as GeoJSON")}
AXES = [
    ("", "–"),
    *(
        (f"{system.code}.{axis}", format_lazy("{}: {}", system.name, names[system.projected]))
        for system in SYSTEMS.values()
        for axis, names in (("x", EAST), ("y", NORTH))
    ),
    *(
        (f"{system.code}.{form}", format_lazy("{}: {}", system.name, WRITTEN[form]))
        for system in SYSTEMS.values()
        for form in FORMS
    ),
]
HELP = _(
    "Where the field is one coordinate of a place, or holds lines and outlines: in which system."
    " The other coordinate of a pair is another field; a geometry stands in one field of text."
)
