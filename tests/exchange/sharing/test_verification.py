"""Yes or no under a grant: what a claim is told, for whom, and that no value comes with it."""

import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Field
from exchange.access import Caller
from exchange.models import Grant, RecordTable, Zone
from exchange.records.compile import FieldMasked, FieldUnknown, FieldWithheld
from exchange.sharing import lifecycle, serving, verification
from exchange.sharing.claiming import ClaimsUnfit
from exchange.sharing.verification import NoSubjectKey, Result, Told
from exchange.sync import engine
from policy.terms import Channel, DataType, Grade, Mode, ReaderKind
from tests.factories import accounts, exchange, sharing
from tests.factories.exchange import column
from tests.factories.sharing import NOW, TODAY

pytestmark = pytest.mark.django_db

SHANGHAI = ZoneInfo("Asia/Shanghai")
MATCH, MISMATCH, NO_SUBJECT = Result.MATCH, Result.MISMATCH, Result.NO_SUBJECT


@pytest.fixture
def two(two_with_rows) -> sharing.Two:
    return two_with_rows


def caller(two: sharing.Two) -> Caller:
    return Caller(ReaderKind.DEPARTMENT, organization_id=two.asker.pk, organization=str(two.asker))


def granted(two: sharing.Two, *names: str, **over):
    """Grant verification of these fields, of the key and of a conditional one, up to L4."""
    terms = {"mode": Mode.VERIFY, "clear_up_to": Grade.L4} | over
    return two.granted("id", "income", *names, **terms)


def verify(two: sharing.Two, *claims: dict, number: int | None = None) -> tuple[Told, ...]:
    def lookup() -> serving.Served:
        return serving.under_grant(
            two.dataset.slug, caller(two), mode=Mode.VERIFY, today=TODAY, number=number
        )

    return verification.verify_claims(lookup, list(claims), at=NOW).told


def results(told: tuple[Told, ...]) -> list[Result]:
    return [one.result for one in told]


def test_each_field_is_told_match_or_mismatch_and_the_whole_only_where_all_do(two):
    granted(two, "name")

    told = verify(
        two,
        {"id": 7, "name": "n007", "income": "7.5"},
        {"id": 7, "name": "n007", "income": "7.51"},
        {"id": 7},
        {"id": 700, "name": "n007"},
    )

    assert told == (
        Told(MATCH, {"name": MATCH, "income": MATCH}),
        Told(MISMATCH, {"name": MATCH, "income": MISMATCH}),
        Told(MATCH, {}),
        Told(NO_SUBJECT, {}),
    )


def test_grade_l4_can_be_claimed_where_the_grant_says_so_and_is_withheld_where_not(two):
    granted(two, "illness")
    granted(two, "illness", "phone", clear_up_to=Grade.L3, purpose="另一用途")
    first, second = (one.pk for one in two.asker.grants.order_by("pk"))

    assert results(verify(two, {"id": 1, "illness": "none"}, number=first)) == [MATCH]
    with pytest.raises(FieldWithheld, match="illness"):
        verify(two, {"id": 1, "illness": "none"}, number=second)


def test_a_field_that_the_grant_does_not_name_cannot_be_claimed_whatever_it_holds(two):
    granted(two, "name")

    refusals = []
    for guess in ("13800000001", "13800000002", None):
        with pytest.raises(FieldWithheld) as refused:
            verify(two, {"id": 1, "phone": guess})
        refusals.append((str(refused.value), [one.code for one in refused.value.grounds]))

    assert len({one[0] for one in refusals}) == 1
    assert refusals[0][1] == ["needs-grant"]


def test_a_field_that_would_be_masked_and_one_that_is_not_there_cannot_be_claimed(two):
    granted(two, "phone", clear_up_to=Grade.L2)

    with pytest.raises(FieldMasked, match="would be masked"):
        verify(two, {"id": 1, "phone": "13800000001"})
    with pytest.raises(FieldUnknown, match="shoe_size"):
        verify(two, {"id": 1, "shoe_size": "42"})


def test_a_grant_without_the_key_or_for_another_way_of_use_verifies_nothing(two):
    two.granted("phone", clear_up_to=Grade.L3)
    with pytest.raises(serving.ModeNotGranted):
        verify(two, {"id": 1, "phone": "13800000001"})

    keyless = granted(two, "phone", purpose="另一用途")
    type(keyless).objects.filter(pk=keyless.pk).update(fields=two.fields("phone"))
    with pytest.raises(FieldWithheld, match="“id”"):
        verify(two, {"phone": "13800000001"})


def test_a_claim_names_the_whole_key_and_values_that_fit_and_the_refusal_repeats_none(two):
    granted(two, "name")
    unfit = [
        ([], "from 1 to 1000"),
        ([{"id": 1}] * 1001, "from 1 to 1000"),
        ([{"id": 1}, {}], "no. 2 has no fields"),
        ([{"id": 1}, ["id"]], "no. 2 has no fields"),
        ([{"name": "n001"}], "has to name: id"),
        ([{"id": " "}], "has to name: id"),
        ([{"id": "4711x"}], "“id” takes a whole number"),
        ([{"id": 1, "income": "4711 yuan"}], "“income” takes a number"),
        ([{"id": 1, "income": Decimal("NaN")}], "“income” takes a number"),
        ([{"id": 1, "income": Decimal("1E+999999999")}], "“income” takes a number"),
        ([{"id": True}], "“id” takes a whole number"),
        ([{"id": 1, "name": 4711}], "“name” takes text"),
        ([{"id": 1, "name": ["4711"]}], "“name” takes text"),
        ([{"id": 1, "name": "4711\0"}], "“name” takes text"),
        ([{"id": 1, "name": "4711\ud800"}], "“name” takes text"),
        ([{"id": 1, "name": "4711" * 126}], "“name” takes text"),
    ]

    for claims, sentence in unfit:
        with pytest.raises(ClaimsUnfit, match=sentence) as refused:
            verify(two, *claims)
        assert "4711" not in str(refused.value)


def test_the_first_claim_that_does_not_fit_is_named_whichever_its_field(two):
    granted(two, "name")
    good = {"id": 1, "income": "1.50", "name": "n001"}

    with pytest.raises(ClaimsUnfit, match=r"no\. 2 does not fit: “name”"):
        verify(two, good, good | {"name": "x" * 501}, good | {"id": "one"})
    with pytest.raises(ClaimsUnfit, match=r"no\. 2 does not say whom"):
        verify(two, good, {"name": "n001"}, good | {"income": "much"})


def test_outside_the_rows_of_the_grant_there_is_no_such_subject(two):
    scope = {"field": two.field("name"), "operator": "in", "values": ["n007", "n008"]}
    granted(two, "phone", rows=[scope])

    told = verify(two, {"id": 7, "phone": "13800000007"}, {"id": 9, "phone": "13800000009"})

    assert results(told) == [MATCH, NO_SUBJECT]


def test_a_dataset_without_a_key_has_no_subjects(two):
    granted(two, "name")
    RecordTable.objects.filter(zone=Zone.SHARED).update(key_columns=["_key"])

    with pytest.raises(NoSubjectKey, match="declares no key"):
        verify(two, {"id": 1, "name": "n001"})


def test_a_suspended_grant_verifies_nothing_from_the_next_call_on(two):
    grant = granted(two, "name")
    verify(two, {"id": 1, "name": "n001"})

    lifecycle.suspend(
        grant.pk, reason="超范围。", mend_by=TODAY + timedelta(days=9), by=two.reviewer, at=NOW
    )

    with pytest.raises(serving.GrantNotLive):
        verify(two, {"id": 1, "name": "n001"})


def test_the_rows_are_asked_once_for_any_number_of_claims(two, monkeypatch):
    granted(two, "name")
    asked = []
    first_row = verification.verify.first_row
    monkeypatch.setattr(
        verification.verify,
        "first_row",
        lambda text, values: asked.append(text) or first_row(text, values),
    )

    told = verify(two, *({"id": one, "name": f"n{one:03d}"} for one in range(1, 51)))

    assert results(told) == [MATCH] * 50
    assert len(asked) == 1
    assert "n007" not in asked[0]


# --- typed comparison, held against Python -----------------------------------------------------

KINDS = (
    column("code", is_key=True),
    column("label"),
    column("amount", DataType.DECIMAL),
    column("born_on", DataType.DATE),
    column("count", DataType.INTEGER),
    column("seen_at", DataType.DATETIME),
    column("alive", DataType.BOOLEAN),
)
NAMES = [one.name for one in KINDS]
STORED = [
    ("007", "ＡＢ1 ", "1.50", "1990-02-03", "12", "2026-01-02T03:04:05+08:00", "true"),
    ("A-1", "张三", "-0.0", "2000-01-01", "0", "2025-12-31T19:04:05Z", "false"),
    ("Ｂ２", "", "", "", "", "", ""),
]
SPELLINGS = {
    "label": ["AB1", "ＡＢ1 ", " ab1", "张三", "张 三", "", None],
    "amount": ["1.5", "01.500", Decimal("1.5"), 0, "0.00", "－１", None],
    "born_on": ["1990-02-03", "２０００-01-01", "1990-03-02", None],
    "count": ["12", "+012", 12, 0, "-0", None],
    "seen_at": ["2026-01-02T03:04:05+08:00", "2026-01-01T19:04:05Z", "2026-01-02 03:04:05", None],
    "alive": [True, "false", "1", None],
}
CODES = ["007", "７", "００７", " 007 ", "7", "A-1", "a-1", "Ｂ２", "B2", "no"]
CLAIMS = st.builds(
    lambda code, others: {"code": code} | others,
    st.sampled_from(CODES),
    st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in SPELLINGS.items()}),
)


def meant(name: str, told: object) -> object:
    """Return what a spelling means, by Python's own readers: written apart from the platform's."""
    text = "" if told is None else unicodedata.normalize("NFKC", str(told)).strip()
    if not text:
        return None
    if name == "seen_at":
        when = datetime.fromisoformat(text)
        return when if when.tzinfo else when.replace(tzinfo=SHANGHAI)
    readers = {
        "amount": Decimal,
        "count": int,
        "born_on": date.fromisoformat,
        "alive": lambda word: word.lower() in ("true", "1"),
    }
    return readers.get(name, str)(text)


def expected(claim: dict) -> tuple[Result, dict[str, Result]]:
    normal = unicodedata.normalize("NFKC", claim["code"]).strip()
    found = [row for row in STORED if row[0] in (claim["code"], normal)]
    if not found:
        return NO_SUBJECT, {}
    row = dict(zip(NAMES, found[0], strict=True))
    fields = {
        name: MATCH if meant(name, row[name]) == meant(name, told) else MISMATCH
        for name, told in claim.items()
        if name != "code"
    }
    return (MISMATCH if MISMATCH in fields.values() else MATCH), fields


@pytest.fixture
def kinds(monkeypatch) -> Callable[[], serving.Served]:
    """A lookup of a dataset with a field of each type, under a grant that verifies all."""
    monkeypatch.setattr(django_settings, "VERIFY_TRIES", 10**6)
    where = exchange.house()
    data = "\n".join(",".join(row) for row in [NAMES, *STORED])
    binding = exchange.csv_binding(where, data, KINDS)
    run = engine.sync(binding.pk)
    assert run.rejected == 0
    dataset = exchange.publish(where, binding.resource)
    asker = accounts.organization()
    fields = list(Field.objects.filter(resource=binding.resource).values_list("pk", flat=True))
    Grant.objects.create(
        dataset=dataset,
        organization=asker,
        channel=Channel.SHARE,
        fields=fields,
        clear_up_to=Grade.L4,
        modes=[Mode.VERIFY],
        purpose="核验",
        valid_from=TODAY,
        valid_until=TODAY,
        created_by=where.head,
        created_at=NOW,
    )
    who = Caller(ReaderKind.DEPARTMENT, organization_id=asker.pk, organization=str(asker))
    return lambda: serving.under_grant(dataset.slug, who, mode=Mode.VERIFY, today=TODAY)


@given(claims=st.lists(CLAIMS, min_size=1, max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_batch_answers_as_single_calls_do_and_as_python_compares(kinds, claims):
    batch = verification.verify_claims(kinds, claims, at=NOW).told
    single = [verification.verify_claims(kinds, [one], at=NOW).told[0] for one in claims]

    assert list(batch) == single
    assert [(one.result, one.fields) for one in batch] == [expected(one) for one in claims]
