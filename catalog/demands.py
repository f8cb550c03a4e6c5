"""需求清单: a department says what it lacks, the authority finds whose duty it is.

Matching of supply and demand (供需对接) is the data authority's (Order 809 art 20); no article
sets a limit of days for it. What the catalogue has already is asked for by a share request.

Everybody reads the list (`catalog.lists.needed`), without demands that are kept back for a reason.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import notices
from accounts.models import Organization, User
from accounts.roles import OrganizationKind, require
from audit import chain
from catalog import search
from catalog.models import Dataset, Demand
from catalog.refusals import EntryRefused, StepRefused
from catalog.states import after_step
from catalog.terms import DemandState
from policy import detect

State = DemandState
ALIKE = 5
"""So many entries that may answer a demand are shown beside it."""


class DemandStep(StrEnum):
    """What can be done with a demand."""

    ACCEPT = "accept"
    DECLINE = "decline"
    CATALOGUE = "catalogue"
    SATISFY = "satisfy"
    REOPEN = "reopen"


MOVES: Mapping[tuple[State, DemandStep], State] = {
    (State.OPEN, DemandStep.ACCEPT): State.ACCEPTED,
    (State.ACCEPTED, DemandStep.ACCEPT): State.ACCEPTED,
    (State.OPEN, DemandStep.DECLINE): State.DECLINED,
    (State.ACCEPTED, DemandStep.DECLINE): State.DECLINED,
    (State.OPEN, DemandStep.CATALOGUE): State.CATALOGUED,
    (State.ACCEPTED, DemandStep.CATALOGUE): State.CATALOGUED,
    (State.CATALOGUED, DemandStep.SATISFY): State.SATISFIED,
    (State.CATALOGUED, DemandStep.REOPEN): State.OPEN,
}
"""The authority accepts, names the duty (again, where it was wrong) or declines; the department
with the duty, or the authority, names the dataset; the one in need says whether it serves."""

STEPS = {
    DemandStep.ACCEPT: gettext_lazy("given to the department with the duty"),
    DemandStep.DECLINE: gettext_lazy("declined"),
    DemandStep.CATALOGUE: gettext_lazy("answered by a dataset"),
    DemandStep.SATISFY: gettext_lazy("called satisfied"),
    DemandStep.REOPEN: gettext_lazy("opened again"),
}


@transaction.atomic
def raise_demand(
    *,
    organization: Organization,
    title_zh: str,
    description: str,
    scene: str,
    legal_basis: str,
    by: User,
    at: datetime,
    title_en: str = "",
    kept_back_because: str = "",
) -> Demand:
    """Enter what a department needs. Raises NotAllowed, EntryRefused, ValidationError.

    Scene and basis are asked for as in a share request: what no duty needs is not collected.
    Everybody reads it, unless `kept_back_because` says why not.
    """
    require(by, "catalog.raise_demand", organization=organization)
    if organization.kind == OrganizationKind.COMPANY:
        raise EntryRefused(_("The demand list is of departments. Companies ask for open data."))
    demand = Demand(
        organization=organization,
        title_zh=title_zh.strip(),
        title_en=title_en.strip(),
        description=description.strip(),
        scene=scene.strip(),
        legal_basis=legal_basis.strip(),
        kept_back_because=kept_back_because.strip(),
        raised_by=by,
        raised_at=at,
        moved_at=at,
    )
    demand.full_clean()
    if demand.told_to_all:
        _require_fit(demand)
    demand.save()
    _tell("demand.raised", demand, None, at)
    chain.record(
        "demand.raise",
        demand.address,
        by=by,
        at=at,
        title=demand.title_zh,
        kept_back_because=demand.kept_back_because,
    )
    return demand


@transaction.atomic
def accept(demand_id: int, *, provider: Organization, by: User, at: datetime) -> Demand:
    """Accept a demand and name the department whose duty the data is, or another one.

    Raises NotAllowed, StepRefused, EntryRefused for a company, the asker itself, a closed one.
    """
    require(by, "catalog.answer_demand")
    demand = _moved(demand_id, DemandStep.ACCEPT)
    unfit = provider.kind == OrganizationKind.COMPANY or provider.closed_at is not None
    if unfit or provider.pk == demand.organization_id:
        raise EntryRefused(
            _("“%(place)s” cannot be given the demand. Name another department that goes on.")
            % {"place": provider}
        )
    notices.settle(demand.address, "demand.raised", "demand.given", at=at)
    demand.provider = provider
    _kept(demand, at)
    _tell("demand.given", demand, provider, at)
    chain.record("demand.accept", demand.address, by=by, at=at, provider=provider.name_zh)
    return demand


@transaction.atomic
def decline(demand_id: int, *, reason: str, by: User, at: datetime) -> Demand:
    """Decline a demand with a reason. Raises NotAllowed, StepRefused, EntryRefused without one."""
    require(by, "catalog.answer_demand")
    demand = _moved(demand_id, DemandStep.DECLINE)
    demand.answer = _said(reason)
    notices.settle(demand.address, "demand.raised", "demand.given", at=at)
    _kept(demand, at)
    _tell("demand.declined", demand, demand.organization, at, reason=demand.answer)
    chain.record("demand.decline", demand.address, by=by, at=at, reason=demand.answer)
    return demand


@transaction.atomic
def catalogue(
    demand_id: int, *, dataset: Dataset, by: User, at: datetime, note: str = ""
) -> Demand:
    """Answer a demand by a published dataset, which the department in need can now ask for.

    By the department with the duty, or the authority. Raises NotAllowed, StepRefused,
    EntryRefused for an entry that is not published or of another department than its duty.
    """
    demand = _moved(demand_id, DemandStep.CATALOGUE)
    require(by, "catalog.match_demand", organization=demand.provider)
    if demand.provider_id is None:  # nobody's duty yet, so it is the authority that knows
        require(by, "catalog.answer_demand")
    if dataset.state != Dataset.State.PUBLISHED:
        raise EntryRefused(
            _("“%(dataset)s” is not published yet. Publish the entry first, then name it here.")
            % {"dataset": dataset}
        )
    if demand.provider_id not in (None, dataset.owner_id):
        raise EntryRefused(
            _("“%(dataset)s” is of another department than the one that was given the demand.")
            % {"dataset": dataset}
        )
    demand.dataset, demand.provider_id = dataset, dataset.owner_id
    demand.answer = note.strip()
    notices.settle(demand.address, "demand.raised", "demand.given", at=at)
    _kept(demand, at)
    _tell("demand.catalogued", demand, demand.organization, at, dataset=dataset.title_zh)
    chain.record("demand.catalogue", demand.address, by=by, at=at, dataset=dataset.address)
    return demand


@transaction.atomic
def satisfy(demand_id: int, *, by: User, at: datetime) -> Demand:
    """Say for the department in need that the dataset serves. Raises NotAllowed, StepRefused."""
    demand = _moved(demand_id, DemandStep.SATISFY)
    require(by, "catalog.raise_demand", organization=demand.organization)
    notices.settle(demand.address, "demand.catalogued", at=at)
    _kept(demand, at)
    chain.record("demand.satisfy", demand.address, by=by, at=at)
    return demand


@transaction.atomic
def reopen(demand_id: int, *, reason: str, by: User, at: datetime) -> Demand:
    """Say for the department in need what the dataset lacks; the authority looks at it anew.

    Raises NotAllowed, StepRefused, EntryRefused without a reason.
    """
    demand = _moved(demand_id, DemandStep.REOPEN)
    require(by, "catalog.raise_demand", organization=demand.organization)
    demand.answer = _said(reason)
    demand.dataset = None
    notices.settle(demand.address, "demand.catalogued", at=at)
    _kept(demand, at)
    _tell("demand.raised", demand, None, at)
    chain.record("demand.reopen", demand.address, by=by, at=at, reason=demand.answer)
    return demand


@transaction.atomic
def keep_back(demand_id: int, *, reason: str, by: User, at: datetime) -> Demand:
    """Take a demand off the public list at once; departments see it as before.

    By the department in need, or the authority. Raises NotAllowed, StepRefused where it is kept
    back already, EntryRefused without a reason.
    """
    demand = _locked(demand_id)
    if not demand.told_to_all:
        raise StepRefused(
            _("“%(demand)s” is kept from the public already: nothing is left to do.")
            % {"demand": demand}
        )
    require(by, "catalog.keep_back_demand", organization=demand.organization)
    demand.kept_back_because = _said(reason)
    demand.save(update_fields=["kept_back_because"])
    chain.record("demand.keep_back", demand.address, by=by, at=at, reason=demand.kept_back_because)
    return demand


@transaction.atomic
def show(demand_id: int, *, by: User, at: datetime) -> Demand:
    """Let everybody read a demand that was kept back.

    By the department in need alone, since the words are its own. Raises NotAllowed, StepRefused
    where everybody reads it already, EntryRefused where its text tells how to reach a person.
    """
    demand = _locked(demand_id)
    if demand.told_to_all:
        raise StepRefused(
            _("Everybody reads “%(demand)s” already: nothing is left to do.") % {"demand": demand}
        )
    require(by, "catalog.raise_demand", organization=demand.organization)
    _require_fit(demand)
    demand.kept_back_because = ""
    demand.save(update_fields=["kept_back_because"])
    chain.record("demand.show", demand.address, by=by, at=at)
    return demand


def alike(title: str) -> list[Dataset]:
    """Return published entries that a demand of this title may have overlooked, best first."""
    return list(search.find(title[:200], limit=ALIKE).datasets) if title.strip() else []


def move(state: str, step: DemandStep, *, of: object) -> State:
    """Return the state after a step. Raises StepRefused, which says when the step is possible."""
    return after_step(
        MOVES,
        STEPS,
        State(state),
        step,
        refused=StepRefused,
        sentence=_("“%(demand)s” is %(state)s. It can be %(step)s only when it is: %(possible)s."),
        demand=of,
    )


def _moved(demand_id: int, step: DemandStep) -> Demand:
    """Lock a demand and give it the state after a step; the caller keeps it."""
    demand = _locked(demand_id)
    demand.state = move(demand.state, step, of=demand)
    return demand


def _locked(demand_id: int) -> Demand:
    rows = Demand.objects.select_for_update(of=("self",)).select_related(
        "organization", "provider"
    )
    return rows.get(pk=demand_id)


def _kept(demand: Demand, at: datetime) -> None:
    demand.moved_at = at
    demand.save(update_fields=["state", "provider", "dataset", "answer", "moved_at"])


def _require_fit(demand: Demand) -> None:
    """Let pass what everybody may read: no number or address of a person stands in its text."""
    texts = (demand.title_zh, demand.title_en, demand.description, demand.scene)
    found = detect.contact("\n".join((*texts, demand.legal_basis)))
    if found:
        raise EntryRefused(
            _(
                "“%(contact)s” reads as a telephone number or an e-mail address, and everybody"
                " reads the demand list. Raise the demand without it, or keep it from the public."
            )
            % {"contact": found}
        )


def _said(text: str) -> str:
    if not text.strip():
        raise EntryRefused(_("Say why, so that the others know what to do."))
    return text.strip()


def _tell(kind: str, demand: Demand, to: Organization | None, at: datetime, **words: Any) -> None:
    notices.tell(
        kind,
        organization=to,
        target=demand.address,
        at=at,
        demand=demand.title_zh,
        asker=demand.organization,
        **words,
    )
