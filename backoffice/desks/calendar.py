"""The button that enters the working days of a coming year as they were announced."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.buttons import Button, Press
from backoffice.forms.calendar import YearForm
from catalog import calendar_years
from catalog.calendar_years import Announced, read_days


def _enter(press: Press) -> str:
    told = press.told
    announced = Announced(
        year=told["year"],
        rests=read_days(told["rests"]),
        works=read_days(told["works"]),
        source=told["source"],
    )
    days = calendar_years.enter(announced, by=press.by, at=press.at)
    text = gettext("%(year)s is entered: %(days)s days. Due dates are worked out anew.")
    return text % {"year": announced.year, "days": days}


YEAR = Button(
    name="year",
    label=_("Enter a year"),
    permission="catalog.add_workingday",
    press=_enter,
    done="",
    form=YearForm,
    note=_("The year is entered whole or not at all. What the list has of it is replaced."),
)
