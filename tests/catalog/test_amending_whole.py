"""Every element of a published entry is amended by a revision: old and new side by side."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Region
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog import additions, amending, facts, history, resources, revisions
from catalog.models import CodeList, Dataset, Field, Resource
from catalog.refusals import EntryRefused, StepRefused
from catalog.terms import Check, ResourceKind, State, UpdateCycle
from policy.terms import Grade
from tests.factories import accounts
from tests.factories.catalog import (
    NOW,
    TODAY,
    bring,
    dataset,
    negative_line,
    new_field,
    staff,
    subject,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


@pytest.fixture
def made():
    return dataset(fields=[new_field("name"), new_field("spaces", data_type="integer")])


def named(made, name="name"):
    return Field.objects.get(resource__dataset=made, name=name, ended_at=None)


def propose(made, **told):
    by = staff(Role.PUBLISHER, made.owner)
    return amending.propose(made.pk, by=by, at=NOW, reason="更准确", **told)


def carried(revision):
    """Sign and accept a change."""
    amending.sign(revision.pk, by=staff(Role.HEAD, revision.dataset.owner), at=NOW)
    operator = accounts.user(Role.OPERATOR)
    return revisions.decide_revision(
        revision.pk, by=operator, at=LATER, accept=True, reason="同意"
    )


def offering():
    """Publish an entry with an interface and a link beside its table."""
    draft = dataset(State.DRAFT)
    by = staff(Role.PUBLISHER, draft.owner)
    resources.add_api(draft.pk, title_zh="接口", url="https://a.example/", by=by, at=NOW)
    resources.add_link(draft.pk, title_zh="链接", url="https://b.example/", by=by, at=NOW)
    bring(draft.pk, State.PUBLISHED)
    return Dataset.objects.get(pk=draft.pk)


# the entry


def test_what_an_entry_refers_to_is_amended_and_kept_by_number(made):
    lead, other, wanted = accounts.organization(), dataset(), subject()
    region = Region.objects.create(code="990000", name_zh="测试区")
    code = made.code

    revision = propose(
        made,
        metadata={
            "subject": wanted,
            "source_authority": lead,
            "region": region,
            "related": [other],
            "alias": "别名",
            "extensions": {"系统": "测试系统"},
            "update_cycle": UpdateCycle.MONTHLY,
        },
    )
    carried(revision)

    assert revision.changes["dataset"]["source_authority"] == [None, lead.pk]
    assert revision.changes["dataset"]["related"] == [[], [other.pk]]
    assert revision.loosens is False
    made.refresh_from_db()
    assert (made.subject, made.source_authority, made.region) == (wanted, lead, region)
    assert list(made.related.all()) == [other]
    assert (made.alias, made.extensions) == ("别名", {"系统": "测试系统"})
    assert made.code == code


def test_what_is_as_it_stands_is_no_change(made):
    other = dataset()
    carried(propose(made, metadata={"related": [other]}))

    with pytest.raises(EntryRefused, match="Nothing differs"):
        propose(made, metadata={"related": [other], "subject": None, "alias": ""})


def test_related_entries_that_changed_meanwhile_are_proposed_anew(made):
    first, second = dataset(), dataset()
    late = propose(made, metadata={"related": [second]})
    carried(propose(made, metadata={"related": [first]}))

    with pytest.raises(StepRefused, match="has changed since"):
        carried(late)


# fields


def test_a_renamed_field_keeps_its_number_and_its_past(made):
    field = named(made)
    negative_line(made, ["name"])
    version = Dataset.objects.get(pk=made.pk).policy_version

    carried(propose(made, fields={field.pk: {"name": "place"}}))

    assert named(made, "place").pk == field.pk
    assert [one.name for one in history.on(made.pk, TODAY)] == ["name", "spaces"]
    assert [one.name for one in history.on(made.pk, LATER.date())] == ["place", "spaces"]
    assert Dataset.objects.get(pk=made.pk).policy_version > version
    assert facts.prohibitions(made)[0].fields == {"place"}
    then = history.on(made.pk, TODAY)
    assert facts.prohibitions(made, then=then)[0].fields == {"name"}


def test_a_line_over_fields_that_were_not_there_yet_bars_nothing_else_in_the_past(made):
    negative_line(made, ["name"])

    then = [one for one in history.on(made.pk, TODAY) if one.name == "spaces"]

    assert facts.prohibitions(made, then=then) == ()


@pytest.mark.parametrize(
    ("attributes", "loosens"),
    [
        ({"required": True}, False),
        ({"length": 20}, False),
        ({"pattern": "[a-z]+"}, False),
        ({"value_check": Check.MOBILE}, False),
        ({"label_zh": "场名"}, False),
        ({"length": 200}, True),
        ({"length": None}, True),
    ],
)
def test_rules_are_amended_and_laxer_ones_are_marked(attributes, loosens):
    made = dataset(fields=[new_field("name", length=100)])
    field = named(made)

    revision = propose(made, fields={field.pk: attributes})
    carried(revision)

    assert revision.loosens is loosens
    field.refresh_from_db()
    assert {name: getattr(field, name) for name in attributes} == attributes


def test_bounds_and_code_lists_come_back_as_they_were_proposed(made):
    codes = CodeList.objects.create(name="kinds", version="1", title_zh="类别")
    name, spaces = named(made), named(made, "spaces")

    revision = propose(
        made,
        fields={name.pk: {"code_list": codes}, spaces.pk: {"minimum": Decimal("0.50")}},
    )
    carried(revision)

    assert revision.changes["fields"][str(spaces.pk)] == {"minimum": [None, "0.5"]}
    assert named(made).code_list == codes
    assert named(made, "spaces").minimum == Decimal("0.5")
    with pytest.raises(EntryRefused, match="Nothing differs"):
        propose(made, fields={spaces.pk: {"minimum": Decimal("0.5")}})


def test_several_new_fields_come_with_one_amendment(made):
    new = [
        amending.AddedField(new=new_field(name), grade=Grade.L1, reason="新增")
        for name in ("fee", "hours", "operator")
    ]

    carried(propose(made, added=new))

    live = Field.objects.filter(resource__dataset=made).live()
    assert [one.name for one in live] == ["name", "spaces", "fee", "hours", "operator"]


# what it offers


def test_a_file_an_interface_and_a_link_are_offered_once_the_change_is_accepted(
    made, settings, tmp_path
):
    settings.FILE_STORE = str(tmp_path)
    file = additions.offered_file(title_zh="年报", name="a.csv", stream=BytesIO(b"a,b\n1,2\n"))
    api = additions.offered_address(
        ResourceKind.API, title_zh="接口", url="https://a.example/", method="POST"
    )
    link = additions.offered_address(ResourceKind.LINK, title_zh="链接", url="https://b.example/")

    revision = propose(made, offered=[file, api, link])
    assert made.resources.count() == 1
    carried(revision)

    assert revision.loosens is True
    offers = Resource.objects.filter(dataset=made).live()
    assert [one.kind for one in offers] == ["table", "file", "api", "link"]
    assert offers[1].versions.get().sha256 == file["sha256"]
    assert offers[2].api.method == "POST"


def test_an_interface_is_amended_with_its_description():
    made = offering()
    api = made.resources.get(kind=ResourceKind.API)

    revision = propose(
        made,
        resources={
            api.pk: {"url": "https://c.example/", "method": "POST", "title_en": "Interface"}
        },
    )
    carried(revision)

    api = Resource.objects.get(pk=api.pk)
    assert (api.url, api.title_en, api.api.method) == ("https://c.example/", "Interface", "POST")
    assert revision.loosens is True


def test_an_offer_that_goes_goes_at_once_with_a_reason():
    made = offering()
    link = made.resources.get(kind=ResourceKind.LINK)
    by = staff(Role.PUBLISHER, made.owner)

    with pytest.raises(EntryRefused, match="Say why it ends"):
        resources.end_resource(link.pk, by=by, at=LATER)
    with pytest.raises(NotAllowed):
        resources.end_resource(link.pk, by=accounts.user(Role.OPERATOR), at=LATER, reason="失效")
    resources.end_resource(link.pk, by=by, at=LATER, reason="网站停用")

    link.refresh_from_db()
    assert link.ended_at == LATER
    assert Entry.objects.get(verb="resource.end").details["reason"] == "网站停用"


# what is refused


def test_what_does_not_fit_is_never_proposed(made):
    offers = offering()
    link = offers.resources.get(kind=ResourceKind.LINK)
    table = made.resources.get()
    field = named(made)
    at_elsewhere = additions.offered_address(ResourceKind.LINK, title_zh="链", url="ftp://a/")
    for told, refusal in (
        ({"metadata": {"extensions": ["no", "names"]}}, EntryRefused),
        ({"metadata": {"related": [made]}}, EntryRefused),
        ({"metadata": {"category": "base"}}, EntryRefused),
        ({"fields": {field.pk: {"name": "spaces"}}}, ValidationError),
        ({"fields": {field.pk: {"name": "Two words"}}}, ValidationError),
        ({"fields": {field.pk: {"scale": 2}}}, EntryRefused),
        ({"fields": {field.pk: {"data_type": "integer"}}}, EntryRefused),
        ({"fields": {field.pk: {"is_key": True}}}, EntryRefused),
        ({"resources": {table.pk: {"title_zh": "表"}}}, EntryRefused),
        ({"resources": {link.pk: {"url": "https://c.example/"}}}, EntryRefused),
        ({"offered": [at_elsewhere]}, EntryRefused),
    ):
        with pytest.raises(refusal), transaction.atomic():
            propose(made, **told)
    with pytest.raises(EntryRefused):
        propose(offers, resources={link.pk: {"method": "POST"}})
    with pytest.raises(EntryRefused):
        propose(offers, resources={link.pk: {"url": "javascript:alert(1)"}})

    assert not made.revisions.exists()


def test_the_trail_holds_no_more_than_the_beginning_of_a_long_text(made):
    propose(made, metadata={"extensions": {"说明": "长" * 5000}})

    told = Entry.objects.get(verb="dataset.revise").details["changes"]
    assert len(told["dataset"]["extensions"][1]["说明"]) == 2001
