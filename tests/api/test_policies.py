"""Policies as JSON-LD: a dataset's for everybody, an agreement for its two departments."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.roles import OrganizationKind
from exchange.sharing import grants
from tests.factories import accounts, sharing

pytestmark = pytest.mark.django_db


def key_of(organization):
    return accounts.api_key(accounts.app(organization), at=timezone.now()).raw


def asked(grant, key=""):
    headers = {"Accept-Language": "en"} | ({"X-API-Key": key} if key else {})
    return Client().get(f"/api/v1/office/grants/{grant.pk}/policy", headers=headers)


def test_everybody_may_read_a_datasets_policy(two):
    answer = Client().get(f"/api/v1/datasets/{two.dataset.slug}/policy")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/ld+json"
    assert answer.json()["@type"] == "Offer"
    assert answer.json()["@id"].endswith(f"/api/v1/datasets/{two.dataset.slug}/policy")


def test_an_unknown_datasets_policy_is_not_found():
    assert Client().get("/api/v1/datasets/nothing/policy").json()["code"] == "dataset-unknown"


def test_both_departments_read_the_agreement(two):
    grant = two.granted("phone")

    answers = [asked(grant, key_of(one)) for one in (two.asker, two.dataset.owner)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0]["Content-Type"] == "application/ld+json"
    assert answers[0].json()["@type"] == "Agreement"
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("kind", [OrganizationKind.DEPARTMENT, OrganizationKind.COMPANY])
def test_nobody_else_learns_whether_there_is_one(two, kind):
    grant = two.granted("phone")
    key = key_of(accounts.organization(kind))

    refused = [asked(grant, key), asked(grant)]
    grant.pk += 1000
    unknown = asked(grant, key)

    assert {one.status_code for one in [*refused, unknown]} == {404}
    assert {one.json()["code"] for one in [*refused, unknown]} == {"grant-unknown"}
    assert "no party" in refused[0].json()["detail"]


def test_a_companys_grant_is_no_agreement_between_departments(two):
    company = accounts.organization(OrganizationKind.COMPANY)
    grant = grants.grant(
        two.dataset.pk,
        to=company,
        fields=two.fields("name"),
        purpose="测试",
        valid_from=sharing.TODAY,
        valid_until=sharing.UNTIL,
        by=two.reviewer,
        at=sharing.NOW,
    )

    assert asked(grant, key_of(two.dataset.owner)).status_code == 404
