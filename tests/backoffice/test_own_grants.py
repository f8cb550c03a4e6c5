"""What a department was granted, at its own desk; and the piles of who asks."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from exchange import opening
from exchange.models import Ending, Grant, ShareRequest
from exchange.sharing import asking, attachments, lifecycle
from exchange.workflow import GrantState
from tests.factories import accounts, sharing
from tests.factories.sharing import NOW, TODAY, UNTIL

pytestmark = pytest.mark.django_db


@pytest.fixture(name="two")
def _two():
    return sharing.two(rows=False)


def read(answer):
    return answer.content.decode()


def test_a_purpose_that_is_over_ends_the_grant_and_the_head_notes_the_disposal(two, at_desk):
    grant = two.granted("phone")
    clerk, head = at_desk(two.clerk).client, at_desk(two.asking_head).client

    clerk.post(reverse("admin:own_grant_over", args=[grant.pk]), {"text": "reached"})
    grant.refresh_from_db()
    ended = grant.ending
    page = read(head.get(reverse("admin:own_grants")))
    head.post(reverse("admin:own_grant_dispose", args=[grant.pk]), {"text": "all copies deleted"})

    grant.refresh_from_db()
    assert ended == Ending.PURPOSE
    assert "Keep the receipt" in page
    assert (grant.state(TODAY), grant.disposal) == (GrantState.DISPOSED, "all copies deleted")


def test_a_suspended_grant_has_no_green_light(two, at_desk):
    grant = two.granted("phone")
    client = at_desk(two.clerk).client

    before = read(client.get(reverse("admin:own_grants")))
    lifecycle.suspend(grant.pk, reason="misused", mend_by=UNTIL, by=two.where.head, at=NOW)
    after = read(client.get(reverse("admin:own_grants")))

    assert ("days left" in before, "days left" in after) == (True, False)
    assert "misused" in after


def test_rows_that_are_not_there_yet_stand_with_their_day(two, at_desk):
    two.granted("phone")

    page = read(at_desk(two.clerk).client.get(reverse("admin:own_grants")))

    assert "not on the platform yet; to be shared by 2026-03-30" in page


def test_another_departments_grant_is_not_there(two, at_desk):
    grant = two.granted("phone")
    other = at_desk(accounts.user(Role.PUBLISHER)).client

    answer = other.post(reverse("admin:own_grant_over", args=[grant.pk]), {"text": "x"})

    assert answer.status_code == 404
    assert f"grant-{grant.pk}" not in read(other.get(reverse("admin:own_grants")))


def test_a_renewal_starts_from_what_the_grant_holds(two, at_desk):
    grant = two.granted("phone")

    page = at_desk(two.clerk).client.get(f"{reverse('admin:ask')}?renews={grant.pk}")

    assert "Renew grant" in read(page)
    assert set(page.context["ticked"]) == set(two.fields("phone"))
    assert page.context["form"]["purpose"].value() == grant.purpose


def test_while_a_renewal_is_on_its_way_the_grant_leads_to_it(two, at_desk):
    grant = two.granted("phone")
    client = at_desk(two.clerk).client
    before = read(client.get(reverse("admin:own_grants")))
    renewal = two.draft("phone")
    ShareRequest.objects.filter(pk=renewal.pk).update(renews=grant)

    after = read(client.get(reverse("admin:own_grants")))

    assert f"?renews={grant.pk}" in before
    assert f"?renews={grant.pk}" not in after
    assert reverse("admin:asked", args=[renewal.pk]) in after


def test_a_file_is_handed_in_and_opened_from_the_page(two, at_desk):
    asked = two.draft("phone")
    client = at_desk(two.clerk).client
    sent = SimpleUploadedFile("basis.pdf", b"%PDF-1.7 law")

    client.post(reverse("admin:asked_attach", args=[asked.pk]), {"file": sent})
    [file] = asked.attachments.all()
    answer = client.get(reverse("admin:request_file", args=[file.pk]))

    assert answer.content == b"%PDF-1.7 law"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "basis.pdf" in read(client.get(reverse("admin:asked", args=[asked.pk])))


def test_the_provider_finds_the_files_on_the_page_where_it_decides(two, at_desk):
    asked = two.draft("phone")
    made = attachments.attach(asked.pk, BytesIO(b"%PDF-1"), "law.pdf", by=two.clerk, at=NOW)
    asking.submit(asked.pk, by=two.clerk, at=NOW)
    asking.sign(asked.pk, vouched=True, by=two.asking_head, at=NOW)
    client = at_desk(two.reviewer).client

    page = read(client.get(reverse("admin:deciding", args=[asked.pk])))

    assert reverse("admin:request_file", args=[made.pk]) in page
    assert client.get(reverse("admin:request_file", args=[made.pk])).content == b"%PDF-1"


def test_a_file_that_lies_is_refused_in_a_sentence(two, at_desk, said):
    asked = two.draft("phone")
    sent = SimpleUploadedFile("basis.pdf", b"MZ")

    answer = at_desk(two.clerk).client.post(
        reverse("admin:asked_attach", args=[asked.pk]), {"file": sent}
    )

    assert "not what its name says" in said(answer)
    assert not asked.attachments.exists()


def test_a_stranger_finds_no_file_of_a_draft(two, at_desk):
    asked = two.draft("phone")
    made = attachments.attach(asked.pk, BytesIO(b"%PDF-1"), "a.pdf", by=two.clerk, at=NOW)
    place = reverse("admin:request_file", args=[made.pk])

    assert at_desk(two.reviewer).client.get(place).status_code == 404


def test_requests_wait_on_the_desks_of_who_asks(two, at_desk):
    two.draft("name")
    waiting = two.draft("phone")
    asking.submit(waiting.pk, by=two.clerk, at=NOW)

    clerk = read(at_desk(two.clerk).client.get(reverse("admin:index")))
    head = read(at_desk(two.asking_head).client.get(reverse("admin:index")))
    provider = read(at_desk(two.where.head).client.get(reverse("admin:index")))

    assert "Drafts of share requests" in clerk
    assert "Share requests to be signed" in head
    assert "Share requests to be signed" not in provider


def test_a_renewal_keeps_every_condition_on_rows_as_it_stands(two, at_desk):
    name, number = two.field("name"), two.field("id")
    rows = [
        {"field": name, "operator": "in", "values": ["n007"]},
        {"field": name, "operator": "in", "values": ["a,b", "n007"]},
        *(
            {"field": number, "operator": "in", "values": ["1", str(count)]}
            for count in range(2, 6)
        ),
    ]
    grant = two.granted("phone")
    Grant.objects.filter(pk=grant.pk).update(rows=rows)
    client = at_desk(two.clerk).client
    place = f"{reverse('admin:ask')}?renews={grant.pk}"
    form = client.get(place).context["form"]

    told = {one: form[one].value() for one in form.fields}
    told = {one: "" if value is None else value for one, value in told.items()}
    today = timezone.localdate()
    period = {"wanted_from": f"{today}", "wanted_until": f"{today + timedelta(days=300)}"}
    client.post(place, told | period)

    renewed = ShareRequest.objects.get(renews=grant)
    assert renewed.rows == rows


def test_a_draft_of_many_conditions_keeps_those_that_were_left_alone(two, at_desk):
    name = two.field("name")
    rows = [
        {"field": name, "operator": "in", "values": [f"m,{count}", f"n{count:03d}"]}
        for count in range(5)
    ]
    draft = two.draft("phone", rows=rows)
    client = at_desk(two.clerk).client
    place = reverse("admin:ask_change", args=[draft.pk])
    form = client.get(place).context["form"]

    told = {one: form[one].value() for one in form.fields}
    told = {one: "" if value is None else value for one, value in told.items()}
    client.post(place, told | {"row_values_4": "n001"})

    draft.refresh_from_db()
    assert draft.rows == [*rows[:4], {"field": name, "operator": "eq", "values": ["n001"]}]


def test_a_grant_on_a_withdrawn_dataset_says_since_when_nothing_is_served(two, at_desk):
    grant = two.granted("phone")
    Grant.objects.filter(pk=grant.pk).update(valid_until="2099-01-01")
    before = read(at_desk(two.reviewer).list(Grant))
    opening.withdraw(two.dataset.pk, reason="系统停用。", by=two.where.head, at=timezone.now())
    since = f"nothing served since {timezone.localdate()}"

    own = read(at_desk(two.clerk).client.get(reverse("admin:own_grants")))
    listed = read(at_desk(two.reviewer).list(Grant))
    page = read(at_desk(two.reviewer).page(grant))
    place = reverse("admin:agreement", args=[grant.pk])
    agreed = read(at_desk(two.asking_head).client.get(place))

    assert "in force" in before
    for text in (own, listed, page, agreed):
        assert since in text
        assert "in force" not in text
    for text in (own, page, agreed):
        assert "系统停用" in text
    assert "Renew" not in own
    assert "End the grant" in own


def test_a_grant_that_ended_before_its_dataset_was_withdrawn_has_ended(two, at_desk):
    grant = two.granted("phone")
    lifecycle.purpose_over(grant.pk, reason="reached", by=two.clerk, at=NOW)
    opening.withdraw(two.dataset.pk, reason="系统停用", by=two.where.head, at=timezone.now())

    own = read(at_desk(two.clerk).client.get(reverse("admin:own_grants")))

    assert "nothing served since" not in own
    assert "reached" in own
