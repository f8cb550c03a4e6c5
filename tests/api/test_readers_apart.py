"""Readers who see different fields of one dataset: in any order each gets what is theirs."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import pytest
from django.test import Client
from hypothesis import Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from accounts.models import Organization
from accounts.roles import Role
from api.kept import shelf
from exchange.models import Grant
from policy.terms import Grade
from tests.api.conftest import built
from tests.api.test_kept import PLENTY, UNALIKE, unkept
from tests.api.test_office import EVER
from tests.conftest import forget
from tests.factories import accounts, exchange, sharing

LEFT_OUT = UNALIKE | {"Content-Length"}
LANGUAGES = ("en", "zh-hans")
COMPANY_QUERIES = (
    {"limit": 3},
    {"fields": "id,extra", "limit": 40},
    {"fields": "name,phone", "limit": 3},
    {"sort": "-price,name", "limit": 20},
    {"extra": "x", "total": "exact", "limit": 1},
)
DOORS = (("open",), ("conditional",), ("open", "office"))
TAGS = ("none", "own", "others'", "everybody's")


@dataclass(frozen=True)
class Call:
    """Who asks what, in which language."""

    reader: str
    query: tuple[tuple[str, str], ...]
    language: str


Answer = tuple[int, dict[str, str], Any]


@dataclass
class Readers:
    """Keys by who has them, the address that all of them ask, and what each gets there."""

    path: str
    keys: Mapping[str, str]
    queries: tuple[Mapping[str, str], ...]
    client: Client = field(default_factory=Client)
    fresh: dict[Call, Answer] = field(default_factory=dict)
    """What a process answers that has kept nothing."""

    def begin(self) -> None:
        """Ask all of a process that has kept nothing, for each call anew."""
        for reader, query, language in product(self.keys, self.queries, LANGUAGES):
            call = Call(reader, tuple(query.items()), language)
            forget()
            with unkept():
                self.fresh[call] = self.ask(call)
        told = {(got[1]["ETag"], str(got[2])) for got in self.fresh.values() if "ETag" in got[1]}
        assert len(told) == len({tag for tag, _body in told}), "two bodies have one tag"

    def ask(self, call: Call, tags: str = "") -> Answer:
        """Return status, headers and body, without what counts down or numbers a call."""
        headers = {
            "Accept-Language": call.language,
            "X-API-Key": self.keys[call.reader],
            "If-None-Match": tags,
        }
        sent = {name: value for name, value in headers.items() if value}
        answer = self.client.get(self.path, dict(call.query), headers=sent)
        told = {name: value for name, value in answer.items() if name not in LEFT_OUT}
        body = answer.json() if answer.status_code >= 400 else answer.content
        if isinstance(body, dict):
            body.pop("request_id", None)
        return answer.status_code, told, body

    def tags(self, call: Call, whose: str) -> str:
        """Return the tags of the answers that somebody got to the same question."""
        readers = {
            "none": [],
            "own": [call.reader],
            "others'": [one for one in self.keys if one != call.reader],
            "everybody's": list(self.keys),
        }[whose]
        told = (self.fresh[replace(call, reader=one)][1].get("ETag") for one in readers)
        return ", ".join(tag for tag in told if tag)

    def due(self, call: Call, tags: str) -> Answer:
        """Return what a call has to be answered: without a body to who sends the very tag."""
        status, headers, body = self.fresh[call]
        tag = headers.get("ETag")
        if tag is None or tag not in tags.split(", "):
            return status, headers, body
        return 304, {name: headers[name] for name in headers if name != "Content-Type"}, b""

    def questions(self) -> st.SearchStrategy[list[tuple[Call, str]]]:
        """Return calls in any order, with repeats: everybody asks the same one or two things."""
        few = st.lists(st.sampled_from(self.queries), min_size=1, max_size=2)
        return few.flatmap(lambda asked: st.lists(self._one_of(asked), min_size=20, max_size=40))

    def _one_of(self, asked: list[Mapping[str, Any]]) -> st.SearchStrategy[tuple[Call, str]]:
        query = st.sampled_from([tuple(one.items()) for one in asked])
        readers, languages = st.sampled_from(list(self.keys)), st.sampled_from(LANGUAGES)
        return st.tuples(st.builds(Call, readers, query, languages), st.sampled_from(TAGS))


def hold(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Have the readers ask in many orders, and compare; returns what was met how often."""
    met, find = Counter[str](), shelf.find

    def counted(name: Any) -> Any:
        page = find(name)
        met["kept"] += page is not None
        return page

    readers.begin()
    monkeypatch.setattr(shelf, "find", counted)

    @examples(max_examples=12, phases=(Phase.reuse, Phase.generate))  # none is made smaller
    @given(asked=readers.questions())
    def law(asked: list[tuple[Call, str]]) -> None:
        forget()
        shelf.clear()
        for call, whose in asked:
            tags = readers.tags(call, whose)
            answer = readers.ask(call, tags)
            met[f"{answer[0]} {whose}"] += 1
            assert answer == readers.due(call, tags), (call, whose)

    law()
    return met


def key_of(organization: Organization | None = None) -> str:
    """Return a key with limits that are no hindrance."""
    app = accounts.app(organization) if organization else None
    return accounts.api_key(app, at=exchange.now(), **PLENTY).raw


@pytest.mark.slow
@pytest.mark.parametrize("doors", DOORS, ids="+".join)
def test_companies_with_other_grants_and_nobody_get_what_is_theirs(
    live_database, monkeypatch, settings, doors
):
    settings.DOORS, settings.READS_ONLY = frozenset(doors), "office" not in doors
    settings.ANONYMOUS_PER_MINUTE = settings.ANONYMOUS_PER_DAY = 10**6
    way = built()
    companies = {}
    for name, granted in {"of one": ["id", "extra"], "of all": ["id", "name", "extra"]}.items():
        key = accounts.api_key(at=exchange.now(), **PLENTY)
        fields = way.binding.resource.fields.filter(name__in=granted)
        exchange.grant(way.where, way.dataset, key.key.app.organization, fields)
        companies[name] = key.raw
    bound = accounts.api_key(at=exchange.now(), **PLENTY, addresses="203.0.113.0/24")
    keys = {"nobody": "", "without": key_of(), **companies, "elsewhere": bound.raw, "false": "no"}
    path = f"/api/v1/datasets/{way.dataset.slug}/records"

    met = hold(Readers(path, keys, COMPANY_QUERIES), monkeypatch)

    assert met["kept"] > 10


@pytest.mark.slow
def test_departments_with_other_grants_get_what_is_theirs(live_database, monkeypatch):
    two = sharing.two()
    other = accounts.organization()
    clerk, head = (accounts.user(role, other) for role in (Role.PUBLISHER, Role.HEAD))
    three = replace(two, asker=other, clerk=clerk, asking_head=head)
    wide, narrow = two.granted("name", "phone"), three.granted("phone", clear_up_to=Grade.L2)
    second = two.granted("income")
    Grant.objects.update(**EVER, daily_quota=None)
    keys = {
        "wide": key_of(two.asker),
        "narrow": key_of(three.asker),
        "without": key_of(accounts.organization()),
        "provider": key_of(two.where.department),
        "nobody": "",
    }
    path = f"/api/v1/office/datasets/{two.dataset.slug}/records"
    queries = tuple({"grant": one.pk, "limit": 3} for one in (wide, narrow, second))

    met = hold(Readers(path, keys, ({"limit": 3}, *queries)), monkeypatch)

    assert met["304 own"] + met["304 everybody's"] > 5
