from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.http import HttpRequest

from accounts.models import Organization, User
from accounts.roles import CITY_WIDE, PERMISSIONS


class RoleBackend(BaseBackend):
    """Signs people in by password, and answers what they may do from the table of roles."""

    def authenticate(
        self,
        request: HttpRequest | None,  # noqa: ARG002 - Django passes it
        username: str | None = None,
        password: str | None = None,
        **credentials: object,  # noqa: ARG002 - what other backends ask for
    ) -> User | None:
        """Return the active person of that user name and password, or None."""
        if username is None or password is None:
            return None
        user = User.objects.filter(username=username).first()
        if user is None:
            # as much work as for a known name, so that the time tells nothing
            User().set_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        """Return the person of a session, unless deactivated since."""
        return User.objects.filter(pk=user_id, is_active=True).first()

    def has_perm(
        self, user_obj: User | AnonymousUser, perm: str, obj: models.Model | None = None
    ) -> bool:
        """Whether a role of this person holds `perm` (and acts for `obj`, an organisation)."""
        if not isinstance(user_obj, User):
            return False
        here = obj if isinstance(obj, Organization) else None
        return any(
            perm in PERMISSIONS[role]
            and (here is None or role in CITY_WIDE or user_obj.has_role(role, here))
            for role in user_obj.roles()
        )

    def get_all_permissions(
        self,
        user_obj: User | AnonymousUser,
        obj: models.Model | None = None,  # noqa: ARG002 - Django's signature
    ) -> set[str]:
        """Return every permission that this person's roles hold."""
        if not isinstance(user_obj, User):
            return set()
        return set().union(*(PERMISSIONS[role] for role in user_obj.roles()))

    def has_module_perms(self, user_obj: User | AnonymousUser, app_label: str) -> bool:
        """Whether a role of this person holds anything in that app."""
        return any(perm.startswith(f"{app_label}.") for perm in self.get_all_permissions(user_obj))
