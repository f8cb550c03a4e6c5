"""The desk of contests: drafted, changed, published, announced and called off by buttons."""

import pytest

from accounts.roles import Role
from backoffice.forms.contests import ContestForm
from community import contests
from community.contests import Award
from community.models import Contest, ContestEntry
from community.states import ContestState
from tests.factories import accounts, catalog, community, exchange

pytestmark = pytest.mark.django_db


def told_of(told, **over):
    """Return what the form of a contest sends."""
    sent = {name: getattr(told, name) for name in ContestForm.Meta.fields}
    return sent | {"organizer": told.organizer.pk, "datasets": list(told.datasets)} | over


@pytest.fixture
def desk(at_desk):
    return at_desk(community.operator())


def test_a_contest_is_drafted_changed_and_published(desk):
    dataset = catalog.dataset()
    told = community.contest_told(exchange.now(), datasets=[dataset.pk])

    drafted = desk.press_above(Contest, "draft", **told_of(told))
    made = Contest.objects.get()
    changed = desk.press(made, "change", **told_of(told, title_en="Spring of data"))
    published = desk.press(made, "publish")

    assert [one.status_code for one in (drafted, changed, published)] == [302] * 3
    made.refresh_from_db()
    assert (made.state, made.title_en) == (ContestState.PUBLISHED, "Spring of data")
    assert list(made.datasets.all()) == [dataset]


def test_days_out_of_order_are_refused_with_a_sentence_and_what_was_typed_stays(desk, said):
    told = community.contest_told(exchange.now())

    answer = desk.press_above(Contest, "draft", **told_of(told, results_on=told.opens_on))

    assert answer.status_code == 400
    assert str(told.entries_until) in said(answer)
    assert told.slug in answer.content.decode()
    assert not Contest.objects.exists()


def test_results_are_announced_for_the_apps_that_are_shown(desk):
    app, waiting = community.showcase(shown=True), community.showcase()
    made = community.judged(app, waiting, at=exchange.now())
    entry, other = (made.entries.get(showcase=one) for one in (app, waiting))
    award = {f"place_{entry.pk}": 1, f"zh_{entry.pk}": "一等奖", f"en_{entry.pk}": "First prize"}

    asked = desk.ask(made, "announce").content.decode()
    half = desk.press(made, "announce", **award | {f"en_{entry.pk}": ""})
    done = desk.press(made, "announce", **award)

    assert f"place_{entry.pk}" in asked
    assert f"place_{other.pk}" not in asked
    assert (half.status_code, done.status_code) == (400, 302)
    assert ContestEntry.objects.awarded().get() == entry


def test_results_are_told_in_one_table_with_earlier_awards_on_top(desk):
    apps = [community.showcase(title_en=name, shown=True) for name in ("Early", "Late")]
    made = community.judged(*apps, at=exchange.now())
    won = made.entries.get(showcase=apps[1])
    award = {won.pk: Award(1, "一等奖", "First prize")}
    contests.announce(made.pk, award, by=community.operator(), at=exchange.now())

    asked = desk.ask(made, "announce").content.decode()
    table = asked[asked.index("<tbody>") : asked.index("</tbody>")]

    assert (table.count("<tr"), table.count("<input")) == (2, 6)
    assert table.index("Late") < table.index("Early")
    assert 'value="First prize"' in table
    half = desk.press(
        made, "announce", **{f"zh_{made.entries.get(showcase=apps[0]).pk}": "一等奖"}
    )
    wrong = half.content.decode()
    assert wrong.index("leave all three empty") < wrong.index("#" + str(apps[1].pk))
    assert 'aria-label="“Late”: award, English"' in table


def test_a_contest_is_called_off_with_a_reason(desk):
    made = community.contest(at=exchange.now())

    assert desk.press(made, "withdraw", reason="").status_code == 400
    assert desk.press(made, "withdraw", reason="no jury").status_code == 302

    assert Contest.objects.get().reason == "no jury"


@pytest.mark.parametrize("role", [Role.PUBLISHER, Role.HEAD, Role.REVIEWER])
def test_departments_have_no_desk_of_contests(at_desk, role):
    made = community.contest(at=exchange.now())

    assert at_desk(accounts.user(role)).page(made).status_code in (302, 403)


def test_nobody_sees_who_is_behind_an_entry(desk):
    app = community.showcase(shown=True)
    made = community.judged(app, at=exchange.now())

    for row in (made, made.entries.get()):
        assert app.speaker.user.name not in desk.page(row).content.decode()
