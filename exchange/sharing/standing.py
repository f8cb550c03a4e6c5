"""Where a grant stands as people read it: its own state, and whether anything is served under it.

A grant on a withdrawn dataset is neither suspended nor ended: who holds it may still end it and
note how it was disposed of. But nothing is served any more, and that is what is said of it.
"""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.terms import State
from exchange.models import Grant
from exchange.sharing import serving
from exchange.sharing.serving import GrantNotLive
from exchange.workflow import GrantState

OVER = (GrantState.ENDED, GrantState.DISPOSED)


@dataclass(frozen=True, slots=True)
class Standing:
    """A grant's own state, how it reads, whether calls are served, and why not ("": they are).

    `withdrawn` is whether it is for the dataset's sake that nothing is served.
    """

    state: GrantState
    label: str
    serves: bool
    why: str
    withdrawn: bool = False


def of(grant: Grant, today: date) -> Standing:
    """Return where a grant stands on a day. No query where its dataset was selected."""
    state = grant.state(today)
    if state not in OVER and grant.dataset.state == State.WITHDRAWN:
        return _withdrawn(grant, state)
    try:
        serving.holds(grant, today)
    except GrantNotLive as refused:
        return Standing(state, str(state.label), serves=False, why=str(refused))
    return Standing(state, str(state.label), serves=True, why="")


def _withdrawn(grant: Grant, state: GrantState) -> Standing:
    dataset = grant.dataset
    day = "–" if dataset.withdrawn_at is None else f"{timezone.localdate(dataset.withdrawn_at)}"
    why = _(
        "“%(dataset)s” was withdrawn on %(day)s, and nothing is served since: %(reason)s. What was"
        " received is disposed of when its purpose is over; end the grant then."
    )
    told = {"dataset": dataset, "day": day, "reason": dataset.withdrawn_reason.rstrip("。.")}
    label = _("nothing served since %(day)s: dataset withdrawn") % {"day": day}
    return Standing(state, label, serves=False, why=why % told, withdrawn=True)
