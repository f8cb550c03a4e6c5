"""Verification (核验): a department claims, and is told match, mismatch or no such subject.

No value ever goes out. A subject is found by the whole key that its dataset declares; every other
field of a claim is compared as its declared type is. What may be claimed is what the department
sees in clear in this way of use, so grade L4 where the grant says so (docs/policy.md).
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from exchange import rowless
from exchange.access import Seen
from exchange.problems import Problem
from exchange.records import reading, verify
from exchange.records.compile import FieldMasked, VisibleField, compiled
from exchange.records.query import RecordQuery, Sort
from exchange.records.verify import Wanted
from exchange.sharing import claiming, tries
from exchange.sharing.serving import Served
from exchange.sharing.tries import Budget, Verdict
from policy.terms import Treatment

KEY = """
SELECT f.name
FROM exchange_recordtable t
CROSS JOIN jsonb_array_elements_text(t.key_columns) WITH ORDINALITY AS k(column_name, place)
LEFT JOIN catalog_field f ON k.column_name = 'f' || f.id
WHERE t.id = %s
ORDER BY k.place
"""
"""The names of the fields that make up a table's key; a row of None where it is a hash."""


class NoSubjectKey(Problem):
    """The dataset declares no key, so there is nothing by which a subject could be found."""

    code = "no-subject-key"
    status = 409


class TriesUsedUp(Problem):
    """The department guessed too often today; says nothing about what was claimed."""

    code = "tries-used-up"
    status = 429

    def __init__(self, sentence: object, *, seconds: int) -> None:
        """Say when to come again, in seconds."""
        super().__init__(sentence)
        self.headers = {"Retry-After": str(seconds)}


class Result(StrEnum):
    """What a department is told of a claim."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NO_SUBJECT = "no-such-subject"
    NOT_ANSWERED = "not-answered"


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to one claim; `fields` says match or mismatch of each one beside the key.

    `because` is set where the claim is not answered: which count is used up.
    """

    result: Result
    fields: Mapping[str, Result]
    because: Verdict = Verdict.ANSWERED


@dataclass(frozen=True, slots=True)
class Verified:
    """The answers to a call's claims, in their order, and what they were served from."""

    served: Served
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class _Call:
    """Claims as they stand under the grant: fields of the key, the others, values, names."""

    served: Served
    key: tuple[VisibleField, ...]
    others: tuple[VisibleField, ...]
    claims: Wanted
    named: tuple[frozenset[str], ...]
    began: float


def verify_claims(
    lookup: Callable[[], Served], claims: Sequence[Mapping[str, Any]], *, at: datetime
) -> Verified:
    """Answer claims, each a mapping of field names to values, under a department's grant.

    `lookup` is `serving.under_grant` for this way of use; it is asked again where the rows were
    replaced meanwhile. Answered as if one claim after the other had been made: those for which too
    many misses were counted before them are NOT_ANSWERED, and where that is all of them
    TriesUsedUp is raised. Raises what `lookup` does, ClaimsUnfit, NoSubjectKey, FieldUnknown,
    FieldMasked, FieldWithheld, NoTable, RowsNotReady, QuotaUnavailable, TriesUsedUp.
    """
    call = _call(lookup, claims)
    budget = tries.of_grant(call.served.grant)
    subjects = budget.digests(zip(*call.claims.key, strict=True))
    _refuse_if_none(tries.look(budget, subjects, at=at), budget, at)
    call, found = reading.with_more_looks(
        lambda turn: _held(call if turn == 1 else _call(lookup, claims))
    )
    missed = [answer == verify.NO_SUBJECT or verify.NO in answer for answer in found]
    verdicts = tries.settle(budget, subjects, missed, at=at)
    _refuse_if_none(verdicts, budget, at)
    return Verified(call.served, tuple(_all_told(call, found, verdicts)))


def _refuse_if_none(verdicts: Sequence[Verdict], budget: Budget, at: datetime) -> None:
    """Raise TriesUsedUp where no claim at all is answered."""
    if Verdict.ANSWERED in verdicts:
        return
    seconds = tries.seconds_left(at)
    sentences = {
        Verdict.SUBJECT: _(
            "Today %(tries)s claims about this subject did not match, and no more are answered,"
            " right or wrong. Check the data at its source, and ask again after midnight (in"
            " %(seconds)s seconds)."
        ),
        Verdict.SUBJECTS: _(
            "Today claims about %(subjects)s subjects did not match, and none about others are"
            " answered, right or wrong. Ask again after midnight (in %(seconds)s seconds), or ask"
            " the provider for another way of use."
        ),
    }
    told = {"tries": budget.tries, "subjects": budget.subjects, "seconds": seconds}
    raise TriesUsedUp(sentences[verdicts[0]] % told, seconds=seconds)


def _held(call: _Call) -> tuple[_Call, list[str]]:
    """Read; a stricter decision that came meanwhile ends the turn (reading.with_more_looks)."""
    served = call.served
    conditions = compiled(RecordQuery(), served.fields, served.scopes).conditions
    found = verify.held(served.head, served.fields, call.key, call.others, conditions, call.claims)
    reading.hold(served.head, call.began)
    return call, found


def _all_told(call: _Call, found: Sequence[str], verdicts: Sequence[Verdict]) -> Iterator[Told]:
    """Yield what is told of each claim; what is told alike is one object."""
    kept: dict[tuple[frozenset[str], str, Verdict], Told] = {}
    for one in zip(call.named, found, verdicts, strict=True):
        if one not in kept:
            kept[one] = _told(call, *one)
        yield kept[one]


def _told(call: _Call, named: frozenset[str], answer: str, verdict: Verdict) -> Told:
    if verdict != Verdict.ANSWERED:
        return Told(Result.NOT_ANSWERED, {}, verdict)
    if answer == verify.NO_SUBJECT:
        return Told(Result.NO_SUBJECT, {})
    fields = {
        one.name: Result.MATCH if told == verify.YES else Result.MISMATCH
        for one, told in zip(call.others, answer, strict=True)
        if one.name in named
    }
    whole = Result.MISMATCH if Result.MISMATCH in fields.values() else Result.MATCH
    return Told(whole, fields)


def _call(lookup: Callable[[], Served], claims: Sequence[Mapping[str, Any]]) -> _Call:
    began = time.monotonic()
    served = lookup()
    claiming.shaped(claims)
    names = list(dict.fromkeys(name for claim in claims for name in claim))
    _may_be_claimed(names, served.fields)
    key = _subject_key(served)
    others = tuple(served.fields[name] for name in names if served.fields[name] not in key)
    return _Call(
        served=served,
        key=key,
        others=others,
        claims=claiming.wanted(claims, key, others),
        named=tuple(frozenset(claim) for claim in claims),
        began=began,
    )


def _may_be_claimed(names: Sequence[str], fields: Seen) -> None:
    """Return if all are fields seen in clear. Raises FieldUnknown, FieldMasked, FieldWithheld."""
    for name in names:
        field = fields.get(name)
        if field and not field.concealed and field.treatment == Treatment.MASKED:
            raise FieldMasked(
                _(
                    "“%(name)s” would be masked for you, so nothing can be claimed of it. Ask for"
                    " it with a grant that covers its grade."
                )
                % {"name": name},
                grounds=field.grounds,
            )
    compiled(RecordQuery(sort=tuple(map(Sort, names))), fields)


def _subject_key(served: Served) -> tuple[VisibleField, ...]:
    """Return the fields of the whole key by which the table finds a row.

    Raises NoTable, RowsNotReady, NoSubjectKey; FieldMasked or FieldWithheld where part of it may
    not be claimed under the grant.
    """
    head = served.head
    if head.table_id is None:
        raise rowless.without_rows(head)
    names = [name for name in _key_names(served) if name is not None]
    if len(names) < len(_key_names(served)):
        raise NoSubjectKey(
            _(
                "“%(slug)s” declares no key, so no subject can be found in it. Ask its provider"
                " to declare one, or ask for another way of use."
            )
            % {"slug": head.slug}
        )
    _may_be_claimed(names, served.fields)
    return tuple(served.fields[name] for name in names)


def _key_names(served: Served) -> tuple[str | None, ...]:
    """Return the names of the fields that make up the table's key, None for a hash."""
    if not served.fields.subject_key:
        with connection.cursor() as cursor:
            cursor.execute(KEY, [served.head.table_id])
            served.fields.subject_key = tuple(row[0] for row in cursor.fetchall())
    return served.fields.subject_key
