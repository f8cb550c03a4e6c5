"""Who reads, what of a dataset they see, and why not the rest.

A decision is kept for as long as what it rests on stays: the dataset's policy version (read with
each request), the day, and the reader's grants.
"""

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import get_language

from accounts import bounds, keys
from accounts.models import ApiKey
from accounts.wording import said as _
from audit.prepared import first_row
from catalog import facts, history
from catalog.models import Dataset, Field, FieldTerms
from exchange.models import Zone
from exchange.problems import Ground, Problem
from exchange.records import masks
from exchange.records.compile import Scope, VisibleField
from policy.decision import Decision, decide
from policy.facts import Case, FieldFacts, GrantFacts, Prohibition, Reader, RowScope
from policy.sentences import Reason
from policy.terms import Because, Channel, Grade, Mode, ReaderKind, ScopeOperator, Treatment

KEPT_DECISIONS = 2000
Facts = tuple[dict[int, str], tuple[FieldFacts, ...], tuple[Prohibition, ...], dict[str, str]]
"""What a decision rests on: field names by permanent id, the fields, every line of the list; and
which axis of a place a field declares."""


class DatasetUnknown(Problem):
    """There is no published dataset of this name."""

    code = "dataset-unknown"
    status = 404


class DatasetWithdrawn(Problem):
    """The dataset was published and is withdrawn; the sentence gives day and reason."""

    code = "dataset-withdrawn"
    status = 410


class NotPublishedThen(Problem):
    """The dataset had not been published on that day, so nothing was decided."""

    code = "not-published-then"
    status = 404


@dataclass(frozen=True, slots=True)
class Caller:
    """Who reads through a door: an app with its key, or anybody.

    `grants` are (grant id, facts) of this dataset's live grants; they are read with the request.
    `only` are the datasets that the key is bound to; none is no bound.
    """

    kind: ReaderKind = ReaderKind.PUBLIC
    organization_id: int | None = None
    organization: str = ""
    app_id: int | None = None
    app: str = ""
    key_id: int | None = None
    address: str = ""
    only: frozenset[int] = frozenset()

    @property
    def reader(self) -> Reader:
        """The reader as the policy knows it."""
        consumer = None if self.organization_id is None else str(self.organization_id)
        return Reader(self.kind, consumer)


@dataclass(frozen=True, slots=True)
class Head:
    """What one look at the catalogue says of a dataset: all that a request needs beside rows.

    Where `smallest_group` is more than 1, the zone's rows are open by counts alone, in groups of
    so many or more, by the fields of `counted_by` (id, unit of time or ""); see `records.kept`.
    """

    dataset_id: int
    slug: str
    policy_version: int
    resource_id: int | None
    table_id: int | None
    table_name: str
    zone: str
    columns: tuple[dict[str, Any], ...]
    seq: int
    rows: int
    tombstones_from: int
    refreshed_at: Any
    grants: tuple[tuple[int, GrantFacts], ...] = field(default=())
    smallest_group: int = 1
    counted_by: tuple[tuple[int, str], ...] = ()


HEAD = """
SELECT d.id, d.slug, d.policy_version, r.id, t.id, t.table_name, t.zone, t.columns, t.seq,
       t.rows, t.tombstones_from, t.refreshed_at, d.state, d.withdrawn_at, d.withdrawn_reason,
       CASE WHEN $2 = 'open' THEN c.smallest_group END, c.counted_by
FROM catalog_dataset d
LEFT JOIN exchange_countingrule c ON c.dataset_id = d.id
LEFT JOIN LATERAL (SELECT id FROM catalog_resource WHERE dataset_id = d.id AND kind = 'table'
                   ORDER BY position, id LIMIT 1) r ON true
LEFT JOIN exchange_recordtable t ON t.resource_id = r.id AND t.zone = $2 AND t.live
WHERE d.slug = $3
"""

GRANTS = """
SELECT id, fields, clear_up_to, modes, rows, purpose, valid_from, valid_until, channel, app_id
FROM exchange_grant
WHERE dataset_id = %(dataset)s AND organization_id = %(organization)s AND suspended_at IS NULL
  AND %(day)s BETWEEN valid_from AND valid_until
  AND (revoked_at IS NULL OR revoked_at >= %(over)s)
  AND (%(over)s::timestamptz IS NULL OR created_at < %(over)s)
ORDER BY id
"""
"""Live grants of a day; `over` is when a past day was over, NULL for today: what was revoked since
still held then, what was made since did not."""


# The key, if one is presented, and the dataset's head in one look: what a decision rests on is
# read together with the key that asks for it. Both rows as text first: what is known by that text
# is not built again.
LOOK = f"""
FROM (SELECT 1) AS one
LEFT JOIN ({keys.FIND.replace("%s", "$1")})
    AS k({", ".join(f"k{place}" for place in range(keys.WIDTH))}) ON true
LEFT JOIN ({HEAD})
    AS h({", ".join(f"h{place}" for place in range(17))}) ON true
"""
KNOWN_BY = f"SELECT k::text, h::text {LOOK}"
WHOLE = f"SELECT k::text, h::text, k.*, h.* {LOOK}"
STATE = "CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_snapshot()::text END"
KNOWN_AS_OF = f"SELECT k::text, h::text, {STATE} {LOOK}"
"""The texts with the name of the state that they are of; see `state`."""
HOLDS = f"g.dataset_id = h.h0 AND g.organization_id = k.k{keys.ORGANIZATION}"
KNOWN_WITH_GRANTS = (
    f"SELECT k::text, h::text, {STATE}, EXISTS (SELECT FROM exchange_grant g WHERE {HOLDS}) {LOOK}"  # noqa: S608 - of constants
)
"""And whether the key's holder has, had or will have a grant of the dataset."""
GRANTS_AT = frozenset({"conditional", "office"})
KEPT_LOOKS = 4096


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: a key or None, and the row of HEAD or None."""

    key: ApiKey | None
    row: tuple[Any, ...] | None
    head: Head | None


_looks: dict[tuple[str, bytes | None, bytes | None], Look] = {}


def known(zone: str, texts: Sequence[bytes | None]) -> Look | None:
    """Return the look at a zone that had these texts of key and head, if it is kept."""
    key, head = texts
    return _looks.get((str(zone), key, head))


Texts = tuple[bytes | None, bytes | None]


def texts(slug: str, digest: str) -> tuple[Texts | None, bytes | None]:
    """Look a key and a dataset's open head up, as the texts by which a look is `known`, and name
    the `state` that they are of. There are no texts where grants may hold beside: a look tells
    nothing of them."""
    values = [digest.encode(), b"open", slug.encode()]
    granted: bytes | None = b"f"
    if serves_grants():
        key, head, found, granted = first_row(KNOWN_WITH_GRANTS, values)
    else:
        key, head, found = first_row(KNOWN_AS_OF, values)
    state = None if connection.in_atomic_block else found
    return ((key, head) if granted == b"f" else None), state


def state() -> bytes | None:
    """Name the state of the whole database as a statement sees it now; None where it has no name.

    The name is PostgreSQL's snapshot: which transactions are over and which still run, by numbers
    of 64 bits that never come again. None that wrote can end without another name, so under the
    same name every look tells the same. Two cases have no name: within a transaction, which sees
    what it wrote itself, and on a standby, whose snapshots do not name all that runs.

    Source: PostgreSQL, "Transaction ID and Snapshot Information Functions".
    """
    if connection.in_atomic_block:
        return None
    [found] = first_row(f"SELECT {STATE}")
    return found


def head(slug: str, *, zone: str = Zone.OPEN) -> Head:
    """Look a published dataset up. Raises DatasetUnknown, DatasetWithdrawn."""
    return _served(slug, _look("", zone, slug))


def entered(
    slug: str, digest: str, *, at: datetime, look: Look | None = None
) -> tuple[Head, ApiKey | None]:
    """Look a key, by its digest ("" for none), and a dataset's open head up at once.

    `look` is what a statement of this very call found already. Raises KeyRefused before anything
    else, then DatasetUnknown, DatasetWithdrawn.
    """
    found = look or _look(digest, Zone.OPEN, slug)
    key = keys.usable(found.key, at=at) if digest else None
    return _served(slug, found), key


def _look(digest: str, zone: str, slug: str) -> Look:
    values = [digest.encode(), str(zone).encode(), slug.encode()]
    found = known(zone, first_row(KNOWN_BY, values))
    if found is not None:
        return found
    with connection.cursor() as cursor:
        # text and columns of one snapshot, so that nothing is kept under another state's name
        cursor.execute(
            re.sub(r"\$(\d)", r"%(v\1)s", WHOLE), {"v1": digest, "v2": zone, "v3": slug}
        )
        key_text, head_text, *columns = cursor.fetchone()
    key, row = tuple(columns[: keys.WIDTH]), tuple(columns[keys.WIDTH :])
    found = Look(
        key=None if key[0] is None else keys.from_row(key),
        row=None if row[0] is None else row,
        head=_head_of(row, zone) if row[12] == Dataset.State.PUBLISHED else None,
    )
    if len(_looks) >= KEPT_LOOKS:
        _looks.clear()
    _looks[str(zone), _bytes(key_text), _bytes(head_text)] = found
    return found


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _served(slug: str, found: Look) -> Head:
    """Return the head of a look. Raises DatasetUnknown, DatasetWithdrawn."""
    if found.head is not None:
        return found.head
    if found.row and found.row[12] == Dataset.State.WITHDRAWN:
        raise DatasetWithdrawn(
            _("“%(slug)s” was withdrawn on %(day)s: %(reason)s. It is not offered any more.")
            % {"slug": slug, "day": f"{found.row[13]:%Y-%m-%d}", "reason": found.row[14]}
        )
    raise DatasetUnknown(
        _("There is no published dataset “%(slug)s”. The list is at /api/v1/datasets.")
        % {"slug": slug[:80]}
    )


def _head_of(row: tuple[Any, ...], zone: str) -> Head:
    columns = tuple(json.loads(row[7])) if row[7] else ()
    dataset, slug, policy, resource, table, name = row[:6]
    seq, rows, tombstones_from = (number or 0 for number in row[8:11])
    return Head(
        dataset_id=dataset,
        slug=slug,
        policy_version=policy,
        resource_id=resource,
        table_id=table,
        table_name=name,
        zone=row[6] or zone,
        columns=columns,
        seq=seq,
        rows=rows,
        tombstones_from=tombstones_from,
        refreshed_at=row[11],
        smallest_group=row[15] or 1,
        counted_by=tuple(tuple(one) for one in json.loads(row[16])) if row[15] else (),
    )


class Seen(dict[str, VisibleField]):
    """The fields of a dataset as one kind of caller sees them, by name in catalogue order.

    What every page tells of them is worked out once; `statements` keeps the SQL of plain pages,
    `shown` names all that makes the bytes of their values: two who have the same see the same.
    `subject_key` the names of the table's key once they were looked up (None: one without a name).
    All of it is kept for as long as the decision itself. Without `pseudonym_key` what would come
    out as a pseudonym is starred.
    """

    __slots__ = (
        "digest",
        "masked",
        "pseudonym_key",
        "shown",
        "statements",
        "subject_key",
        "withheld",
    )

    def __init__(self, fields: Mapping[str, VisibleField]) -> None:
        """Work out what pages tell; concealed fields are not told of."""
        super().__init__(fields)
        named = [one for one in self.values() if not one.concealed]
        self.masked = [one.name for one in named if one.treatment == Treatment.MASKED]
        self.withheld = [one.name for one in named if one.treatment == Treatment.WITHHELD]
        shown = ",".join(f"{one.name}:{int(one.treatment)}" for one in self.values())
        self.digest = hashlib.sha256(shown.encode()).hexdigest()[:16]
        self.shown = hashlib.sha256(repr([_shown(one) for one in self.values()]).encode()).digest()
        self.statements: dict[tuple, str] = {}
        self.pseudonym_key: bytes | None = None
        self.subject_key: tuple[str | None, ...] = ()


def _shown(one: VisibleField) -> tuple[object, ...]:
    mask = None if one.mask is None else json.dumps(one.mask, sort_keys=True)
    look = (int(one.treatment), one.concealed, mask)
    return (one.name, one.column, str(one.data_type), str(one.out_type), *look)


_decisions: OrderedDict[tuple, Seen] = OrderedDict()
_lock = Lock()


def with_grants(found: Head, caller: Caller, day: date) -> Head:
    """Return the head with the caller's live grants; a revocation is seen by the next call.

    For a past `day`, with those that were live when it ended.
    """
    if caller.organization_id is None:
        return found
    asked: dict[str, Any] = {
        "dataset": found.dataset_id,
        "organization": caller.organization_id,
        "day": day,
        "over": _over(day) if day < timezone.localdate() else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(GRANTS, asked)
        rows = cursor.fetchall()
    grants = tuple(
        (row[0], _grant_facts(row, caller)) for row in rows if row[9] in (None, caller.app_id)
    )
    return replace(found, grants=grants)


def _over(day: date) -> datetime:
    """Return the moment in which a local day was over."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def _grant_facts(row: tuple, caller: Caller) -> GrantFacts:
    grant_id, fields, clear_up_to, modes, scopes, purpose, start, end, channel, _app = row
    return GrantFacts(
        id=grant_id,
        consumer=str(caller.organization_id),
        fields=frozenset(str(one) for one in json.loads(fields)),
        clear_up_to=Grade(clear_up_to),
        modes=frozenset(Mode(mode) for mode in json.loads(modes)),
        channel=Channel(channel),
        valid_from=start,
        valid_until=end,
        rows=tuple(
            RowScope(
                str(s["field"]), ScopeOperator(s["operator"]), frozenset(map(str, s["values"]))
            )
            for s in json.loads(scopes)
        ),
        purpose=purpose,
    )


def visible(
    found: Head,
    caller: Caller,
    *,
    today: date,
    mode: Mode,
    channel: Channel = Channel.OPEN,
    listed: Sequence[Field] | None = None,
) -> Seen:
    """Return every field of the dataset as the caller sees it, in catalogue order.

    `listed` are all its live fields, for who read them just now anyway. What the zone withholds
    stays withheld, whatever a decision says: the zone may lag behind a loosened grade, never
    behind a stricter one. What it holds by the masks of another release is withheld too.
    """
    key = (
        found.dataset_id,
        found.policy_version,
        found.table_id,
        today,
        caller.reader,
        found.grants,
        mode,
        channel,
        get_language(),
    )
    with _lock:
        kept = _decisions.get(key)
        if kept is not None:
            _decisions.move_to_end(key)
            return kept
    made = Seen(_decided(found, caller, today=today, mode=mode, channel=channel, listed=listed))
    with _lock:
        _decisions[key] = made
        while len(_decisions) > KEPT_DECISIONS:
            _decisions.popitem(last=False)
    return made


def visible_then(
    found: Head, caller: Caller, *, day: date, mode: Mode, channel: Channel = Channel.OPEN
) -> list[tuple[FieldTerms, VisibleField]]:
    """Replay the decision of a past day: each field's terms then, and how the caller saw it.

    By the terms, lines and grants of that day; what the zone held then is not kept, and what is
    concealed today is left out. Raises NotPublishedThen.
    """
    terms = history.on(found.dataset_id, day)
    if not terms:
        raise NotPublishedThen(
            _("“%(slug)s” had not been published by %(day)s, so nothing was decided of it then.")
            % {"slug": found.slug, "day": f"{day:%Y-%m-%d}"}
        )
    fields = tuple(facts.field_facts(one) for one in terms)
    decision = _decision(found, caller, today=day, mode=mode, channel=channel, then=terms)
    columns = [{"column": "", "type": one.data_type, "treatment": 0} for one in terms]
    seen = [_as_seen(one, decision, held) for one, held in zip(fields, columns, strict=True)]
    both = zip(terms, seen, strict=True)
    return [(then, one) for then, one in both if not then.field.concealed]


def _decided(
    found: Head,
    caller: Caller,
    *,
    today: date,
    mode: Mode,
    channel: Channel,
    listed: Sequence[Field] | None = None,
) -> dict[str, VisibleField]:
    known = _facts(found.dataset_id, listed=listed)
    ids, fields, _prohibitions, axes = known
    decision = _decision(found, caller, today=today, mode=mode, channel=channel, known=known)
    held = {column["field"]: column for column in found.columns}
    numbers = {name: number for number, name in ids.items()}
    return {
        one.name: _as_seen(one, decision, held.get(numbers[one.name]), axes.get(one.name, ""))
        for one in fields
    }


def _decision(
    found: Head,
    caller: Caller,
    *,
    today: date,
    mode: Mode,
    channel: Channel,
    then: Sequence[FieldTerms] | None = None,
    known: Facts | None = None,
) -> Decision:
    """Decide on the fields as they stand now, on the terms of a past day, or on `known` facts."""
    ids, fields, prohibitions, _axes = known or _facts(found.dataset_id, then)
    case = Case(
        channel=channel,
        mode=mode,
        reader=caller.reader,
        today=today,
        prohibitions=prohibitions,
        grants=tuple(
            _by_name(grant, ids)
            for _grant_id, grant in found.grants
            if all(int(scope.field) in ids for scope in grant.rows)
        ),
    )
    return decide(case, fields)


def _as_seen(
    one: FieldFacts, decision: Decision, column: Mapping[str, Any] | None, axis: str = ""
) -> VisibleField:
    decided = decision.fields[one.name]
    grounds = tuple(ground(reason) for reason in decided.reasons)
    treatment = decided.treatment
    if treatment != Treatment.WITHHELD and column is not None and not masks.is_of_today(column):
        treatment, grounds = Treatment.WITHHELD, (ground(Reason(Because.MASK_RENEWED)),)
    if treatment == Treatment.WITHHELD or column is None:
        return VisibleField(
            one.name,
            "",
            one.data_type,
            Treatment.WITHHELD,
            grounds or (),
            concealed=decided.concealed,
            coordinate=axis,
        )
    stored = Treatment(column.get("treatment", Treatment.CLEAR))
    again = None
    if treatment == Treatment.MASKED and stored == Treatment.CLEAR and decided.mask:
        again = masks.as_json(decided.mask, axis)
    return VisibleField(
        name=one.name,
        column=column["column"],
        data_type=column["type"],
        treatment=max(treatment, stored),
        grounds=grounds,
        concealed=decided.concealed,
        mask=again,
        coordinate=axis,
        placed=bool(axis) and column.get("coordinate") == axis,
        digits=_digits(column.get("mask"), again),
    )


def _digits(*masked: Mapping[str, Any] | None) -> int | None:
    """Return to how many decimals a coordinate is rounded, in the zone and on the way out."""
    return min((mask["digits"] for mask in masked if mask), default=None)


def ground(reason: Reason) -> Ground:
    """Return a policy's reason as shown to a person in the language of the request."""
    return Ground(str(reason.because), reason.text(get_language() or "zh-hans"), reason.basis)


def _facts(
    dataset_id: int,
    then: Sequence[FieldTerms] | None = None,
    *,
    listed: Sequence[Field] | None = None,
) -> Facts:
    """Return names by number, what the law reads, the lines, and which axis a field declares."""
    lines = facts.prohibitions(Dataset(pk=dataset_id), then=then)
    if then is not None:  # a field may have been called otherwise than now
        names = {one.field_id: one.name for one in then}
        return names, tuple(facts.field_facts(one) for one in then), lines, {}
    if listed is None:
        listed = list(Field.objects.filter(resource__dataset_id=dataset_id).live())
    return (
        {one.pk: one.name for one in listed},
        tuple(facts.field_facts(one) for one in listed),
        lines,
        {one.name: one.coordinate for one in listed if one.coordinate},
    )


def _by_name(grant: GrantFacts, names: Mapping[int, str]) -> GrantFacts:
    """Return a grant with field names in place of permanent ids.

    Fields that have ended fall out. A grant whose rows are bound to such a field is not asked
    about at all: without its condition it would cover every row.
    """
    return replace(
        grant,
        fields=frozenset(names[int(n)] for n in grant.fields if int(n) in names),
        rows=tuple(replace(scope, field=names[int(scope.field)]) for scope in grant.rows),
    )


def served(slug: str, caller: Caller, today: date, mode: Mode) -> Head:
    """Look a dataset up for a caller: in the conditional zone where a live grant covers it."""
    return granted(head(slug), caller, today, mode)


def granted(found: Head, caller: Caller, today: date, mode: Mode) -> Head:
    """Return the head a caller is served from: the open one, or the conditional under a grant.

    Grants are served where the door of the conditional zone or the office's stands open; at a door
    of the open zone alone, a grant's holder sees what everybody sees. So it is where no grant
    shows anything in this way of use: its rows bind nothing then, and the zone would tell of all.
    Raises KeyNotForDataset.
    """
    bounds.check_dataset(caller.only, found.dataset_id, caller.key_id)
    if caller.organization_id is None or not serves_grants():
        return found
    holding = with_grants(found, caller, today)
    if not holding.grants:
        return found  # itself, by which a kept page is known
    conditional = head(found.slug, zone=Zone.CONDITIONAL)
    if conditional.table_id is None:
        return holding
    if not _shows_more(holding, caller, today, mode):
        return found if found.table_id is None else holding
    return replace(conditional, grants=holding.grants)


def _shows_more(holding: Head, caller: Caller, today: date, mode: Mode) -> bool:
    """Whether a grant is for all rows in this way of use, or what is seen leans on one."""
    if any(mode in grant.modes and not grant.rows for _grant_id, grant in holding.grants):
        return True
    return bool(_decision(holding, caller, today=today, mode=mode, channel=Channel.OPEN).grants)


def serves_grants() -> bool:
    """Whether this process has a door at which holders of grants get more than everybody."""
    return not GRANTS_AT.isdisjoint(settings.DOORS)


def scopes(
    found: Head, caller: Caller, *, today: date, mode: Mode, channel: Channel = Channel.OPEN
) -> list[Scope]:
    """Return the row scopes of the caller's grants as conditions on the zone's columns."""
    if not found.grants:
        return []
    decision = _decision(found, caller, today=today, mode=mode, channel=channel)
    ids = {name: pk for pk, name in _facts(found.dataset_id)[0].items()}
    return [Scope(f"f{ids[one.field]}", tuple(sorted(one.values))) for one in decision.rows]
