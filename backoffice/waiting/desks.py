"""Which questions each role is asked, and the answers for one person."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from accounts.models import User
from accounts.models.people import Right
from accounts.roles import Role
from backoffice.waiting import (
    administration,
    asking,
    calendars,
    contests,
    entries,
    lines,
    raised,
    requests,
    runs,
    said,
)
from backoffice.waiting.piles import Asked, Desk, Pile, Question

QUESTIONS: Mapping[Role, tuple[Question, ...]] = {
    Role.PUBLISHER: (
        entries.sent_back,
        entries.to_update,
        runs.failed,
        runs.held,
        runs.late,
        requests.to_deliver,
        raised.reports,
        said.to_look_at,
        said.to_answer,
        said.wishes_to_answer,
        asking.to_complete,
        asking.suspended,
        asking.drafts,
        asking.ending,
        entries.signed,
        entries.to_grade,
        entries.to_regrade,
        entries.drafts,
        entries.with_the_head,
        lines.returned,
        runs.under_way,
    ),
    Role.HEAD: (
        requests.late,
        requests.to_sign,
        raised.talked_over,
        entries.to_sign,
        entries.to_update,
        asking.to_sign,
        asking.to_be_stopped,
        asking.suspended,
        asking.to_dispose,
        entries.revisions,
        entries.to_release,
        lines.for_legal_review,
        entries.to_regrade,
        runs.held,
    ),
    Role.REVIEWER: (
        requests.late,
        requests.to_answer,
        requests.past_their_term,
        raised.talked_over,
        raised.reports,
        said.to_look_at,
        said.to_answer,
        said.wishes_to_answer,
        asking.to_complete,
        lines.for_legal_review,
        lines.ending_grants,
    ),
    Role.OPERATOR: (
        requests.late,
        requests.to_check,
        requests.extensions,
        requests.to_deliver,
        raised.late_reports,
        raised.to_settle,
        said.to_look_at,
        said.apps,
        said.new_wishes,
        said.wishes_to_answer,
        contests.to_announce,
        calendars.year_missing,
        raised.stops,
        entries.to_review,
        entries.to_update,
        lines.for_the_authority,
        entries.revisions,
        lines.unverified_bases,
        lines.review_near,
        runs.held,
        runs.failed,
        runs.late,
    ),
    Role.SYSTEM_ADMIN: (runs.failed, runs.under_way, runs.paused),
    Role.SECURITY_ADMIN: (
        administration.without_head,
        administration.invited,
        administration.without_role,
    ),
    Role.AUDIT_ADMIN: (
        administration.unlinked,
        administration.failed_sign_ins,
        administration.rights_changed,
    ),
}
"""What each role is asked to look after; the order is the order on the desk."""


def of(user: User, *, now: datetime) -> list[Desk]:
    """Return a desk for each role that a person holds, in the order of the table of roles."""
    held: dict[Role, list[Right]] = {}
    for right in user.rights():
        held.setdefault(right.role, []).append(right)
    return [
        Desk(
            role,
            tuple(_piles(Asked(user, role, _places(held[role]), now))),
            tuple(right.lent_by.name for right in held[role] if right.lent_by is not None),
        )
        for role in QUESTIONS
        if role in held
    ]


def _places(rights: Iterable[Right]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(right.organization_id for right in rights))


def _piles(asked: Asked) -> Iterable[Pile]:
    for question in QUESTIONS[asked.role]:
        pile = question(asked)
        if pile.count:
            yield pile
