"""What an organisation holds, and how all of it moves to a successor.

Codes, addresses and everything that was written down stay as they were; what is pending is
addressed to roles, so it goes on with the dataset it belongs to.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import notices, organizations
from accounts.models import (
    App,
    CompanyInvitation,
    Notice,
    Organization,
    OrganizationKind,
    User,
)
from accounts.refusals import StepRefused
from accounts.roles import require
from audit import chain
from catalog import indexing, succession
from catalog.models import Dataset, NegativeLine, Revision
from catalog.succession import free_name
from exchange.models import AllowedHost, Binding, Correction, Grant, ShareRequest, Source

PENDING = (Dataset.State.SIGNED, Dataset.State.IN_REVIEW)
NAME_LENGTH = 100

WORDS = {
    "published": (gettext_noop("published datasets"), "数据集/datasets"),
    "pending": (gettext_noop("entries under review"), "待审目录/entries"),
    "drafts": (gettext_noop("drafts"), "草稿/drafts"),
    "withdrawn": (gettext_noop("withdrawn datasets"), "已撤销/withdrawn"),
    "lines": (gettext_noop("lines of the negative list"), "负面清单/lines"),
    "revisions": (gettext_noop("revisions that wait"), "待决变更/revisions"),
    "sources": (gettext_noop("sources"), "数据源/sources"),
    "bindings": (gettext_noop("bindings"), "挂接/bindings"),
    "grants": (gettext_noop("grants it was given"), "授权/grants"),
    "requests": (gettext_noop("share requests that wait"), "待办共享申请/share requests"),
    "apps": (gettext_noop("apps"), "应用/apps"),
    "people": (gettext_noop("people"), "人员/people"),
}
"""Each count: how a person reads it, and how a notice says it, in both languages at once."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much an organisation holds. `grants` are those it was given and that are not revoked."""

    published: int
    pending: int
    drafts: int
    withdrawn: int
    lines: int
    revisions: int
    sources: int
    bindings: int
    grants: int
    requests: int
    apps: int
    people: int

    def lines_of_text(self) -> list[str]:
        """Return what there is, one thing a line, in the language now active."""
        return [f"{_(WORDS[name][0])}: {count}" for name, count in self._some()]

    def in_both_languages(self) -> str:
        """Return what there is as a notice says it."""
        return ", ".join(f"{count} {WORDS[name][1]}" for name, count in self._some()) or "–"

    def _some(self) -> list[tuple[str, int]]:
        counts = [(name, getattr(self, name)) for name in WORDS]
        return [(name, count) for name, count in counts if count]


def holdings_of(organization_id: int) -> Holdings:
    """Return how much an organisation holds now. Asks no right: it gives counts only."""
    own = Dataset.objects.filter(owner=organization_id)
    lines = NegativeLine.objects.filter(dataset__owner=organization_id)
    people = User.objects.filter(memberships__organization=organization_id, is_active=True)
    return Holdings(
        published=own.published().count(),
        pending=own.filter(state__in=PENDING).count(),
        drafts=own.filter(state=Dataset.State.DRAFT).count(),
        withdrawn=own.filter(state=Dataset.State.WITHDRAWN).count(),
        lines=lines.exclude(state=NegativeLine.State.ENDED).count(),
        revisions=Revision.objects.filter(
            dataset__owner=organization_id, state=Revision.State.PROPOSED
        ).count(),
        sources=Source.objects.filter(organization=organization_id).count(),
        bindings=_bindings(organization_id).count(),
        grants=Grant.objects.filter(organization=organization_id, revoked_at=None).count(),
        requests=_requests(organization_id).open().count(),
        apps=App.objects.filter(organization=organization_id, closed_at=None).count(),
        people=people.distinct().count(),
    )


@transaction.atomic
def close(organization_id: int, *, by: User | None, at: datetime) -> Organization:
    """Close an organisation that has nothing left which others rely on.

    Raises what accounts.organizations.close raises; StepRefused while it has entries under review
    or published, or sources that feed datasets: those are handed over or withdrawn first.
    """
    if by is not None:
        require(by, "accounts.close_organization")
    _hold_still(organization_id)
    held = holdings_of(organization_id)
    if held.published or held.pending or held.bindings:
        text = _(
            "“%(name)s” still has %(published)s published datasets, %(pending)s entries under "
            "review and %(bindings)s tables fed by its sources, and others rely on them. Hand it "
            "over to a successor, or withdraw its datasets first."
        )
        terms = {
            "name": Organization.objects.get(pk=organization_id),
            "published": held.published,
            "pending": held.pending,
            "bindings": held.bindings,
        }
        raise StepRefused(text % terms, "holdings-left")
    return organizations.close(organization_id, by=by, at=at)


@transaction.atomic
def transfer(
    organization_id: int, *, to: Organization, by: User | None, at: datetime
) -> Organization:
    """Close an organisation and let `to` carry on with all it holds.

    Datasets keep codes and addresses; duties, sources, bindings, grants and notices go along;
    deliveries and the audit trail stay as they were. A source or a duty whose name or code the
    successor uses already is renamed. Raises what accounts.organizations.transfer raises;
    StepRefused where the successor is a company, which holds no datasets of the city.
    """
    touched = _hold_still(organization_id, to.pk)
    held = holdings_of(organization_id)
    organization = organizations.transfer(organization_id, to=to, by=by, at=at)
    heir = Organization.objects.get(pk=to.pk)
    _refuse_company(heir, organization_id)
    succession.move(organization, heir, by=by, at=at)
    _move_sources(organization, heir, by=by, at=at)
    _move_hosts(organization, heir)
    Grant.objects.filter(organization=organization_id).update(organization=heir)
    ShareRequest.objects.filter(organization=organization_id).update(organization=heir)
    Correction.objects.filter(organization=organization_id).update(organization=heir)
    _move_invitations(organization_id, heir, at)
    Dataset.objects.filter(pk__in=touched).policy_changed()
    indexing.index_all(touched, at=at)
    _move_notices(organization_id, heir, at)
    notices.tell(
        "organization.transferred",
        organization=heir,
        target=f"organization:{organization_id}",
        at=at,
        old=organization.name_zh,
        counts=held.in_both_languages(),
    )
    return organization


def _hold_still(organization_id: int, *others: int) -> list[int]:
    """Lock all an organisation has a part in, then it and others; return the datasets' ids.

    The things before the organisations: the order in which other verbs lock them. What came in
    between is not waited for while the organisation is held, since its own verb may wait for that:
    everything is let go and begun anew.
    """
    while True:
        begun = transaction.savepoint()
        found = _part_of(organization_id)
        kinds = (
            Dataset.objects.all(),
            ShareRequest.objects.all(),
            Grant.objects.all(),
            Correction.objects.all(),
        )
        for rows, ids in zip(kinds, found, strict=True):
            list(rows.filter(pk__in=ids).order_by("pk").select_for_update())
        organizations.lock(organization_id, *others)
        if _part_of(organization_id) == found:
            transaction.savepoint_commit(begun)
            return found[0]
        transaction.savepoint_rollback(begun)


def _refuse_company(heir: Organization, organization_id: int) -> None:
    holds = Q(owner=organization_id) | Q(source_authority=organization_id)
    if heir.kind == OrganizationKind.COMPANY and (
        Dataset.objects.filter(holds).exists()
        or Source.objects.filter(organization=organization_id).exists()
    ):
        text = _("“%(heir)s” is a company and cannot hold the city's data. Choose a department.")
        raise StepRefused(text % {"heir": heir}, "company-holds-no-data")


def _part_of(organization_id: int) -> tuple[list[int], list[int], list[int], list[int]]:
    """Return the datasets about which a decision may change, requests, grants and reports."""
    own = Q(organization=organization_id)
    requests = ShareRequest.objects.filter(own).order_by("pk").values_list("pk", flat=True)
    grants = Grant.objects.filter(own).order_by("pk").values_list("pk", flat=True)
    reports = Correction.objects.filter(own).order_by("pk").values_list("pk", flat=True)
    return _touched(organization_id), list(requests), list(grants), list(reports)


def _touched(organization_id: int) -> list[int]:
    about = (
        Q(owner=organization_id)
        | Q(source_authority=organization_id)
        | Q(grants__organization=organization_id)
    )
    return sorted(Dataset.objects.filter(about).values_list("pk", flat=True).distinct())


def _from_to(organization: Organization) -> dict[str, str]:
    return {
        "before": f"organization:{organization.pk}",
        "to": f"organization:{organization.successor_id}",
    }


def _move_sources(
    organization: Organization, heir: Organization, *, by: User | None, at: datetime
) -> None:
    taken = set(Source.objects.filter(organization=heir).values_list("name", flat=True))
    for source in Source.objects.filter(organization=organization).order_by("pk"):
        before = source.name
        source.organization = heir
        source.name = free_name(before, organization.name_zh[:40], taken, longest=NAME_LENGTH)
        source.save(update_fields=["organization", "name"])
        taken.add(source.name)
        renamed = {} if source.name == before else {"renamed": source.name}
        chain.record(
            "source.update",
            f"source:{source.pk}",
            by=by,
            at=at,
            **_from_to(organization),
            **renamed,
        )


def _move_hosts(organization: Organization, heir: Organization) -> None:
    """Let the heir's sources reach the hosts that were allowed for the organisation alone."""
    there = set(AllowedHost.objects.filter(organization=heir).values_list("host", "port"))
    for allowed in AllowedHost.objects.filter(organization=organization):
        if (allowed.host, allowed.port) in there:
            allowed.delete()
        else:
            allowed.organization = heir
            allowed.save(update_fields=["organization"])


def _move_invitations(organization_id: int, heir: Organization, at: datetime) -> None:
    """Give a company's invitations to the heir; those that wait are void: they named the other."""
    invited = CompanyInvitation.objects.filter(company=organization_id)
    invited.filter(accepted_at=None, revoked_at=None).update(revoked_at=at)
    invited.update(company=heir)


def _move_notices(organization_id: int, heir: Organization, at: datetime) -> None:
    """Give the notices to the heir; what the heir was told already, it is not told twice."""
    open_there = set(
        Notice.objects.open().filter(organization=heir).values_list("kind", "target", "role")
    )
    for notice in Notice.objects.open().filter(organization=organization_id):
        if (notice.kind, notice.target, notice.role) in open_there:
            notice.settled_at = at
            notice.save(update_fields=["settled_at"])
    Notice.objects.filter(organization=organization_id).update(organization=heir)


def _requests(organization_id: int):
    about = Q(organization=organization_id) | Q(dataset__owner=organization_id)
    return ShareRequest.objects.filter(about)


def _bindings(organization_id: int):
    return Binding.objects.filter(source__organization=organization_id).exclude(
        resource__dataset__state=Dataset.State.WITHDRAWN
    )
