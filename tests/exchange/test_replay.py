"""A past day is decided as it was: by its terms, its lines and the grants that held on it."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from accounts.roles import OrganizationKind, Role
from catalog import amending, bases, history, revisions
from catalog.models import Field
from exchange import opening, replay
from exchange.access import NotPublishedThen
from exchange.sharing import lifecycle
from policy.terms import Because, Channel, Grade, Mode, Treatment
from tests.factories import accounts, catalog, sharing
from tests.factories.sharing import NOW, UNTIL

pytestmark = pytest.mark.django_db
DAY = timezone.localdate(NOW)


def days(passed: int) -> datetime:
    return NOW + timedelta(days=passed)


@pytest.fixture
def two():
    return sharing.two(rows=False)


def seen(two, passed, reader="asker", mode=Mode.QUERY):
    """Return name -> (treatment, codes) on a day, for the asking department or another reader."""
    who = two.asker if reader == "asker" else reader
    found = replay.of(two.dataset, who, day=DAY + timedelta(days=passed), mode=mode)
    return {
        one.terms.name: (
            one.decision.treatment,
            {reason.because for reason in one.decision.reasons},
        )
        for one in found.fields
    }


def granted(two, passed=1, **over):
    return two.granted("income", at=days(passed), wanted_from=DAY, **over)


def test_a_grant_counts_from_the_day_it_was_made_to_the_day_before_it_was_revoked(two):
    grant = granted(two, 2)
    lifecycle.purpose_over(grant.pk, reason="办结", by=two.clerk, at=days(5))

    told = [seen(two, passed)["income"][0] for passed in range(7)]

    assert told == [Treatment.WITHHELD] * 2 + [Treatment.CLEAR] * 3 + [Treatment.WITHHELD] * 2


def test_a_suspension_that_is_over_is_replayed_from_the_trail(two):
    grant = granted(two, 1)
    lifecycle.suspend(grant.pk, reason="超出用途", mend_by=UNTIL, by=two.where.head, at=days(3))
    lifecycle.resume(grant.pk, reason="已整改", by=two.where.head, at=days(5))

    told = [seen(two, passed)["income"][0] for passed in range(1, 7)]

    assert told == [Treatment.CLEAR] * 2 + [Treatment.WITHHELD] * 2 + [Treatment.CLEAR] * 2


def test_a_line_bars_on_its_days_only_and_falls_back_after_them(two):
    line = catalog.negative_line(two.dataset, ["name"], until_on=catalog.TODAY)
    day = (line.until_on - DAY).days

    on_it, after = seen(two, day)["name"], seen(two, day + 1)["name"]

    assert on_it == (Treatment.WITHHELD, {Because.NEGATIVE_LIST})
    assert after == (Treatment.WITHHELD, {Because.LINE_LAPSED})


def test_a_repeal_that_is_entered_late_does_not_change_what_was_decided_before(two):
    line = catalog.negative_line(two.dataset, ["name"])
    day = (line.from_on - DAY).days
    operator = accounts.user(Role.OPERATOR)

    bases.end(line.basis_id, until=line.from_on, by=operator, at=days(day + 3))
    bases.end(line.basis_id, until=line.from_on, by=operator, at=days(day + 5))

    told = [seen(two, day + passed)["name"][1] for passed in range(5)]
    assert told == [{Because.NEGATIVE_LIST}] * 3 + [{Because.LINE_LAPSED}] * 2


def regraded(two, passed, **over):
    """Grade the field `name` anew, as the day then has it."""
    opening.regrade(
        two.dataset.pk,
        {two.field("name"): {"grade": Grade.L2, **over}},
        by=two.where.publisher,
        at=days(passed),
        reason="到期后重新定级",
    )


def test_a_second_regrading_after_a_line_lapsed_moves_nothing_of_the_days_before_it(two):
    line = catalog.negative_line(two.dataset, ["name"], until_on=catalog.TODAY)
    over = (line.until_on - DAY).days + 1
    regraded(two, over + 1)
    before = [seen(two, over + passed)["name"] for passed in range(6)]

    regraded(two, over + 4)

    assert [seen(two, over + passed)["name"] for passed in range(6)] == before
    assert before[0][1] == {Because.LINE_LAPSED}
    assert {treatment for treatment, _why in before[1:]} == {Treatment.CLEAR}


def test_a_line_over_everything_is_settled_by_the_fields_of_that_day_alone(two):
    line = catalog.negative_line(two.dataset, until_on=catalog.TODAY)
    over = (line.until_on - DAY).days + 1
    ids = Field.objects.filter(resource__dataset=two.dataset).live().values_list("pk", flat=True)
    opening.regrade(
        two.dataset.pk,
        {pk: {"grade": Grade.L4} for pk in ids},
        by=two.where.publisher,
        at=days(over + 1),
        reason="到期后重新定级",
    )
    before = [seen(two, over + passed) for passed in range(4)]

    regraded(two, over + 3, grade=Grade.L4)

    assert [seen(two, over + passed) for passed in range(4)] == before
    assert before[0]["name"][1] == {Because.LINE_LAPSED}
    assert Because.LINE_LAPSED not in before[1]["name"][1]


def test_a_line_bars_its_field_by_the_name_that_it_had_then(two):
    line = catalog.negative_line(two.dataset, ["name"])
    day = (line.from_on - DAY).days
    publisher, head, operator = two.where.publisher, two.where.head, accounts.user(Role.OPERATOR)
    renamed_at = NOW + timedelta(days=day + 2)

    change = amending.propose(
        two.dataset.pk,
        fields={two.field("name"): {"name": "holder"}},
        by=publisher,
        at=renamed_at,
        reason="更准确",
    )
    amending.sign(change.pk, by=head, at=renamed_at)
    revisions.decide_revision(change.pk, by=operator, at=renamed_at, accept=True, reason="同意")

    assert seen(two, day + 1)["name"][1] == {Because.NEGATIVE_LIST}
    assert seen(two, day + 2)["holder"][1] == {Because.NEGATIVE_LIST}


def test_a_stricter_grade_counts_from_its_day(two):
    opening.regrade(
        two.dataset.pk,
        {two.field("name"): {"grade": Grade.L4}},
        by=two.where.publisher,
        at=days(3),
        reason="含姓名",
    )

    assert seen(two, 2)["name"][0] == Treatment.CLEAR
    assert seen(two, 3)["name"][0] == Treatment.WITHHELD


def test_each_reader_is_asked_about_on_its_own_channel(two):
    owner = seen(two, 1, reader=two.dataset.owner)["income"]
    anybody = seen(two, 1, reader=None)["id"]
    company = seen(two, 1, reader=accounts.organization(OrganizationKind.COMPANY))["id"]

    assert owner == (Treatment.CLEAR, {Because.OWN_DATA})
    assert anybody == company == (Treatment.CLEAR, {Because.DEFAULT_OPEN})


def test_before_its_publication_nothing_was_decided(two):
    with override("en"), pytest.raises(NotPublishedThen, match="had not been published"):
        seen(two, -400)


def test_today_is_decided_as_the_catalogue_stands(two):
    catalog.negative_line(two.dataset, ["name"], bars=[Channel.SHARE])
    today = (timezone.localdate() - DAY).days

    names = [one.name for one in history.on(two.dataset.pk, timezone.localdate())]

    assert names == list(
        Field.objects.filter(resource__dataset=two.dataset).live().values_list("name", flat=True)
    )
    assert seen(two, today)["name"][1] == {Because.NEGATIVE_LIST}
