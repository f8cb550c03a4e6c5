"""Datasets open by counts alone: whoever asks whatever, no small group is given away.

docs/policy.md, "Open by counts alone", says what is promised; here it is attacked.
"""

import json
import random
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product

import pytest
from django.db import connection
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from accounts.roles import NotAllowed
from audit.models import Entry
from exchange import access, counted
from exchange.access import Caller, Head, Seen
from exchange.records import counting, reading
from exchange.records.aggregates import AggregateQuery
from exchange.records.compile import VisibleField
from exchange.records.kept import OnlyCounted
from exchange.sync import engine
from policy.terms import DataType, Treatment
from tests.factories import exchange
from tests.factories.exchange import NOW, column

K = 5
PLACES, KINDS, DAYS = "abc", "xyz", ("2026-01-05", "2026-01-20", "2026-02-03")
TABLE = "ds_attacked_v1"
NAMES = {"f1": "place", "f2": "kind", "f3": "day", "f4": "amount"}


def field(column, data_type):
    return VisibleField(NAMES[column], column, data_type, Treatment.CLEAR)


FIELDS = Seen(
    {
        one.name: one
        for one in (
            field("f1", DataType.TEXT),
            field("f2", DataType.TEXT),
            field("f3", DataType.DATE),
            field("f4", DataType.INTEGER),
        )
    }
)
Row = tuple[str, str, str, int | None]


@dataclass
class City:
    """A table in the open zone that everybody may have counted, by place, kind and month."""

    head: Head

    def holds(self, rows: list[Row]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("TRUNCATE open.{}").format(sql.Identifier(TABLE)))
            cursor.executemany(
                sql.SQL("INSERT INTO open.{} VALUES (%s, %s, %s, %s)").format(
                    sql.Identifier(TABLE)
                ),
                rows,
            )

    def answer(self, params: dict[str, str]) -> str:
        """Return all that a reader is told: the figures, or the refusal."""
        query = AggregateQuery.parse({name: [text] for name, text in params.items()})
        try:
            found = counting.count(self.head, FIELDS, query)
        except (OnlyCounted, counting.MeasureRefused) as refused:
            return str(refused)
        return json.dumps([found.groups, found.found, found.total, found.others, found.left_out])


@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE open.{TABLE} (f1 text, f2 text, f3 date, f4 bigint)")
        head = Head(
            dataset_id=0,
            slug="attacked",
            policy_version=1,
            resource_id=0,
            table_id=0,
            table_name=TABLE,
            zone="open",
            columns=(),
            seq=1,
            rows=0,
            tombstones_from=0,
            refreshed_at=None,
            smallest_group=K,
            counted_by=((1, ""), (2, ""), (3, "month")),
        )
        with translation.override("en"):
            yield City(head)
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE open.{TABLE}")


def atom(row: Row) -> tuple[str, str, str]:
    return row[0], row[1], row[2][:7]


GROUPS = [
    ",".join(chosen)
    for number in range(4)
    for chosen in combinations(("place", "kind", "day"), number)
]
BUCKETS = ("", "month", "quarter", "year", "day:month", "week", "day")
MEASURES = ("count", "sum:amount", "avg:amount", "count,sum:amount,avg:amount", "max:amount")
FILTERS: list[dict[str, str]] = [
    {},
    *({"place": place} for place in PLACES),
    {"place.ne": "a"},
    {"place.in": "a,b"},
    {"kind": "x"},
    {"kind.gt": "x"},
    {"place": "a", "kind": "x"},
    {"place.ne": "a", "kind.ne": "x"},
    {"day.gte": "2026-01-10"},
    {"day.lt": "2026-02-01"},
    {"day": "2026-01-05"},
    {"day": "2026-01-01", "place": "b"},
    {"place.null": "true"},
    {"place.prefix": "a"},
    {"amount.gte": "5"},
]
asked = st.builds(
    lambda group, bucket, measure, filters, limit: {
        "group": group,
        "bucket": bucket,
        "measure": measure,
        "limit": limit,
        **filters,
    },
    st.sampled_from(GROUPS),
    st.sampled_from(BUCKETS),
    st.sampled_from(MEASURES),
    st.sampled_from(FILTERS),
    st.sampled_from(["1", "2", "100"]),
)


def whole(params):
    """Return whether the parameters can be read; `bucket` may name a field that is not grouped."""
    return "day" in params["group"] or not params["bucket"]


sizes = st.dictionaries(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(KINDS), st.sampled_from(DAYS)),
    st.integers(1, 2 * K),
    max_size=12,
)


def chance_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - invented rows, no secret


def rows_of(counts: dict, chance: random.Random) -> list[Row]:
    return [
        (*cell, chance.choice([None, chance.randrange(1000)]))
        for cell, number in counts.items()
        for _one in range(number)
    ]


def told_apart(rows: list[Row]) -> tuple[set, set]:
    """Part the atoms, as the rule says it in words, into those that stand and those left out."""
    counts = Counter(map(atom, rows))
    small = {one for one, number in counts.items() if number < K}
    held = sum(counts[one] for one in small)
    if 0 < held < K and len(small) < len(counts):
        least = min(number for number in counts.values() if number >= K)
        small |= {one for one, number in counts.items() if number == least}
    return set(counts) - small, small


def another(rows: list[Row], left_out: set, chance: random.Random) -> list[Row]:
    """Return another table with the same rows where groups stand, and of the same size.

    Rows that were left out change places among their groups, days within the month, and amounts.
    """
    staying = [row for row in rows if atom(row) not in left_out]
    moving = [row for row in rows if atom(row) in left_out]
    names = sorted(left_out)
    shuffled = dict(zip(names, chance.sample(names, len(names)), strict=True))
    days = {"2026-01": ["2026-01-01", "2026-01-31"], "2026-02": ["2026-02-01", "2026-02-28"]}
    moved: list[Row] = []
    for row in moving:
        place, kind, month = shuffled[atom(row)]
        moved.append((place, kind, chance.choice(days[month]), chance.randrange(1000)))
    return chance.sample(staying + moved, len(rows))


@pytest.mark.django_db
@settings(max_examples=40, deadline=None)
@given(counts=sizes, seed=st.integers(0, 10**6), questions=st.lists(asked, min_size=5, max_size=9))
def test_tables_that_differ_in_small_groups_alone_answer_the_same(city, counts, seed, questions):
    chance = chance_of(seed)
    rows = rows_of(counts, chance)
    _standing, left_out = told_apart(rows)
    questions = [one for one in questions if whole(one)]

    city.holds(rows)
    first = [city.answer(one) for one in questions]
    city.holds(another(rows, left_out, chance))
    second = [city.answer(one) for one in questions]

    assert first == second


def solved(equations: list[tuple[list[int], int]], unknowns: int) -> dict[int, Fraction]:
    """Return the unknowns that a system of linear equations determines, by exact elimination."""
    rows = [[*map(Fraction, left), Fraction(right)] for left, right in equations]
    pivots, top = [], 0
    for place in range(unknowns):
        found = next((n for n in range(top, len(rows)) if rows[n][place]), None)
        if found is None:
            continue
        rows[top], rows[found] = rows[found], rows[top]
        rows[top] = [value / rows[top][place] for value in rows[top]]
        for number, row in enumerate(rows):
            if number != top and row[place]:
                by = row[place]
                rows[number] = [a - by * b for a, b in zip(row, rows[top], strict=True)]
        pivots.append(place)
        top += 1
    return {
        place: rows[number][-1]
        for number, place in enumerate(pivots)
        if not any(rows[number][other] for other in range(unknowns) if other != place)
    }


@pytest.mark.django_db
@settings(max_examples=25, deadline=None)
@given(counts=sizes.filter(lambda one: len(one) > 3), seed=st.integers(0, 10**6))
def test_no_system_of_answers_determines_a_small_group(city, counts, seed):
    """The attacker asks every grouping under every filter, totals and what is left out too.

    What he cannot know is whether an answer has left rows out; so he takes each answer as what
    stands, and the number of all rows as stands plus left out.
    """
    rows = rows_of(counts, chance_of(seed))
    standing, left_out = told_apart(rows)
    cells = sorted({*standing, *left_out})
    city.holds(rows)
    shown = {cell: number for number, cell in enumerate(cells)}
    equations: list[tuple[list[int], int]] = []
    told: set = set()
    for group, filters in product(GROUPS, FILTERS[:10]):
        query = AggregateQuery.parse(
            {"group": [group], "bucket": ["month"] * ("day" in group)}
            | {name: [text] for name, text in filters.items()}
        )
        found = counting.count(city.head, FIELDS, query)
        for one in json.loads(found.groups):
            chosen = [cell for cell in cells if fits(cell, one["by"], filters)]
            if group == "place,kind,day":
                told.update(chosen)
            standing_only = [int(cell in chosen and cell in standing) for cell in cells]
            equations.append((standing_only, one["values"]["count"]))
    everything = counting.count(city.head, FIELDS, AggregateQuery())
    equations.append(
        ([1] * len(cells), json.loads(everything.total)["count"] + everything.left_out)
    )

    known = solved(equations, len(cells))

    assert told == standing
    real = Counter(map(atom, rows))
    assert {cell for cell in cells if shown[cell] in known} >= standing
    alone = len(rows) < K  # then all that is known is the number of all rows, which is public
    for cell in left_out:
        assert shown[cell] not in known or (alone and len(cells) == 1)
    assert all(known[shown[cell]] == real[cell] for cell in standing)
    assert everything.left_out == 0 or everything.left_out >= min(K, len(rows))


def fits(cell, by, filters):
    names = {"place": cell[0], "kind": cell[1], "day": f"{cell[2]}-01"}
    if any(names[name] != value for name, value in by.items()):
        return False
    checks = {
        "": lambda own, text: own == text,
        "ne": lambda own, text: own != text,
        "in": lambda own, text: own in text.split(","),
        "gt": lambda own, text: own > text,
        "gte": lambda own, text: own >= text,
    }
    return all(
        checks[name.partition(".")[2]](names[name.partition(".")[0]], text)
        for name, text in filters.items()
    )


@pytest.mark.django_db
def test_the_attack_succeeds_where_small_groups_are_only_hidden_one_by_one():
    """Why no true total is told: with cells under k hidden, it gives them away."""
    counts = {("a", "x"): 2, ("a", "y"): 9, ("b", "x"): 8}
    cells = sorted(counts)
    naive = [([int(one == cell) for one in cells], n) for cell, n in counts.items() if n >= K]
    naive.append(([1] * len(cells), sum(counts.values())))

    known = solved(naive, len(cells))

    assert known[cells.index(("a", "x"))] == 2


@pytest.mark.django_db
def test_a_sum_leaves_out_groups_in_which_few_rows_have_a_value(city):
    many = [("a", "x", DAYS[0], number) for number in range(K)]
    few = [("b", "x", DAYS[0], 1000), *[("b", "x", DAYS[0], None)] * (2 * K)]
    city.holds(many + few)

    query = AggregateQuery.parse({"group": ["place"], "measure": ["count,sum:amount,avg:amount"]})
    found = counting.count(city.head, FIELDS, query)

    values = {one["by"]["place"]: one["values"] for one in json.loads(found.groups)}
    assert values["a"] == {"count": K, "sum:amount": 10, "avg:amount": 2}
    assert values["b"] == {"count": 2 * K + 1, "sum:amount": None, "avg:amount": None}
    assert json.loads(found.total)["sum:amount"] == 10


@pytest.mark.django_db
@pytest.mark.parametrize(
    "params",
    [
        {"measure": "max:amount"},
        {"measure": "p50:amount"},
        {"group": "amount"},
        {"amount.gte": "1"},
        {"group": "day", "bucket": "day"},
        {"group": "day", "bucket": "week"},
    ],
)
def test_what_would_cut_or_tell_single_rows_is_refused(city, params):
    with pytest.raises(OnlyCounted):
        counting.count(
            city.head, FIELDS, AggregateQuery.parse({n: [t] for n, t in params.items()})
        )


def asked_for_values(city) -> list[tuple[dict, dict]]:
    """Ask sums and averages of every grouping under every filter; groups with their figures."""
    told = []
    for group, filters in product(GROUPS, FILTERS[:10]):
        query = AggregateQuery.parse(
            {"group": [group], "bucket": ["month"] * ("day" in group)}
            | {"measure": ["sum:amount,avg:amount,count"], "limit": ["1"]}
            | {name: [text] for name, text in filters.items()}
        )
        found = counting.count(city.head, FIELDS, query)
        told += [(one["by"] | filters, one["values"]) for one in json.loads(found.groups)]
        told.append((filters, json.loads(found.total)))
        if found.others:
            told.append((filters, json.loads(found.others)["values"]))
    return told


holding = st.dictionaries(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(KINDS), st.sampled_from(DAYS[::2])),
    st.tuples(st.integers(0, 2 * K), st.integers(0, 2 * K)).filter(lambda one: sum(one) >= K),
    min_size=1,
    max_size=5,
)
"""By atom, all of which stand: how many rows have a value, and how many lack one."""


def valued(cells: dict, chance: random.Random) -> list[Row]:
    return [
        (*cell, chance.randrange(1, 1000) if number < having else None)
        for cell, (having, lacking) in cells.items()
        for number in range(having + lacking)
    ]


def untold(having: int, lacking: int) -> bool:
    """Whether an atom's values are in no figure: as the rule says it in words."""
    return having < K or 0 < lacking < K


@pytest.mark.django_db
@settings(max_examples=15, deadline=None)
@given(cells=holding, seed=st.integers(0, 10**6))
def test_how_many_rows_lack_a_value_is_told_of_no_few(city, cells, seed):
    """The attacker divides each sum by its average, which is how many of the rows have a value."""
    city.holds(valued(cells, chance_of(seed)))

    for _of, values in asked_for_values(city):
        if values["avg:amount"]:
            having = round(
                Fraction(str(values["sum:amount"])) / Fraction(str(values["avg:amount"]))
            )
            known = {one for one, (n, m) in cells.items() if not untold(n, m)}
            assert having <= sum(cells[one][0] for one in known)
            assert having >= K


@pytest.mark.django_db
@settings(max_examples=15, deadline=None)
@given(cells=holding, seed=st.integers(0, 10**6))
def test_tables_that_differ_in_which_few_lack_a_value_answer_the_same(city, cells, seed):
    chance = chance_of(seed)
    rows = valued(cells, chance)
    city.holds(rows)
    first = asked_for_values(city)

    others: list[Row] = []
    for cell, (having, lacking) in cells.items():
        size = having + lacking
        if untold(having, lacking):
            splits = [n for n in range(size + 1) if untold(n, size - n)]
            others += valued({cell: (n := chance.choice(splits), size - n)}, chance)
        else:
            others += [row for row in rows if row[:3] == cell]
    city.holds(others)

    assert asked_for_values(city) == first


@pytest.mark.django_db
def test_a_sum_leaves_out_groups_in_which_few_rows_lack_a_value(city):
    city.holds(
        valued({("a", "x", DAYS[0]): (2 * K, 0), ("b", "x", DAYS[0]): (2 * K, 1)}, chance_of(1))
        + [("c", "x", DAYS[0], 3)] * K
        + [("c", "x", DAYS[0], None)] * K
    )

    query = AggregateQuery.parse({"group": ["place"], "measure": ["count,sum:amount,avg:amount"]})
    found = counting.count(city.head, FIELDS, query)

    values = {one["by"]["place"]: one["values"] for one in json.loads(found.groups)}
    assert values["a"]["sum:amount"] > 0
    assert values["b"] == {"count": 2 * K + 1, "sum:amount": None, "avg:amount": None}
    assert values["c"] == {"count": 2 * K, "sum:amount": 3 * K, "avg:amount": 3}
    assert json.loads(found.total)["sum:amount"] == values["a"]["sum:amount"] + 3 * K


COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("district"),
    column("seen_on", DataType.DATE),
)
DATA = "id,district,seen_on\n" + "".join(
    f"{n},d{n % 3},2026-01-{n % 28 + 1:02d}\n" for n in range(60)
)


@pytest.fixture
def served(db):
    where = exchange.house()
    binding = exchange.csv_binding(where, DATA, COLUMNS)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    ids = {one.name: one.pk for one in binding.resource.fields.all()}
    return where, dataset, ids


def confine(served, **over):
    where, dataset, ids = served
    told = {"counted_by": [(ids["district"], ""), (ids["seen_on"], "month")]} | over
    by = told.pop("by", where.head)
    return counted.count_only(
        dataset.pk, told.pop("counted_by"), reason="small numbers", by=by, at=NOW, **told
    )


@pytest.mark.parametrize("path", ["records", "records.csv", "changes"])
def test_rows_are_not_given_one_by_one_any_more(served, client, path):
    client.get(f"/api/v1/datasets/{served[1].slug}/records")  # what is kept of it is of no use
    confine(served)

    answer = client.get(f"/api/v1/datasets/{served[1].slug}/{path}")

    assert (answer.status_code, answer.json()["code"]) == (403, "only-counted")


def test_counts_are_given_in_large_groups_and_say_what_is_left_out(served, client):
    confine(served, smallest=20)

    body = client.get(f"/api/v1/datasets/{served[1].slug}/aggregate?group=district").json()

    assert [one["values"]["count"] for one in body["groups"]] == [20, 20, 20]
    assert body["left_out"] == {"smallest_group": 20, "rows": 0}


def test_a_download_under_way_breaks_off(served):
    _where, dataset, _ids = served
    head = access.head(dataset.slug)
    reading._still_allowed(head)

    confine(served)

    with pytest.raises(reading.Revoked):
        reading._still_allowed(head)


def test_a_field_that_is_closed_later_ends_the_counting(served):
    confine(served)
    head = access.head(served[1].slug)
    fields = access.visible(head, Caller(), today=NOW.date(), mode="query")
    closed = Seen({name: one for name, one in fields.items() if name != "district"})

    with pytest.raises(OnlyCounted):
        counting.count(head, closed, AggregateQuery())


@pytest.mark.parametrize(
    "over", [{"smallest": 9}, {"counted_by": "district"}], ids=["smaller", "otherwise"]
)
def test_a_published_rule_is_only_made_stricter(served, over):
    confine(served)
    if "counted_by" in over:
        over = {"counted_by": [(served[2]["district"], "")]}

    with pytest.raises(counted.CountingSettled):
        confine(served, **over)
    stricter = confine(served, smallest=12)

    assert stricter.smallest_group == 12
    with pytest.raises(counted.CountingSettled):
        counted.count_rows(served[1].pk, reason="x", by=served[0].head, at=NOW)


def test_a_draft_can_be_opened_by_rows_again(db):
    where = exchange.house()
    resource = exchange.table(where, COLUMNS)
    district = resource.fields.get(name="district").pk
    told = {"reason": "a try", "by": where.publisher, "at": NOW}
    counted.count_only(resource.dataset_id, [(district, "")], **told)

    counted.count_rows(resource.dataset_id, **told)

    assert not resource.dataset.__class__.objects.filter(counting_rule__isnull=False).exists()
    verbs = Entry.objects.filter(verb="dataset.count_only").values_list("details", flat=True)
    assert [one["smallest"] for one in verbs] == [10, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"smallest": 2},
        {"smallest": 1001},
        {"counted_by": []},
        {"counted_by": [(0, "")]},
        {"counted_by": "seen_on by hour"},
        {"counted_by": "seen_on by nothing"},
        {"counted_by": "district by month"},
    ],
)
def test_a_rule_that_does_not_fit_is_refused(served, wrong):
    if isinstance(wrong.get("counted_by"), str):
        name, unit = wrong["counted_by"].split(" by ")
        wrong = {"counted_by": [(served[2][name], unit.replace("nothing", ""))]}

    with pytest.raises(counted.CountingRefused):
        confine(served, **wrong)


def test_another_department_may_not(served):
    with pytest.raises(NotAllowed):
        confine(served, by=exchange.house().head)
