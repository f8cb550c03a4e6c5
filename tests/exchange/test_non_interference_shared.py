"""What a department learns under a grant: nothing that is hidden from it, but that a row changed.

design.md §4.6, for the shared zone on demand. Two cities have the same history, in which the same
rows change in the same syncs, and differ in what is withheld, concealed, or masked away: they
answer the same bytes. A third has the values of the first, and its hidden cells stand still: what
it answers differs in the place of a row in the feed, and in nothing else.
"""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.roles import Role
from audit import stream
from audit.models import Entry
from exchange.models import BatchJob, Correction, Grant
from exchange.records import store
from exchange.sharing import batch_writing
from exchange.sync import engine
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, Mode, ShareType
from tests import databases, services
from tests.exchange.sessions import line_to, over
from tests.exchange.test_non_interference import EDGES, NAMES, World, areas, cells, queries
from tests.factories import accounts, exchange, sharing
from tests.factories.exchange import NOW, column

MASKED = {"grade": Grade.L3, "share_type": ShareType.CONDITIONAL}
HIDDEN = {"grade": Grade.L4, "share_type": ShareType.CONDITIONAL}
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("price", DataType.DECIMAL, share_type=ShareType.CONDITIONAL, coordinate="wgs84.y"),
    column("seen_on", DataType.DATE),
    column("phone", mask=EDGES, **MASKED),
    column("remark", mask=Mask(MaskKind.BLANK), **MASKED),
    column("born_on", DataType.DATE, mask=Mask(MaskKind.YEAR_ONLY), **MASKED),
    column(
        "lon",
        DataType.DECIMAL,
        mask=Mask(MaskKind.ROUND_COORDINATE, digits=2),
        coordinate="wgs84.x",
        **MASKED,
    ),
    column("secret", **HIDDEN),
    column("extra", grade=Grade.L2, share_type=ShareType.CONDITIONAL),
    column("ghost", concealed=True, **HIDDEN),
)
GRANTED = NAMES[:9]  # the last two are not named, and the ninth is for yes or no alone
EVER = {"valid_from": date(2026, 1, 1), "valid_until": date(2099, 1, 1), "daily_quota": None}
GENERATIONS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """How a city is built: what decides its hidden values, and whether hidden cells change."""

    name: str
    seed: int
    restless: bool = True


@dataclass
class City:
    """A city, and the numbers of its grants.

    For all rows, for some, and for a yes or no; for files of all rows (marked), and of some.
    """

    world: World
    whole: int
    some: int
    verify: int
    file: int
    slice: int


def row(plan: Plan, number: int, generation: int) -> list[object]:
    """Return one row: hidden cells follow from the seed, and when they change from the plan."""
    tag = generation if plan.restless and number % 5 == 0 else 0
    chance = random.Random(f"{plan.seed}:{number}:{tag}")  # noqa: S311 - invented, no secret
    made = cells(number, generation, chance)
    made[8] = f"{tag}:{made[8]}"
    return made


def written(path: Path, plan: Plan, generation: int) -> None:
    """Write a generation's rows; the rows of one go, those of the next come."""
    lines = [NAMES, *(row(plan, number, generation) for number in range(1, 120))]
    lines += [row(plan, number, 0) for number in range(120 + 5 * generation, 140 + 5 * generation)]
    quoted = [
        ",".join(
            '"{}"'.format(str(cell).replace('"', '""')) if cell != "" else "" for cell in line
        )
        for line in lines
    ]
    path.write_text("\n".join(quoted) + "\n", newline="")


def build(plan: Plan, line: BaseDatabaseWrapper) -> City:
    """Live one history."""
    where = exchange.house()
    resource = exchange.table(where, COLUMNS, share_condition_zh="限办理政务服务使用")
    binding = exchange.csv_binding(where, "", COLUMNS, resource=resource, max_shrink_percent=100)
    path, seqs = Path(binding.object["path"]), []
    for generation in range(GENERATIONS):
        at = NOW + timedelta(hours=generation)
        written(path, plan, generation)
        run = engine.sync(binding.pk, clock=lambda at=at: at)
        assert (run.state, run.rejected) == ("done", 0), run.problem
        seqs.append(store.live(resource.pk, "shared").seq)
        if generation == 0:
            dataset = exchange.publish(where, resource)
    asker = accounts.organization()
    people = [accounts.user(role, asker) for role in (Role.PUBLISHER, Role.HEAD)]
    reviewer = accounts.user(Role.REVIEWER, where.department)
    two = sharing.Two(where, reviewer, dataset, asker, *people)
    scope = {"field": two.field("name"), "operator": "in", "values": ["n7-0", "n12-0", "n12-2"]}
    whole = two.granted(*GRANTED, clear_up_to=Grade.L2)
    some = two.granted(*GRANTED, clear_up_to=Grade.L2, rows=[scope], purpose="另一用途")
    verify = two.granted(
        *("id", "price", "phone"), clear_up_to=Grade.L2, mode=Mode.VERIFY, purpose="核验"
    )
    file = two.granted(*GRANTED, clear_up_to=Grade.L2, mode=Mode.BULK, purpose="比对")
    part = two.granted(
        *GRANTED, clear_up_to=Grade.L2, mode=Mode.BULK, rows=[scope], purpose="抽样比对"
    )
    Grant.objects.update(**EVER)
    Grant.objects.filter(pk=file.pk).update(mark_column=True)
    key = accounts.api_key(
        accounts.app(asker), at=exchange.now(), rate_per_minute=10**6, daily_quota=10**7
    )
    world = World(plan.name, dataset.slug, key.raw, seqs, line)
    return City(world, whole.pk, some.pk, verify.pk, file.pk, part.pk)


@pytest.fixture(scope="module")
def cities(django_db_setup, django_db_blocker) -> Iterator[tuple[City, City, City]]:
    base = services.database()
    plans = [
        Plan(f"{base}_shared_0", seed=0),
        Plan(f"{base}_shared_1", seed=1),
        Plan(f"{base}_shared_2", seed=0, restless=False),
    ]
    kept = exchange._numbers, accounts._numbers
    with django_db_blocker.unblock():
        built = []
        for plan in plans:
            databases.clone(plan.name)
            exchange._numbers, accounts._numbers = count(1_000_000), count(1_000_000)
            line = line_to(plan.name)
            with over(line):
                built.append(build(plan, line))
        exchange._numbers, accounts._numbers = kept
        yield built[0], built[1], built[2]
        for city in built:
            city.world.line.close()
            databases.drop(city.world.name)


def pages(city: City, what: str, params: dict[str, str]) -> list:
    """Ask one city and follow its links for some pages."""
    with over(city.world.line):
        answers = [city.world.ask(f"/api/v1/office/datasets/{city.world.slug}{what}", params)]
        while answers[-1].next and len(answers) < 4:
            answers.append(city.world.ask(answers[-1].next, {}))
    return answers


@st.composite
def calls(draw) -> dict[str, str]:
    """Return queries under the grant for all rows or the one for some (by name, see `named`)."""
    return draw(queries()) | {"grant": draw(st.sampled_from(["whole", "some"]))}


def named(city: City, params: dict[str, str]) -> dict[str, str]:
    """Return a query with the grant's number in this city."""
    return params | {"grant": str(getattr(city, params["grant"]))}


def test_the_cities_differ_in_hidden_cells_and_only_the_third_in_when_they_changed(cities):
    digests = []
    for city in cities:
        with over(city.world.line):
            digests.append(store.live(1, "shared").digest)

    assert len(set(digests)) == 3
    assert len({(city.world.slug, city.whole, city.some) for city in cities}) == 1
    assert cities[0].world.seqs == cities[1].world.seqs


@given(params=calls())
def test_pages_are_the_same_whatever_is_hidden(cities, params):
    one, other = (pages(city, "/records", named(city, params)) for city in cities[:2])

    assert one == other


@settings(max_examples=30)
@given(params=areas(), grant=st.sampled_from(["whole", "some"]))
def test_areas_find_the_same_rows_whatever_is_hidden_behind_a_rounding(cities, params, grant):
    """A department sees the longitude rounded on its way out: its zone holds it as it came."""
    asked = params | {"grant": grant}

    one, other = (pages(city, "/records", named(city, asked)) for city in cities[:2])

    assert one == other
    assert one[0].status == 200


@given(since=st.one_of(st.integers(0, 12).map(str), st.sampled_from(["x", "-1", "999999999"])))
def test_changes_are_the_same_whatever_is_hidden(cities, since):
    params = {"since": since, "grant": "whole"}

    one, other = (pages(city, "/changes", named(city, params)) for city in cities[:2])

    assert one == other


@pytest.mark.parametrize("path", ["datasets", "datasets?q=secret", "datasets/{}", "grants"])
def test_what_is_told_is_the_same_whatever_is_hidden_and_whenever_it_changed(cities, path):
    answers = []
    for city in cities:
        with over(city.world.line):
            asked = f"/api/v1/office/{path.format(city.world.slug)}"
            answers.append(city.world.ask(asked, {}))

    assert answers[0].status == 200
    told = [re.sub(rb'"calls_today": \d+', b"", answer.body) for answer in answers]
    assert told[0] == told[1] == told[2]


def post(city: City, what: str, told: dict, **params: str) -> tuple[int, bytes]:
    """Send a body to one city; return what its reader sees."""
    place = f"/api/v1/office/{what}"
    if params:
        place += "?" + "&".join(f"{name}={value}" for name, value in params.items())
    with over(city.world.line):
        answer = Client().post(
            place,
            json.dumps(told),
            content_type="application/json",
            headers={"Accept-Language": "en", "X-API-Key": city.world.key},
        )
    return answer.status_code, re.sub(rb'"request_id": "[^"]*"', b"", answer.content)


OF_SEVEN = [row(Plan("", 0), 7, GENERATIONS - 1)[place] for place in (4, 5, 8, 9, 10)]
"""What is hidden of row 7 in the first city, and is another value in the second."""

VALUES_CLAIMED = st.sampled_from(
    ["7", "42", "999", "1.50", "138****17", "0:x", "", "n7-0", *map(str, OF_SEVEN)]
)
CLAIMED = st.fixed_dictionaries(
    {"id": st.sampled_from(["7", "12", "42", "999", "x"])},
    optional=dict.fromkeys((*NAMES[1:], "nothing", "_hash"), VALUES_CLAIMED),
)


@given(claims=st.lists(CLAIMED, min_size=1, max_size=3))
def test_a_yes_or_no_is_the_same_whatever_is_hidden(cities, claims):
    stream.client().flushdb()  # each city's guesses are counted anew
    answers = []
    for city in cities:
        slug = city.world.slug
        told = post(
            city, f"datasets/{slug}/verifications", {"claims": claims}, grant=str(city.verify)
        )
        stream.client().flushdb()
        answers.append(told)

    assert answers[0] == answers[1] == answers[2]


@given(
    subject=st.dictionaries(st.sampled_from(NAMES[:10]), VALUES_CLAIMED, min_size=1, max_size=2),
    grant=st.sampled_from(["whole", "some"]),
)
def test_a_report_of_doubt_marks_the_same_rows_whatever_is_hidden(cities, subject, grant):
    answers = []
    for city in cities[:2]:
        told = {"dataset": city.world.slug, "subject": subject, "text": "有误"}
        with over(city.world.line):
            Correction.objects.all().delete()
        status, _body = post(city, "corrections", told)
        found = [*pages(city, "/records", named(city, {"grant": grant, "limit": "1000"}))]
        if grant == "whole":
            found += pages(city, "/changes", named(city, {"grant": grant, "since": "0"}))
        answers.append((status, [re.sub(rb'"since": "[^"]*"', b"", one.body) for one in found]))

    assert answers[0] == answers[1]


@given(params=calls())
def test_an_unchanged_page_is_known_again_whatever_is_hidden(cities, params):
    tags = [
        [answer.headers.get("ETag") for answer in pages(city, "/records", named(city, params))]
        for city in cities[:2]
    ]

    assert tags[0] == tags[1]


PLACE = re.compile(rb'"seq": \d+, "moved": (true|false)|cursor=[-\w%]+')


@given(params=calls())
def test_that_a_row_changed_shows_in_a_page_by_its_place_in_the_feed_alone(cities, params):
    found = [pages(city, "/records", named(city, params)) for city in (cities[0], cities[2])]

    one, other = (
        [(answer.status, PLACE.sub(b"", answer.body)) for answer in answers] for answers in found
    )
    assert one == other


def test_that_a_row_changed_shows_in_the_feed_by_the_row_coming_again_as_it_was(cities):
    found = []
    since = cities[2].world.seqs[0]
    for city in (cities[0], cities[2]):
        (answer, *_more) = pages(city, "/changes", {"since": str(since), "grant": str(city.whole)})
        body = json.loads(answer.body)
        for one in body["rows"]:
            del one["_seq"]
        found.append(({one["_id"]: one for one in body["rows"]}, sorted(body["deleted"])))
    (restless, gone), (still, gone_too) = found

    assert gone == gone_too
    assert still.items() <= restless.items()
    again = {row["id"] for number, row in restless.items() if number not in still}
    assert again == {number for number in range(1, 120) if number % 5 == 0 and number % 6 != 0}


WHEN = re.compile(rb'"(asked_at|made_at|expires_at|since)": "[^"]*"')


def batched(city: City, grant: str, told: dict, *, doubt: dict | None = None) -> list:
    """Ask for a batch file, have it written, fetch it, let it run out; return all that is told."""
    stream.client().flushdb()  # no city's calls are another's
    with over(city.world.line):
        Correction.objects.all().delete()
        BatchJob.objects.all().delete()
    place = f"datasets/{city.world.slug}/batches"
    status, asked = post(city, place, told, grant=str(getattr(city, grant)))
    number = json.loads(asked)["batch"]
    parts = [f"/api/v1/office/batches/{number}{what}" for what in ("", "/manifest", "/file")]
    with over(city.world.line):
        early = [city.world.ask(part, {}) for part in parts]
        batch_writing.write(number)
    if doubt is not None:
        post(city, "corrections", {"dataset": city.world.slug, "subject": doubt, "text": "有误"})
    with over(city.world.line):
        ready = [city.world.ask(part, {}) for part in parts]
        BatchJob.objects.update(expires_at=NOW)
        late = [city.world.ask(part, {}) for part in parts]
        told_of = Entry.objects.filter(target=f"batch:{number}").exclude(verb="batch.ask")
        details = list(told_of.order_by("pk").values_list("verb", "details"))
    answers = [*early, *ready, *late]
    assert [one.status for one in answers] == [200, 409, 409, *[200] * 3, 200, 410, 410]
    told_back = [(one.status, WHEN.sub(b"", one.body), _lasting(one.headers)) for one in answers]
    return [status, details, *told_back]


def _lasting(headers: dict[str, str]) -> dict[str, str]:
    """Return headers without the digest of a body that tells the time."""
    return {name: value for name, value in headers.items() if name != "ETag"}


@pytest.mark.parametrize("grant", ["file", "slice"])
@pytest.mark.parametrize(
    "told", [{"format": "csv"}, {"format": "jsonl"}, {"format": "csv", "gzip": True}], ids=str
)
def test_a_batch_file_and_all_that_is_told_of_it_are_the_same_whatever_is_hidden(
    cities, grant, told, settings, tmp_path
):
    """Bytes, order, marks, sizes, digests, manifest, states, refusals: also in the third city."""
    found = []
    for city in cities:
        settings.BATCH_ROOT = str(tmp_path / city.world.name)
        found.append(batched(city, grant, told))

    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    "doubt", [{"id": "7"}, {"phone": str(OF_SEVEN[0])}, {"id": "7", "secret": str(OF_SEVEN[2])}]
)
def test_a_manifest_marks_the_same_rows_whatever_is_hidden(cities, doubt, settings, tmp_path):
    found = []
    for city in cities:
        settings.BATCH_ROOT = str(tmp_path / city.world.name)
        found.append(batched(city, "file", {}, doubt=doubt))

    assert found[0] == found[1] == found[2]
    [marked] = re.findall(rb'"_flags": \[(.*?)\]', found[0][6][1]) or [b""]
    assert bool(marked) == (list(doubt) == ["id"])


@pytest.mark.parametrize("what", ["agreement", "agreement.pdf", "policy", "uses"])
def test_papers_of_a_grant_are_the_same_whatever_is_hidden(cities, what):
    answers = []
    for city in cities:
        with over(city.world.line):
            answers.append(city.world.ask(f"/api/v1/office/grants/{city.file}/{what}", {}))

    assert answers[0].status == 200
    assert answers[0] == answers[1] == answers[2]


def test_the_policy_of_a_dataset_is_the_same_whatever_is_hidden(cities):
    answers = []
    for city in cities:
        with over(city.world.line):
            answers.append(city.world.ask(f"/api/v1/datasets/{city.world.slug}/policy", {}))

    assert answers[0].status == 200
    assert answers[0] == answers[1] == answers[2]
