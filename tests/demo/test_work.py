"""The demo city has work waiting: at each role's desk, something of each kind that can wait."""

import copy
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.utils import timezone

from accounts import keys
from accounts.models import ApiKey, User
from accounts.roles import Role
from backoffice.waiting import contests, desks, requests, runs
from backoffice.waiting.administration import unlinked
from catalog.models import GradingTable
from catalog.terms import Check
from demo import applied, city, hall, inputs
from demo.inputs import Registry
from exchange import browsing, proposals
from exchange.models import Binding, Grant, ShareRequest, Source, SourceKind
from exchange.workflow import GrantState, State
from policy.terms import Mode
from tests.exchange.conftest import _source_url, emptied  # noqa: F401 - a department's database

pytestmark = pytest.mark.django_db

ROWS = 4400
OF_THE_WORKER = {runs.failed, runs.held, runs.late, runs.under_way, unlinked}
"""What comes of runs and of the clock; `sync_city` brings about a failed and a held one."""
ONCE_ROWS_ARE_THERE = {contests.to_announce}
"""What people do with rows, among them contests (`growing`)."""
OF_OTHER_RULES = {requests.to_check}
"""The national body of rules has no formal check."""


def inputs_for(folder: Path, database: str) -> Registry:
    """Write the city's sources, and return where its registry is."""
    inputs.write_files(folder, seed=1, total=ROWS)
    with psycopg.connect(database) as connection:
        inputs.fill_registry(connection, seed=1, total=ROWS)
        info = connection.info
        return Registry(info.host, info.port, info.dbname, info.user, info.password)


@pytest.fixture(scope="module")
def whole(module_database, _source_url, tmp_path_factory) -> tuple[city.City, Path]:  # noqa: F811
    """Build the city once, up to where a worker would read its sources; with its folder."""
    folder = tmp_path_factory.mktemp("inputs")
    emptied(_source_url)
    registry = inputs_for(folder, _source_url)
    with pytest.MonkeyPatch.context() as patch, module_database.unblock():
        patch.setattr(settings, "FILE_ROOTS", [str(folder)])
        return city.build(registry, folder, at=timezone.now()), folder


@pytest.fixture
def built(db, whole, monkeypatch: pytest.MonkeyPatch) -> city.City:
    found, folder = whole
    monkeypatch.setattr(settings, "FILE_ROOTS", [str(folder)])
    return copy.deepcopy(found)


def test_in_each_role_something_of_each_kind_waits_for_who_can_sign_in(built):
    now = timezone.now()
    titles: dict[Role, set[str]] = {role: set() for role in desks.QUESTIONS}

    for one in built.sign_ins:
        for desk in desks.of(User.objects.get(username=one.username), now=now):
            titles[desk.role] |= {str(pile.title) for pile in desk.piles}

    elsewhere = OF_THE_WORKER | ONCE_ROWS_ARE_THERE | OF_OTHER_RULES
    wanted = {
        role: len([question for question in questions if question not in elsewhere])
        for role, questions in desks.QUESTIONS.items()
    }
    assert {role: len(found) for role, found in titles.items()} == wanted, titles


def offers(name: str, kind: SourceKind) -> tuple[Source, list[dict]]:
    """Return a person's source of a kind, and what it offers them."""
    person = User.objects.get(username=name)
    [found, *_more] = Source.objects.filter(kind=kind, organization__in=person.organizations())
    return found, [dict(one.object) for one in browsing.objects(found.pk, by=person)]


def test_of_each_kind_of_source_somebody_who_can_sign_in_has_one_with_something_to_take_up(built):
    later = {applied.PERSON: hall.AT_THEIR_DESKS[applied.PERSON]}  # signs in once rows are there
    assert {one.username: one.waits for one in built.sign_ins} | later == hall.AT_THEIR_DESKS
    assert offers("housing-publisher", SourceKind.EXCEL)[1]
    assert offers("transport-publisher", SourceKind.CSV)[1]
    registry, tables = offers("approval-publisher", SourceKind.POSTGRESQL)

    proposal = proposals.propose(
        registry.pk,
        {"schema": "public", "table": inputs.REPORTS},
        by=User.objects.get(username="approval-publisher"),
    )

    assert {one["table"] for one in tables} == {inputs.TABLE, inputs.REPORTS}
    assert not Binding.objects.filter(object__table=inputs.REPORTS).exists()
    [code] = [one for one in proposal.fields if one.name == "uscc"]
    assert (code.is_key, code.value_check) == (True, Check.USCC)  # though a few are wrong


def test_the_table_of_grades_was_changed_with_a_reason(built):
    first, second = GradingTable.objects.order_by("version")

    assert second.previous == first
    assert second.note
    assert second.changed["waiting"] >= 3


def test_share_requests_stand_in_every_state_of_the_national_rules(built):
    states = set(ShareRequest.objects.values_list("state", flat=True))

    assert states == set(State) - {State.RECEIVED, State.IN_CHECK}
    assert {grant.state(timezone.localdate()) for grant in Grant.objects.all()} == set(GrantState)


def test_a_department_has_a_key_and_a_live_grant_of_each_way_of_use(built):
    today = timezone.localdate()
    found = {mode: Grant.objects.get(pk=pk) for mode, pk in built.office.grants.items()}

    key = ApiKey.objects.get(digest=keys.digest(built.office.key))

    assert {mode: list(grant.modes) for mode, grant in found.items()} == {
        str(mode): [str(mode)] for mode in (Mode.QUERY, Mode.VERIFY, Mode.BULK)
    }
    assert {grant.state(today) for grant in found.values()} == {GrantState.LIVE}
    assert {grant.organization for grant in found.values()} == {key.app.organization}


@pytest.mark.usefixtures("built")
def test_the_department_holds_several_grants_for_queries_on_one_dataset():
    of_queries = Grant.objects.live(timezone.localdate()).filter(
        organization__slug="transport", modes=[str(Mode.QUERY)]
    )

    assert of_queries.filter(dataset__slug="business-registrations").count() > 1
