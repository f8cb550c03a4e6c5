"""What a change comes to for each kind of reader, field by field: before and after."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from policy.decision import conditional_zone_case, decide_field, open_zone_case
from policy.facts import Case, FieldFacts, Prohibition, Reader
from policy.terms import Channel, Mode, ReaderKind, Treatment


class Viewpoint(StrEnum):
    """From where a field is looked at: who asks, and whether every grant is given."""

    PUBLIC = "public"
    COMPANY_GRANTED = "company_granted"
    DEPARTMENT = "department"
    DEPARTMENT_GRANTED = "department_granted"
    DEPARTMENT_VERIFYING = "department_verifying"


CHANNEL_OF: Mapping[Viewpoint, Channel] = {
    Viewpoint.PUBLIC: Channel.OPEN,
    Viewpoint.COMPANY_GRANTED: Channel.OPEN,
    Viewpoint.DEPARTMENT: Channel.SHARE,
    Viewpoint.DEPARTMENT_GRANTED: Channel.SHARE,
    Viewpoint.DEPARTMENT_VERIFYING: Channel.SHARE,
}

Cases = Mapping[Viewpoint, Case]


def cases(today: date, prohibitions: tuple[Prohibition, ...] = ()) -> Cases:
    """Return the question that each viewpoint asks. With a grant: the most any grant allows."""
    department = Reader(ReaderKind.DEPARTMENT)
    return {
        Viewpoint.PUBLIC: open_zone_case(today, prohibitions),
        Viewpoint.COMPANY_GRANTED: conditional_zone_case(today, prohibitions),
        Viewpoint.DEPARTMENT: Case(Channel.SHARE, Mode.QUERY, department, today, prohibitions),
        **{
            viewpoint: Case(
                Channel.SHARE, mode, department, today, prohibitions, as_if_granted=True
            )
            for viewpoint, mode in (
                (Viewpoint.DEPARTMENT_GRANTED, Mode.QUERY),
                (Viewpoint.DEPARTMENT_VERIFYING, Mode.VERIFY),
            )
        },
    }


def treatments(field: FieldFacts, asked: Cases) -> dict[Viewpoint, Treatment]:
    """Return what a field comes to for each viewpoint."""
    return {viewpoint: decide_field(case, field).treatment for viewpoint, case in asked.items()}


def differences(
    before: Mapping[Viewpoint, Treatment], after: Mapping[Viewpoint, Treatment]
) -> dict[Viewpoint, tuple[Treatment, Treatment]]:
    """Return the viewpoints for which something changes, with the treatment before and after."""
    return {
        viewpoint: (before[viewpoint], after[viewpoint])
        for viewpoint in Viewpoint
        if before[viewpoint] != after[viewpoint]
    }
