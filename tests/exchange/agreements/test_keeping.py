"""An agreement stays as it was signed, and the audit chain proves it."""

import hashlib
import json

import pytest
from django.db import connection, transaction
from django.test import override_settings

from accounts.roles import NotAllowed, Role
from audit import chain
from audit.models import Entry
from exchange.agreements import keeping
from exchange.agreements.keeping import AgreementMissing, Standing
from exchange.models import Agreement, Grant
from exchange.sharing import grants
from exchange.sharing.requests import asked
from tests.factories import accounts, sharing
from tests.factories.sharing import NOW, TODAY, UNTIL

pytestmark = pytest.mark.django_db


def standing(grant: Grant) -> Standing:
    return keeping.prove(Agreement.objects.get(grant=grant)).standing


def unrecorded(two: sharing.Two) -> Grant:
    """Make a grant past its verb, as only somebody with the database in hand could."""
    request = two.proposed("phone")
    return grants.from_request(request, asked(request), by=two.where.head, at=NOW)


def by_hand(document: dict) -> str:
    """Return a document's digest by the standard library alone, as docs/sharing.md tells."""
    text = json.dumps([document], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_digest_stands_in_the_entry_of_the_providers_signature(two):
    grant = two.granted("phone")

    entry = Entry.objects.get(verb="request.answer")

    kept = Agreement.objects.get(grant=grant)
    assert entry.details["grant"] == grant.pk
    assert entry.details["agreement"] == kept.digest == by_hand(kept.document)


def test_what_is_granted_at_once_stands_in_the_entry_of_the_asking_signature(two):
    request = two.signed("name")

    entry = Entry.objects.get(verb="request.sign")

    kept = Agreement.objects.get(grant__request=request)
    assert entry.details["agreement"] == kept.digest == by_hand(kept.document)


def test_a_signature_that_grants_nothing_records_no_agreement(two):
    two.signed("phone")

    details = Entry.objects.get(verb="request.sign").details

    assert (details["grant"], "agreement" in details) == (None, False)


@override_settings(AUDIT_ALGORITHM="sm3")
def test_the_digest_is_made_as_the_trails_are(two):
    kept = two.granted("phone").agreement

    assert kept.algorithm == "sm3"
    assert kept.digest != by_hand(kept.document)
    assert keeping.prove(kept).good


def test_it_is_proved_once_its_entry_is_in_the_chain(two):
    grant = two.granted("phone")
    before = standing(grant)

    chain.link()

    proof = keeping.prove(Agreement.objects.get(grant=grant))
    assert (before, proof.standing, proof.good) == (Standing.WAITING, Standing.GOOD, True)
    assert (proof.verb, proof.told) == ("request.answer", proof.digest)
    assert proof.position > 0
    assert "signed" in proof.sentence


def test_a_changed_word_is_seen(two):
    grant = two.granted("phone")
    chain.link()
    kept = Agreement.objects.get(grant=grant)
    kept.document["use"]["purpose"] += "等"
    kept.save()

    assert standing(grant) == Standing.CHANGED


def test_a_document_changed_together_with_its_digest_is_seen(two):
    grant = two.granted("phone")
    chain.link()
    kept = Agreement.objects.get(grant=grant)
    kept.document["use"]["daily_quota"] = 5_000_000
    kept.digest = keeping.digest(kept.document, kept.algorithm)
    kept.save()

    assert standing(grant) == Standing.DIFFERENT


def test_a_document_changed_together_with_its_entry_is_seen(two):
    grant = two.granted("phone")
    chain.link()
    kept = Agreement.objects.get(grant=grant)
    kept.document["use"]["daily_quota"] = 5_000_000
    kept.digest = keeping.digest(kept.document, kept.algorithm)
    kept.save()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE audit_entry"
            " SET details = jsonb_set(details, '{agreement}', to_jsonb(%s::text))"
            " WHERE verb = 'request.answer'",
            [kept.digest],
        )

    assert standing(grant) == Standing.ENTRY_CHANGED


def test_one_that_no_signature_recorded_is_seen(two):
    with transaction.atomic():
        grant = unrecorded(two)

    assert standing(grant) == Standing.UNRECORDED


def test_one_whose_entry_was_set_apart_with_its_month_says_so(two):
    with transaction.atomic():
        grant = unrecorded(two)
        chain.record("audit.seal", "month:2026-03", by=None, at=NOW, sealed={"entry": ["2026-03"]})

    assert standing(grant) == Standing.SEALED


def test_what_the_catalogue_says_later_changes_nothing(two):
    grant = two.granted("phone")
    two.dataset.title_zh = "另一个名称"
    two.dataset.save()
    two.asker.name_zh = "另一个部门"
    two.asker.save()

    kept = Agreement.objects.get(grant=grant)

    assert "另一个" not in json.dumps(kept.document, ensure_ascii=False)
    assert keeping.prove(kept).good


def test_both_departments_and_the_data_authority_read_it_and_nobody_else(two):
    grant = two.granted("phone")
    stranger, admin = accounts.user(Role.HEAD), accounts.user(Role.SYSTEM_ADMIN)

    read = [
        keeping.of_grant(grant.pk, by=person).grant_id
        for person in (two.clerk, two.asking_head, two.reviewer, two.where.operator)
    ]

    assert set(read) == {grant.pk}
    with pytest.raises(Grant.DoesNotExist):
        keeping.of_grant(grant.pk, by=stranger)
    with pytest.raises(NotAllowed):
        keeping.of_grant(grant.pk, by=admin)


def test_a_grant_to_a_company_has_none(two):
    company = accounts.organization(accounts.OrganizationKind.COMPANY)
    grant = grants.grant(
        two.dataset.pk,
        to=company,
        fields=two.fields("name"),
        purpose="测试",
        valid_from=TODAY,
        valid_until=UNTIL,
        by=two.reviewer,
        at=NOW,
    )

    with pytest.raises(AgreementMissing, match="before agreements were kept"):
        keeping.of_grant(grant.pk, by=two.reviewer)
