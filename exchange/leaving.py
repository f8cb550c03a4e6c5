"""A person leaves: what waits on them, and that every open step still has somebody to take it.

What is pending is addressed to roles, so most of it simply goes on. What remains is four eyes: a
step that another person than the proposer must take needs such a person to be there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import notices, people
from accounts.models import ApiKey, App, Membership, Organization, User
from accounts.roles import CITY_WIDE, Role, holders
from catalog import versions
from catalog.models import Dataset, Demand, NegativeLine, Revision, SheetImport
from exchange.models import Correction, Dispute, RunState, ShareRequest, Stop, SyncRun
from exchange.sharing import deciding, stopping
from exchange.stop_flow import StopState
from exchange.workflow import DisputeState
from exchange.workflow import State as Asked

State, LineState = Dataset.State, NegativeLine.State


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step that waits: what it is, the right it needs and where, and who may not take it."""

    what: str
    permission: str
    organization_id: int
    not_by: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Kind:
    """Which rows wait for a step; `owner` leads to the organisation, `others` to people."""

    what: str
    permission: str
    rows: QuerySet
    owner: str = "dataset__owner"
    others: tuple[str, ...] = ()


def _kinds() -> Iterable[_Kind]:
    entries, lines = Dataset.objects.all(), NegativeLine.objects.all()
    requests = ShareRequest.objects.all()
    return (
        _Kind(
            gettext_noop("finish drafts"),
            "catalog.update_dataset",
            entries.filter(state=State.DRAFT),
            "owner",
        ),
        _Kind(
            gettext_noop("sign drafts"),
            "catalog.sign_dataset",
            entries.filter(state=State.DRAFT),
            "owner",
        ),
        _Kind(
            gettext_noop("submit signed entries"),
            "catalog.submit_dataset",
            entries.filter(state=State.SIGNED),
            "owner",
        ),
        _Kind(
            gettext_noop("review entries"),
            "exchange.publish_dataset",
            entries.filter(state=State.IN_REVIEW),
            "owner",
            ("submitted_by",),
        ),
        _Kind(
            gettext_noop("decide revisions"),
            "exchange.decide_revision",
            Revision.objects.filter(state=Revision.State.PROPOSED),
            others=("proposed_by",),
        ),
        _Kind(
            gettext_noop("release newer versions of files"),
            "catalog.release_version",
            versions.waiting(),
            "resource__dataset__owner",
            ("added_by", "resource__opening_proposed_by"),
        ),
        _Kind(
            gettext_noop("review lines of the negative list as the legal unit"),
            "catalog.legal_review_negativeline",
            lines.filter(state=LineState.PROPOSED),
            others=("proposed_by",),
        ),
        _Kind(
            gettext_noop("review lines of the negative list as the authority"),
            "catalog.publish_negativeline",
            lines.filter(state=LineState.AUTHORITY_REVIEW),
            others=("proposed_by", "legal_by"),
        ),
        _Kind(
            gettext_noop("finish share requests"),
            "exchange.ask_dataset",
            requests.filter(state__in=(Asked.DRAFT, Asked.SUPPLEMENT)),
            "organization",
        ),
        _Kind(
            gettext_noop("answer demands"),
            "catalog.answer_demand",
            Demand.objects.filter(state=Demand.State.OPEN),
            "organization",
        ),
        _Kind(
            gettext_noop("catalogue what is demanded"),
            "catalog.match_demand",
            Demand.objects.filter(state=Demand.State.ACCEPTED),
            "provider",
        ),
        _Kind(
            gettext_noop("sign share requests"),
            "exchange.sign_request",
            requests.filter(state=Asked.TO_SIGN),
            "organization",
        ),
        _Kind(
            gettext_noop("check share requests"),
            "exchange.check_request",
            requests.filter(state=Asked.IN_CHECK),
            others=("drafted_by", "signed_by"),
        ),
        _Kind(
            gettext_noop("answer share requests"),
            "exchange.answer_request",
            requests.filter(state=Asked.IN_REVIEW),
            others=("drafted_by", "signed_by"),
        ),
        _Kind(
            gettext_noop("sign answers to share requests"),
            "exchange.sign_answer",
            requests.filter(state=Asked.TO_ANSWER),
            others=("drafted_by", "signed_by", "proposed_by"),
        ),
        _Kind(
            gettext_noop("answer corrections"),
            "exchange.answer_correction",
            Correction.objects.filter(state=Correction.State.OPEN),
        ),
        _Kind(
            gettext_noop("talk disputes over"),
            "exchange.answer_dispute",
            Dispute.objects.filter(state=DisputeState.NEGOTIATION),
            "request__dataset__owner",
        ),
        _Kind(
            gettext_noop("answer providers that want to stop a service"),
            stopping.SIGN,
            Stop.objects.filter(state=StopState.ASKED),
            "grant__organization",
        ),
        _Kind(
            gettext_noop("decide whether a service stops"),
            stopping.DECIDE,
            Stop.objects.filter(state=StopState.OBJECTED),
            "grant__dataset__owner",
        ),
        _Kind(
            gettext_noop("settle disputes"),
            "exchange.decide_dispute",
            Dispute.objects.filter(state__in=_BEFORE_AUTHORITY),
            "request__dataset__owner",
            ("request__drafted_by", "request__signed_by"),
        ),
        _Kind(
            gettext_noop("decide on held runs"),
            "exchange.release_run",
            SyncRun.objects.filter(state=RunState.HELD),
            "binding__resource__dataset__owner",
        ),
    )


def open_steps() -> Iterator[OpenStep]:
    """Yield every kind of step that waits somewhere, each once for a place and set of people."""
    for kind in _kinds():
        found = kind.rows.order_by().values_list(kind.owner, *kind.others).distinct()
        for place, *others in found:
            apart = frozenset(person for person in others if person is not None)
            yield OpenStep(kind.what, kind.permission, place, apart)


def stuck() -> set[OpenStep]:
    """Return the open steps that nobody can take as people and roles stand now."""
    held: dict[Role, list[tuple[int, int]]] = defaultdict(list)
    live = Membership.objects.live().filter(user__is_active=True)
    for role, place, person in live.values_list("role", "organization_id", "user_id"):
        held[Role(role)].append((place, person))
    return {step for step in open_steps() if not _can_be_taken(step, held)}


def _can_be_taken(step: OpenStep, held: dict[Role, list[tuple[int, int]]]) -> bool:
    return any(
        person not in step.not_by and (role in CITY_WIDE or place == step.organization_id)
        for role in holders(step.permission)
        for place, person in held[role]
    )


@transaction.atomic
def leave(
    user_id: int, *, hand_over_to: User | None = None, by: User | None, at: datetime
) -> User:
    """End a person's access, so that everything that waits can still be done by somebody.

    Share requests that were with the person go to `hand_over_to` where that one can answer them,
    else they are with nobody in particular; each leaves its own entry beside the leaver's.
    Raises what accounts.people.deactivate raises; HeirNeeded if an open step, which could be
    taken before, would have nobody left to take it.
    """
    before, waiting = stuck(), _waiting_for(User.objects.get(pk=user_id))
    # requests before organisations and people: the order in which other verbs lock them
    deciding.with_person(User.objects.get(pk=user_id))
    user = people.deactivate(user_id, hand_over_to=hand_over_to, by=by, at=at)
    left = stuck() - before
    if left:
        text = _(
            "Without %(person)s nobody could do this: %(steps)s. Give the role to one more "
            "person, or name another one to take over, then deactivate again."
        )
        raise people.HeirNeeded(
            text % {"person": user, "steps": _named(left)}, "step-without-person"
        )
    deciding.pass_on(user, hand_over_to, by=by, at=at)
    for request, place in waiting:
        _tell_of(request, place, user, at=at)
    return user


_BY_HOLDER = (
    (Role.HEAD, Asked.TO_SIGN, "organization"),
    (Role.HEAD, Asked.TO_ANSWER, "dataset__owner"),
    (Role.REVIEWER, Asked.IN_REVIEW, "dataset__owner"),
)
"""In which state a request waits for which role, and which of its organisations' role that is."""


_RIGHTS = {
    Asked.TO_SIGN: "exchange.sign_request",
    Asked.TO_ANSWER: "exchange.sign_answer",
    Asked.IN_REVIEW: "exchange.answer_request",
}


def _waiting_for(user: User) -> list[tuple[ShareRequest, Organization]]:
    """Return the requests that wait for a role which a person holds, with where they wait."""
    held = set(user.memberships.live().values_list("role", "organization_id"))
    found = []
    for role, state, owner in _BY_HOLDER:
        places = [place for held_role, place in held if held_role == role]
        rows = ShareRequest.objects.filter(state=state, **{f"{owner}__in": places})
        for request in rows.select_related("organization", "dataset__owner").order_by("pk"):
            mine = owner == "organization"
            found.append((request, request.organization if mine else request.dataset.owner))
    return found


def _tell_of(request: ShareRequest, place: Organization, left: User, *, at: datetime) -> None:
    """Tell who can act on a request, and the data authority, that somebody it waited for left."""
    notices.tell(
        "request.holder_left",
        organization=place,
        target=request.address,
        at=at,
        due_on=request.due_on,
        person=left.name,
        place=place,
        request=request.pk,
        dataset=request.dataset,
        state=Asked(request.state).label,
        roles=people.in_both_languages(holders(_RIGHTS[Asked(request.state)])),
    )


def _named(steps: set[OpenStep]) -> str:
    places = Organization.objects.in_bulk({step.organization_id for step in steps})
    said = {
        _("%(what)s at %(organization)s (%(roles)s)")
        % {
            "what": _(step.what),
            "organization": places[step.organization_id],
            "roles": ", ".join(str(role.label) for role in holders(step.permission)),
        }
        for step in steps
    }
    return "; ".join(sorted(said))


def waits_on(user: User) -> list[tuple[str, int]]:
    """Return what a person began that is not at its end, as (what, how many); none is left out."""
    begun = Dataset.objects.filter(created_by=user)
    revisions = Revision.objects.filter(proposed_by=user)
    lines = NegativeLine.objects.filter(proposed_by=user)
    runs = SyncRun.objects.filter(requested_by=user)
    asked = ShareRequest.objects.filter(drafted_by=user).exclude(state__in=_ANSWERED)
    with_them = ShareRequest.objects.open().filter(assigned_to=user)
    sent = SheetImport.objects.filter(sent_by=user, applied_at=None, file_removed_at=None)
    apps = App.objects.filter(created_by=user, closed_at=None)
    keys = ApiKey.objects.filter(app__created_by=user, revoked_at=None)
    counted = [
        (_("drafts they made"), begun.filter(state=State.DRAFT)),
        (_("entries they made that are under review"), begun.filter(state__in=_UNDER_REVIEW)),
        (_("revisions they proposed"), revisions.filter(state=Revision.State.PROPOSED)),
        (_("lines of the negative list they proposed"), lines.filter(state__in=_LINES)),
        (_("runs they asked for that are held back"), runs.filter(state=RunState.HELD)),
        (_("runs they asked for that are under way"), runs.running()),
        (_("share requests they drafted"), asked),
        (_("share requests that are with them"), with_them),
        (_("workbooks they sent that are not applied"), sent),
        (_("entries that name them as contact: change it there"), _contacts(user)),
        (_("apps they registered"), apps),
        (_("keys of these apps, which stop at once"), keys),
    ]
    return [(what, count) for what, rows in counted if (count := rows.count())]


def _contacts(user: User) -> QuerySet:
    """Return the live entries of the person's organisations whose contact names the person."""
    own = Dataset.objects.filter(owner__in=user.organizations()).exclude(state=State.WITHDRAWN)
    named = Q(pk=None)
    for known in filter(None, (user.name, user.email)):
        named |= Q(contact__icontains=known)
    return own.filter(named)


_BEFORE_AUTHORITY = (DisputeState.AUTHORITY, DisputeState.SUPERIOR, DisputeState.GOVERNMENT)
_UNDER_REVIEW = (State.SIGNED, State.IN_REVIEW)
_LINES = (LineState.PROPOSED, LineState.AUTHORITY_REVIEW)
_ANSWERED = (Asked.GRANTED, Asked.REFUSED, Asked.WITHDRAWN)
