"""Webhooks in the developers' console: registered, looked at, repeated; never another's."""

import re

import pytest
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from accounts.models import App
from audit.models import Entry
from exchange.hook_flow import HookState
from exchange.hooks import events
from exchange.hooks.posting import Answer
from exchange.models import Webhook, WebhookDelivery
from tests.exchange.sessions import signed_in
from tests.factories import hooks
from tests.factories.exchange import now
from tests.factories.hooks import Receiver
from tests.portal.members import people
from tests.portal.members.test_role import AS_MEMBERS

FORM = {"url": "https://example.org/hooks", "kinds": ["rows.changed", "dataset.withdrawn"]}


def builder(email="lan@example.org"):
    """Return the browser of a citizen with an app."""
    client = people.member_client(email)
    client.post("/my/apps/", {"name": f"Bus times of {email}", "place": "own"})
    return client


def register(client, dataset, **over):
    app = App.objects.order_by("-pk").first()
    form = FORM | {"app": str(app.pk), "datasets": dataset.slug} | over
    return client.post("/my/webhooks/", form)


def repeating(delivery):
    return f"/my/deliveries/{events.handle_of(delivery)}/replay"


@pytest.mark.django_db
def test_a_citizen_registers_a_webhook_and_sees_its_secret_once():
    client, dataset = builder(), hooks.published()

    made = register(client, dataset).content.decode()
    [secret] = re.findall(r"whsec_[\w+/=]{40,}", made)
    webhook = Webhook.objects.get()
    page = client.get(f"/my/webhooks/{webhook.pk}/").content.decode()

    assert secret not in page
    assert "waits for its address to answer" in page
    assert list(webhook.subscriptions.values_list("dataset", flat=True)) == [dataset.pk]
    assert Entry.objects.filter(verb="webhook.register").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"url": "https://127.0.0.1/"}, "Name the host"),
        ({"url": "http://example.org/"}, "called by https"),
        ({"url": "https://user:word@example.org/"}, "no user name"),
        ({"kinds": []}, "Choose at least one"),
        ({"datasets": "nowhere"}, "There is no dataset"),
        ({"datasets": ""}, "at least one dataset"),
        ({"datasets": "<script>alert(1)</script>"}, "There is no dataset"),
    ],
)
def test_what_cannot_be_is_said_on_the_form(form, said):
    client, dataset = builder(), hooks.published()

    answer = register(client, dataset, **form)

    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert "<script>alert" not in answer.content.decode()
    assert not Webhook.objects.exists()


@pytest.mark.django_db
def test_an_app_of_another_cannot_be_chosen():
    client, dataset = builder(), hooks.published()
    theirs = hooks.registered(dataset).app

    answer = register(client, dataset, app=str(theirs.pk))

    assert answer.status_code == 400
    assert (
        not Webhook.objects.filter(url=FORM["url"], app=theirs)
        .exclude(created_by=theirs.created_by)
        .exists()
    )


@pytest.mark.django_db
def test_a_delivery_shows_code_time_and_how_the_answer_began_and_can_be_repeated():
    client, dataset = builder(), hooks.published()
    register(client, dataset)
    hooks.sent(Receiver(), at=now())
    webhook = Webhook.objects.get()
    delivery = hooks.delivered(webhook)
    hooks.sent(Receiver(Answer(418, "<b>I am a teapot</b>", 77)), at=now())
    WebhookDelivery.objects.filter(pk=delivery.pk).update(state="dead")

    page = client.get(f"/my/webhooks/{webhook.pk}/").content.decode()
    again = client.post(repeating(delivery))

    assert f'action="{repeating(delivery)}"' in page
    assert f"/{delivery.pk}/" not in page.replace(f"/my/webhooks/{webhook.pk}/", "")
    assert "418" in page
    assert "77 ms" in page
    assert "&lt;b&gt;I am a teapot" in page
    assert "none of the codes" in page
    assert again.status_code == 302
    assert WebhookDelivery.objects.get(repeats=delivery).state == "waiting"


@pytest.mark.django_db
def test_what_waits_for_an_address_that_rests_says_until_when():
    client, dataset = builder(), hooks.published()
    register(client, dataset)
    hooks.sent(Receiver(), at=now())
    webhook = Webhook.objects.get()
    hooks.delivered(webhook, made_at=now(), due_at=now())
    Webhook.objects.update(failing_since=now(), resting_until=now() + 30 * hooks.MINUTE)
    until = timezone.localtime(Webhook.objects.get().resting_until)

    page = client.get(f"/my/webhooks/{webhook.pk}/").content.decode()

    assert f"next at {until:%m-%d %H:%M}" in page
    assert "every 3s" not in page


@pytest.mark.django_db
def test_pinging_pausing_going_on_replacing_and_ending():
    client, dataset = builder(), hooks.published()
    register(client, dataset)
    hooks.sent(Receiver(), at=now())
    webhook = Webhook.objects.get()
    place = f"/my/webhooks/{webhook.pk}"

    paused = client.post(f"{place}/pause")
    refused = client.post(f"{place}/pause")
    client.post(f"{place}/resume")
    pinged = client.post(f"{place}/ping")
    replaced = client.post(f"{place}/secret", {"days": "1"})
    changed = client.post(f"{place}/", {"kinds": ["dataset.changed"], "datasets": dataset.slug})
    ended = client.post(f"{place}/end")

    webhook.refresh_from_db()
    assert (paused.status_code, refused.status_code, pinged.status_code) == (302, 409, 302)
    assert "whsec_" in replaced.content.decode()
    assert changed.status_code == 302
    assert webhook.kinds == ["dataset.changed"]
    assert (ended["Location"], webhook.state) == ("/my/webhooks/", HookState.ENDED)
    assert client.get(f"{place}/").status_code == 200


@pytest.mark.django_db
def test_webhooks_and_deliveries_of_others_are_not_there():
    client = builder()
    theirs = hooks.live(hooks.published(), url="https://example.org/theirs")
    delivery = hooks.delivered(theirs, state="dead")
    place = f"/my/webhooks/{theirs.pk}"

    paths = [
        ("get", f"{place}/"),
        ("post", f"{place}/"),
        ("post", f"{place}/ping"),
        ("post", f"{place}/pause"),
        ("post", f"{place}/resume"),
        ("post", f"{place}/secret"),
        ("post", f"{place}/end"),
        ("post", repeating(delivery)),
    ]
    answers = [getattr(client, way)(path, {"days": "1"}).status_code for way, path in paths]
    listed = client.get("/my/webhooks/").content.decode()

    theirs.refresh_from_db()
    assert answers == [404] * len(paths)
    assert theirs.url not in listed
    assert theirs.state == HookState.LIVE


@pytest.mark.django_db
@pytest.mark.parametrize("made_up", ["1", "abc", "0" * 48, "zz" * 24])
def test_a_delivery_has_no_number_that_another_could_be_guessed_from(made_up):
    client = builder()

    assert client.post(f"/my/deliveries/{made_up}/replay").status_code == 404


@pytest.mark.django_db
def test_steps_are_posted_and_take_a_form_token():
    client, dataset = builder(), hooks.published()
    register(client, dataset)
    webhook = Webhook.objects.get()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies

    for step in ("ping", "pause", "end", "secret"):
        assert client.get(f"/my/webhooks/{webhook.pk}/{step}").status_code == 404
        assert strict.post(f"/my/webhooks/{webhook.pk}/{step}").status_code == 403


@pytest.mark.django_db
def test_pings_are_counted():
    client, dataset = builder(), hooks.published()

    answers = {
        register(client, dataset, url=f"https://example.org/{number}").status_code
        for number in range(35)
    }

    assert answers == {200, 409, 429}


@pytest.mark.django_db
def test_what_waits_is_asked_for_again_and_what_does_not_is_not():
    client, dataset = builder(), hooks.published()
    register(client, dataset)
    place = f"/my/webhooks/{Webhook.objects.get().pk}/"

    waiting = client.get(place).content.decode()
    part = client.get(place, headers={"HX-Request": "true"}).content.decode()
    hooks.sent(Receiver(), at=now())
    done = client.get(place).content.decode()

    assert 'hx-trigger="every 3s"' in waiting
    assert part.lstrip().startswith("<section")
    assert "hx-trigger" not in done


def test_all_of_it_works_as_the_members_role_which_reads_no_secret(live_database):
    dataset = hooks.published()
    other = hooks.live(dataset)
    with signed_in(USER="city_members"), override_settings(**AS_MEMBERS):
        client = builder()
        made = register(client, dataset)
        number = re.search(r"/my/webhooks/(\d+)/", made.content.decode())[1]
    hooks.sent(Receiver(), at=now())
    delivery = hooks.delivered(Webhook.objects.get(pk=number))
    hooks.sent(Receiver(), at=now())
    with signed_in(USER="city_members"), override_settings(**AS_MEMBERS):
        steps = [
            client.post(f"/my/webhooks/{number}/{step}", form).status_code
            for step, form in (
                ("pause", {}),
                ("resume", {}),
                ("secret", {"days": "1"}),
                ("ping", {}),
                ("", {"kinds": ["rows.changed"], "datasets": dataset.slug}),
            )
        ]
        steps.append(client.post(repeating(delivery)).status_code)
        page = client.get(f"/my/webhooks/{number}/")
        steps.append(client.post(f"/my/webhooks/{number}/end").status_code)
        strange = client.get(f"/my/webhooks/{other.pk}/")

    assert steps == [302, 302, 200, 302, 302, 302, 302]
    assert page.status_code == 200
    assert strange.status_code == 404
