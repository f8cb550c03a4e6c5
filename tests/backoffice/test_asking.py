"""A department asks from its desk: the form, its matrix, the head's signature, its own list."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from catalog.models import Field
from exchange.models import Grant, ShareRequest
from exchange.sharing import asking, lifecycle, stopping
from exchange.workflow import State
from policy.terms import Grade, MaskKind
from tests.exchange.sharing.test_acting_for import lend
from tests.factories import accounts, sharing

pytestmark = pytest.mark.django_db


@pytest.fixture(name="two")
def _two():
    return sharing.two(rows=False)


@pytest.fixture(name="clerk")
def _clerk(two, at_desk):
    return at_desk(two.clerk)


def address(two):
    return f"{reverse('admin:ask')}?dataset={two.dataset.pk}"


def told(two, *names, **over):
    return {
        "purpose_class": "basis",
        "purpose": "办理租房补贴",
        "scene": "窗口受理",
        "basis_text": "《租房补贴办法》第三条",
        "mode": "query",
        "clear_up_to": "3",
        "system": "补贴审核系统",
        "calls_peak": "500",
        "calls_average": "100",
        "wanted_from": f"{timezone.localdate()}",
        "wanted_until": f"{timezone.localdate() + timedelta(days=300)}",
        "fields_asked": two.fields(*names),
    } | over


def read(answer):
    return answer.content.decode()


def test_the_form_shows_what_the_department_may_have_anyway(two, clerk):
    page = read(clerk.client.get(address(two)))

    assert "nothing restricts this field" in page
    assert "ask for a grant, stating purpose and scene" in page
    assert "illness" in page


def test_the_matrix_follows_the_way_of_use_and_the_fields_chosen(two, clerk):
    place = f"{reverse('admin:ask_matrix')}?dataset={two.dataset.pk}"

    at_once = read(clerk.client.post(place, told(two, "id", "name")))
    conditional = read(clerk.client.post(place, told(two, "name", "income")))
    masked = read(clerk.client.post(place, told(two, "phone", clear_up_to="2")))

    assert "granted in the moment the head signs" in at_once
    assert "the provider answers" in conditional
    assert "Masked in any case" in masked


def test_what_is_missing_is_shown_at_its_place_and_the_draft_is_kept(two, clerk):
    sent = told(two, purpose="", calls_peak="") | {"submit": "1"}

    answer = clerk.client.post(address(two), sent, follow=True)

    page = read(answer)
    assert "Say what the data is needed for." in page
    assert "Choose at least one field." in page
    assert "Say how many calls a day are expected at the peak." in page
    assert ShareRequest.objects.get().state == State.DRAFT


def test_a_yes_or_no_by_a_masked_key_is_told_to_be_pointless_before_it_is_signed(two, clerk):
    Field.objects.filter(pk=two.field("id")).update(
        grade=Grade.L3, mask_kind=MaskKind.BLANK, mask_params={}
    )
    type(two.dataset).objects.filter(pk=two.dataset.pk).policy_changed()
    sent = told(two, "id", "phone", mode="verify", clear_up_to="2") | {"submit": "1"}

    answer = clerk.client.post(address(two), sent, follow=True)

    assert "Ask for it in clear up to L3" in read(answer)
    assert ShareRequest.objects.get().state == State.DRAFT


def test_a_period_that_ends_before_it_begins_is_refused_and_nothing_kept(two, clerk):
    answer = clerk.client.post(address(two), told(two, "id", wanted_until="2026-10-01"))

    assert answer.status_code == 400
    assert "ends on or after the day it begins" in read(answer)
    assert not ShareRequest.objects.exists()


HUGE = "9" * 5000


def test_numbers_that_no_row_can_have_are_refused_with_a_sentence(two, clerk, at_desk):
    asked = two.draft("id")
    clerk.client.post(reverse("admin:asked_submit", args=[asked.pk]))
    head = at_desk(two.asking_head).client

    form = clerk.client.post(address(two), told(two, "id", basis=HUGE))
    signing = head.post(reverse("admin:asked_sign", args=[asked.pk]), {f"seen-{HUGE}": "x"})
    entry = clerk.client.get(reverse("admin:catalog_dataset_change", args=[HUGE]))

    assert (form.status_code, signing.status_code, entry.status_code) == (400, 400, 302)
    assert ShareRequest.objects.count() == 1


def test_what_is_unconditional_is_granted_with_the_heads_signature(two, clerk, at_desk):
    clerk.client.post(address(two), told(two, "id", "name") | {"submit": "1"})
    asked = ShareRequest.objects.get()
    head = at_desk(two.asking_head).client
    page = head.get(reverse("admin:asked", args=[asked.pk]))

    seen = {f"seen-{pk}": digest for pk, digest in page.context["seen"]}
    answer = head.post(
        reverse("admin:asked_sign", args=[asked.pk]),
        seen | {"vouched": ["true", "lawful", "needed"]},
        follow=True,
    )

    assert "granted at once" in read(answer)
    assert Grant.objects.get().fields == sorted(two.fields("id", "name"))


def test_without_the_whole_vouch_the_request_stays_unsigned(two, clerk, at_desk):
    clerk.client.post(address(two), told(two, "id") | {"submit": "1"})
    asked = ShareRequest.objects.get()

    answer = at_desk(two.asking_head).client.post(
        reverse("admin:asked_sign", args=[asked.pk]), {"vouched": ["true", "lawful"]}
    )

    assert answer.status_code == 400
    assert "cannot be signed" in read(answer)
    asked.refresh_from_db()
    assert asked.state == State.TO_SIGN


def test_a_request_that_was_changed_meanwhile_is_not_signed(two, clerk, at_desk):
    clerk.client.post(address(two), told(two, "id") | {"submit": "1"})
    asked = ShareRequest.objects.get()
    ShareRequest.objects.filter(pk=asked.pk).update(purpose="another one")

    answer = at_desk(two.asking_head).client.post(
        reverse("admin:asked_sign", args=[asked.pk]),
        {"vouched": ["true", "lawful", "needed"], f"seen-{asked.pk}": "0" * 32},
    )

    assert answer.status_code == 409
    assert two.clerk.name in read(answer)


def test_a_request_given_back_is_changed_and_sent_again(two, clerk, at_desk):
    clerk.client.post(address(two), told(two, "id") | {"submit": "1"})
    asked = ShareRequest.objects.get()
    at_desk(two.asking_head).client.post(
        reverse("admin:asked_give-back", args=[asked.pk]), {"reason": "too many calls"}
    )

    page = read(clerk.client.get(reverse("admin:asked", args=[asked.pk])))
    clerk.client.post(
        reverse("admin:ask_change", args=[asked.pk]),
        told(two, "id", calls_peak="150") | {"submit": "1"},
    )

    assert "too many calls" in page
    asked.refresh_from_db()
    assert (asked.state, asked.calls_peak) == (State.TO_SIGN, 150)


def test_a_copy_starts_from_the_earlier_request_with_a_new_period(two, clerk):
    earlier = two.draft("phone", "income", purpose="an earlier purpose")

    page = clerk.client.get(f"{reverse('admin:ask')}?copy={earlier.pk}")

    form = page.context["form"]
    assert form["purpose"].value() == "an earlier purpose"
    assert set(page.context["ticked"]) == set(two.fields("phone", "income"))
    assert form["wanted_from"].value() != earlier.wanted_from


def test_conditions_on_rows_are_taken_from_the_form(two, clerk):
    sent = told(two, "phone", row_field_0=str(two.field("name")), row_values_0="n001，n002")

    clerk.client.post(address(two), sent)

    [row] = ShareRequest.objects.get().rows
    assert row == {"field": two.field("name"), "operator": "in", "values": ["n001", "n002"]}


def test_the_own_list_shows_state_and_what_comes_next(two, clerk):
    two.signed("phone")

    page = read(clerk.client.get(reverse("admin:own_requests")))

    assert "The provider answers." in page
    assert "working days late" in page


def test_another_department_sees_no_request_and_cannot_act_on_it(two, at_desk):
    asked = two.signed("phone")
    other = at_desk(accounts.user(Role.PUBLISHER)).client

    assert other.get(reverse("admin:asked", args=[asked.pk])).status_code == 404
    assert other.get(reverse("admin:ask_change", args=[asked.pk])).status_code == 404
    withdrawn = other.post(reverse("admin:asked_withdraw", args=[asked.pk]), {"reason": "x"})
    assert withdrawn.status_code == 404


def test_a_notice_leads_each_department_to_its_own_page(two, clerk, at_desk):
    asked = two.signed("phone")
    place = reverse("admin:request_place", args=[asked.pk])

    assert clerk.client.get(place).url == reverse("admin:asked", args=[asked.pk])
    assert at_desk(two.reviewer).client.get(place).url == reverse(
        "admin:deciding", args=[asked.pk]
    )


def test_a_request_is_withdrawn_and_commented_on_from_its_page(two, clerk):
    asked = two.signed("phone")

    clerk.client.post(reverse("admin:asked_comment", args=[asked.pk]), {"text": "please hurry"})
    clerk.client.post(reverse("admin:asked_withdraw", args=[asked.pk]), {"reason": "not needed"})

    page = read(clerk.client.get(reverse("admin:asked", args=[asked.pk])))
    assert "please hurry" in page
    assert "not needed" in page
    asked.refresh_from_db()
    assert asked.state == State.WITHDRAWN


def test_the_search_says_what_the_department_gets_and_leads_to_the_form(two, clerk):
    page = read(clerk.client.get(reverse("admin:search")))

    assert "in clear: 2" in page
    assert "withheld: 3" in page
    assert "ask for a grant, stating purpose and scene" in page
    assert f"{address(two)}" in page


def test_several_datasets_are_asked_for_in_one_sitting_and_signed_at_once(two, clerk, at_desk):
    other = sharing.two(rows=False)
    place = f"{address(two)}&dataset={other.dataset.pk}"
    fields = [*two.fields("id", "phone"), *other.fields("name")]

    clerk.client.post(place, told(two) | {"fields_asked": fields, "submit": "1"})
    first, second = ShareRequest.objects.order_by("pk")
    head = at_desk(two.asking_head).client
    page = head.get(reverse("admin:asked", args=[second.pk]))
    seen = {f"seen-{pk}": digest for pk, digest in page.context["seen"]}
    head.post(
        reverse("admin:asked_sign", args=[second.pk]),
        seen | {"vouched": ["true", "lawful", "needed"]},
    )

    assert first.bundle == second.bundle is not None
    assert (first.fields, second.fields) == (
        sorted(two.fields("id", "phone")),
        other.fields("name"),
    )
    states = set(ShareRequest.objects.values_list("dataset", "state"))
    assert states == {(two.dataset.pk, State.IN_REVIEW), (other.dataset.pk, State.GRANTED)}


def test_who_acts_for_the_head_and_drafted_it_is_told_who_signs(two, at_desk):
    acting = lend(two.asking_head, two.clerk)
    request = two.draft("phone")
    asking.submit(request.pk, by=two.clerk, at=sharing.NOW)

    theirs = read(at_desk(acting).client.get(reverse("admin:asked", args=[request.pk])))
    heads = read(at_desk(two.asking_head).client.get(reverse("admin:asked", args=[request.pk])))

    assert "You drafted this request" in theirs
    assert f"Who can sign today: {two.asking_head.name}" in theirs
    assert "Vouch for it and sign" not in theirs
    assert "Give it back instead" in theirs
    assert "Vouch for it and sign" in heads
    assert "Who can sign today" not in heads


def test_who_acts_for_the_head_and_did_not_draft_it_signs(two, at_desk):
    acting = lend(two.asking_head, accounts.user(Role.REVIEWER, two.asker))
    request = two.draft("phone")
    asking.submit(request.pk, by=two.clerk, at=sharing.NOW)

    page = read(at_desk(acting).client.get(reverse("admin:asked", args=[request.pk])))

    assert "Vouch for it and sign" in page


def test_the_form_promises_nothing_at_once_while_a_grant_is_suspended(two, clerk):
    grant = two.granted("phone")
    place = f"{reverse('admin:ask_matrix')}?dataset={two.dataset.pk}"
    before = read(clerk.client.post(place, told(two, "id", "name")))
    day = timezone.localdate() + timedelta(days=9)
    lifecycle.suspend(grant.pk, reason="超范围", mend_by=day, by=two.reviewer, at=timezone.now())

    after = read(clerk.client.post(place, told(two, "id", "name")))

    assert "granted in the moment the head signs" in before
    assert "granted in the moment the head signs" not in after
    assert "was misused" in after


def test_the_form_promises_nothing_at_once_after_a_stop(two, clerk):
    stop = stopping.ask(two.granted("phone").pk, **sharing.STOP, by=two.where.head, at=sharing.NOW)
    stopping.agree(stop.pk, by=two.asking_head, at=sharing.NOW)

    after = read(
        clerk.client.post(
            f"{reverse('admin:ask_matrix')}?dataset={two.dataset.pk}", told(two, "id", "name")
        )
    )

    assert "granted in the moment the head signs" not in after
    assert "to your department was stopped" in after
