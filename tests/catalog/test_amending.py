"""Amendments: proposed, signed, reviewed, applied whole; and nothing of them before."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import notices
from accounts.models import Membership, Notice
from accounts.roles import NotAllowed, OrganizationKind, Role
from audit.models import Entry
from catalog import amending, history, publishing, reviews, revisions
from catalog.amending import AddedField
from catalog.models import Dataset, Field, Revision
from catalog.refusals import EntryRefused, SecretRefused, StepRefused
from catalog.terms import RevisionState, State
from policy.facts import Mask
from policy.terms import Grade, MaskKind, OpenType, Secrecy
from tests.factories import accounts
from tests.factories.catalog import NOW, dataset, new_field, staff

pytestmark = pytest.mark.django_db
NEW = {"title_en": "Car parks", "abstract_zh": "公共停车场，一行一处。"}
LATER = NOW + timedelta(days=1)


@pytest.fixture
def made():
    return dataset(fields=["name", "spaces"])


def field_of(made, name="name"):
    return Field.objects.get(resource__dataset=made, name=name)


def propose(made, **over):
    told = {"metadata": NEW, "reason": "更准确"} | over
    return amending.propose(made.pk, by=staff(Role.PUBLISHER, made.owner), at=NOW, **told)


def signed(made, **over):
    revision = propose(made, **over)
    return amending.sign(revision.pk, by=staff(Role.HEAD, made.owner), at=NOW)


def decide(revision, *, by=None, accept=True):
    by = by or accounts.user(Role.OPERATOR)
    return revisions.decide_revision(revision.pk, by=by, at=LATER, accept=accept, reason="同意")


def added(name="fee", **over):
    return AddedField(**{"new": new_field(name), "grade": Grade.L1, "reason": "新增"} | over)


def test_an_amendment_holds_only_when_signed_and_reviewed_and_then_whole(made):
    field = field_of(made)
    revision = propose(
        made, fields={field.pk: {"label_zh": "停车场名称"}}, added=[added(grade=Grade.L2)]
    )
    made.refresh_from_db()
    assert made.title_en != "Car parks"
    assert not Field.objects.filter(resource__dataset=made, name="fee").exists()

    amending.sign(revision.pk, by=staff(Role.HEAD, made.owner), at=NOW)
    made.refresh_from_db()
    assert made.title_en != "Car parks"

    decide(revision)
    made.refresh_from_db()
    field.refresh_from_db()
    assert (made.title_en, made.abstract_zh) == (NEW["title_en"], NEW["abstract_zh"])
    assert field.label_zh == "停车场名称"
    new = field_of(made, "fee")
    assert (new.grade, new.graded_at) == (Grade.L2, LATER)
    assert "fee" in [terms.name for terms in history.on(made.pk, LATER.date())]
    assert made.policy_version > 2


def test_old_and_new_are_kept_side_by_side_and_only_what_differs(made):
    revision = propose(made, metadata=NEW | {"title_zh": made.title_zh})

    assert revision.changes["dataset"] == {
        "title_en": [made.title_en, "Car parks"],
        "abstract_zh": [made.abstract_zh, NEW["abstract_zh"]],
    }
    assert revision.loosens is False
    assert propose(made, metadata={}, added=[added()]).loosens is True


def test_a_new_field_comes_with_its_mask(made):
    mask = Mask(MaskKind.KEEP_EDGES, keep_left=1)

    decide(signed(made, added=[added(mask=mask, open_type=OpenType.CONDITIONAL)]))

    new = field_of(made, "fee")
    assert (new.mask_kind, new.mask_params["keep_left"]) == (MaskKind.KEEP_EDGES, 1)
    assert new.open_type == OpenType.CONDITIONAL


def test_each_step_tells_who_is_next_and_the_outcome(made):
    publisher, head = staff(Role.PUBLISHER, made.owner), staff(Role.HEAD, made.owner)
    operator = accounts.user(Role.OPERATOR)

    def kinds(user):
        return [line.kind for line in notices.inbox(user) if line.target.startswith("revision")]

    revision = propose(made)
    assert kinds(head) == ["revision.signable"]
    amending.sign(revision.pk, by=head, at=NOW)
    assert kinds(operator) == ["revision.submitted"]
    [waiting] = Notice.objects.open().filter(kind="revision.submitted")
    assert f"{waiting.due_on}" == "2026-03-04"
    reviews.remind(at=LATER)
    assert "revision.review_due" in kinds(operator)
    reviews.remind(at=LATER + timedelta(days=7))
    assert {"revision.review_late", "revision.review_climbed"} <= set(kinds(operator))
    assert "revision.review_climbed" in kinds(head)
    decide(revision)
    assert kinds(publisher) == ["revision.decided"]
    left = Notice.objects.open().filter(target=revision.address)
    assert [notice.kind for notice in left] == ["revision.decided"]


# who may, and when


def test_nobody_decides_on_what_they_proposed_and_the_database_holds_it_too(made):
    both = staff(Role.PUBLISHER, made.owner)
    authority = accounts.organization(OrganizationKind.AUTHORITY)
    Membership.objects.create(user=both, organization=authority, role=Role.OPERATOR)
    revision = amending.propose(made.pk, metadata=NEW, reason="x", by=both, at=NOW)
    amending.sign(revision.pk, by=staff(Role.HEAD, made.owner), at=NOW)

    with pytest.raises(NotAllowed, match="You proposed"):
        decide(revision, by=both)
    with pytest.raises(IntegrityError), transaction.atomic():
        Revision.objects.filter(pk=revision.pk).update(
            state=RevisionState.APPLIED, decided_by=both, decided_at=NOW
        )


def test_no_amendment_is_applied_without_a_signature_in_the_database_either(made):
    revision = propose(made)

    with pytest.raises(StepRefused, match="waits for the head"):
        decide(revision)
    with pytest.raises(IntegrityError), transaction.atomic():
        Revision.objects.filter(pk=revision.pk).update(
            state=RevisionState.APPLIED,
            decided_by=accounts.user(Role.OPERATOR),
            decided_at=NOW,
        )


def test_the_head_signs_or_refuses_and_the_authority_decides(made):
    head, publisher = staff(Role.HEAD, made.owner), staff(Role.PUBLISHER, made.owner)
    refused, revision = propose(made), propose(made)

    for stranger in (publisher, accounts.user(Role.OPERATOR), accounts.user(Role.HEAD)):
        with pytest.raises(NotAllowed):
            amending.sign(revision.pk, by=stranger, at=NOW)
    assert decide(refused, by=head, accept=False).state == RevisionState.REFUSED
    amending.sign(revision.pk, by=head, at=NOW)
    with pytest.raises(NotAllowed):
        decide(revision, by=head)
    with pytest.raises(NotAllowed):
        amending.propose(made.pk, metadata=NEW, reason="x", by=head, at=NOW)


def test_a_second_signature_and_a_second_decision_are_conflicts(made):
    revision = signed(made)

    with pytest.raises(StepRefused, match="does not wait for a signature"):
        amending.sign(revision.pk, by=staff(Role.HEAD, made.owner), at=NOW)
    decide(revision, accept=False)
    with pytest.raises(StepRefused, match="decided already"):
        decide(revision)


@pytest.mark.parametrize("state", [State.DRAFT, State.SIGNED, State.IN_REVIEW, State.WITHDRAWN])
def test_only_what_is_published_is_amended(state):
    with pytest.raises(StepRefused):
        propose(dataset(state))


# what is refused


def test_what_cannot_be_applied_is_never_proposed(made):
    for told, refusal in (
        ({"metadata": {"title_zh": ""}}, ValidationError),
        ({"metadata": {"slug": "other"}}, EntryRefused),
        ({"metadata": {"title_en": made.title_en}}, EntryRefused),
        ({"metadata": {}}, EntryRefused),
        ({"reason": " "}, EntryRefused),
        ({"fields": {field_of(dataset()).pk: {"label_zh": "他"}}}, EntryRefused),
        ({"fields": {field_of(made).pk: {"data_type": "date"}}}, EntryRefused),
        ({"added": [added("name")]}, ValidationError),
        ({"added": [AddedField(new=new_field("k", is_key=True), grade=Grade.L1)]}, EntryRefused),
        (
            {"added": [AddedField(new=new_field("s", secrecy=Secrecy.CORE), grade=Grade.L1)]},
            SecretRefused,
        ),
    ):
        with pytest.raises(refusal), transaction.atomic():
            propose(made, **told)

    assert not Revision.objects.exists()
    assert not Entry.objects.filter(verb="dataset.revise").exists()


def test_what_has_changed_meanwhile_is_proposed_anew(made):
    first, second = signed(made), signed(made, metadata={"title_en": "Parking"})
    decide(first)

    with pytest.raises(StepRefused, match="has changed since"):
        decide(second)

    made.refresh_from_db()
    assert made.title_en == "Car parks"


def test_one_entry_in_the_trail_tells_of_each_step(made):
    decide(signed(made))

    steps = Entry.objects.filter(verb="dataset.revise", target=made.address).order_by("pk")
    assert [set(step.details) & {"changes", "signed", "accepted"} for step in steps] == [
        {"changes"},
        {"signed"},
        {"accepted"},
    ]


# a field that goes


def test_a_published_field_ends_at_once_with_a_reason_and_keeps_its_id(made):
    field = field_of(made)
    by = staff(Role.PUBLISHER, made.owner)

    with pytest.raises(EntryRefused, match="Say why"):
        revisions.withdraw_field(field.pk, by=by, at=LATER, reason=" ")
    revisions.withdraw_field(field.pk, by=by, at=LATER, reason="不再采集")

    field.refresh_from_db()
    assert field.ended_at == LATER
    assert [terms.name for terms in history.on(made.pk, LATER.date())] == ["spaces"]
    with pytest.raises(StepRefused, match="ended already"):
        revisions.withdraw_field(field.pk, by=by, at=LATER, reason="不再采集")


def test_a_part_of_the_key_does_not_end():
    made = dataset(fields=[new_field("id", is_key=True), "name"])

    with pytest.raises(EntryRefused, match="part of the key"):
        revisions.withdraw_field(
            field_of(made, "id").pk, by=staff(Role.HEAD, made.owner), at=NOW, reason="x"
        )


def test_only_who_may_regrade_ends_a_field_and_only_of_what_is_published(made):
    draft = dataset(State.DRAFT)

    with pytest.raises(NotAllowed):
        revisions.withdraw_field(
            field_of(made).pk, by=accounts.user(Role.OPERATOR), at=NOW, reason="x"
        )
    with pytest.raises(StepRefused):
        revisions.withdraw_field(
            field_of(draft).pk, by=staff(Role.HEAD, draft.owner), at=NOW, reason="x"
        )
    assert Dataset.objects.get(pk=draft.pk).state == State.DRAFT
    assert publishing.publication_defects(draft) == []
