"""Sessions of members, in a table of their own: their door reads no session of the office.

Named by the setting SESSION_ENGINE where the office's door is shut. Django finds the class
`SessionStore` in the module.
"""

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils.translation import gettext_lazy as _


class MemberSession(AbstractBaseSession):
    """A session of a citizen or of somebody at a company."""

    class Meta:
        verbose_name = _("member’s session")
        verbose_name_plural = _("members’ sessions")

    @classmethod
    def get_session_store_class(cls) -> type["SessionStore"]:
        """Return what reads and writes these."""
        return SessionStore


class SessionStore(db.SessionStore):
    """Reads and writes members' sessions."""

    @classmethod
    def get_model_class(cls) -> type[MemberSession]:
        """Return the model of the sessions."""
        return MemberSession
