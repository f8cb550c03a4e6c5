"""What a field can be of a place, as a choice: in each reference system an axis, or a geometry.

In groups, since there are some two hundred and eighty: few need more than the first.
"""

from collections.abc import Collection

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from policy.places import AXES as PAIR
from policy.places import FORMS, SYSTEMS

NAMES = {
    False: {"x": _("longitude"), "y": _("latitude")},
    True: {"x": _("easting"), "y": _("northing")},
}
WRITTEN = {"wkt": _("geometry as WKT"), "geojson": _("geometry as GeoJSON")}

Choice = tuple[str, Promise | str]


def _choices(of: Collection[str], *, projected: bool) -> list[Choice]:
    """Return what can be declared in the systems of degrees, or in those of metres."""
    names = NAMES[projected] | WRITTEN
    return [
        (f"{system.code}.{one}", format_lazy("{}: {}", system.name, names[one]))
        for system in SYSTEMS.values()
        if system.projected == projected
        for one in of
    ]


AXES: list[Choice | tuple[Promise, list[Choice]]] = [
    ("", "–"),
    (_("one coordinate, in degrees"), _choices(PAIR, projected=False)),
    (_("lines and outlines, in degrees"), _choices(FORMS, projected=False)),
    (_("one coordinate, in metres"), _choices(PAIR, projected=True)),
    (_("lines and outlines, in metres"), _choices(FORMS, projected=True)),
]
HELP = _(
    "Where the field is one coordinate of a place, or holds lines and outlines: in which system."
    " The other coordinate of a pair is another field; a geometry stands in one field of text."
)
