"""Agreements for apps of their two departments: the document with its proof, and on paper."""

import hashlib
import json

import pytest
from django.test import Client
from django.utils import timezone

from accounts.roles import OrganizationKind
from audit import chain
from exchange.models import Agreement
from exchange.sharing import stopping
from tests.factories import accounts, sharing

pytestmark = pytest.mark.django_db


def key_of(organization):
    return accounts.api_key(accounts.app(organization), at=timezone.now()).raw


def asked(number, key="", form="agreement"):
    headers = {"Accept-Language": "en"} | ({"X-API-Key": key} if key else {})
    return Client().get(f"/api/v1/office/grants/{number}/{form}", headers=headers)


def test_both_departments_read_what_was_agreed_and_can_check_it(two):
    grant = two.granted("phone")
    chain.link()

    answers = [asked(grant.pk, key_of(one)).json() for one in (two.asker, two.dataset.owner)]

    told = answers[0]
    text = json.dumps(
        [told["document"]], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    assert answers[0] == answers[1]
    assert told["digest"] == hashlib.sha256(text.encode()).hexdigest()
    assert told["proof"]["standing"] == "good"
    assert told["proof"]["recorded"] == told["digest"]
    assert told["proof"]["position"] > 0
    assert told["number"] == f"共享协议〔2026〕{grant.pk}号"


def test_a_changed_document_is_told_with_both_digests(two):
    grant = two.granted("phone")
    kept = Agreement.objects.get(grant=grant)
    kept.document["use"]["scene"] = "别的场景"
    kept.save()

    told = asked(grant.pk, key_of(two.asker)).json()

    assert told["proof"]["standing"] == "changed"
    assert told["proof"]["digest"] != told["digest"]
    assert "audit administrator" in told["proof"]["text"]


def test_it_comes_on_paper_and_says_what_is_left_of_the_keys_calls(two):
    grant = two.granted("phone")
    key = key_of(two.asker)

    answer = asked(grant.pk, key, "agreement.pdf")
    again = asked(grant.pk, key, "agreement.pdf")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content == again.content
    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "RateLimit-Remaining" in answer


def test_what_came_after_is_told_beside_the_document(two):
    grant = two.granted("phone")
    before = asked(grant.pk, key_of(two.asker)).json()
    paper = asked(grant.pk, key_of(two.asker), "agreement.pdf").content
    stop = stopping.ask(grant.pk, **sharing.STOP, by=two.where.head, at=sharing.NOW)
    stopping.agree(stop.pk, by=two.asking_head, at=sharing.NOW)

    after = asked(grant.pk, key_of(two.asker)).json()

    assert before["afterwards"] == []
    assert [one["what"] for one in after["afterwards"]][:2] == [
        "提供部门提出停止服务",
        "需求部门同意停止服务",
    ]
    assert sharing.STOP["cause"] in after["afterwards"][0]["why"]
    assert after["document"] == before["document"]
    assert after["proof"]["digest"] == before["digest"]
    assert asked(grant.pk, key_of(two.asker), "agreement.pdf").content != paper


@pytest.mark.parametrize("form", ["agreement", "agreement.pdf"])
def test_another_department_learns_nothing_and_a_company_does_not_come_in(two, form):
    grant = two.granted("phone")
    stranger = key_of(accounts.organization())
    company = key_of(accounts.organization(OrganizationKind.COMPANY))

    refused = [
        asked(grant.pk, stranger, form),
        asked(grant.pk + 1000, stranger, form),
        asked(grant.pk, company, form),
        asked(grant.pk, "", form),
    ]

    assert [(one.status_code, one.json()["code"]) for one in refused] == [
        (404, "grant-unknown"),
        (404, "grant-unknown"),
        (403, "not-a-department"),
        (401, "key-missing"),
    ]


def test_a_grant_from_before_agreements_says_so(two):
    grant = two.granted("phone")
    Agreement.objects.all().delete()

    answer = asked(grant.pk, key_of(two.asker))

    assert (answer.status_code, answer.json()["code"]) == (404, "agreement-missing")
