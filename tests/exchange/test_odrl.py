"""Policies for machines say what the law says, in words that ODRL and the dataspaces know."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.translation import override

from catalog.terms import LineState, State
from exchange import odrl, opening
from exchange.models import Grant
from exchange.sharing import lifecycle
from policy.terms import Channel, Mode, OpenType, ShareType, Treatment
from tests.factories import catalog, exchange, sharing
from tests.factories.exchange import column
from tests.factories.sharing import NOW, TODAY, UNTIL

pytestmark = pytest.mark.django_db
RULES = ("permission", "prohibition", "obligation")


def rules(policy):
    return [rule for kind in RULES for rule in policy.get(kind, ())]


def limits(rule):
    """Return every atomic constraint of a rule, those inside logical ones too."""
    for one in rule.get("constraint", ()):
        yield from one.get("and", [one])


def names(rule):
    return {target.partition("#")[2] for target in rule["target"]}


def recipients(rule):
    given = [one["rightOperand"] for one in limits(rule) if one["leftOperand"] == "recipient"]
    return {one["@id"] for some in given for one in (some if isinstance(some, list) else [some])}


def said(rule, left):
    return [one["rightOperand"] for one in limits(rule) if one["leftOperand"] == left]


@pytest.fixture
def dataset():
    where = exchange.house()
    fields = (
        column("id", is_key=True),
        column("income", grade=3, share_type=ShareType.CONDITIONAL, open_type=OpenType.NOT_OPEN),
        column("illness", grade=4, share_type=ShareType.CONDITIONAL),
        column("ghost", grade=4, open_type=OpenType.NOT_OPEN, concealed=True),
    )
    return exchange.publish(where, exchange.table(where, fields, share_condition_zh="限政务"))


@pytest.fixture
def two():
    return sharing.two(rows=False)


@pytest.fixture
def agreed(two):
    scope = {"field": two.field("id"), "operator": "in", "values": [1, 2]}
    return odrl.agreement(two.granted("phone", "income", rows=[scope], clear_up_to=3), today=TODAY)


# The dataset's policy


def test_each_field_stands_with_its_terms_for_departments(dataset):
    told = odrl.offer(dataset, today=TODAY)

    to_departments = [
        (names(rule), said(rule, "city:treatment")[0]["@id"], bool(rule.get("duty")))
        for rule in told["permission"]
        if recipients(rule) == {"city:department"}
    ]
    assert to_departments == [
        ({"id"}, "city:clear", False),
        ({"income"}, "city:clear", True),
        ({"illness"}, "city:clear", True),
    ]
    verified = [rule for rule in told["permission"] if names(rule) == {"illness"}]
    assert said(verified[0], "deliveryChannel") == [{"@id": "city:verify"}]


def test_each_field_is_permitted_or_prohibited_to_each_kind_of_reader(dataset):
    catalog.negative_line(dataset, ["income"], bars=[Channel.SHARE])

    told = odrl.offer(dataset, today=TODAY)

    for recipient in ("city:public", "city:department"):
        spoken = [names(rule) for rule in rules(told) if recipient in recipients(rule)]
        assert set().union(*spoken) == {"id", "income", "illness"}


def test_a_concealed_field_is_nowhere(dataset):
    catalog.negative_line(dataset, ["ghost"])
    catalog.negative_line(dataset, ["ghost", "id"])

    told = odrl.offer(dataset, today=TODAY)

    assert "ghost" not in str(told)
    assert [names(one) for one in told["prohibition"] if "dct:source" in one] == [{"id"}, {"id"}]


def test_a_line_is_a_prohibition_with_its_law_and_its_days(dataset):
    line = catalog.negative_line(dataset, ["income"], bars=[Channel.SHARE], until_on=UNTIL)

    told = odrl.offer(dataset, today=line.from_on)

    found = [rule for rule in told["prohibition"] if "dct:source" in rule]
    assert [names(rule) for rule in found] == [{"income"}]
    assert found[0]["dct:source"]["dct:title"] == line.basis.citation
    assert recipients(found[0]) == {"city:department"}
    assert [day["@value"] for day in said(found[0], "dateTime")][-1] == str(UNTIL)
    assert not [one for one in told["permission"] if names(one) == {"income"}]
    assert told["conflict"] == "prohibit"


def test_a_line_not_published_or_over_prohibits_nothing(dataset):
    catalog.negative_line(dataset, ["income"], state=LineState.AUTHORITY_REVIEW)
    line = catalog.negative_line(dataset, ["income"], until_on=catalog.TODAY)

    told = odrl.offer(dataset, today=line.until_on + timedelta(days=1))

    assert not [rule for rule in told.get("prohibition", ()) if "dct:source" in rule]


def test_a_dataset_without_fields_has_no_policy_for_machines():
    entry = catalog.dataset(State.DRAFT, fields=())

    with override("en"), pytest.raises(odrl.NoFields, match="has no fields"):
        odrl.offer(entry, today=TODAY)


# The agreement


def test_an_agreement_names_parties_purpose_way_and_period(two, agreed):
    assert agreed["assigner"] == f"urn:x-uscc:{two.dataset.owner.uscc}"
    assert agreed["assignee"] == f"urn:x-uscc:{two.asker.uscc}"
    use = agreed["permission"][0]
    assert said(use, "purpose") == ["办理租房补贴"]
    assert said(use, "deliveryChannel") == [[{"@id": "city:query"}]]
    assert [day["@value"] for day in said(use, "dateTime")] == [str(TODAY), str(UNTIL)]
    assert said(use, "count") == [{"@value": "500", "@type": "xsd:integer"}]


def test_its_asset_is_the_granted_fields_as_they_are_treated_and_the_granted_rows(two, agreed):
    asset = agreed["@included"][0]

    assert asset["@id"] == agreed["target"]
    parts = {
        one["@id"].partition("#")[2]: one["city:treatment"]["@id"] for one in asset["dct:hasPart"]
    }
    assert parts == {"phone": "city:clear", "income": "city:clear"}
    rows = asset["refinement"][0]
    assert rows["leftOperand"].endswith("#id")
    assert rows["rightOperand"] == ["1", "2"]


def test_what_the_law_bars_meanwhile_is_withheld_in_the_agreement(two):
    grant = two.granted("phone", "income")
    catalog.negative_line(two.dataset, ["income"], bars=[Channel.SHARE])

    parts = odrl.agreement(grant, today=date(2026, 12, 1))["@included"][0]["dct:hasPart"]

    told = {one["@id"].partition("#")[2]: one["city:reason"] for one in parts}
    assert told["income"] == ["negative-list"]


def test_an_ended_agreement_permits_nothing_from_the_end_on_and_owes_the_disposal_then(two):
    grant = two.granted("phone")
    ended = lifecycle.purpose_over(grant.pk, reason="已办结", by=two.clerk, at=NOW)

    told = odrl.agreement(ended, today=TODAY)

    moment = timezone.localtime(NOW).isoformat(timespec="seconds")
    days = told["permission"][0]["constraint"]
    assert {"operator": "lt", "rightOperand": at(moment), **DAY} in days
    assert told["obligation"][0]["constraint"] == [
        {"operator": "gteq", "rightOperand": at(moment), **DAY}
    ]


def test_a_suspended_agreement_forbids_all_use_until_it_holds_again(two):
    grant = two.granted("phone")
    term = {"mend_by": TODAY + timedelta(days=9), "by": two.reviewer, "at": NOW}
    suspended = odrl.agreement(lifecycle.suspend(grant.pk, reason="超范围", **term), today=TODAY)

    again = odrl.agreement(
        lifecycle.resume(grant.pk, reason="已整改", by=two.reviewer, at=NOW), today=TODAY
    )

    assert [one["action"] for one in suspended["prohibition"]] == ["distribute", "use"]
    assert [one["action"] for one in again["prohibition"]] == ["distribute"]
    dataspace(suspended)


def test_a_grant_on_a_withdrawn_dataset_says_that_nothing_is_served(two):
    grant = two.granted("phone")
    before = odrl.agreement(grant, today=TODAY)
    opening.withdraw(two.dataset.pk, reason="停止更新", by=two.where.operator, at=NOW)
    grant = Grant.objects.select_related("dataset__owner", "organization").get(pk=grant.pk)

    after = odrl.agreement(grant, today=TODAY)

    assert before["city:state"] == {"@id": "city:live"}
    assert after["city:state"] == {"@id": "city:withdrawn"}
    closed = after["prohibition"][-1]
    assert (closed["action"], closed["dct:description"]) == ("use", "停止更新")
    moment = at(timezone.localtime(NOW).isoformat(timespec="seconds"))
    assert closed["constraint"] == [DAY | {"operator": "gteq", "rightOperand": moment}]
    dataspace(after)


def test_a_grant_that_ended_before_the_withdrawal_stays_ended(two):
    grant = lifecycle.purpose_over(two.granted("phone").pk, reason="用毕", by=two.clerk, at=NOW)
    opening.withdraw(two.dataset.pk, reason="停止更新", by=two.where.operator, at=NOW)
    grant = Grant.objects.select_related("dataset__owner", "organization").get(pk=grant.pk)

    assert odrl.agreement(grant, today=TODAY)["city:state"] == {"@id": "city:ended"}


DAY = {"leftOperand": "dateTime"}


def at(moment):
    return {"@value": moment, "@type": "xsd:dateTime"}


# Judges


def test_an_agreement_keeps_to_the_subset_of_the_dataspace_protocol(agreed):
    """Its contract schema: texts for the parties, lists that are not empty, actions as text."""
    assert agreed["@type"] == "Agreement"
    assert all(isinstance(agreed[name], str) for name in ("target", "assigner", "assignee"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", agreed["timestamp"])
    dataspace(agreed)


def test_an_offer_keeps_to_the_subset_of_the_dataspace_protocol(dataset):
    catalog.negative_line(dataset, ["income"])

    told = odrl.offer(dataset, today=TODAY)

    assert told["@type"] == "Offer"
    assert "target" not in told
    dataspace(told)


def dataspace(policy):
    assert isinstance(policy["profile"], str)
    assert "permission" in policy or "prohibition" in policy
    assert all(policy[kind] for kind in RULES if kind in policy)
    for rule in rules(policy):
        assert isinstance(rule["action"], str)
        assert all(isinstance(duty["action"], str) for duty in rule.get("duty", ()))
        for one in limits(rule):
            assert isinstance(one["leftOperand"], str)
            assert isinstance(one["rightOperand"], str | dict | list)


OF_DATASPACES = {"timestamp"}
OPERATORS = {"eq", "gt", "gteq", "lteq", "lt", "neq", "isA", "isAnyOf", "isNoneOf", "isPartOf"}


def test_each_word_without_a_prefix_is_in_the_vocabulary_of_odrl(dataset, agreed, shared_data):
    vocabulary = shared_data / "judges" / "odrl" / "ODRL22.ttl"
    if not vocabulary.is_file():
        pytest.skip("needs: the ODRL vocabulary among the shared data")
    known = set(re.findall(r"^:(\w+)", vocabulary.read_text(), re.MULTILINE))
    catalog.negative_line(dataset, ["income"], until_on=UNTIL)

    for policy in (odrl.offer(dataset, today=TODAY), agreed):
        assert plain(policy) <= known | OF_DATASPACES
        assert {one["operator"] for rule in rules(policy) for one in limits(rule)} <= OPERATORS


def plain(node):
    """Return keys, types, actions and operands that carry no prefix, of a whole document."""
    if isinstance(node, list):
        return set().union(*(plain(one) for one in node))
    if not isinstance(node, dict):
        return set()
    words = {node[key] for key in ("@type", "action", "leftOperand", "operator") if key in node}
    found = {word for word in {*node, *words} if ":" not in word and not word.startswith("@")}
    return found.union(*(plain(value) for key, value in node.items() if key != "@context"))


def test_a_policy_takes_the_same_few_queries_however_many_fields(
    dataset, django_assert_max_num_queries
):
    with django_assert_max_num_queries(3):
        odrl.offer(dataset, today=TODAY)


def test_the_profile_is_documented():
    page = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()

    for word in ("treatment", "reason", "keepUseRecords", "state", "withdrawn"):
        assert f"`city:{word}`" in page
    for treatment in Treatment:
        assert f"`city:{treatment.name.lower()}`" in page
    for mode in Mode:
        assert f"`city:{mode}`" in page
