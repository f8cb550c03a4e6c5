from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog import naming, publishing
from catalog.models import Dataset, Field
from catalog.refusals import EntryRefused, GradeRefused, Incomplete, SecretRefused
from catalog.terms import State
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, Secrecy, ShareType
from portal import urls
from tests.factories import accounts
from tests.factories.catalog import CHECKED, NOW, dataset, field, new_field, staff, table

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


def codes_of(made: Dataset) -> set[tuple[str, str]]:
    return {(one.code, one.field) for one in publishing.publication_defects(made)}


def test_everything_that_is_missing_is_told_at_once():
    owner = accounts.organization()
    publisher = staff(Role.PUBLISHER, owner)
    bare = publishing.create_dataset("bare", owner=owner, title_zh="空", by=publisher, at=NOW)

    assert codes_of(bare) == {
        ("abstract-missing", ""),
        ("contact-missing", ""),
        ("update-cycle-missing", ""),
        ("licence-missing", ""),
        ("no-resource", ""),
    }
    with pytest.raises(Incomplete) as refused:
        publishing.sign(bare.pk, by=staff(Role.HEAD, owner), at=NOW, checklist=CHECKED)
    assert len(refused.value.defects) == 5
    assert all(defect.sentence in str(refused.value) for defect in refused.value.defects)


def test_a_table_without_fields_is_a_defect():
    made = dataset(State.DRAFT, fields=())

    assert codes_of(made) == {("no-field", "")}


def test_an_ungraded_field_is_a_defect_and_the_head_cannot_sign():
    made = dataset(State.DRAFT, ["a", "b"], grade=None)

    assert codes_of(made) == {("ungraded", "a"), ("ungraded", "b")}
    with pytest.raises(Incomplete):
        publishing.sign(made.pk, by=staff(Role.HEAD, made.owner), at=NOW, checklist=CHECKED)


def test_a_field_found_sensitive_after_it_was_graded_has_to_be_graded_again():
    made = dataset(State.DRAFT)
    field(made, name="id", grade=Grade.L1, is_key=True)
    phone = field(made, name="phone", grade=Grade.L1)
    by = staff(Role.PUBLISHER, made.owner)
    assert codes_of(made) == set()

    publishing.suggest_grade(phone.pk, grade=Grade.L3, evidence={"mobile": 10}, by=by, at=LATER)

    assert codes_of(made) == {("detected-ungraded", "phone")}
    publishing.grade_field(phone.pk, grade=Grade.L2, reason="办公电话", by=by, at=LATER)
    assert codes_of(made) == set()


def test_a_table_of_which_some_is_hidden_needs_a_key():
    """Without one, a change of a hidden cell would show as another row."""
    made = dataset(State.DRAFT)
    name = made.resources.get().fields.get(name="name")
    by = staff(Role.PUBLISHER, made.owner)
    assert codes_of(made) == set()  # all of it is open in clear

    field(made, name="secret", grade=Grade.L4)
    assert codes_of(made) == {("key-missing", "")}

    publishing.grade_field(name.pk, grade=Grade.L4, reason="closed", by=by, at=LATER)
    assert codes_of(made) == set()  # nothing of it is open


def test_grading_what_looks_sensitive_needs_a_reason():
    phone = field(suggested=Grade.L3)
    by = staff(Role.PUBLISHER, phone.resource.dataset.owner)

    with pytest.raises(GradeRefused, match="L3 was suggested"):
        publishing.grade_field(phone.pk, grade=Grade.L3, by=by, at=LATER)

    phone.refresh_from_db()
    assert phone.grade is None


def test_a_suggestion_that_finds_no_more_than_before_does_not_question_the_grade():
    phone = field(suggested=Grade.L3, grade=Grade.L3)
    by = staff(Role.PUBLISHER, phone.resource.dataset.owner)

    publishing.suggest_grade(phone.pk, grade=Grade.L3, evidence={}, by=by, at=LATER)

    phone.refresh_from_db()
    assert not phone.awaits_person


def test_a_grade_names_who_gave_it_when_and_why():
    one = field(grade=Grade.L2)

    assert one.graded_by is not None
    assert (one.graded_at, one.grade_reason) == (NOW, "测试")


def test_a_field_is_never_graded_as_not_shared():
    one = field()
    by = staff(Role.PUBLISHER, one.resource.dataset.owner)

    with pytest.raises(GradeRefused, match="negative list"):
        publishing.grade_field(
            one.pk, grade=Grade.L4, share_type=ShareType.NOT_SHARED, reason="x", by=by, at=NOW
        )


def test_a_mask_is_kept_and_read_back():
    mask = Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=4)

    one = field(grade=Grade.L3, mask=mask)

    assert (one.mask_kind, one.mask_params) == ("keep_edges", {"keep_left": 3, "keep_right": 4})


@pytest.mark.parametrize("secrecy", [kind for kind in Secrecy if kind != Secrecy.NONE])
def test_a_secret_is_refused_at_the_door_and_leaves_no_trace(secrecy):
    made = dataset(State.DRAFT)
    by = staff(Role.PUBLISHER, made.owner)

    with pytest.raises(SecretRefused, match="Order 809"):
        publishing.add_field(table(made).pk, new_field("plan", secrecy=secrecy), by=by, at=NOW)

    assert not Field.objects.filter(name="plan").exists()


def test_a_field_found_to_be_secret_keeps_the_entry_from_publication():
    made = dataset(State.DRAFT)
    Field.objects.filter(resource__dataset=made).update(secrecy=Secrecy.WORK_SECRET)

    assert codes_of(made) == {("secret-field", "name")}


def test_a_conditional_field_needs_its_condition():
    made = dataset(State.DRAFT, share_type=ShareType.CONDITIONAL, share_condition_zh="")

    assert codes_of(made) == {("share-condition-missing", "name")}


def test_a_second_table_is_refused():
    made = dataset(State.DRAFT)

    with pytest.raises(EntryRefused, match="has a table already"):
        publishing.add_table(
            made.pk, fields=[], by=staff(Role.PUBLISHER, made.owner), at=NOW, name="more"
        )


def test_fields_keep_the_order_and_the_rules_they_were_given():
    made = dataset(
        State.DRAFT,
        [
            new_field("code", is_key=True, length=6, pattern="[0-9]{6}"),
            new_field("rate", data_type=DataType.DECIMAL, scale=2, minimum=Decimal("0.5")),
        ],
    )

    first, second = table(made).fields.live()
    assert (first.name, first.is_key, first.length, first.pattern) == ("code", True, 6, "[0-9]{6}")
    assert (second.name, second.scale, second.minimum) == ("rate", 2, Decimal("0.5"))


@pytest.mark.parametrize("name", ["Name", "1st", "a-b", "", "a" * 64, "名"])
def test_a_field_name_is_an_identifier(name):
    made = dataset(State.DRAFT)

    with pytest.raises(ValidationError):
        field(made, name=name) if name else publishing.add_field(
            table(made).pk, new_field(""), by=staff(Role.PUBLISHER, made.owner), at=NOW
        )


def test_an_address_is_given_once():
    dataset(State.DRAFT, slug="trees")

    with pytest.raises(ValidationError):
        dataset(State.DRAFT, slug="trees")


def test_a_field_of_an_entry_never_submitted_can_be_dropped():
    one = field()
    owner = one.resource.dataset.owner

    publishing.end_field(one.pk, by=staff(Role.PUBLISHER, owner), at=NOW)

    assert not Field.objects.filter(pk=one.pk).exists()


def test_a_field_that_was_submitted_once_is_ended_and_keeps_its_id_and_a_namesake_may_follow():
    made = dataset(State.IN_REVIEW)
    publishing.send_back(made.pk, by=accounts.user(Role.OPERATOR), at=NOW, defects=["类型"])
    old = table(made).fields.get()
    by = staff(Role.PUBLISHER, made.owner)

    publishing.end_field(old.pk, by=by, at=LATER)
    new = publishing.add_field(
        table(made).pk, new_field("name", data_type=DataType.DATE), by=by, at=LATER
    )

    old.refresh_from_db()
    assert old.ended_at == LATER
    assert new.pk != old.pk
    assert [one.pk for one in table(made).fields.live()] == [new.pk]


def test_metadata_that_an_entry_does_not_have_is_refused_by_name():
    made = dataset(State.DRAFT)

    with pytest.raises(EntryRefused, match="state"):
        publishing.update_dataset(
            made.pk, by=staff(Role.PUBLISHER, made.owner), at=NOW, state="published"
        )


def test_another_department_can_neither_begin_nor_grade_for_this_one():
    one = field()
    stranger = accounts.user(Role.PUBLISHER)

    with pytest.raises(NotAllowed):
        publishing.grade_field(one.pk, grade=Grade.L1, by=stranger, at=NOW)
    with pytest.raises(NotAllowed):
        publishing.create_dataset(
            "x", owner=one.resource.dataset.owner, title_zh="x", by=stranger, at=NOW
        )


def test_grading_lets_every_kept_decision_be_made_anew():
    one = field()
    made = one.resource.dataset
    before = Dataset.objects.get(pk=made.pk).policy_version

    publishing.grade_field(one.pk, grade=Grade.L1, by=staff(Role.PUBLISHER, made.owner), at=NOW)

    assert Dataset.objects.get(pk=made.pk).policy_version == before + 1


def test_each_verb_leaves_an_entry_in_the_audit_trail():
    made = dataset(State.WITHDRAWN)

    of_catalogue = Entry.objects.filter(verb__regex=r"^(dataset|resource|field)\.")
    assert made.state == State.WITHDRAWN
    assert list(of_catalogue.order_by("pk").values_list("verb", flat=True)) == [
        "dataset.create",
        "resource.create",
        "field.create",
        "field.grade",
        "dataset.sign",
        "dataset.submit",
        "dataset.publish",
        "dataset.withdraw",
    ]


def test_an_entry_cannot_take_the_address_of_a_page_that_would_hide_it():
    owner = accounts.organization()
    publisher = staff(Role.PUBLISHER, owner)

    with pytest.raises(ValidationError) as refused:
        publishing.create_dataset("suggest", owner=owner, title_zh="建议", by=publisher, at=NOW)

    assert "suggest-data" in refused.value.message_dict["slug"][0]
    assert not Dataset.objects.exists()
    assert not Entry.objects.filter(verb="dataset.create").exists()


def test_an_address_that_is_made_of_a_title_is_never_that_of_a_page():
    assert naming.address("建议", "Suggest", set()) == "suggest-data"
    assert naming.address("建议", "Suggest", {"suggest-data"}) not in naming.RESERVED


def test_every_page_that_stands_beside_datasets_has_its_address_reserved():
    fixed = {
        str(one.pattern).removeprefix("datasets/")
        for one in urls.urlpatterns
        if str(one.pattern).startswith("datasets/") and "<" not in str(one.pattern)
    }

    assert fixed == naming.RESERVED
