from datetime import date, timedelta

import pytest

from accounts import notices
from accounts.models import Notice
from accounts.roles import NotAllowed, Role
from catalog import bases, facts, line_reviews, negative_list, revisions
from catalog.line_reviews import Due
from catalog.models import Dataset, Field, LegalBasis, NegativeLine
from catalog.refusals import BasisRefused, LineRefused, StepRefused
from catalog.states import LINE_MOVES, LineStep
from catalog.terms import LineState
from policy.decision import decide
from policy.facts import ANYBODY, Case
from policy.terms import (
    OPEN_TIERS,
    SHARE_TIERS,
    BasisTier,
    Because,
    Certainty,
    Channel,
    Mode,
    Treatment,
)
from tests.factories import accounts
from tests.factories.catalog import (
    NOW,
    TEXT,
    TODAY,
    able,
    article,
    basis,
    dataset,
    negative_line,
    staff,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=40)


def version(made: Dataset) -> int:
    return Dataset.objects.get(pk=made.pk).policy_version


def decided(made: Dataset, today: date, *, channel: Channel = Channel.OPEN, name: str = "name"):
    fields, lines = facts.dataset_facts(made)
    case = Case(channel, Mode.QUERY, ANYBODY, today, prohibitions=lines)
    return decide(case, fields).fields[name]


def test_a_published_line_has_its_number_and_three_people_behind_it():
    first, second = negative_line(), negative_line()

    assert second.number == first.number + 1
    assert len({first.proposed_by, first.legal_by, first.authority_by}) == 3


def test_a_line_is_named_by_its_number_and_dataset_and_without_one_by_the_dataset():
    made = dataset()
    published = negative_line(made)
    proposed = negative_line(made, state=LineState.PROPOSED)

    assert str(published) == f"{published.number} {made}"
    assert (proposed.number, str(proposed)) == (None, str(made))


def test_a_published_line_withholds_what_it_names_and_cites_its_article():
    made = dataset(fields=["name", "other"])
    line = negative_line(made, ["name"])

    barred, free = decided(made, TODAY), decided(made, TODAY, name="other")

    assert barred.treatment == Treatment.WITHHELD
    assert barred.reasons[0].because == Because.NEGATIVE_LIST
    assert line.basis.citation in str(barred.reasons[0])
    assert free.treatment == Treatment.CLEAR


def test_a_line_without_named_fields_bars_the_whole_dataset():
    made = dataset(fields=["name", "other"])

    negative_line(made)

    assert {decided(made, TODAY, name=name).treatment for name in ("name", "other")} == {
        Treatment.WITHHELD
    }


@pytest.mark.parametrize("state", [LineState.PROPOSED, LineState.AUTHORITY_REVIEW])
def test_a_line_that_is_not_published_bars_nothing(state):
    made = dataset()

    negative_line(made, state=state)

    assert decided(made, TODAY).treatment == Treatment.CLEAR


def test_a_line_without_a_basis_is_refused_with_what_to_do():
    made = dataset()

    with pytest.raises(LineRefused, match="needs its legal basis"):
        negative_list.propose(
            made.pk,
            basis_id=None,
            reason_zh="测试",
            from_on=TODAY,
            review_on=TODAY,
            by=able("catalog.propose_negativeline", made.owner),
            at=NOW,
        )

    assert not NegativeLine.objects.exists()


def test_a_line_on_an_unverified_basis_is_refused_and_stays_unpublished():
    made = dataset()
    line = negative_line(made, state=LineState.AUTHORITY_REVIEW, on=basis(verified=False))
    before = version(made)

    with pytest.raises(LineRefused, match="has not been verified"):
        negative_list.publish(line.pk, by=accounts.user(Role.OPERATOR), at=NOW)

    line.refresh_from_db()
    assert (line.state, line.number) == (LineState.AUTHORITY_REVIEW, None)
    assert version(made) == before


@pytest.mark.parametrize("tier", BasisTier)
@pytest.mark.parametrize("channel", Channel)
def test_only_a_basis_of_a_tier_the_channel_accepts_carries_a_line(tier, channel):
    line = negative_line(state=LineState.AUTHORITY_REVIEW, on=basis(tier=tier), bars=[channel])
    accepted = {Channel.SHARE: SHARE_TIERS, Channel.OPEN: OPEN_TIERS}[channel]
    operator = accounts.user(Role.OPERATOR)

    if tier in accepted:
        assert negative_list.publish(line.pk, by=operator, at=NOW).state == LineState.PUBLISHED
    else:
        with pytest.raises(LineRefused, match="can not bar"):
            negative_list.publish(line.pk, by=operator, at=NOW)


def test_a_line_that_begins_before_its_law_is_refused():
    late = basis(in_force_from=TODAY + timedelta(days=1))
    line = negative_line(state=LineState.AUTHORITY_REVIEW, on=late)

    with pytest.raises(LineRefused, match="not in force"):
        negative_list.publish(line.pk, by=accounts.user(Role.OPERATOR), at=NOW)


def test_a_line_names_fields_of_its_own_dataset_only():
    made, other = dataset(), dataset()
    foreign = other.resources.get().fields.get()

    with pytest.raises(LineRefused, match="does not have"):
        negative_list.propose(
            made.pk,
            field_ids=[foreign.pk],
            basis_id=basis().pk,
            reason_zh="测试",
            from_on=TODAY,
            review_on=TODAY,
            by=able("catalog.propose_negativeline", made.owner),
            at=NOW,
        )


def test_who_proposed_or_reviewed_a_line_may_not_publish_it():
    line = negative_line(state=LineState.AUTHORITY_REVIEW)
    authority = accounts.organization(accounts.OrganizationKind.AUTHORITY)

    for person in (line.proposed_by, line.legal_by):
        accounts.Membership.objects.get_or_create(
            user=person, organization=authority, role=Role.OPERATOR
        )
        with pytest.raises(NotAllowed, match="three people"):
            negative_list.publish(line.pk, by=person, at=NOW)


def test_a_department_cannot_publish_its_own_line():
    line = negative_line(state=LineState.AUTHORITY_REVIEW)

    with pytest.raises(NotAllowed):
        negative_list.publish(line.pk, by=accounts.user(Role.HEAD, line.dataset.owner), at=NOW)


@pytest.mark.parametrize("state", LineState)
@pytest.mark.parametrize("step", LineStep)
def test_a_line_moves_only_as_the_table_says(state, step):
    line = negative_line(state=state)
    operator = accounts.user(Role.OPERATOR)
    legal = able("catalog.legal_review_negativeline", line.dataset.owner)
    steps = {
        LineStep.FORWARD: lambda: negative_list.legal_review(
            line.pk, passed=True, opinion="", by=legal, at=NOW
        ),
        LineStep.RETURN: lambda: negative_list.send_back(
            line.pk, opinion="条款不禁止部门间共享", by=operator, at=NOW
        ),
        LineStep.PUBLISH: lambda: negative_list.publish(line.pk, by=operator, at=NOW),
        LineStep.RENEW: lambda: negative_list.renew_review(
            line.pk, review_on=TODAY + timedelta(days=700), by=operator, at=NOW
        ),
        LineStep.END: lambda: negative_list.end(line.pk, by=operator, at=NOW, reason="期满"),
    }

    if (state, step) in LINE_MOVES:
        steps[step]()
        line.refresh_from_db()
        assert line.state == LINE_MOVES[state, step]
    else:
        with pytest.raises(StepRefused):
            steps[step]()


def test_when_a_line_runs_out_its_field_is_conditional_and_a_person_is_named_the_line():
    made = dataset()
    line = negative_line(made, until_on=TODAY + timedelta(days=10))
    after = TODAY + timedelta(days=11)

    assert decided(made, after - timedelta(days=1)).reasons[0].because == Because.NEGATIVE_LIST
    lapsed = decided(made, after)
    assert (lapsed.treatment, lapsed.reasons[0].because) == (
        Treatment.WITHHELD,
        Because.LINE_LAPSED,
    )
    assert line_reviews.due(after) == [
        line_reviews.LineDue(line, Due.LAPSED, TODAY + timedelta(days=10))
    ]


@pytest.mark.parametrize("first_day", [0, 30])
def test_a_line_ended_on_its_first_day_or_before_leaves_its_field_conditional_and_a_task(
    first_day,
):
    made = dataset()
    line = negative_line(made, from_on=TODAY + timedelta(days=first_day))
    publisher = staff(Role.PUBLISHER, made.owner)

    negative_list.end(line.pk, by=accounts.user(Role.OPERATOR), at=NOW, reason="未曾适用")

    lapsed = decided(made, TODAY)
    assert (lapsed.treatment, lapsed.reasons[0].because) == (
        Treatment.WITHHELD,
        Because.LINE_LAPSED,
    )
    assert decided(made, TODAY - timedelta(days=1)).reasons[0].because != Because.LINE_LAPSED
    assert "line.ended" in [told.kind for told in notices.inbox(publisher)]


def test_when_every_field_is_graded_anew_after_a_line_was_ended_the_task_is_done():
    made = dataset()
    line = negative_line(made)
    negative_list.end(line.pk, by=accounts.user(Role.OPERATOR), at=NOW, reason="期满")
    later = NOW + timedelta(minutes=1)
    [one] = Field.objects.filter(resource__dataset=made)

    revisions.apply_grades(
        made, {one.pk: {"grade": 1}}, by=staff(Role.HEAD, made.owner), at=later, reason="重新定级"
    )

    assert decided(made, TODAY).treatment == Treatment.CLEAR
    assert not Notice.objects.open().filter(kind="line.ended").exists()


def test_a_line_published_after_its_last_day_did_not_lapse_before_it_was_published():
    made = dataset()
    negative_line(made, from_on=TODAY - timedelta(days=9), until_on=TODAY - timedelta(days=5))

    [told] = facts.prohibitions(made)

    assert told.in_force_until == TODAY - timedelta(days=1)
    assert decided(made, TODAY - timedelta(days=2)).treatment == Treatment.CLEAR


def test_when_a_basis_runs_out_its_lines_lapse_with_it():
    made = dataset()
    line = negative_line(made)
    before = version(made)

    bases.end(line.basis_id, until=TODAY, by=accounts.user(Role.OPERATOR), at=NOW)

    assert version(made) == before + 1
    assert decided(made, TODAY).reasons[0].because == Because.NEGATIVE_LIST
    assert decided(made, TODAY + timedelta(days=1)).reasons[0].because == Because.LINE_LAPSED
    assert [one.why for one in line_reviews.due(TODAY + timedelta(days=1))] == [Due.LAPSED]


def test_a_review_that_has_come_is_due():
    line = negative_line(review_on=TODAY + timedelta(days=5))

    assert line_reviews.due(TODAY + timedelta(days=4)) == []
    assert line_reviews.due(TODAY + timedelta(days=5)) == [
        line_reviews.LineDue(line, Due.REVIEW, line.review_on)
    ]


def test_an_ended_line_bars_nothing_from_that_day_and_past_verdicts_can_be_replayed():
    made = dataset()
    line = negative_line(made)

    negative_list.end(line.pk, by=accounts.user(Role.OPERATOR), at=LATER, reason="不再需要")

    ended = TODAY + timedelta(days=40)
    assert decided(made, ended).reasons[0].because == Because.LINE_LAPSED
    assert decided(made, ended - timedelta(days=1)).reasons[0].because == Because.NEGATIVE_LIST


def test_a_line_does_not_reach_back_before_it_was_published():
    made = dataset()
    negative_line(made, from_on=TODAY - timedelta(days=30))

    assert decided(made, TODAY - timedelta(days=1)).treatment == Treatment.CLEAR
    assert decided(made, TODAY).treatment == Treatment.WITHHELD


@pytest.mark.parametrize("verb", ["publish", "end"])
def test_publishing_and_ending_a_line_let_every_kept_decision_be_made_anew(verb):
    states = {"publish": LineState.AUTHORITY_REVIEW, "end": LineState.PUBLISHED}
    line = negative_line(state=states[verb])
    before = version(line.dataset)
    operator = accounts.user(Role.OPERATOR)

    if verb == "publish":
        negative_list.publish(line.pk, by=operator, at=NOW)
    else:
        negative_list.end(line.pk, by=operator, at=NOW, reason="期满")

    assert version(line.dataset) == before + 1


def test_ending_a_line_needs_a_reason():
    line = negative_line()

    with pytest.raises(LineRefused):
        negative_list.end(line.pk, by=accounts.user(Role.OPERATOR), at=NOW, reason="  ")


def test_the_seeded_library_has_nothing_that_is_verified_and_is_seeded_once():
    added = bases.seed(at=NOW)

    assert added > 10
    assert bases.seed(at=NOW) == 0
    library = LegalBasis.objects.all()
    assert not library.filter(certainty=Certainty.VERIFIED).exists()
    assert not library.exclude(text_zh="").exists()
    assert all("look the article up" in one.source for one in library.filter(article="条号待核"))


def test_a_seeded_article_carries_a_line_only_after_a_person_has_entered_its_text():
    bases.seed(at=NOW)
    law = LegalBasis.objects.get(law_zh="中华人民共和国统计法")
    line = negative_line(state=LineState.AUTHORITY_REVIEW, on=law)
    operator = accounts.user(Role.OPERATOR)
    with pytest.raises(LineRefused):
        negative_list.publish(line.pk, by=operator, at=NOW)

    bases.verify(law.pk, text_zh=TEXT, source="测试", by=operator, at=NOW)

    assert negative_list.publish(line.pk, by=operator, at=NOW).number is not None


def test_the_law_itself_refuses_what_the_catalogue_would_have_let_through():
    made = dataset()
    negative_line(made, on=basis(tier=BasisTier.LOCAL_REGULATION), bars=[Channel.OPEN])
    _fields, lines = facts.dataset_facts(made)

    assert lines[0].counts(Channel.OPEN)
    assert not lines[0].counts(Channel.SHARE)


@pytest.mark.parametrize(
    ("text", "source", "what"),
    [
        ("", "公报", "word for word"),
        ("略", "公报", "word for word"),
        (TEXT, " ", "where you read"),
    ],
)
def test_verifying_asks_for_the_text_word_for_word_and_its_source(text, source, what):
    law = basis(verified=False)

    with pytest.raises(BasisRefused, match=what):
        bases.verify(law.pk, text_zh=text, source=source, by=accounts.user(Role.OPERATOR), at=NOW)


def test_what_is_verified_is_not_verified_over():
    law = basis()

    with pytest.raises(StepRefused, match="already"):
        bases.verify(
            law.pk, text_zh=TEXT + "改", source="测试", by=accounts.user(Role.OPERATOR), at=NOW
        )


def test_only_the_data_authority_verifies():
    law = basis(verified=False)

    with pytest.raises(NotAllowed):
        bases.verify(law.pk, text_zh=TEXT, source="测试", by=accounts.user(Role.HEAD), at=NOW)


def test_a_changed_law_is_a_new_version_unverified_and_ends_the_old_one():
    old = basis()
    line = negative_line(on=old)
    operator = accounts.user(Role.OPERATOR)
    begins = TODAY + timedelta(days=30)

    new = bases.supersede(
        old.pk, article(law_zh=old.law_zh, in_force_from=begins), by=operator, at=NOW
    )

    old.refresh_from_db()
    assert (new.version, new.certainty) == (2, Certainty.UNVERIFIED)
    assert old.in_force_until == begins - timedelta(days=1)
    assert facts.prohibitions(line.dataset)[0].in_force_until == old.in_force_until
    with pytest.raises(StepRefused, match="later version"):
        bases.supersede(
            old.pk, article(law_zh=old.law_zh, in_force_from=begins), by=operator, at=NOW
        )


def test_a_new_version_is_of_the_same_law_and_later():
    old = basis()
    operator = accounts.user(Role.OPERATOR)

    with pytest.raises(BasisRefused, match="same law"):
        bases.supersede(old.pk, article(in_force_from=TODAY), by=operator, at=NOW)
    with pytest.raises(BasisRefused, match="cannot end before"):
        bases.end(old.pk, until=date(1990, 1, 1), by=operator, at=NOW)
