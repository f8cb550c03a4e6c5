"""A year of working days that nobody has entered."""

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.waiting.piles import Asked, Pile, Thing
from catalog import calendar_years


def year_missing(asked: Asked) -> Pile:
    """The next year from October on, until its working days are entered: red in its own time."""
    year = calendar_years.missing(asked.today)
    title, place = (
        gettext_lazy("Working days to be entered"),
        reverse("admin:catalog_workingday_changelist"),
    )
    if year is None:
        return Pile(title=title, count=0)
    thing = Thing(
        title=_("Working days of %(year)s") % {"year": year},
        place=place,
        note=_("Due dates in it are estimates until then."),
        due_on=date(year - 1, 12, 31),
        light="bad" if year <= asked.today.year else "warn",
    )
    return Pile(
        title=title, count=1, things=(thing,), place=place, urgent=year <= asked.today.year
    )
