"""The agreement of a grant at the desk: read by its two departments, downloaded, and proved."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from audit import chain
from exchange.models import Agreement, Grant
from exchange.sharing import stopping
from tests.factories import accounts, sharing

pytestmark = pytest.mark.django_db


@pytest.fixture(name="two")
def _two():
    return sharing.two(rows=False)


def read(answer):
    return answer.content.decode()


def test_each_side_reads_it_with_the_proof(two, at_desk):
    grant = two.granted("phone")
    chain.link()
    kept = Agreement.objects.get(grant=grant)

    pages = [
        read(at_desk(person).client.get(reverse("admin:agreement", args=[grant.pk])))
        for person in (two.clerk, two.where.head, two.where.operator)
    ]

    for page in pages:
        assert kept.number in page
        assert kept.digest in page
        assert 'class="light good"' in page
        assert "脱敏" in page or "原值" in page
        assert "不提供给第三方" in page


def test_a_changed_document_shows_red_with_what_to_do(two, at_desk):
    grant = two.granted("phone")
    chain.link()
    kept = Agreement.objects.get(grant=grant)
    kept.document["use"]["scene"] = "别的场景"
    kept.save()

    page = read(at_desk(two.clerk).client.get(reverse("admin:agreement", args=[grant.pk])))

    assert 'class="light bad"' in page
    assert "changed after it was signed" in page


def test_it_is_downloaded_as_a_pdf_and_never_kept_on_the_way(two, at_desk):
    grant = two.granted("phone")

    answer = at_desk(two.reviewer).client.get(reverse("admin:agreement_pdf", args=[grant.pk]))

    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("page", ["agreement", "agreement_pdf"])
def test_others_do_not_find_it(two, at_desk, page):
    grant = two.granted("phone")
    stranger = at_desk(accounts.user(Role.HEAD)).client
    admin = at_desk(accounts.user(Role.SYSTEM_ADMIN)).client

    assert stranger.get(reverse(f"admin:{page}", args=[grant.pk])).status_code == 404
    assert stranger.get(reverse(f"admin:{page}", args=[grant.pk + 1000])).status_code == 404
    assert admin.get(reverse(f"admin:{page}", args=[grant.pk])).status_code == 403


def test_a_text_of_a_request_is_no_markup_on_the_page(two, at_desk):
    grant = two.granted("phone", purpose="<script>alert(1)</script>")

    page = read(at_desk(two.clerk).client.get(reverse("admin:agreement", args=[grant.pk])))

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_pages_of_the_grant_and_of_its_request_lead_there(two, at_desk):
    grant = two.granted("phone")
    place = reverse("admin:agreement", args=[grant.pk])
    clerk, reviewer = at_desk(two.clerk).client, at_desk(two.reviewer)

    pages = [
        clerk.get(reverse("admin:own_grants")),
        clerk.get(reverse("admin:asked", args=[grant.request_id])),
        reviewer.client.get(reverse("admin:deciding", args=[grant.request_id])),
        reviewer.page(grant),
    ]

    assert [place in read(page) for page in pages] == [True] * 4


def test_what_came_after_stands_below_it_as_an_annex(two, at_desk):
    grant = two.granted("phone")
    place = reverse("admin:agreement", args=[grant.pk])
    before = read(at_desk(two.clerk).client.get(place))
    stop = stopping.ask(grant.pk, **sharing.STOP, by=two.where.head, at=sharing.NOW)
    stopping.agree(stop.pk, by=two.asking_head, at=sharing.NOW)

    page = read(at_desk(two.clerk).client.get(place))

    assert 'id="annex"' not in before
    body, annex = page.split('id="annex"')
    assert "需求部门同意停止服务" in annex
    assert "需求部门同意停止服务" not in body
    assert sharing.STOP["notice"] in annex
    assert 'class="light warn"' in body  # waits for its link, as before


def test_a_grant_without_one_has_no_such_link(two, at_desk):
    grant = two.granted("phone")
    Agreement.objects.all().delete()
    place = reverse("admin:agreement", args=[grant.pk])
    clerk, reviewer = at_desk(two.clerk).client, at_desk(two.reviewer)

    pages = [
        clerk.get(reverse("admin:own_grants")),
        clerk.get(reverse("admin:asked", args=[grant.request_id])),
        reviewer.client.get(reverse("admin:deciding", args=[grant.request_id])),
        reviewer.page(Grant.objects.get(pk=grant.pk)),
    ]

    assert [place in read(page) for page in pages] == [False] * 4
    assert clerk.get(place).status_code == 404
