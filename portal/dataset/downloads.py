"""What can be taken away of a dataset: whole, as it is on screen, or described."""

from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext as _

from exchange.records import spreadsheets
from exchange.records.query import Total
from portal.dataset import asked
from portal.dataset.preview import Preview

HEADER_NAMES = 1  # a comma, or the end of the line, after each name of a header


@dataclass(frozen=True, slots=True)
class Download:
    """A file: what is in it, its address, and how large it is; None where that is not known.

    `size` is in bytes, estimated from the rows that are on the page, but of a file with a digest.
    """

    name: str
    kind: str
    address: str
    rows: int | None = None
    size: int | None = None
    note: str = ""
    sha256: str = ""


def downloads(found: Preview) -> list[Download]:
    """Return what can be downloaded of a dataset, and of the query on screen."""
    slug = found.about.head.slug
    csv = reverse("api:records-csv", args=[slug])
    rows = reverse("api:records", args=[slug])
    whole = found.about.head.rows
    given: list[Download] = []
    if found.about.counted_by:
        counts = reverse("api:aggregate", args=[slug])
        given.append(Download(_("Counts"), "JSON", counts, note=_("in groups, as above")))
    elif found.about.has_rows:
        size = None if found.query.fields else _size(found, whole)
        given.append(Download(_("All rows"), "CSV", csv, whole, size))
        given.append(_for_spreadsheets(given[-1]))
        query = replace(found.query, cursor="", total=Total.NONE)
        chosen = asked.address(query)
        if chosen and found.page is not None:
            address = f"{csv}?{chosen}"
            told = _("as filtered, sorted and cut on screen")
            number = found.total
            given.append(
                Download(_("Rows on screen"), "CSV", address, number, _size(found, number), told)
            )
            given.append(_for_spreadsheets(given[-1]))
        page = asked.address(found.query, limit=found.limit)
        address = f"{rows}?{page}" if page else rows
        given.append(Download(_("A page of rows"), "JSON", address))
        changes = reverse("api:changes", args=[slug])
        given.append(Download(_("What changed"), "JSON", changes, note=_("a feed to follow")))
    described = reverse("api:dataset", args=[slug])
    given.append(Download(_("Description"), "JSON", described))
    machine = reverse("portal-dataset-jsonld", args=[slug])
    given.append(Download(_("Description for catalogues"), "JSON-LD", machine))
    policy = reverse("api:dataset-policy", args=[slug])
    given.append(Download(_("Terms of use"), "ODRL", policy))
    return given


def _for_spreadsheets(one: Download) -> Download:
    """Return a CSV as a spreadsheet opens it."""
    address = f"{one.address}{'&' if '?' in one.address else '?'}spreadsheet=true"
    size = one.size and one.size + len(spreadsheets.BOM)
    name = _("%(file)s, for a spreadsheet") % {"file": one.name}
    told = _("its Chinese is read right, and no text is run as a formula")
    return replace(one, name=name, address=address, size=size, note=told)


def _size(found: Preview, rows: int | None) -> int | None:
    """Return about how large a CSV of so many rows is, by the rows on the page."""
    if rows is None or not found.width:
        return None
    names = found.query.fields or [one.shown.field.name for one in found.columns]
    header = sum(len(name) + HEADER_NAMES for name in names)
    return round(rows * found.width) + header
