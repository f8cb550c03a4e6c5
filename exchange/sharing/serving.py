"""What a department is served under a grant: looked up anew at each call, in the shared zone.

A grant gives no more than was asked for, than was approved, and than the law allows on the day:
the fields are those it names, as `policy.decide` treats them, and its conditions on rows always
hold. Revoked, suspended, ended or not begun: the very next call is refused, with the reason.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext_lazy

from accounts.quotas import UnderGrant
from accounts.wording import said as _
from exchange import access, vault
from exchange.access import Caller, Head, Seen
from exchange.models import Ending, Grant, Zone
from exchange.problems import Ground, Problem
from exchange.records.compile import Scope, VisibleField
from exchange.workflow import GrantState
from policy.masking import pseudonym_key
from policy.terms import Channel, Mode, ReaderKind, Treatment


class GrantMissing(Problem):
    """The department holds no grant on this dataset, or not the one it names."""

    code = "grant-missing"
    status = 403


class GrantAmbiguous(Problem):
    """Several grants would do, and each has a purpose of its own: the call has to name one."""

    code = "grant-ambiguous"
    status = 409


class GrantNotLive(Problem):
    """The grant has not begun, is suspended, or has ended; the sentence says which and why."""

    code = "grant-not-live"
    status = 403


WAYS = {
    Mode.QUERY.value: gettext_lazy("query"),
    Mode.VERIFY.value: gettext_lazy("verification"),
    Mode.BULK.value: gettext_lazy("whole copy"),
}
"""How a sentence names a way of use."""


class ModeNotGranted(Problem):
    """The grant is for another way of use."""

    code = "mode-not-granted"
    status = 403


@dataclass(frozen=True, slots=True)
class Served:
    """A call under a grant: where the rows are, which fields are seen and how, for which rows."""

    grant: Grant
    caller: Caller
    head: Head
    fields: Seen
    scopes: tuple[Scope, ...]


def under_grant(
    slug: str, caller: Caller, *, mode: Mode, today: date, number: int | None = None
) -> Served:
    """Return what a department is served of a dataset in one way of use.

    `number` is the grant's; without it the only live one for this way is taken. Raises
    DatasetUnknown, DatasetWithdrawn, GrantMissing, GrantAmbiguous, GrantNotLive, ModeNotGranted.
    """
    head = access.head(slug, zone=Zone.SHARED)
    grant = _chosen(head, caller, mode=mode, today=today, number=number)
    holds(grant, today)
    if str(mode) not in grant.modes:
        raise ModeNotGranted(
            _(
                "Grant no. %(grant)s is for %(modes)s, not for %(mode)s. Use it so, or ask for"
                " another one."
            )
            % {
                "grant": grant.pk,
                "modes": ", ".join(str(WAYS.get(one, one)) for one in grant.modes),
                "mode": WAYS.get(mode, mode),
            }
        )
    return shown(head, grant, caller, mode=mode, today=today)


def shown(head: Head, grant: Grant, caller: Caller, *, mode: Mode, today: date) -> Served:
    """Return what a department sees of a dataset's shared zone under one grant that holds."""
    alone = _with_grant(head, grant, caller, today)
    seen = access.visible(alone, caller, today=today, mode=mode, channel=Channel.SHARE)
    return Served(grant, caller, alone, _within(grant, seen), _scopes(grant, seen))


def meter(grant: Grant) -> UnderGrant:
    """Return on what a call under a grant is counted, whoever makes it: an app or a person."""
    return UnderGrant(grant.pk, grant.daily_quota)


def used(grant: Grant, *, at: datetime) -> None:
    """Note the first use of a grant; the promise to share in time is kept from then on."""
    if grant.first_used_at is None:
        Grant.objects.filter(pk=grant.pk, first_used_at=None).update(first_used_at=at)


def own_grants(caller: Caller, datasets: Collection[int]) -> list[Grant]:
    """Return the grants on these datasets that a caller may name, the oldest first.

    Those between departments that are bound to no app, or to this one.
    """
    if caller.kind != ReaderKind.DEPARTMENT:
        return []
    own = Grant.objects.filter(
        dataset__in=datasets, organization=caller.organization_id, channel=Channel.SHARE
    )
    return [one for one in own.order_by("pk") if one.app_id in (None, caller.app_id)]


def _chosen(head: Head, caller: Caller, *, mode: Mode, today: date, number: int | None) -> Grant:
    held = own_grants(caller, [head.dataset_id])
    if number is not None:
        held = [one for one in held if one.pk == number]
    live = [one for one in held if one.state(today) == GrantState.LIVE and _begun(one, today)]
    fit = [one for one in live if str(mode) in one.modes]
    if len(fit) > 1:
        raise GrantAmbiguous(
            _("Name the grant that the call is for, as “grant=%(first)s”. Yours are: %(grants)s.")
            % {"first": fit[0].pk, "grants": ", ".join(str(one.pk) for one in fit)}
        )
    if not held:
        raise GrantMissing(
            _(
                "Your department holds no such grant on “%(slug)s”. Ask for one with basis and"
                " purpose; what is unconditional is granted at once."
            )
            % {"slug": head.slug}
        )
    return (fit or live or held)[-1]


def _begun(grant: Grant, today: date) -> bool:
    return grant.valid_from <= today


def holds(grant: Grant, today: date) -> None:
    """Return if a grant holds on a day. Raises GrantNotLive, which says why it does not."""
    state = grant.state(today)
    if state == GrantState.SUSPENDED:
        sentence = _("Grant no. %(grant)s is suspended: %(reason)s It is to be mended by %(day)s.")
        told = {"reason": grant.suspended_because, "day": grant.mend_by or "–"}
    elif state != GrantState.LIVE and grant.ending == Ending.REPLACED:
        sentence = _(
            "Grant no. %(grant)s was replaced by another one. Call under that one: the list of"
            " your grants has it."
        )
        told = {}
    elif state != GrantState.LIVE and grant.revoked_at is None:
        sentence = _("Grant no. %(grant)s ran out on %(day)s. Ask for it anew if it is needed.")
        told = {"day": f"{grant.valid_until:%Y-%m-%d}"}
    elif state != GrantState.LIVE:
        sentence = _("Grant no. %(grant)s has ended: %(reason)s Ask for it anew if it is needed.")
        told = {"reason": grant.ended_because}
    elif not _begun(grant, today):
        sentence = _("Grant no. %(grant)s holds from %(day)s.")
        told = {"day": f"{grant.valid_from:%Y-%m-%d}"}
    else:
        return
    raise GrantNotLive(sentence % {"grant": grant.pk, **told})


def _with_grant(head: Head, grant: Grant, caller: Caller, today: date) -> Head:
    """Return the head with this one grant: another purpose's grant adds nothing to the call.

    For the decision it also names the fields of its conditions on rows: `_scopes` asks whether
    they would be seen in clear.
    """
    every = access.with_grants(head, caller, today)
    return replace(
        every,
        grants=tuple(
            (number, replace(told, fields=told.fields | {scope.field for scope in told.rows}))
            for number, told in every.grants
            if number == grant.pk
        ),
    )


def _within(grant: Grant, seen: Seen) -> Seen:
    """Return the fields as seen, those that the grant does not name withheld.

    Pseudonyms are keyed by the department and the dataset (design.md §4.10): no two consumers'
    can be joined, nor one's of two datasets.
    """
    named = {f"f{number}" for number in grant.fields}
    made = Seen(
        {name: one if one.column in named else _not_named(one) for name, one in seen.items()}
    )
    made.pseudonym_key = pseudonym_key(
        vault.pseudonym_secret(),
        consumer=str(grant.organization_id),
        dataset=str(grant.dataset_id),
    )
    return made


def _not_named(one: VisibleField) -> VisibleField:
    if one.treatment == Treatment.WITHHELD:
        return one
    text = _("Your grant does not name this field. Ask for it with its basis and purpose.")
    return replace(
        one,
        column="",
        treatment=Treatment.WITHHELD,
        grounds=(Ground("not-in-grant", text),),
        mask=None,
    )


def _scopes(grant: Grant, seen: Seen) -> tuple[Scope, ...]:
    """Return the grant's conditions on rows; none lets a row through that leans on hidden values.

    Which rows come tells what a condition asks about, so one on a field that is gone, or that the
    law does not show in clear any more, lets no row through.
    """
    clear = {one.column for one in seen.values() if one.treatment == Treatment.CLEAR}
    return tuple(
        Scope(column, tuple(map(str, one["values"]))) if column in clear else Scope("_id", ())
        for column, one in ((f"f{int(one['field'])}", one) for one in grant.rows)
    )
