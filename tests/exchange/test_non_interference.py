"""Two cities that differ only in what is hidden answer the same bytes, whatever is asked.

design.md §4.6. The two have the same history of syncs, changes that can be seen, a regrade; what
differs are cells that are withheld, concealed, conditional, or masked away.
"""

import csv
import io
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange import opening
from exchange.records import store
from exchange.sync import engine
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType
from tests import databases, services
from tests.exchange.sessions import line_to, over
from tests.factories import accounts, exchange
from tests.factories.exchange import NOW, column

EDGES = Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=2)
CLOSED = {"grade": Grade.L4, "open_type": OpenType.NOT_OPEN}
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("price", DataType.DECIMAL, coordinate="wgs84.y"),
    column("seen_on", DataType.DATE),
    column("phone", grade=Grade.L3, mask=EDGES),
    column("remark", grade=Grade.L3, mask=Mask(MaskKind.BLANK)),
    column("born_on", DataType.DATE, grade=Grade.L3, mask=Mask(MaskKind.YEAR_ONLY)),
    column(
        "lon",
        DataType.DECIMAL,
        grade=Grade.L3,
        mask=Mask(MaskKind.ROUND_COORDINATE, digits=2),
        coordinate="wgs84.x",
    ),
    column("secret", **CLOSED),
    column("extra", grade=Grade.L2, open_type=OpenType.CONDITIONAL),
    column("ghost", concealed=True, **CLOSED),
)
NAMES = [one.name for one in COLUMNS]
ROUTES = (column("id", DataType.INTEGER, is_key=True), column("name"))
ROUTE = column("route", coordinate="wgs84.wkt", **CLOSED)
CLEAR, MASKED = NAMES[:4], NAMES[4:8]
OTHER = [*NAMES[8:], "nothing", "_id", "_seq", "_hash"]
PIECES = ["", "x", "lang " * 40, 'a "quoted" word', "line\nbreak\n\n", "逗,号", "  ", "****"]
COARSER = {"grade": Grade.L2, "mask_kind": "round_coordinate", "mask_params": {"digits": 0}}
UNSEEN_HEADERS = {"X-Request-ID", "X-Request-Id"}


def cells(number: int, generation: int, chance: random.Random) -> list[object]:
    """Return one row: what is seen follows from number and generation, the rest from chance."""

    def hidden() -> str:
        return "".join(chance.choices(PIECES, k=3))

    moved = generation if number % 6 == 0 else 0
    blank = number % 9 == 0
    return [
        number,
        f"n{number % 40}-{moved}" if number % 11 else "",
        f"{number % 7 + moved}.50",
        f"2026-01-{number % 28 + 1:02d}" if number % 13 else "",
        "" if blank else f"138{chance.randrange(10 ** chance.randrange(1, 9))}z{number % 90 + 10}",
        "" if blank else hidden() or "x",
        f"19{number % 90 + 10}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 28):02d}",
        f"113.{number % 90 + 10}{chance.randrange(1, 5)}",
        hidden(),
        hidden(),
        hidden(),
    ]


def written(path: Path, generation: int, chance: random.Random) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(NAMES)
    for number in range(1 + 10 * generation, 150 + 10 * generation):
        writer.writerow(cells(number, generation, chance))
    path.write_text(out.getvalue(), newline="")


@dataclass
class World:
    """One of two cities: its database, a caller in it."""

    name: str
    slug: str
    key: str
    seqs: list[int]
    line: BaseDatabaseWrapper
    routes: str = ""

    def ask(self, path: str, params: dict[str, str]) -> "Answer":
        headers = {"Accept-Language": "en", "X-API-Key": self.key}
        client = Client()
        found = client.get(path, params, headers=headers)
        body = re.sub(rb'"request_id": "[^"]*"', b"", found.getvalue())
        kept = {
            name: value
            for name, value in found.items()
            if name not in UNSEEN_HEADERS and not name.startswith("RateLimit")
        }
        return Answer(found.status_code, body, kept)


@dataclass
class Answer:
    """All of an answer that its reader sees, but for request id and own quota."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def next(self) -> str:
        found = re.search(rb'"next": "([^"]*)"', self.body)
        return found[1].decode() if found else ""


def build(line: BaseDatabaseWrapper, seed: int) -> World:
    """Live one history; `seed` decides all that is hidden, and when hidden cells change."""
    chance = random.Random(seed)  # noqa: S311 - invented rows, no secret
    where = exchange.house()
    binding = exchange.csv_binding(where, "", COLUMNS, max_shrink_percent=100)
    path = Path(binding.object["path"])
    seqs = []

    def sync(hours: int) -> None:
        at = NOW + timedelta(hours=hours)
        run = engine.sync(binding.pk, clock=lambda: at)
        assert (run.state, run.rejected) == ("done", 0), run.problem

    written(path, 0, chance)
    sync(0)
    dataset = exchange.publish(where, binding.resource)
    for generation in (1, 2):
        if seed:  # only here: a sync that changes nothing which can be seen
            written(path, generation - 1, chance)
        sync(2 * generation)
        written(path, generation, chance)
        sync(2 * generation + 1)
        seqs.append(store.live(binding.resource_id, "open").seq)
    price = binding.resource.fields.get(name="price")
    opening.regrade(
        dataset.pk,
        {price.pk: COARSER},
        by=where.publisher,
        at=NOW,
        reason="coarser",
    )
    if seed:
        written(path, 2, chance)
    sync(9)
    app = accounts.app()
    key = accounts.api_key(app, at=exchange.now(), rate_per_minute=10**6, daily_quota=10**7)
    routes = _routes(where, chance)
    return World(line.settings_dict["NAME"], dataset.slug, key.raw, seqs, line, routes)


def _routes(where: exchange.House, chance: random.Random) -> str:
    """Publish rows whose geometries are hidden: where they run, or that they are none."""

    def route() -> str:
        spots = [f"{113 + chance.random():.6f} {chance.random() * 9:.6f}" for _ in range(3)]
        return chance.choice([f"LINESTRING ({', '.join(spots)})", f"POINT ({spots[0]})", "none"])

    rows = [f'{number},r{number % 5},"{route()}"' for number in range(1, 21)]
    binding = exchange.csv_binding(
        where, "\n".join(["id,name,route", *rows]), (*ROUTES, ROUTE), max_shrink_percent=100
    )
    run = engine.sync(binding.pk, clock=lambda: NOW)
    assert (run.state, run.rejected) == ("done", 0), run.problem
    return exchange.publish(where, binding.resource).slug


@pytest.fixture(scope="module")
def worlds(django_db_setup, django_db_blocker) -> Iterator[tuple[World, World]]:
    names = [f"{services.database()}_world_{seed}" for seed in range(2)]
    kept = exchange._numbers, accounts._numbers
    with django_db_blocker.unblock():
        built = []
        for seed, name in enumerate(names):
            databases.clone(name)
            exchange._numbers, accounts._numbers = count(1_000_000), count(1_000_000)
            line = line_to(name)
            with over(line):
                built.append(build(line, seed))
        exchange._numbers, accounts._numbers = kept
        yield built[0], built[1]
        for world in built:
            world.line.close()
            databases.drop(world.name)


def alike(worlds: tuple[World, World], path: str, params: dict[str, str]) -> Answer:
    """Ask both, follow their links for some pages, and hold the answers against each other."""
    answers = []
    for world in worlds:
        with over(world.line):
            answer = world.ask(path, params)
            pages = [answer]
            while pages[-1].next and len(pages) < 4:
                pages.append(world.ask(pages[-1].next, {}))
            answers.append(pages)
    one, other = answers
    assert one == other
    return one[0]


VALUES = st.one_of(
    st.sampled_from(["1", "7", "n7-0", "n12-1", "2.50", "2026-01-05", "", "true", "x", "****"]),
    st.sampled_from(["138****17", "19", "113.17", "s", "g", "0", "-1", "1,2,3", "9" * 17]),
)
OPERATORS = ["", ".eq", ".ne", ".lt", ".lte", ".gt", ".gte", ".in", ".prefix", ".null", ".like"]
LIKELY = st.one_of(st.sampled_from(CLEAR), st.sampled_from(CLEAR), st.sampled_from(MASKED + OTHER))
CLEARLY = st.sampled_from(CLEAR)


@st.composite
def queries(draw) -> dict[str, str]:
    names = draw(st.sampled_from([CLEARLY, LIKELY]))
    params = {
        draw(names) + draw(st.sampled_from(OPERATORS)): draw(VALUES)
        for _ in range(draw(st.integers(0, 2)))
    }
    if draw(st.booleans()):
        listed = draw(st.lists(st.one_of(names, st.sampled_from(MASKED)), min_size=1, max_size=5))
        params["fields"] = ",".join(listed)
    if draw(st.booleans()):
        signed = st.builds(str.__add__, st.sampled_from(["", "-"]), names)
        signs = draw(st.lists(signed, min_size=1, max_size=3))
        params["sort"] = ",".join(signs)
    if draw(st.booleans()):
        params["limit"] = draw(st.sampled_from(["1", "7", "60", "1000", "0", "x"]))
    if draw(st.booleans()):
        params["total"] = draw(st.sampled_from(["exact", "estimate", "none", "odd"]))
    return params


KINDS = ["sum:", "avg:", "min:", "max:", "p50:", "p9:", "odd:"]


@st.composite
def counts(draw) -> dict[str, str]:
    names = draw(st.sampled_from([CLEARLY, LIKELY]))
    params = {
        draw(names) + draw(st.sampled_from(OPERATORS)): draw(VALUES)
        for _ in range(draw(st.integers(0, 2)))
    }
    measure = st.one_of(st.just("count"), st.builds(str.__add__, st.sampled_from(KINDS), names))
    measures = draw(st.lists(measure, min_size=1, max_size=3))
    params["measure"] = ",".join(measures)
    groups = draw(st.lists(names, max_size=2))
    params["group"] = ",".join(groups)
    if "seen_on" in groups:
        params["bucket"] = draw(st.sampled_from(["", "month", "week", "seen_on:day", "odd"]))
    params["sort"] = draw(
        st.sampled_from(["", *measures, *groups, *(f"-{one}" for one in groups)])
    )
    params["limit"] = draw(st.sampled_from(["", "1", "7", "1000", "0"]))
    return params


def test_the_two_worlds_have_different_hidden_rows_and_the_same_open_feed(worlds):
    hidden = []
    for world in worlds:
        with over(world.line):
            table = store.live(1, "shared")
            hidden.append((table.digest, table.rows))

    assert hidden[0][0] != hidden[1][0]
    assert hidden[0][1] == hidden[1][1] == 149
    assert worlds[0].seqs == worlds[1].seqs
    assert worlds[0].slug == worlds[1].slug


@given(params=queries())
def test_pages_are_the_same(worlds, params):
    alike(worlds, f"/api/v1/datasets/{worlds[0].slug}/records", params)


@given(params=counts())
def test_figures_are_the_same(worlds, params):
    alike(worlds, f"/api/v1/datasets/{worlds[0].slug}/aggregate", params)


@given(params=queries())
def test_downloads_are_the_same(worlds, params):
    alike(worlds, f"/api/v1/datasets/{worlds[0].slug}/records.csv", params)


DEGREES = st.one_of(st.sampled_from([113.2, 113.205, 113.195]), st.floats(113, 114))
UP = st.one_of(st.sampled_from([0.0, 1.0, 4.5, 5.0]), st.floats(-1, 9))


@st.composite
def areas(draw) -> dict[str, str]:
    west, east = sorted([draw(DEGREES), draw(DEGREES)])
    south, north = sorted([draw(UP), draw(UP)])
    return {
        **(
            {"bbox": f"{west:.6f},{south:.6f},{east:.6f},{north:.6f}"}
            if draw(st.booleans())
            else {}
        ),
        **(
            {"near": f"{west:.6f},{south:.6f},{draw(st.integers(1, 90_000))}"}
            if draw(st.booleans())
            else {}
        ),
        **({"limit": "40"} if draw(st.booleans()) else {}),
    }


@given(params=areas(), what=st.sampled_from(["records", "records.geojson", "tiles"]))
def test_places_are_the_same(worlds, params, what):
    """A coordinate that is rounded is hidden behind its rounding, by whatever area is asked."""
    if what == "tiles":
        params.pop("limit", None)
        what = "tiles/9/417/249.mvt"
    answer = alike(worlds, f"/api/v1/datasets/{worlds[0].slug}/{what}", params)

    assert answer.status == 200


@settings(max_examples=20)
@given(
    params=areas(),
    what=st.sampled_from(["records", "records.geojson", "tiles/9/417/249.mvt", "aggregate"]),
)
def test_hidden_geometries_tell_nothing_of_where_they_run(worlds, params, what):
    answer = alike(worlds, f"/api/v1/datasets/{worlds[0].routes}/{what}", params)

    assert answer.status in {200, 400, 403}


@pytest.mark.parametrize(("path", "status"), [("", 200), ("/records", 200), ("/changes", 200)])
def test_rows_with_hidden_geometries_are_the_same(worlds, path, status):
    assert alike(worlds, f"/api/v1/datasets/{worlds[0].routes}{path}", {}).status == status


@given(since=st.one_of(st.integers(0, 12).map(str), st.sampled_from(["x", "-1", "999999999"])))
def test_changes_are_the_same(worlds, since):
    alike(worlds, f"/api/v1/datasets/{worlds[0].slug}/changes", {"since": since})


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("", {}),
        ("/explain", {}),
        ("/explain", {"as_of": "2026-01-01"}),  # before its publication
        ("/explain", {"as_of": "2026-03-03"}),
        ("/records", {"limit": "1000"}),
        ("/records", {"limit": "50", "sort": "-name"}),
        ("/records", {"cursor": "AAAA"}),
        ("/records", {"fields": "id,lon,born_on,phone,remark"}),
    ],
)
def test_every_other_answer_is_the_same(worlds, path, params):
    answer = alike(worlds, f"/api/v1/datasets/{worlds[0].slug}{path}", params)

    assert answer.status in {200, 400, 404}


def test_the_list_and_a_search_are_the_same(worlds):
    for params in ({}, {"q": "secret"}, {"q": "Set"}):
        assert alike(worlds, "/api/v1/datasets", params).status == 200


def test_the_page_for_people_is_the_same(worlds):
    alike(worlds, "/", {})
