"""An agreement is frozen when its grant is made, and its digest stands in the audit chain.

The digest is in the entry of the verb that made the grant: the asking head's signature where the
law gives the data at once, else the providing head's. So who changes the document afterwards would
have to change the chain too, and `verify_audit` tells of that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.roles import CITY_WIDE, PERMISSIONS, require
from audit import hashing, months
from audit.models import Entry, Link
from exchange.agreements import document
from exchange.models import Agreement, Grant, ShareRequest
from exchange.problems import Problem

SEE = "exchange.view_agreement"
VERBS = ("request.sign", "request.answer")
"""The verbs that make a grant between departments."""


class AgreementMissing(Problem):
    """No agreement is kept of this grant."""

    code = "agreement-missing"
    status = 404


class Standing(StrEnum):
    """How a kept agreement stands to the audit chain."""

    GOOD = "good"
    WAITING = "waiting"
    CHANGED = "changed"
    UNRECORDED = "unrecorded"
    DIFFERENT = "different"
    ENTRY_CHANGED = "entry-changed"
    SEALED = "sealed"


SENTENCES: Mapping[Standing, Promise] = {
    Standing.GOOD: gettext_lazy(
        "The document is the one that was signed: its digest stands in the audit chain."
    ),
    Standing.WAITING: gettext_lazy(
        "The document has the digest that the signature recorded. The entry is not chained yet:"
        " look again in a minute."
    ),
    Standing.CHANGED: gettext_lazy(
        "The document was changed after it was signed: it does not have its digest any more. Tell"
        " the audit administrator."
    ),
    Standing.UNRECORDED: gettext_lazy(
        "No entry of the audit trail names this agreement. Tell the audit administrator."
    ),
    Standing.DIFFERENT: gettext_lazy(
        "The audit trail names another digest for this agreement. Tell the audit administrator."
    ),
    Standing.ENTRY_CHANGED: gettext_lazy(
        "The entry that names this agreement does not fit the audit chain. Tell the audit"
        " administrator."
    ),
    Standing.SEALED: gettext_lazy(
        "The entry that names this agreement is in a month that was sealed and set apart. Compare"
        " the digest with what was archived."
    ),
}
"""What each standing means, and what to do."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How an agreement stands: `digest` is of the document as it is kept now, `told` is the one
    in the audit trail ("" where no entry has one), `position` the entry's in the chain or 0."""

    standing: Standing
    digest: str
    told: str = ""
    verb: str = ""
    position: int = 0

    @property
    def good(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.standing in (Standing.GOOD, Standing.WAITING)

    @property
    def sentence(self) -> str:
        """What that means, and what to do."""
        return str(SENTENCES[self.standing])


def freeze(grant: Grant, request: ShareRequest, *, at: datetime) -> Agreement:
    """Keep the agreement on a grant that was just made; its verb records `digest`."""
    told, algorithm = document.of(grant, request), settings.AUDIT_ALGORITHM
    return Agreement.objects.create(
        grant=grant,
        document=told,
        digest=digest(told, algorithm),
        algorithm=algorithm,
        made_at=at,
    )


def digest(told: Mapping[str, Any], algorithm: str) -> str:
    """Return the digest of a document, as of an entry: of its line of canonical JSON."""
    return hashing.digest(algorithm, [hashing.line(told)])


def recorded(grant: Grant | None) -> dict[str, Any]:
    """Return what the verb that made a grant records of it; without a grant that there is none."""
    if grant is None:
        return {"grant": None}
    return {"grant": grant.pk, "agreement": grant.agreement.digest}


def prove(kept: Agreement) -> Proof:
    """Compare an agreement with its entry, and the entry with its link. Three queries at most.

    That no entry was cut off or written anew further back is what `audit.chain.verify` finds.
    """
    now = digest(kept.document, kept.algorithm)
    entry = _entry(kept)
    if now != kept.digest:
        return Proof(Standing.CHANGED, now, _told(entry), "" if entry is None else entry.verb)
    if entry is None:
        gone = months.name(kept.made_at) in months.sealed(months.Table.ENTRY)
        return Proof(Standing.SEALED if gone else Standing.UNRECORDED, now)
    if _told(entry) != now:
        return Proof(Standing.DIFFERENT, now, _told(entry), entry.verb)
    link = Link.objects.filter(entry_id=entry.pk, recorded_at=entry.recorded_at).first()
    if link is None:
        return Proof(Standing.WAITING, now, now, entry.verb)
    fits = link.hash == hashing.chained(link.previous, entry, link.algorithm)
    standing = Standing.GOOD if fits else Standing.ENTRY_CHANGED
    return Proof(standing, now, now, entry.verb, link.position)


def _entry(kept: Agreement) -> Entry | None:
    """Return the first entry that names the grant as made by its request."""
    rows = Entry.objects.filter(
        target=f"request:{kept.grant.request_id}",
        verb__in=VERBS,
        details__grant=kept.grant_id,
    )
    return rows.order_by("pk").first()


def _told(entry: Entry | None) -> str:
    return "" if entry is None else str(entry.details.get("agreement", ""))


def of_grant(grant_id: int, *, by: User) -> Agreement:
    """Return a grant's agreement to a person of its two departments or of the data authority.

    Raises NotAllowed without the right to see agreements, Grant.DoesNotExist for a grant of others
    or none at all, AgreementMissing.
    """
    require(by, SEE)
    return kept_of(_seen(by).get(pk=grant_id))


def _seen(person: User) -> QuerySet[Grant]:
    rows = Grant.objects.select_related("agreement", "dataset__owner", "organization")
    places = [(role, place) for role, place in person.live_roles() if SEE in PERMISSIONS[role]]
    if any(role in CITY_WIDE for role, _place in places):
        return rows
    own = {place for _role, place in places}
    return rows.filter(Q(organization__in=own) | Q(dataset__owner__in=own))


def kept_of(grant: Grant) -> Agreement:
    """Return the agreement that is kept of a grant. Raises AgreementMissing."""
    try:
        return grant.agreement
    except Agreement.DoesNotExist as missing:
        raise AgreementMissing(
            _(
                "No agreement is kept of grant %(grant)s: it is not one between departments, or"
                " it was made before agreements were kept. Its terms stand with the grant."
            )
            % {"grant": grant.pk}
        ) from missing
