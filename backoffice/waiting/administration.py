"""What the three administrators look after: people, and the audit trail."""

from datetime import timedelta

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import Membership, Organization, User
from accounts.roles import OrganizationKind, Role
from audit import chain
from audit.models import Entry
from audit.verbs import VERBS
from backoffice.waiting.piles import Asked, Pile, Thing, list_of, page_of, pile

RIGHTS = ("role.grant", "role.revoke", "user.deactivate", "key.create", "host.allow")
WEEK = timedelta(days=7)
LOOKED_BACK = timedelta(days=2)
"""`verify_audit` looks at all of the trail; the desk at what may have come to a stop lately."""


def without_head(asked: Asked) -> Pile:
    """Open departments without anybody who can sign."""
    del asked
    heads = Membership.objects.live().filter(
        organization=OuterRef("pk"), role=Role.HEAD, user__is_active=True
    )
    rows = Organization.objects.open().filter(kind=OrganizationKind.DEPARTMENT)
    return pile(
        gettext_lazy("Departments in which nobody can sign"),
        rows.exclude(Exists(heads)).order_by("slug"),
        lambda place: Thing(title=str(place), place=page_of(place)),
        place=list_of(Organization),
    )


def invited(asked: Asked) -> Pile:
    """People with a role and no password."""
    del asked
    rows = User.objects.filter(
        is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX
    ).filter(memberships__isnull=False)
    return pile(
        gettext_lazy("Invited, no password chosen yet"),
        rows.distinct().order_by("pk"),
        lambda person: Thing(title=str(person), place=page_of(person), note=person.username),
        place=list_of(User),
    )


def without_role(asked: Asked) -> Pile:
    """People who can do nothing."""
    del asked
    rows = User.objects.filter(is_active=True, memberships=None)
    return pile(
        gettext_lazy("People without any role"),
        rows.order_by("pk"),
        lambda person: Thing(title=str(person), place=page_of(person), note=person.username),
        place=list_of(User),
    )


def unlinked(asked: Asked) -> Pile:
    """Entries of these days that should be chained and are not."""
    late = chain.unlinked().filter(
        recorded_at__gte=asked.now - LOOKED_BACK, recorded_at__lt=asked.now - chain.LINKED_WITHIN
    )
    thing = Thing(
        title=_("Entries that are not chained a minute after they were written"),
        place=list_of(Entry),
        note=_("The system administrator starts the worker for brief tasks; nothing is lost."),
    )
    count = late.count()
    return Pile(
        title=gettext_lazy("The trail is behind"),
        count=count,
        things=(thing,) if count else (),
        urgent=True,
    )


def failed_sign_ins(asked: Asked) -> Pile:
    """Refused sign-ins of the last day."""
    rows = Entry.objects.filter(verb="sign_in.fail", at__gte=asked.now - timedelta(days=1))
    return pile(
        gettext_lazy("Sign-ins that failed in the last 24 hours"),
        rows.order_by("-pk"),
        lambda entry: Thing(
            title=f"{entry.target} · {timezone.localtime(entry.at):%m-%d %H:%M}",
            place=list_of(Entry, verb__exact="sign_in.fail"),
        ),
        place=list_of(Entry, verb__exact="sign_in.fail"),
    )


def rights_changed(asked: Asked) -> Pile:
    """Rights that were given or taken lately: an auditor compares them with what was ordered."""
    rows = Entry.objects.filter(verb__in=RIGHTS, at__gte=asked.now - WEEK)
    return pile(
        gettext_lazy("Rights given or taken in the last seven days"),
        rows.order_by("-pk"),
        lambda entry: Thing(
            title=f"{VERBS[entry.verb][0 if get_language() == 'zh-hans' else 1]} · {entry.target}",
            place=page_of(entry),
            note=" · ".join(filter(None, [entry.details.get("role"), entry.actor])),
        ),
        place=list_of(Entry, verb__startswith="role."),
    )
