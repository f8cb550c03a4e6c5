"""A decision is on what was looked at: an entry that changed meanwhile is looked at again."""

from io import BytesIO

import pytest

from accounts.roles import Role
from catalog import as_seen, publishing, resources
from catalog.publishing import CHECKLIST
from catalog.refusals import StepRefused
from catalog.terms import State
from policy.terms import Grade
from tests.factories import accounts, catalog

pytestmark = pytest.mark.django_db
VOUCHED = dict.fromkeys(CHECKLIST, True)


def retitled(dataset, by):
    publishing.update_dataset(dataset.pk, abstract_zh="另一段摘要。", by=by, at=catalog.NOW)


def graded_anew(dataset, by):
    field = dataset.resources.get().fields.first()
    publishing.grade_field(field.pk, grade=Grade.L2, reason="again", by=by, at=catalog.NOW)


def widened(dataset, by):
    publishing.add_field(
        dataset.resources.get().pk, catalog.new_field("extra"), by=by, at=catalog.NOW
    )


@pytest.mark.parametrize("changed", [retitled, graded_anew, widened])
def test_a_head_does_not_sign_what_was_changed_after_they_looked(changed):
    draft = catalog.dataset(State.DRAFT)
    seen = as_seen.digest(draft)
    changed(draft, catalog.staff(Role.PUBLISHER, draft.owner))
    head = catalog.staff(Role.HEAD, draft.owner)

    with pytest.raises(StepRefused, match=r"after you opened it|有改动"):
        publishing.sign(draft.pk, checklist=VOUCHED, seen=seen, by=head, at=catalog.NOW)

    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_a_head_does_not_sign_a_file_whose_bytes_were_changed_after_they_looked(
    settings, tmp_path
):
    settings.FILE_STORE = str(tmp_path / "files")
    draft = catalog.offers(accounts.organization())
    file = draft.resources.get(kind="file")
    seen = as_seen.digest(draft)
    publisher, head = (catalog.staff(one, draft.owner) for one in (Role.PUBLISHER, Role.HEAD))
    newer = {"name": "a.csv", "stream": BytesIO(b"a,b\n3,4\n")}
    resources.add_file_version(file.pk, **newer, by=publisher, at=catalog.NOW)

    with pytest.raises(StepRefused, match=r"after you opened it|有改动"):
        publishing.sign(draft.pk, checklist=VOUCHED, seen=seen, by=head, at=catalog.NOW)


def test_a_head_signs_what_they_looked_at():
    draft = catalog.dataset(State.DRAFT)
    head = catalog.staff(Role.HEAD, draft.owner)

    signed = publishing.sign(
        draft.pk, checklist=VOUCHED, seen=as_seen.digest(draft), by=head, at=catalog.NOW
    )

    assert signed.state == State.SIGNED


def test_a_reviewer_does_not_publish_what_came_again_changed():
    dataset = catalog.dataset(State.IN_REVIEW)
    seen = as_seen.digest(dataset)
    colleague, operator = accounts.user(Role.OPERATOR), accounts.user(Role.OPERATOR)
    publishing.send_back(dataset.pk, defects=["?"], by=colleague, at=catalog.NOW)
    retitled(dataset, catalog.staff(Role.PUBLISHER, dataset.owner))
    catalog.bring(dataset.pk, State.IN_REVIEW)

    with pytest.raises(StepRefused, match=r"after you opened it|有改动"):
        publishing.accept(dataset.pk, seen=seen, by=operator, at=catalog.NOW)

    dataset.refresh_from_db()
    assert dataset.state == State.IN_REVIEW
