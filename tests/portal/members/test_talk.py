"""A member takes part: writes, shows, wishes, votes, and takes back what is their own."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from accounts import limits
from accounts.roles import Role
from audit.models import Entry
from community import comments, wishes
from community.models import Comment, Showcase, Speaker, Vote, Wish
from tests.exchange.sessions import signed_in
from tests.factories import accounts, catalog, community
from tests.portal.members import people
from tests.portal.members.test_role import AS_MEMBERS

NOW = community.NOW
db = pytest.mark.django_db
COMMENT = {"shown_name": "Lan", "kind": "correction", "text": "Stop 7 moved", "field": "name"}
WISH = {"title": "Bus arrivals", "text": "live", "purpose": "an app"}


def signed(email="lan@example.org") -> Client:
    """Return a browser of a member."""
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(people.enter(email), "accounts.backends.RoleBackend")
    return client


@pytest.fixture
def lan(db):
    return signed()


def test_a_first_comment_is_written_under_a_name_and_waits(lan):
    dataset = catalog.dataset()

    sent = lan.post(f"/my/talk/comment/{dataset.slug}/", COMMENT)
    page = lan.get(sent["Location"]).content.decode()

    made = Comment.objects.get()
    assert (made.state, made.kind, made.field) == ("waiting", "correction", "name")
    assert Speaker.objects.get().name == "Lan"
    assert "waits for a look" in page
    assert "Others see you as Lan" in page


def test_who_has_a_name_is_not_asked_again(lan):
    dataset = catalog.dataset()
    lan.post("/my/talk/wish/", WISH | {"shown_name": "Lan", "dataset": ""})

    page = lan.get(f"/my/talk/comment/{dataset.slug}/").content.decode()

    assert "shown_name" not in page


def test_a_refusal_keeps_what_was_typed_and_takes_no_name(lan):
    community.member("Taken")
    told = COMMENT | {"shown_name": "taken", "text": "kept words"}

    answer = lan.post(f"/my/talk/comment/{catalog.dataset().slug}/", told)

    assert answer.status_code == 400
    assert "kept words" in answer.content.decode()
    assert not Comment.objects.exists()
    assert Speaker.objects.count() == 1


def test_too_much_in_a_day_is_429(lan, settings):
    settings.TALK_PER_DAY = 1
    lan.post("/my/talk/wish/", WISH | {"shown_name": "Lan"})

    answer = lan.post("/my/talk/wish/", WISH)

    assert answer.status_code == 429
    assert Wish.objects.count() == 1


def test_an_app_is_handed_in_with_its_picture(lan):
    dataset = catalog.dataset()
    told = {
        "shown_name": "Lan",
        "title_zh": "下一班",
        "text": "a map",
        "url": "https://app.example/",
        "datasets": f"/datasets/{dataset.slug}",
        "picture": SimpleUploadedFile("a.png", community.picture().getvalue(), "image/png"),
    }

    sent = lan.post("/my/talk/app/", told)

    assert sent.status_code == 302
    made = Showcase.objects.get()
    assert list(made.datasets.all()) == [dataset]
    assert bytes(made.picture)[8:12] == b"WEBP"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", b"<svg onload=alert(1)>"),
        ("a.jpg", b"%PDF-1.7"),
        ("a.webp", b"MZ\0\0"),
        ("../../a.png", b"#!/bin/sh"),
    ],
)
def test_an_upload_that_is_not_what_it_says_is_refused(lan, name, content):
    told = {
        "shown_name": "Lan",
        "title_zh": "下一班",
        "text": "a map",
        "url": "https://app.example/",
        "datasets": catalog.dataset().slug,
        "picture": SimpleUploadedFile(name, content, "image/png"),
    }

    answer = lan.post("/my/talk/app/", told)

    assert answer.status_code == 400
    assert not Showcase.objects.exists()


def test_pictures_are_not_unpacked_without_end(lan, monkeypatch):
    monkeypatch.setattr("accounts.limits.PICTURE", limits.Limit("picture", 2, limits.HOUR))
    told = {
        "shown_name": "Lan",
        "title_zh": "下一班",
        "text": "a map",
        "url": "https://app.example/",
        "datasets": catalog.dataset().slug,
    }

    def sent() -> int:
        picture = SimpleUploadedFile("a.png", b"none", "image/png")
        return lan.post("/my/talk/app/", told | {"picture": picture}).status_code

    assert [sent() for _time in range(3)] == [400, 400, 429]


@pytest.mark.parametrize("address", ["nothing-here", "https://evil.example/x", "/datasets/"])
def test_an_address_that_names_no_dataset_is_told(lan, address):
    answer = lan.post("/my/talk/wish/", WISH | {"shown_name": "Lan", "dataset": address})

    assert answer.status_code == 400
    assert not Wish.objects.exists()


def test_a_vote_is_asked_for_first_and_can_be_taken_back(lan):
    wish = community.wish(shown=True)

    looked = lan.get(f"/my/talk/vote/{wish.pk}/")
    assert Vote.objects.count() == 1
    lan.post(f"/my/talk/vote/{wish.pk}/", {"vote": "yes"})
    voted = Wish.objects.get().votes
    lan.post(f"/my/talk/vote/{wish.pk}/", {"vote": "no"})

    assert "I wish for this too" in looked.content.decode()
    assert (voted, Wish.objects.get().votes) == (2, 1)


def test_what_waits_for_a_look_has_no_page_to_vote_on(lan):
    assert lan.get(f"/my/talk/vote/{community.wish().pk}/").status_code == 404


def test_the_author_reads_the_reason_and_the_answer(lan):
    dataset = catalog.dataset()
    for text in ("first", "second"):
        lan.post(f"/my/talk/comment/{dataset.slug}/", COMMENT | {"text": text})
    first, second = Comment.objects.order_by("pk")
    operator, reviewer = community.operator(), accounts.user(Role.REVIEWER, dataset.owner)
    comments.hide(first.pk, reason="names a person", by=operator, at=NOW)
    comments.show(second.pk, by=operator, at=NOW)
    comments.answer(second.pk, text="Corrected", by=reviewer, at=NOW)

    page = lan.get("/my/talk/").content.decode()

    assert "names a person" in page
    assert "Corrected" in page
    assert "names a person" not in signed("mei@example.org").get("/my/talk/").content.decode()


@pytest.mark.parametrize("kind", ["comment", "app", "wish"])
def test_only_ones_own_is_taken_back(lan, kind):
    made = {"comment": community.comment, "app": community.showcase, "wish": community.wish}[
        kind
    ]()

    answer = lan.post(f"/my/talk/{kind}/{made.pk}/back/")

    made.refresh_from_db()
    assert answer.status_code == 403
    assert made.state != "withdrawn"


def test_ones_own_is_taken_back_by_a_form_alone(lan):
    lan.post("/my/talk/wish/", WISH | {"shown_name": "Lan"})
    made = Wish.objects.get()
    place = f"/my/talk/wish/{made.pk}/back/"

    assert lan.get(place).status_code == 404
    assert lan.post(f"/my/talk/other/{made.pk}/back/").status_code == 404
    assert lan.post("/my/talk/wish/999999/back/").status_code == 404
    lan.post(place)

    made.refresh_from_db()
    assert made.state == "withdrawn"


def test_forms_want_their_token(db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.enter("lan@example.org"), "accounts.backends.RoleBackend")
    wish = community.wish(shown=True)

    for place in ("/my/talk/wish/", f"/my/talk/vote/{wish.pk}/", "/my/talk/name/"):
        assert client.post(place, WISH | {"shown_name": "Lan"}).status_code == 403

    assert Vote.objects.count() == 1


@db
def test_who_has_not_signed_in_is_asked_to_and_the_office_is_turned_away():
    office = Client()
    office.force_login(accounts.user(Role.PUBLISHER), "accounts.backends.RoleBackend")

    for place in ("/my/talk/", "/my/talk/wish/", "/my/talk/app/", "/my/talk/name/"):
        assert Client().get(place)["Location"].startswith(reverse("account_login"))
        assert office.get(place).status_code == 403


def test_scripts_in_what_a_member_wrote_are_text_on_their_own_pages(lan):
    attack = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>"
    dataset = catalog.dataset()
    lan.post(
        f"/my/talk/comment/{dataset.slug}/", COMMENT | {"text": attack, "shown_name": attack[:40]}
    )
    lan.post("/my/talk/wish/", {"title": attack, "text": attack, "purpose": attack})
    refused = lan.post("/my/talk/wish/", {"title": attack, "text": attack, "dataset": attack})
    asked = lan.get(f"/my/talk/comment/{dataset.slug}/", {"field": attack, "row": attack})
    comments.hide(Comment.objects.get().pk, reason=attack, by=community.operator(), at=NOW)
    wishes.show(Wish.objects.get().pk, by=community.operator(), at=NOW)

    told = [refused, asked, lan.get("/my/talk/"), lan.get("/my/talk/name/")]
    told.append(lan.get(f"/my/talk/vote/{Wish.objects.get().pk}/"))

    assert Wish.objects.count() == 1
    assert not [
        one for one in told if re.search(r"<script>alert|<img src=x", one.content.decode())
    ]
    assert refused.status_code == 400


def test_everything_works_as_the_members_role(live_database):
    dataset = catalog.dataset()
    wish = community.wish(shown=True)
    people.enter("lan@example.org")
    told = {
        "title_zh": "下一班",
        "text": "a map",
        "url": "https://app.example/",
        "datasets": dataset.slug,
    }

    with signed_in(USER="city_members"), override_settings(**AS_MEMBERS):
        client = Client(headers={"Accept-Language": "en"})
        people.sign_in(client, "lan@example.org")
        sent = [
            client.post(f"/my/talk/comment/{dataset.slug}/", COMMENT),
            client.post("/my/talk/app/", told),
            client.post("/my/talk/wish/", WISH),
            client.post("/my/talk/name/", {"shown_name": "Mei"}),
            client.post(f"/my/talk/vote/{wish.pk}/", {"vote": "yes"}),
            client.post(f"/my/talk/vote/{wish.pk}/", {"vote": "no"}),
        ]
        number = re.search(
            r"/my/talk/comment/(\d+)/back/", client.get("/my/talk/").content.decode()
        )
        sent.append(client.post(number[0]))
        pages = [client.get(f"/my/talk/{one}/").status_code for one in ("app", "wish", "name")]

    assert [one.status_code for one in sent] == [302] * 7
    assert pages == [200] * 3
    assert (Comment.objects.get().state, Showcase.objects.count()) == ("withdrawn", 1)
    assert Entry.objects.filter(verb="wish.vote").exists()
