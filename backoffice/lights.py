"""Deadlines as people read them: the day, the working days left, and a colour with its words."""

from django.utils.translation import gettext as _
from unfold.utils import display_for_label

from catalog.deadlines import Deadline

COLOURS = {"good": "success", "warn": "warning", "bad": "danger"}
"""Traffic lights by the names that the desks' own labels have."""


def told(deadline: Deadline) -> str:
    """Return a deadline in words, such as “by 2026-03-04, working days left: 1”."""
    facts = {"day": f"{deadline.due_on:%Y-%m-%d}", "days": abs(deadline.days_left)}
    if deadline.days_left < 0:
        return _("was due on %(day)s, working days late: %(days)s") % facts
    if deadline.days_left == 0:
        return _("due today, %(day)s") % facts
    return _("by %(day)s, working days left: %(days)s") % facts


def badge(deadline: Deadline | None) -> str:
    """Return a deadline as a desk's badge, “–” where nothing is due."""
    if deadline is None:
        return "–"
    return display_for_label((deadline.light, told(deadline)), "–", COLOURS)
