from datetime import timedelta

import pytest

from accounts.roles import Role
from catalog import facts, negative_list, revisions
from catalog.models import Field
from catalog.terms import State
from policy.facts import Mask
from policy.terms import Grade, MaskKind, OpenType, Secrecy
from tests.factories import accounts
from tests.factories.catalog import NOW, TODAY, dataset, field, negative_line, staff

pytestmark = pytest.mark.django_db


def test_a_dataset_of_many_fields_and_lines_costs_three_queries(django_assert_num_queries):
    made = dataset(fields=[f"f{number}" for number in range(20)])
    negative_line(made)
    for number in range(4):
        negative_line(made, [f"f{number}", "f7"])

    with django_assert_num_queries(3):
        fields, lines = facts.dataset_facts(made)

    assert [one.name for one in fields] == [f"f{number}" for number in range(20)]
    assert [line.fields for line in lines] == [
        frozenset(),
        *(frozenset({f"f{number}", "f7"}) for number in range(4)),
    ]


def test_a_dataset_without_lines_costs_two_queries(django_assert_num_queries):
    made = dataset(fields=[f"f{number}" for number in range(20)])

    with django_assert_num_queries(2):
        fields, lines = facts.dataset_facts(made)

    assert (len(fields), lines) == (20, ())


def test_a_field_is_told_as_it_stands():
    mask = Mask(MaskKind.ROUND_COORDINATE, digits=3)
    one = field(name="lon", grade=Grade.L2, mask=mask, concealed=True)

    told = facts.field_facts(one)

    assert (told.name, told.grade, told.mask, told.concealed) == ("lon", Grade.L2, mask, True)
    assert (told.open_type, told.secrecy, told.ended) == (
        OpenType.UNCONDITIONAL,
        Secrecy.NONE,
        False,
    )


@pytest.mark.parametrize(
    "mask",
    [
        None,
        Mask(MaskKind.KEEP_EDGES, keep_left=1, keep_right=2),
        Mask(MaskKind.ROUND_COORDINATE, digits=2),
        Mask(MaskKind.BLANK),
        Mask(MaskKind.PSEUDONYM),
    ],
)
def test_a_mask_comes_back_from_the_catalogue_as_it_went_in(mask):
    kept = Field(mask_kind=mask.kind if mask else "", mask_params=facts.as_params(mask))

    assert facts.mask_of(kept) == mask


def test_an_ended_field_is_not_told():
    made = dataset(State.DRAFT, ["a", "b"])
    made.resources.get().fields.filter(name="a").update(ended_at=NOW)

    assert [one.name for one in facts.dataset_facts(made)[0]] == ["b"]


def test_lines_of_other_datasets_are_not_told():
    made = dataset()
    negative_line(dataset())

    assert facts.prohibitions(made) == ()


def test_a_lapsed_line_is_settled_on_the_day_its_last_field_was_graded_anew():
    made = dataset(fields=["a", "b", "c"])
    negative_line(made, ["a", "b"], until_on=TODAY + timedelta(days=5))
    head = staff(Role.HEAD, made.owner)
    ids = dict(Field.objects.filter(resource__dataset=made).values_list("name", "pk"))

    def regrade(name: str, days: int) -> None:
        at = NOW + timedelta(days=days)
        changes = {ids[name]: {"grade": 1}}
        revisions.apply_grades(made, changes, by=head, at=at, reason="到期后重新定级")

    regrade("a", 7)
    assert facts.prohibitions(made)[0].settled_on is None
    regrade("b", 9)

    line = facts.prohibitions(made)[0]
    assert line.settled_on == TODAY + timedelta(days=9)
    assert line.lapsed(TODAY + timedelta(days=8))
    assert not line.lapsed(TODAY + timedelta(days=9))


def test_a_line_over_the_whole_dataset_is_settled_when_every_field_was_graded_anew():
    made = dataset(fields=["a", "b"])
    line = negative_line(made)
    ended = NOW + timedelta(days=3)
    negative_list.end(line.pk, by=accounts.user(Role.OPERATOR), at=ended, reason="期满")
    head = staff(Role.HEAD, made.owner)
    ids = list(Field.objects.filter(resource__dataset=made).values_list("pk", flat=True))

    revisions.apply_grades(
        made,
        {pk: {"open_type": "conditional"} for pk in ids},
        by=head,
        at=ended + timedelta(minutes=1),
        reason="重新定级",
    )

    assert facts.prohibitions(made)[0].settled_on == TODAY + timedelta(days=3)
