from datetime import UTC, datetime

import pytest

from accounts.roles import NotAllowed, Role
from catalog import publishing
from catalog.drafting import update_dataset
from catalog.models import Dataset
from catalog.refusals import EntryRefused, StepRefused
from catalog.states import MOVES, Step, move
from catalog.terms import State
from tests.factories import accounts
from tests.factories.catalog import CHECKED, NOW, bring, dataset, staff

pytestmark = pytest.mark.django_db


def verbs(made: Dataset) -> dict[Step, object]:
    """Each step as a call by somebody who has the right to it."""
    owner = made.owner
    operator = accounts.user(Role.OPERATOR)
    publisher = staff(Role.PUBLISHER, owner)
    head = staff(Role.HEAD, owner)
    pk = made.pk
    return {
        Step.EDIT: lambda: update_dataset(pk, by=publisher, at=NOW, title_en="Other"),
        Step.ASK: lambda: publishing.ask_signature(pk, by=publisher, at=NOW),
        Step.SIGN: lambda: publishing.sign(pk, by=head, at=NOW, checklist=CHECKED),
        Step.RECALL: lambda: publishing.recall(pk, by=publisher, at=NOW),
        Step.SUBMIT: lambda: publishing.submit(pk, by=publisher, at=NOW),
        Step.SEND_BACK: lambda: publishing.send_back(pk, by=operator, at=NOW, defects=["摘要"]),
        Step.ACCEPT: lambda: publishing.accept(pk, by=operator, at=NOW),
        Step.WITHDRAW: lambda: publishing.retire(pk, by=operator, at=NOW, reason="停更"),
        Step.REVISE: lambda: publishing.apply_grades(made, {}, by=head, at=NOW, reason="复核"),
    }


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", Step)
def test_a_step_is_taken_only_from_the_states_of_the_table(state, step):
    made = dataset(state)

    if (state, step) in MOVES:
        verbs(made)[step]()
        made.refresh_from_db()
        assert made.state == MOVES[state, step]
    else:
        with pytest.raises(StepRefused) as refused:
            verbs(made)[step]()
        made.refresh_from_db()
        assert made.state == state
        assert refused.value.status == 409


def test_the_sentence_says_where_the_entry_stands_and_when_the_step_is_possible():
    with pytest.raises(StepRefused) as refused:
        move(State.DRAFT, Step.ACCEPT, of="Trees")

    assert "Trees" in str(refused.value)
    assert str(State.DRAFT.label) in str(refused.value)
    assert str(State.IN_REVIEW.label) in str(refused.value)


def test_wrong_state_no_right_and_no_such_thing_are_three_different_answers():
    made = dataset(State.DRAFT)

    with pytest.raises(StepRefused):
        publishing.accept(made.pk, by=accounts.user(Role.OPERATOR), at=NOW)
    with pytest.raises(NotAllowed):
        publishing.accept(made.pk, by=staff(Role.PUBLISHER, made.owner), at=NOW)
    with pytest.raises(Dataset.DoesNotExist):
        publishing.accept(0, by=accounts.user(Role.OPERATOR), at=NOW)


@pytest.mark.parametrize("role", [Role.PUBLISHER, Role.HEAD, Role.REVIEWER])
def test_another_department_may_touch_nothing(role):
    made = dataset(State.DRAFT)
    stranger = accounts.user(role)

    for verb in (
        lambda: publishing.sign(made.pk, by=stranger, at=NOW, checklist=CHECKED),
        lambda: publishing.submit(made.pk, by=stranger, at=NOW),
        lambda: update_dataset(made.pk, by=stranger, at=NOW, title_zh="他人"),
    ):
        with pytest.raises(NotAllowed):
            verb()


def test_only_the_head_signs():
    made = dataset(State.DRAFT)

    with pytest.raises(NotAllowed):
        publishing.sign(made.pk, by=staff(Role.PUBLISHER, made.owner), at=NOW, checklist=CHECKED)


@pytest.mark.parametrize("left_out", list(CHECKED))
def test_the_head_vouches_for_each_point_before_signing(left_out):
    made = dataset(State.DRAFT)

    with pytest.raises(EntryRefused) as refused:
        publishing.sign(
            made.pk,
            by=staff(Role.HEAD, made.owner),
            at=NOW,
            checklist=CHECKED | {left_out: False},
        )

    assert str(publishing.CHECKLIST[left_out]) in str(refused.value)


def test_who_submitted_an_entry_may_not_review_it():
    made = dataset(State.SIGNED)
    both = staff(Role.PUBLISHER, made.owner)
    accounts.Membership.objects.create(
        user=both,
        organization=accounts.organization(accounts.OrganizationKind.AUTHORITY),
        role=Role.OPERATOR,
    )
    publishing.submit(made.pk, by=both, at=NOW)

    with pytest.raises(NotAllowed, match="submitted"):
        publishing.accept(made.pk, by=both, at=NOW)
    with pytest.raises(NotAllowed, match="submitted"):
        publishing.send_back(made.pk, by=both, at=NOW, defects=["摘要"])


def test_what_was_sent_back_names_everything_and_needs_a_new_signature():
    made = dataset(State.IN_REVIEW)
    operator = accounts.user(Role.OPERATOR)

    publishing.send_back(made.pk, by=operator, at=NOW, defects=["摘要太短", " 联系方式 "])

    made.refresh_from_db()
    assert made.defects == ["摘要太短", "联系方式"]
    assert made.signed_by is None
    with pytest.raises(StepRefused):
        publishing.submit(made.pk, by=staff(Role.PUBLISHER, made.owner), at=NOW)


def test_sending_back_without_saying_what_is_missing_is_refused():
    made = dataset(State.IN_REVIEW)

    with pytest.raises(EntryRefused):
        publishing.send_back(made.pk, by=accounts.user(Role.OPERATOR), at=NOW, defects=[" "])


def test_a_code_is_given_at_the_first_submission_and_kept_through_every_return():
    made = dataset(State.SIGNED)
    assert made.code is None
    publisher = staff(Role.PUBLISHER, made.owner)

    code = publishing.submit(made.pk, by=publisher, at=NOW).code
    publishing.send_back(made.pk, by=accounts.user(Role.OPERATOR), at=NOW, defects=["摘要"])
    update_dataset(made.pk, by=publisher, at=NOW, item="08")
    bring(made.pk, State.IN_REVIEW, publisher=publisher)

    made.refresh_from_db()
    assert code is not None
    assert made.code == code


def test_withdrawing_needs_a_reason_and_keeps_entry_code_and_reason():
    made = dataset()
    operator = accounts.user(Role.OPERATOR)

    with pytest.raises(EntryRefused):
        publishing.retire(made.pk, by=operator, at=NOW, reason=" ")
    publishing.retire(made.pk, by=operator, at=NOW, reason="停止更新")

    gone = Dataset.objects.known().get(pk=made.pk)
    assert (gone.code, gone.withdrawn_reason) == (made.code, "停止更新")
    assert not Dataset.objects.published().filter(pk=made.pk).exists()


@pytest.mark.parametrize("state", [State.PUBLISHED, State.WITHDRAWN])
def test_publishing_and_withdrawing_let_every_kept_decision_be_made_anew(state):
    before = {State.PUBLISHED: State.IN_REVIEW, State.WITHDRAWN: State.PUBLISHED}[state]
    made = dataset(before)
    operator = accounts.user(Role.OPERATOR)

    if state == State.PUBLISHED:
        publishing.accept(made.pk, by=operator, at=NOW)
    else:
        publishing.retire(made.pk, by=operator, at=NOW, reason="停更")

    assert Dataset.objects.get(pk=made.pk).policy_version == made.policy_version + 1


def test_a_draft_is_seen_by_its_own_organisation_only():
    made = dataset(State.DRAFT)

    assert Dataset.objects.visible_to([made.owner_id]).filter(pk=made.pk).exists()
    assert not Dataset.objects.visible_to([]).filter(pk=made.pk).exists()


def test_times_are_those_of_the_caller():
    made = dataset(State.IN_REVIEW)
    at = datetime(2026, 5, 1, tzinfo=UTC)

    published = publishing.accept(made.pk, by=accounts.user(Role.OPERATOR), at=at)

    assert published.published_at == at
