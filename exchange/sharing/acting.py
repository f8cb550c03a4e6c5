"""For whom an app acts: the person who registered it, with the rights that they hold now.

An app has no rights of its own. What it asks for is asked by its person, who answers for it as if
they sat at the desk; the trail names both.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import App, Organization, User
from accounts.roles import NotAllowed, holders, require


@dataclass(frozen=True, slots=True)
class Acting:
    """An app with the person for whom it acts, in the app's department."""

    app: App
    by: User

    @property
    def organization(self) -> Organization:
        """The department whose app it is."""
        return self.app.organization

    @property
    def trail(self) -> str:
        """The app as the audit trail names it."""
        return f"{self.app.name} (app:{self.app.pk})"


def for_app(app_id: int, permission: str) -> Acting:
    """Return for whom an app acts, if that person holds `permission` in the app's department.

    Raises NotAllowed, which says whose right is missing and what to do.
    """
    app = App.objects.select_related("organization", "created_by").get(pk=app_id)
    person = app.created_by
    try:
        require(person, permission, app.organization)
    except NotAllowed as refused:
        raise NotAllowed(_not_theirs(app, permission)) from refused
    return Acting(app, person)


def _not_theirs(app: App, permission: str) -> str:
    text = _(
        "The app “%(app)s” acts for who registered it, %(person)s, who holds no role for this at"
        " “%(organization)s”. Have the security administrator give them one of: %(roles)s; or let"
        " somebody who holds one register an app, and call with its key."
    )
    return text % {
        "app": app.name,
        "person": app.created_by.name,
        "organization": app.organization,
        "roles": ", ".join(str(role.label) for role in holders(permission)),
    }
