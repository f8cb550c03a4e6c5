"""From a looked-at table to a draft: entry, fields, grades and binding in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from catalog import drafting, field_sets
from catalog.describing import GivenGrade, NewField
from catalog.models import Field, Resource
from catalog.terms import FormatClass
from exchange import proposals, sources
from exchange.models import FILE_KINDS, Source, SyncMode
from exchange.problems import Problem
from exchange.proposals import FieldProposal, Proposal
from policy.facts import Mask
from policy.grading import Suggestion
from policy.masking import de_identifies
from policy.terms import Grade, OpenType, ShareType

STRICTER_TO_THE_RIGHT = (
    (ShareType.UNCONDITIONAL, ShareType.CONDITIONAL, ShareType.NOT_SHARED),
    (OpenType.UNCONDITIONAL, OpenType.CONDITIONAL, OpenType.NOT_OPEN),
)
LONGEST_REASON = 500


class AdoptionRefused(Problem):
    """The fields as chosen cannot be taken up; nothing was made."""

    code = "adoption-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A column to take up: the field it becomes, and how a person grades it."""

    column: str
    new: NewField
    grade: Grade
    share_type: ShareType
    open_type: OpenType
    mask: Mask | None = None
    reason: str = ""


@transaction.atomic
def adopt(
    source_id: int,
    given: Mapping[str, Any],
    chosen: Sequence[Chosen],
    *,
    slug: str,
    title_zh: str,
    by: User,
    at: datetime,
    title_en: str = "",
    cursor_column: str = "",
) -> Resource:
    """Make a draft with one table of the chosen columns, graded and bound, or nothing at all.

    What was suggested is found out anew, so that no form can claim another. A choice that shows
    more than was suggested needs its reason. Raises AdoptionRefused (everything that is wrong at
    once), and what drafting, binding and the source raise.
    """
    source = Source.objects.select_related("organization").get(pk=source_id)
    proposal = proposals.propose(source_id, given, by=by)
    _check(chosen, proposal)
    dataset = drafting.create_dataset(
        slug,
        owner=source.organization,
        title_zh=title_zh,
        title_en=title_en,
        format_class=FormatClass.SPREADSHEET
        if source.kind in FILE_KINDS
        else FormatClass.DATABASE,
        format_type=source.kind,
        by=by,
        at=at,
    )
    resource = drafting.add_table(dataset.pk, fields=[one.new for one in chosen], by=by, at=at)
    fields = list(Field.objects.filter(resource=resource).order_by("position"))
    places = _places(given, proposal)
    sources.bind(
        resource.pk,
        source=source,
        object=_read_as(given, proposal),
        columns={made.pk: places[one.column] for made, one in zip(fields, chosen, strict=True)},
        mode=SyncMode.CURSOR if cursor_column else SyncMode.FULL,
        cursor_column=cursor_column,
        by=by,
        at=at,
    )
    _grade(dataset.pk, list(zip(fields, chosen, strict=True)), proposal, by=by, at=at)
    return resource


def _places(given: Mapping[str, Any], proposal: Proposal) -> dict[str, str | int]:
    """Return by what a binding finds each column: its name, or its place where none has one."""
    headed = given.get("header", True)
    return {
        one.column: one.column if headed else place for place, one in enumerate(proposal.fields)
    }


def _read_as(given: Mapping[str, Any], proposal: Proposal) -> dict[str, Any]:
    """Return what is read from now on: without a header, rows are as wide as those looked at."""
    if given.get("header", True):
        return dict(given)
    return {**given, "width": len(proposal.fields)}


def _grade(
    dataset_id: int,
    made: Sequence[tuple[Field, Chosen]],
    proposal: Proposal,
    *,
    by: User,
    at: datetime,
) -> None:
    """Keep what was suggested of each new field, and grade it as was chosen."""
    proposed = {one.column: one for one in proposal.fields}
    suggestions = {field.pk: proposed[one.column].suggestion for field, one in made}
    found = {pk: (one.grade, one.as_data()) for pk, one in suggestions.items()}
    field_sets.suggest_grades(dataset_id, found, by=by, at=at)
    given = {field.pk: _given(one, proposed[one.column]) for field, one in made}
    field_sets.grade_fields(dataset_id, given, by=by, at=at)


def _given(one: Chosen, proposed: FieldProposal) -> GivenGrade:
    return GivenGrade(
        grade=one.grade,
        share_type=one.share_type,
        open_type=one.open_type,
        mask=one.mask,
        reason=one.reason.strip() or _as_suggested(proposed),
    )


def _as_suggested(proposed: FieldProposal) -> str:
    """Return the reason that is written down where a person took what was suggested."""
    said = " ".join(map(str, proposed.evidence))
    return (_("As suggested: %(evidence)s") % {"evidence": said or "–"})[:LONGEST_REASON]


def _check(chosen: Sequence[Chosen], proposal: Proposal) -> None:
    """Refuse what cannot be taken up, all of it at once."""
    wrong: list[str] = []
    if not chosen:
        wrong.append(_("No column is chosen. Choose at least one."))
    names = [one.new.name for one in chosen]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        wrong.append(
            _("Two fields cannot have one name: %(names)s.") % {"names": ", ".join(twice)}
        )
    known = {one.column: one.suggestion for one in proposal.fields}
    gone = [one.column for one in chosen if one.column not in known]
    if gone:
        wrong.append(
            _("The source has no such columns any more: %(names)s. Look at it again.")
            % {"names": ", ".join(gone)}
        )
    looser = [
        one.new.name
        for one in chosen
        if one.column in known and not one.reason.strip() and is_looser(one, known[one.column])
    ]
    if looser:
        wrong.append(
            _(
                "These fields would show more than was suggested from what they hold: %(names)s."
                " Say why, for each, or keep what was suggested."
            )
            % {"names": ", ".join(looser)}
        )
    if wrong:
        raise AdoptionRefused(" ".join(wrong))


def is_looser(one: Chosen, suggested: Suggestion) -> bool:
    """Whether a choice shows more of a field than was suggested, to anybody."""
    shares, opens = STRICTER_TO_THE_RIGHT
    weaker_mask = (
        one.mask is not None
        and one.mask != suggested.mask
        and suggested.mask is not None
        and not de_identifies(one.mask)
    )
    return (
        one.grade < suggested.grade
        or shares.index(one.share_type) < shares.index(suggested.share_type)
        or opens.index(one.open_type) < opens.index(suggested.open_type)
        or weaker_mask
    )
