"""Facts for the policy's properties: hypothesis strategies and short makers."""

from datetime import date, timedelta

from hypothesis import strategies as st

from policy.facts import Case, FieldFacts, GrantFacts, Mask, Prohibition, Reader, RowScope
from policy.terms import (
    BasisTier,
    Certainty,
    Channel,
    DataType,
    Grade,
    MaskKind,
    Mode,
    OpenType,
    ReaderKind,
    ScopeOperator,
    Secrecy,
    ShareType,
)

TODAY = date(2026, 11, 24)
NAMES = ("phone", "name", "district")
CONSUMERS = ("1", "2")

days = st.integers(-3, 3).map(lambda days: TODAY + timedelta(days=days))
masks = st.builds(
    Mask,
    kind=st.sampled_from(MaskKind),
    keep_left=st.integers(0, 6),
    keep_right=st.integers(0, 6),
    digits=st.integers(0, 6),
)
fields = st.builds(
    FieldFacts,
    name=st.sampled_from(NAMES),
    grade=st.none() | st.sampled_from(Grade),
    share_type=st.sampled_from(ShareType),
    open_type=st.sampled_from(OpenType),
    data_type=st.sampled_from(DataType),
    mask=st.none() | masks,
    concealed=st.booleans(),
    ended=st.booleans(),
    secrecy=st.sampled_from([Secrecy.NONE, Secrecy.NONE, Secrecy.STATE_SECRET]),
)
names = st.frozensets(st.sampled_from(NAMES))
prohibitions = st.builds(
    Prohibition,
    number=st.integers(1, 9),
    fields=names,
    channels=st.frozensets(st.sampled_from(Channel)),
    basis=st.sampled_from(["统计法第二十八条", ""]),
    tier=st.sampled_from([BasisTier.LAW, BasisTier.LOCAL_REGULATION, BasisTier.DEPARTMENT_RULE]),
    certainty=st.sampled_from(Certainty),
    in_force_from=days,
    in_force_until=st.none() | days,
    published=st.booleans(),
    substitute=st.sampled_from(["", "none", "verify"]),
    settled_on=st.none() | days,
)
scopes = st.builds(
    RowScope,
    field=st.sampled_from(NAMES),
    operator=st.just(ScopeOperator.IN),
    values=st.frozensets(st.sampled_from("abc")),
)
grants = st.builds(
    GrantFacts,
    id=st.integers(1, 99),
    consumer=st.sampled_from(CONSUMERS),
    fields=names,
    clear_up_to=st.sampled_from(Grade),
    modes=st.frozensets(st.sampled_from(Mode)),
    channel=st.sampled_from(Channel),
    valid_from=days,
    valid_until=days,
    revoked=st.booleans(),
    suspended=st.booleans(),
    rows=st.lists(scopes, max_size=2).map(tuple),
)
readers = st.builds(
    Reader, kind=st.sampled_from(ReaderKind), consumer=st.none() | st.sampled_from(CONSUMERS)
)
cases = st.builds(
    Case,
    channel=st.sampled_from(Channel),
    mode=st.sampled_from(Mode),
    reader=readers,
    today=st.just(TODAY),
    prohibitions=st.lists(prohibitions, max_size=3).map(tuple),
    grants=st.lists(grants, max_size=3, unique_by=lambda grant: grant.id).map(tuple),
)


def line(number=1, *, fields=("phone",), **facts):
    """Return a line that bars both channels today, but for what `facts` say."""
    return Prohibition(
        **{
            "number": number,
            "fields": frozenset(fields),
            "channels": frozenset(Channel),
            "basis": "统计法第二十八条",
            "tier": BasisTier.LAW,
            "certainty": Certainty.VERIFIED,
            "in_force_from": date(2024, 9, 13),
            "published": True,
        }
        | facts
    )


def grant(number=1, *, fields=("phone",), channel=Channel.OPEN, **facts):
    """Return consumer 1's live grant for all modes and up to L3, but for what `facts` say."""
    return GrantFacts(
        **{
            "id": number,
            "consumer": "1",
            "fields": frozenset(fields),
            "clear_up_to": Grade.L3,
            "modes": frozenset(Mode),
            "channel": channel,
            "valid_from": TODAY,
            "valid_until": TODAY,
        }
        | facts
    )


def opened(*grants, lines=(), mode=Mode.QUERY):
    """Return a case on the open channel: company 1 with grants, or anybody without."""
    reader = Reader(ReaderKind.COMPANY, "1") if grants else Reader(ReaderKind.PUBLIC)
    return Case(Channel.OPEN, mode, reader, TODAY, tuple(lines), tuple(grants))


def shared(*grants, lines=(), mode=Mode.QUERY, kind=ReaderKind.DEPARTMENT):
    """Return a case on the share channel: department 1 asks."""
    return Case(Channel.SHARE, mode, Reader(kind, "1"), TODAY, tuple(lines), tuple(grants))
