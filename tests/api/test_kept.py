"""Kept pages: the same bytes as without them, for every reader, whatever happens in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.test import override_settings
from django.utils import timezone
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from accounts import keys
from accounts.models import ApiKey
from api.kept import LARGEST, MEGABYTE, Kept, Shelf, shelf
from api.pages import Answered
from audit import deliveries
from exchange import access, opening
from exchange.models import RunState
from exchange.sharing import grants
from exchange.sync import engine
from policy.terms import Grade
from tests.api.conftest import COLUMNS, ROWS, built
from tests.factories import accounts, exchange

QUERIES = (
    {},
    {"limit": 3},
    {"fields": "name,phone", "limit": 40},
    {"sort": "-price,name", "limit": 20},
    {"price.gt": "3", "total": "exact"},
    {"total": "exact", "limit": 1},
)
PLENTY = {"rate_per_minute": 10**6, "daily_quota": 10**6}
UNALIKE = {"X-Request-ID", "RateLimit-Remaining", "RateLimit-Reset"}
STEPS = ("read", "sync", "mask", "withdraw", "revoke", "grant", "ungrant")


@pytest.fixture(autouse=True)
def _empty_shelf():
    shelf.clear()
    yield
    shelf.clear()


class City:
    """A dataset and its readers: anybody, a company, another that gets a grant."""

    def __init__(self) -> None:
        self.way = built()
        self.other = accounts.api_key(at=exchange.now(), **PLENTY)
        type(self.way.key.key).objects.filter(pk=self.way.key.key.pk).update(**PLENTY)
        self.grants: list[int] = []
        self.masked = self.gone = False
        self.generation = 0

    @property
    def readers(self) -> tuple[str, ...]:
        return ("", self.way.key.raw, self.other.raw)

    def answers(self, params: dict) -> list[tuple]:
        """Return what each reader gets, without what counts down with each call."""
        found = []
        for key in self.readers:
            answer = self.way.get(key=key, **params)
            told = {k: v for k, v in answer.items() if k not in UNALIKE}
            body = answer.json() if answer.status_code >= 400 else answer.content
            if isinstance(body, dict):
                body.pop("request_id", None)
            found.append((answer.status_code, told, body))
        return found

    def sync(self) -> None:
        if self.gone:
            return
        self.generation += 1
        names = ",".join(one.name for one in COLUMNS)
        rows = [
            f"{i},n{i}-{self.generation},{i % 7}.50,2026-01-01,138{i:08d},s,x{self.generation},g"
            for i in range(1, len(ROWS) + self.generation)
        ]
        Path(self.way.binding.object["path"]).write_text("\n".join([names, *rows]))
        run = engine.sync(self.way.binding.pk)
        assert (run.state, run.updated > 0) == (RunState.DONE, True)  # held, it would move no row

    def mask(self) -> None:
        if self.masked or self.gone:
            return
        self.masked = True
        field = self.way.binding.resource.fields.get(name="name")
        opening.regrade(
            self.way.dataset.pk,
            {field.pk: {"grade": Grade.L3, "mask_kind": "blank"}},
            by=self.way.where.publisher,
            at=exchange.NOW,
            reason="it turned out to name people",
        )

    def withdraw(self) -> None:
        if not self.gone:
            self.gone = True
            opening.withdraw(
                self.way.dataset.pk, by=self.way.where.head, at=exchange.NOW, reason="moved away"
            )

    def revoke(self) -> None:
        own = self.way.key.key
        own.refresh_from_db()
        if own.revoked_at is None:
            keys.revoke(own.pk, by=own.app.created_by, at=exchange.now())

    def grant(self) -> None:
        if self.gone or self.grants:
            return
        fields = self.way.binding.resource.fields.filter(name__in=["id", "name", "extra"])
        to = self.other.key.app.organization
        made = exchange.grant(self.way.where, self.way.dataset, to, fields)
        self.grants.append(made.pk)

    def ungrant(self) -> None:
        if self.grants:
            grants.revoke(
                self.grants.pop(), by=self.way.where.operator, at=exchange.now(), reason="over"
            )


@contextmanager
def unkept() -> Iterator[None]:
    """Neither keep a page nor find one that was kept before."""
    with pytest.MonkeyPatch.context() as patched, override_settings(KEPT_PAGES_MB=0):
        patched.setattr(shelf, "find", lambda _name: None)
        yield


@pytest.mark.slow
def test_kept_answers_are_the_unkept_ones_for_every_reader(live_database):
    found = {"times": 0}
    find = shelf.find

    def counted(name):
        page = find(name)
        found["times"] += page is not None
        return page

    @settings(max_examples=8, phases=(Phase.reuse, Phase.generate))  # none is made smaller
    @given(
        steps=st.lists(st.sampled_from(STEPS), min_size=3, max_size=7),
        asked=st.lists(st.sampled_from(QUERIES), min_size=2, max_size=2, unique_by=str),
        doors=st.sampled_from([{"open"}, {"conditional"}, {"open", "office"}]),
    )
    def law(steps, asked, doors):
        with override_settings(DOORS=frozenset(doors), READS_ONLY="office" not in doors):
            hold(City(), steps, asked)

    def hold(city, steps, asked):
        for step in ["read", *steps, "read"]:
            if step != "read":
                getattr(city, step)()
            for params in asked:
                seen = [city.answers(params) for _time in range(3)]
                with unkept():
                    assert seen == [city.answers(params)] * 3, step

    with pytest.MonkeyPatch.context() as patched, override_settings(ANONYMOUS_PER_MINUTE=10**6):
        patched.setattr(shelf, "find", counted)
        law()

    assert found["times"] > 100


def test_a_page_is_kept_when_it_is_asked_for_again_and_read_no_more(way, monkeypatch):
    first, second = way.get(limit=5), way.get(limit=5)
    monkeypatch.setattr("exchange.records.reading.read", None)

    third = way.get(limit=5)

    assert first.content == second.content == third.content
    assert third["ETag"] == first["ETag"]


def test_who_asks_the_same_again_and_again_makes_one_look(way, monkeypatch):
    first, *_more = [way.get(key="", limit=5).content for _time in range(3)]
    monkeypatch.setattr("api.pages._page", None)

    assert way.get(key="", limit=5).content == first


@pytest.mark.parametrize("doors", [{"conditional"}, {"open", "office"}])
def test_where_grants_are_served_a_key_without_one_makes_one_look_until_it_has_one(
    way, monkeypatch, settings, doors
):
    settings.DOORS = frozenset(doors)
    other = accounts.api_key(at=exchange.now(), **PLENTY)
    page = {"key": other.raw, "limit": 5}
    first, *_more = [way.get(**page).content for _time in range(3)]
    with monkeypatch.context() as patched:
        patched.setattr("api.pages._page", None)
        assert way.get(**page).content == first

    fields = way.binding.resource.fields.filter(name__in=["id", "extra"])
    exchange.grant(way.where, way.dataset, other.key.app.organization, fields)

    assert "extra" in way.get(**page).json()["rows"][0]
    assert "extra" not in way.get(limit=5).json()["rows"][0]


def test_where_nothing_was_written_since_key_and_head_are_not_looked_up_again(
    live_database, monkeypatch
):
    way, names, looked, look = built(), [b"1:1:"], [], access.texts
    monkeypatch.setattr(access, "state", lambda: names[-1])  # else of vacuum's own writing too
    monkeypatch.setattr(
        access, "texts", lambda *told: looked.append(told) or (look(*told)[0], names[-1])
    )
    first, *_more = [way.get(key="", limit=5).content for _time in range(3)]
    looked.clear()

    unwritten = [way.get(key="", limit=5).content for _time in range(3)]
    before = len(looked)
    names.append(b"2:2:")
    written = [way.get(key="", limit=5).content for _time in range(3)]

    assert {*unwritten, *written} == {first}
    assert (before, len(looked)) == (0, 1)


def test_a_key_that_was_revoked_in_between_opens_nothing(live_database, settings):
    settings.DOORS = frozenset({"open"})
    way = built()
    pages = [way.get(limit=5).status_code for _time in range(4)]

    keys.revoke(way.key.key.pk, by=way.key.key.app.created_by, at=exchange.now())

    assert (pages, way.get(limit=5).status_code) == ([200] * 4, 401)


def test_the_state_has_another_name_once_a_transaction_that_wrote_is_over(live_database):
    seen = []
    with psycopg.connect(live_database) as writer:
        writer.execute("CREATE TABLE beside (n int)")
        writer.commit()
        for _time in range(5):
            names = [access.state()]
            writer.execute("SELECT count(*) FROM beside").fetchone()
            writer.rollback()
            names.append(access.state())
            writer.execute("INSERT INTO beside VALUES (1)")
            names.append(access.state())
            writer.commit()
            seen.append((names, access.state()))

    assert all(after not in (None, *names) for names, after in seen)
    # a vacuum that writes what it counted may come between, but not each time
    assert any(len(set(names)) == 1 for names, _after in seen)


def test_within_a_transaction_no_state_has_a_name(way):
    assert access.state() is None
    assert access.texts(way.dataset.slug, "")[1] is None


def test_who_asks_again_on_another_day_is_decided_on_anew(way, monkeypatch):
    for _time in range(3):
        way.get(key="", limit=5)
    anew = Answered(200, b"{}", {})
    monkeypatch.setattr("api.pages._page", lambda *_told, **_more: anew)
    another = timezone.now() + timedelta(days=1)
    monkeypatch.setattr("api.pages.timezone.now", lambda: another)

    assert way.get(key="", limit=5).content == b"{}"


def test_a_kept_page_that_the_caller_has_is_answered_without_a_body(way):
    tag = [way.get(limit=5)["ETag"] for _time in range(3)][-1]

    answer = way.client.get(
        f"/api/v1/datasets/{way.dataset.slug}/records",
        {"limit": 5},
        headers={"X-API-Key": way.key.raw, "If-None-Match": tag},
    )

    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)


def test_a_kept_page_is_charged_and_noted_like_any_other(way):
    pages = {way.get(limit=5).content for _time in range(4)}

    told = [note.told for note in deliveries.waiting()]
    usage = way.client.get("/api/v1/usage", headers={"X-API-Key": way.key.raw}).json()
    assert len(pages) == 1
    assert usage["per_day"] - usage["day_remaining"] == 4
    assert [(one["rows"], one["key_id"]) for one in told] == [(5, way.key.key.pk)] * 4
    assert len({one["bytes"] for one in told}) == 1


def test_rows_that_moved_while_they_were_read_are_not_kept(way, monkeypatch):
    monkeypatch.setattr("api.kept.unmoved", lambda _head: False)

    for _time in range(3):
        way.get(limit=5)

    assert shelf.size == 0


def test_pages_of_who_has_a_grant_and_estimates_are_not_kept(way):
    for _time in range(3):
        assert way.get(total="estimate", **{"price.gt": "2"}).status_code == 200

    assert shelf.size == 0


def test_the_shelf_holds_no_more_than_its_room_and_lets_the_oldest_go(settings):
    settings.KEPT_PAGES_MB = 1
    own = Shelf()
    page = Kept(b"x" * (MEGABYTE // 4), "tag", 1)
    for number in range(4):
        own.put((number,), page)
        own.find((0,))

    assert own.find((0,)) is page
    assert own.find((1,)) is None
    assert own.size <= MEGABYTE

    own.put(("large",), Kept(b"x" * (LARGEST + 1), "tag", 1))
    assert own.find(("large",)) is None


def test_the_shelf_wants_what_is_asked_for_twice():
    own = Shelf()

    assert [own.wanted(("a",)), own.wanted(("b",)), own.wanted(("a",))] == [False, False, True]
    assert not own.wanted(None)


def test_a_kept_page_is_not_given_out_elsewhere_than_the_key_is_bound_to(way):
    ApiKey.objects.filter(pk=way.key.key.pk).update(addresses="203.0.113.0/24")
    address = f"/api/v1/datasets/{way.dataset.slug}/records?limit=5"

    def asked(place: str):
        return way.client.get(address, headers={"X-API-Key": way.key.raw}, REMOTE_ADDR=place)

    here = [asked("203.0.113.9").status_code for _time in range(4)]
    there = asked("198.51.100.1")

    assert here == [200] * 4
    assert (there.status_code, there.json()["code"]) == (403, "key-elsewhere")
    usage = way.client.get(
        "/api/v1/usage", headers={"X-API-Key": way.key.raw}, REMOTE_ADDR="203.0.113.9"
    ).json()
    assert usage["per_day"] - usage["day_remaining"] == 4
