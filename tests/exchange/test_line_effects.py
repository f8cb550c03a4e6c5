"""What a line would change is shown before it counts, and is what then happens."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from accounts.models import OrganizationKind
from accounts.roles import Role
from catalog import facts
from catalog.models import NegativeLine
from catalog.terms import LineState
from exchange import line_effects, opening
from exchange.sharing import grants
from exchange.sync import engine
from policy.comparison import Viewpoint, cases, treatments
from policy.terms import BasisTier, Channel, Mode, OpenType, Treatment
from tests.factories import accounts, catalog, exchange
from tests.factories.catalog import NOW, TODAY
from tests.factories.exchange import DataType, column

pytestmark = pytest.mark.django_db
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("extra", open_type=OpenType.CONDITIONAL),
)
DATA = "id,name,extra\n1,a,x\n2,b,y\n"


@pytest.fixture
def served():
    """Return a published dataset with two rows in each zone."""
    where = exchange.house()
    binding = exchange.csv_binding(where, DATA, COLUMNS)
    engine.sync(binding.pk)
    return exchange.publish(where, binding.resource)


def proposed(dataset, fields=("name",), **over):
    return catalog.negative_line(dataset, fields, state=LineState.AUTHORITY_REVIEW, **over)


def granted(dataset, names, kind=OrganizationKind.COMPANY, channel=Channel.OPEN):
    return grants.grant(
        dataset.pk,
        to=accounts.organization(kind),
        fields=[one.pk for one in catalog.table(dataset).fields.filter(name__in=names)],
        purpose="测试",
        valid_from=TODAY,
        valid_until=TODAY + timedelta(days=30),
        channel=channel,
        modes=[Mode.QUERY],
        by=accounts.user(Role.REVIEWER, dataset.owner),
        at=NOW,
    )


def test_the_effect_names_field_reader_and_treatment_before_and_after(served):
    line = proposed(served)

    effect = line_effects.of_publishing(line.pk, today=TODAY)

    (one,) = effect.fields
    assert one.field.name == "name"
    assert one.differences == dict.fromkeys(Viewpoint, (Treatment.CLEAR, Treatment.WITHHELD))
    line.refresh_from_db()
    assert line.state == LineState.AUTHORITY_REVIEW


def test_a_line_on_one_channel_leaves_the_other_as_it_is(served):
    line = proposed(served, bars=[Channel.OPEN])

    (one,) = line_effects.of_publishing(line.pk, today=TODAY).fields

    assert set(one.differences) == {Viewpoint.PUBLIC, Viewpoint.COMPANY_GRANTED}


def test_rows_are_gone_where_no_field_is_left_to_show(served):
    part, whole = proposed(served), proposed(served, fields=())

    told = {
        line.pk: {
            one.viewpoint: (one.rows, one.before, one.after, one.gone)
            for one in line_effects.of_publishing(line.pk, today=TODAY).rows
        }
        for line in (part, whole)
    }

    assert told[part.pk][Viewpoint.PUBLIC] == (2, 2, 1, 0)
    assert told[whole.pk][Viewpoint.PUBLIC] == (2, 2, 0, 2)
    assert told[whole.pk][Viewpoint.DEPARTMENT] == (2, 3, 0, 2)


def test_grants_that_would_show_less_are_named_with_the_fields(served):
    hit = granted(served, ["name", "extra"])
    granted(served, ["id"])
    line = proposed(served, fields=("extra",))

    effect = line_effects.of_publishing(line.pk, today=TODAY)

    assert [(one.grant, one.less, one.more) for one in effect.grants] == [(hit, ("extra",), ())]


def test_other_lines_that_bar_the_same_are_named_and_then_nothing_changes(served):
    other = catalog.negative_line(served, ["name"], bars=[Channel.OPEN])
    line = proposed(served, fields=("name", "extra"), bars=[Channel.OPEN])
    same = proposed(served, fields=("name",), bars=[Channel.OPEN])

    effect = line_effects.of_publishing(line.pk, today=TODAY)

    (shadow,) = effect.shadows
    assert (shadow.line, shadow.fields, shadow.channels) == (other, ("name",), (Channel.OPEN,))
    assert [one.field.name for one in effect.fields] == ["extra"]
    assert line_effects.of_publishing(same.pk, today=TODAY).fields == ()


def test_a_line_on_the_other_channel_is_no_shadow(served):
    catalog.negative_line(served, ["name"], bars=[Channel.SHARE])
    line = proposed(served, bars=[Channel.OPEN])

    assert line_effects.of_publishing(line.pk, today=TODAY).shadows == ()


def test_what_stands_in_the_way_is_said_and_the_effect_shown_all_the_same(served):
    unread = proposed(served, on=catalog.basis(verified=False))
    low = proposed(served, on=catalog.basis(tier=BasisTier.LOCAL_REGULATION))

    with override("en"):
        first, second = (
            line_effects.of_publishing(line.pk, today=TODAY) for line in (unread, low)
        )

    assert "has not been verified" in first.obstacle
    assert first.fields
    assert "can not bar sharing" in second.obstacle
    assert set(second.fields[0].differences) == {Viewpoint.PUBLIC, Viewpoint.COMPANY_GRANTED}
    assert line_effects.of_publishing(proposed(served).pk, today=TODAY).obstacle == ""


def test_a_line_that_begins_later_is_tried_out_on_its_first_day(served):
    first = TODAY + timedelta(days=40)
    line = proposed(served, from_on=first, review_on=first + timedelta(days=300))

    effect = line_effects.of_publishing(line.pk, today=TODAY)

    assert effect.day == first
    assert effect.fields


def test_ending_a_line_shows_that_its_fields_are_conditional_then(served):
    grant = granted(served, ["name"], OrganizationKind.DEPARTMENT, Channel.SHARE)
    line = catalog.negative_line(served, ["name"])

    effect = line_effects.of_ending(line.pk, today=TODAY + timedelta(days=10))

    (one,) = effect.fields
    assert Viewpoint.PUBLIC not in one.differences
    assert one.differences[Viewpoint.DEPARTMENT_GRANTED] == (Treatment.WITHHELD, Treatment.CLEAR)
    assert [(one.grant, one.more) for one in effect.grants] == [(grant, ("name",))]


@pytest.mark.parametrize("names", [("name",), (), ("extra", "id")])
def test_what_was_shown_is_what_then_happens(served, names):
    line = proposed(served, fields=names)
    effect = line_effects.of_publishing(line.pk, today=TODAY)
    before = seen(served)

    opening.publish_line(line.pk, by=accounts.user(Role.OPERATOR), at=NOW)

    after = seen(served)
    happened = {name for name in before if before[name] != after[name]}
    assert {one.field.name for one in effect.fields} == happened
    for one in effect.fields:
        for viewpoint, (old, new) in one.differences.items():
            assert before[one.field.name][viewpoint] == old
            assert after[one.field.name][viewpoint] == new


def seen(dataset):
    fields, lines = facts.dataset_facts(dataset)
    views = cases(TODAY, lines)
    return {one.name: treatments(one, views) for one in fields}


def test_nothing_is_written_by_trying_out(served):
    line = catalog.negative_line(served, ["name"])

    line_effects.of_ending(line.pk, today=TODAY)

    assert NegativeLine.objects.get(pk=line.pk).state == LineState.PUBLISHED


def test_a_line_that_others_make_idle_is_named_before_it_is_published(served):
    standing = catalog.negative_line(served, ())
    line = proposed(served)

    (idle,) = line_effects.of_publishing(line.pk, today=TODAY).idle

    assert (idle.number, idle.by) == (0, (standing.number,))


def test_lines_that_a_new_one_makes_idle_are_named(served):
    standing = catalog.negative_line(served, ["name"])
    line = proposed(served, fields=())

    (idle,) = line_effects.of_publishing(line.pk, today=TODAY).idle

    assert idle.number == standing.number
    with override("en"):
        assert idle.beside == "this line"


def test_a_line_that_bars_something_alone_is_not_idle(served):
    catalog.negative_line(served, ["name"])
    line = proposed(served, fields=["name", "extra"])

    idle = line_effects.of_publishing(line.pk, today=TODAY).idle

    assert line.number not in {one.number for one in idle}
    assert 0 not in {one.number for one in idle}
