"""What the roles were told, for who looks after accounts: whether a notice was seen and mailed."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts import notices
from accounts.models import Notice, NoticeSeen
from backoffice.desk import Desk


@admin.register(Notice)
class NoticeDesk(Desk):
    """Notices of all organisations. Each person reads their own in the inbox."""

    list_display = ["said", "role", "organization", "told_at", "due_on", "mailed_at"]
    list_filter = ["role", "kind", "told_at"]
    list_select_related = ["organization"]
    search_fields = ["kind", "target"]
    ordering = ["-told_at", "-id"]
    # which account a member wrote from is nobody's to see
    exclude = ["words", "person", "mail_reached"]
    readonly_fields = ["said"]

    @admin.display(description=_("notice"))
    def said(self, notice: Notice) -> str:
        """Return what the notice says."""
        return notices.sentence(notice)


@admin.register(NoticeSeen)
class NoticeSeenDesk(Desk):
    """Who has seen which notice."""

    list_display = ["notice", "user", "seen_at"]
    list_select_related = ["notice", "user"]
    ordering = ["-id"]
