"""In which formats an entry gives its data, by what it offers. For the filter of the search."""

from collections.abc import Iterable, Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.files import ending
from catalog.models import Field
from catalog.terms import ResourceKind
from policy import places


class Format(models.TextChoices):
    """What people may take the data as. The order is that of the bits in the search table."""

    TABLE = "table", _("table (CSV, JSON)")
    GEOJSON = "geojson", _("places (GeoJSON)")
    SHEET = "sheet", _("spreadsheet file")
    STRUCTURED = "structured", _("JSON or XML file")
    DOCUMENT = "document", _("document (PDF, Word)")
    PICTURE = "picture", _("picture")
    ARCHIVE = "archive", _("packed file (ZIP)")
    API = "api", _("interface of the department")
    LINK = "link", _("link")


KINDS: Mapping[str, Format] = {
    ResourceKind.TABLE: Format.TABLE,
    ResourceKind.API: Format.API,
    ResourceKind.LINK: Format.LINK,
}
FILES: Mapping[str, Format] = {
    **dict.fromkeys((".xlsx", ".xls", ".et", ".ods", ".csv", ".tsv"), Format.SHEET),
    **dict.fromkeys((".json", ".xml", ".kml"), Format.STRUCTURED),
    ".geojson": Format.GEOJSON,
    **dict.fromkeys((".pdf", ".doc", ".docx", ".wps", ".ofd", ".odt", ".txt"), Format.DOCUMENT),
    **dict.fromkeys((".ppt", ".pptx"), Format.DOCUMENT),
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff", ".bmp"), Format.PICTURE),
    **dict.fromkeys((".zip", ".gz"), Format.ARCHIVE),
}
"""What may be handed in as a file (see `catalog.files`)."""


def of_file(name: str) -> Format | None:
    """Return the format of a file by the end of its name, None for one that has no place here."""
    return FILES.get(ending(name))


def has_places(fields: Iterable[Field]) -> bool:
    """Whether fields have both axes of a place, or a geometry."""
    axes = {places.axis(one.coordinate).axis for one in fields if one.coordinate}
    return axes >= set(places.AXES) or not axes.isdisjoint(places.FORMS)


def bits(formats: Iterable[Format]) -> int:
    """Return a set of formats as the search table has it, one bit a format."""
    found = set(formats)
    return sum(1 << place for place, one in enumerate(Format) if one in found)
