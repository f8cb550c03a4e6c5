"""The table of grades, version by version. It is changed on a page of its own, after a dry run."""

from django.contrib import admin

from backoffice.desk import Desk
from catalog.models import GradingTable


@admin.register(GradingTable)
class GradingTableDesk(Desk):
    """Versions that were ever in force; the newest is now."""

    list_display = ["version", "in_force_from", "proposed_by", "note"]
    list_select_related = ["proposed_by"]
    ordering = ["-version"]
