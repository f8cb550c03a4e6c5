"""A grant gives what was asked, as far as it was approved, as far as the law of the day has it.

In each way of use, over the wire: a page, the change feed, yes or no, a batch file by the API
and at the desk. The request, the part of it that is approved, and the grades, masks and lines that
come after it are chosen at random. What must come is worked out from these choices alone, and from
no grant.
"""

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from catalog.models import Dataset, Field, NegativeLine
from exchange.models import Grant
from exchange.sharing import batch_by_hand, batch_writing, batches, deciding
from exchange.sharing.requests import asked
from policy.terms import DataType, Grade, Mode, ShareType
from tests.exchange.sharing import town
from tests.factories import accounts, catalog, exchange, sharing
from tests.factories.exchange import column
from tests.factories.sharing import NOW, TODAY

pytestmark = pytest.mark.usefixtures("live_database")
PLENTY = 10**9
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    *(column(name, grade=Grade.L2) for name in ("name", "phone", "job")),
    column("income", DataType.DECIMAL, grade=Grade.L2),
)
NAMES = [one.name for one in COLUMNS]
ROWS = {
    n: {
        "id": str(n),
        "name": f"n{n % 4}",
        "phone": f"1380000{n:04d}",
        "job": f"job {n % 3}",
        "income": f"{n}.50",
    }
    for n in range(1, 13)
}
DATA = "\n".join([",".join(NAMES), *(",".join(row.values()) for row in ROWS.values())])
VALUES = {"name": ["n1", "n2"], "job": ["job 1"], "income": ["3.50", "4.50", "9.50"]}
KEPT = {"keep_left": 3, "keep_right": 2}
MASKED = {"": {}, "blank": {}, "keep_edges": KEPT}
Rows = dict[int, dict[str, Any]]


@dataclass(frozen=True)
class Chosen:
    """What was asked, what was approved of it, and the law that came after.

    `where` names the fields that conditions on rows lean on; `law` has grade, way of sharing and
    mask of each field but the key.
    """

    asked: tuple[str, ...]
    approved: tuple[str, ...]
    asked_clear: Grade
    clear: Grade
    asked_where: tuple[str, ...]
    where: tuple[str, ...]
    law: Mapping[str, tuple[Grade, ShareType, str]]
    barred: tuple[str, ...]


@st.composite
def chosen(draw: st.DrawFn, *, scoped: bool = True) -> Chosen:
    """Choose a request, a part of it, and a law."""
    others = st.lists(st.sampled_from(NAMES[1:]), min_size=1, unique=True)
    wanted, clear = draw(others), draw(st.sampled_from(list(Grade)[1:4]))
    given_up = draw(st.sets(st.sampled_from(wanted), max_size=len(wanted) - 1))
    conditions = st.lists(st.sampled_from(list(VALUES)), max_size=2 if scoped else 0, unique=True)
    own, more = draw(conditions), draw(conditions)
    terms = st.tuples(
        st.sampled_from([Grade.L3, Grade.L3, Grade.L1, Grade.L2, Grade.L4]),
        st.sampled_from(list(ShareType)[:2]),
        st.sampled_from(["blank", "keep_edges", ""]),  # of grade L3, most are masked
    )
    return Chosen(
        asked=("id", *wanted),
        approved=("id", *(name for name in wanted if name not in given_up)),
        asked_clear=clear,
        clear=draw(st.sampled_from([one for one in list(Grade)[1:4] if one <= clear])),
        asked_where=tuple(own),
        where=tuple(dict.fromkeys([*own, *more])),
        law={name: draw(terms) for name in NAMES[1:]},
        barred=tuple(draw(st.lists(st.sampled_from(NAMES[1:]), max_size=1))),
    )


@dataclass
class Office:
    """Two departments, the asking one's key, and a client."""

    two: sharing.Two
    key: str
    client: Client

    def ask(self, what: str, told: object = None, **params: object) -> Any:
        """Call an address of the dataset, by POST where something is told."""
        place = f"/api/v1/office/datasets/{self.two.dataset.slug}/{what}"
        headers = {"Accept-Language": "en", "X-API-Key": self.key}
        if told is None:
            return self.client.get(place, params, headers=headers)
        sent = {"content_type": "application/json", "headers": headers, "query_params": params}
        return self.client.post(place, json.dumps(told), **sent)

    def conditions(self, names: tuple[str, ...]) -> list[dict[str, Any]]:
        """Return conditions on rows by these fields, as a request keeps them."""
        return [
            {"field": self.two.field(name), "operator": "in", "values": sorted(VALUES[name])}
            for name in names
        ]

    def granted(self, one: Chosen, mode: Mode) -> Grant:
        """Ask and approve under a law that hides nothing; then let the law change."""
        self.law(dict.fromkeys(NAMES[1:], (Grade.L2, ShareType.CONDITIONAL, "")), ())
        request = self.two.signed(
            *one.asked,
            mode=mode,
            clear_up_to=one.asked_clear,
            rows=self.conditions(one.asked_where),
            calls_peak=PLENTY,
        )
        offer = replace(
            asked(request),
            fields=tuple(self.two.fields(*one.approved)),
            clear_up_to=one.clear,
            rows=tuple(self.conditions(one.where)),
        )
        deciding.propose(request.pk, offer, reason="x", by=self.two.reviewer, at=NOW)
        grant = deciding.sign_answer(request.pk, by=self.two.where.head, at=NOW)[1]
        assert grant is not None
        self.law(one.law, one.barred)
        return grant

    def law(
        self, law: Mapping[str, tuple[Grade, ShareType, str]], barred: tuple[str, ...]
    ) -> None:
        """Have fields stand under these terms, and these barred by the only line in force."""
        for name, (grade, share_type, mask) in law.items():
            Field.objects.filter(pk=self.two.field(name)).update(
                grade=grade, share_type=share_type, mask_kind=mask, mask_params=MASKED[mask]
            )
        later = TODAY + timedelta(days=1)  # than the grant
        NegativeLine.objects.update(until_on=later, review_on=later)
        if barred:
            catalog.negative_line(self.two.dataset, barred, from_on=later)
        dataset = Dataset.objects.filter(pk=self.two.dataset.pk)
        dataset.update(policy_version=F("policy_version") + 1)

    def clear(self, one: Chosen, mode: Mode) -> set[str]:
        """Return the fields that the law of the day shows in clear under what was approved."""
        found = Field.objects.filter(resource__dataset=self.two.dataset).select_related("resource")
        told = {"clear_up_to": one.clear, "mode": mode, "today": timezone.localdate()}
        return {field.name for field in found if town.clear_by_law(field, **told)}


def rows_of(one: Chosen, clear: set[str]) -> Rows:
    """Return the rows that come: none by a condition on what is not shown in clear."""
    return {
        n: row
        for n, row in ROWS.items()
        if all(name in clear and row[name] in VALUES[name] for name in one.where)
    }


def is_right(told: Rows, one: Chosen, clear: set[str]) -> None:
    """Hold what came, by the key that is always in clear, against what was chosen."""
    expected = rows_of(one, clear)
    assert set(told) == set(expected)
    shown = clear & set(one.approved)
    for n, row in told.items():
        for name, value in row.items():
            assert name in one.approved
            assert name not in one.barred
            assert (value == expected[n][name]) == (name in shown), name
        assert shown <= set(row)


def by_key(rows: list[dict[str, Any]]) -> Rows:
    """Return rows as text by the key, without the platform's own columns."""
    told = [{name: row[name] for name in row if not name.startswith("_")} for row in rows]
    return {
        int(row["id"]): {name: None if row[name] is None else str(row[name]) for name in row}
        for row in told
    }


def by_page(office: Office, grant: Grant) -> Rows:
    answer = office.ask("records", grant=grant.pk, limit=1000)
    assert answer.status_code == 200, answer.content
    return by_key(json.loads(answer.content, parse_float=str)["rows"])


def by_feed(office: Office, grant: Grant) -> Rows:
    answer = office.ask("changes", grant=grant.pk, since=0)
    assert answer.status_code == 200, answer.content
    return by_key(json.loads(answer.content, parse_float=str)["rows"])


def by_file(office: Office, grant: Grant) -> Rows:
    answer = office.ask("batches", {"format": "jsonl"}, grant=grant.pk)
    assert answer.status_code == 202, answer.content
    number = answer.json()["batch"]
    batch_writing.write(number)
    file = office.client.get(
        f"/api/v1/office/batches/{number}/file", headers={"X-API-Key": office.key}
    )
    assert file.status_code == 200
    lines = b"".join(file.streaming_content).decode().splitlines()
    return by_key([json.loads(line, parse_float=str) for line in lines])


def at_desk(office: Office, grant: Grant) -> Rows:
    at = timezone.now()
    job = batches.ask(grant.pk, by=office.two.clerk, at=at, packed=True)
    batch_writing.write(job.pk)
    _job, stream = batch_by_hand.hand_over(job.pk, by=office.two.clerk, at=timezone.now())
    return by_key(list(csv.DictReader(io.StringIO(gzip.decompress(b"".join(stream)).decode()))))


@pytest.fixture
def office(live_database: str, settings: Any, tmp_path: Any) -> Office:
    settings.BATCH_ROOT = str(tmp_path / "batches")
    settings.VERIFY_TRIES = settings.VERIFY_SUBJECTS = PLENTY
    two = sharing.two(columns=COLUMNS, data=DATA)
    app = accounts.app(two.asker)
    limits = {"rate_per_minute": PLENTY, "daily_quota": PLENTY}
    key = accounts.api_key(app, at=exchange.now() - timedelta(days=1), **limits)
    return Office(two, key.raw, Client())


MANY = hypothesis_settings(
    max_examples=8,
    phases=[Phase.reuse, Phase.generate],  # no shrinking: each example is a request with its verbs
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
WAYS: Mapping[str, tuple[Mode, bool, Callable[[Office, Grant], Rows]]] = {
    "a page": (Mode.QUERY, True, by_page),
    "the change feed": (Mode.QUERY, False, by_feed),
    "a batch file by the API": (Mode.BULK, True, by_file),
    "a batch file at the desk": (Mode.BULK, True, at_desk),
}


@pytest.mark.parametrize("way", WAYS)
@MANY
@given(data=st.data())
def test_rows_are_those_approved_with_the_fields_approved_as_the_law_of_the_day_has_them(
    office, way, data
):
    mode, scoped, told = WAYS[way]
    one = data.draw(chosen(scoped=scoped))

    grant = office.granted(one, mode)
    note(f"grant {grant.pk}")

    is_right(told(office, grant), one, office.clear(one, mode))


@MANY
@given(one=chosen())
def test_a_yes_or_no_is_told_of_what_is_approved_and_lawfully_in_clear_and_of_nothing_else(
    office, one
):
    grant = office.granted(one, Mode.VERIFY)
    clear = office.clear(one, Mode.VERIFY)
    inside = rows_of(one, clear)

    for name in NAMES[1:]:
        claims = [{"id": row["id"], name: row[name]} for row in ROWS.values()]
        wrong = [{"id": claim["id"], name: "0"} for claim in claims]
        answer = office.ask("verifications", {"claims": claims + wrong}, grant=grant.pk)

        if name in clear and name in one.approved:
            results = [told["result"] for told in answer.json()["results"]]
            right = ["match" if n in inside else "no-such-subject" for n in ROWS]
            assert results[: len(ROWS)] == right
            assert "match" not in results[len(ROWS) :]
        else:
            assert answer.status_code == 403, answer.content
            assert "results" not in answer.json()
