"""A company applies, follows and receives below /my/."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from accounts.roles import Role
from exchange.agreements import words
from exchange.models import Grant, ShareRequest
from exchange.sharing import deciding, lifecycle
from exchange.sharing.requests import asked
from exchange.workflow import GrantState, State
from tests.exchange.agreements.test_paper import text_of as on_paper
from tests.exchange.sessions import signed_in
from tests.factories import exchange
from tests.factories import market as markets
from tests.factories.market import Market
from tests.portal.members import people
from tests.portal.members.test_role import AS_MEMBERS

EMAIL = "lan@example.org"


def built() -> Market:
    """Return a market whose company is answered for by a member who can sign in."""
    made = markets.market()
    person = people.enter(EMAIL)
    for role in (Role.RESPONSIBLE, Role.DEVELOPER):
        person.memberships.create(organization=made.company, role=role)
    return made


def client_of(email: str = EMAIL) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    people.sign_in(client, email)
    return client


def form(market: Market, *names: str, **over: object) -> dict[str, object]:
    today = timezone.localdate()
    told = {
        "organization": market.company.pk,
        "wanted": market.fields(*names),
        "purpose": "Where to open shops",
        "scene": "Shop finder",
        "safeguards": "Encrypted, two people",
        "mode": "query",
        "clear_up_to": 2,
        "wanted_from": str(today),
        "wanted_until": str(today + timedelta(days=100)),
        "calls_peak": 100,
    }
    return told | over


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def market(db) -> Market:
    return built()


@pytest.fixture
def page(market):
    return f"/my/applications/new/{market.dataset.slug}/"


def test_the_page_of_the_dataset_leads_to_the_form(market, page):
    shown = Client().get(f"/datasets/{market.dataset.slug}")
    why = Client().get(f"/datasets/{market.dataset.slug}/why")

    assert f'href="{page}"' in shown.content.decode()
    assert f'href="{page}"' in why.content.decode()


def test_who_is_not_signed_in_is_asked_to_and_comes_back(page, market):
    answer = Client().get(page)

    assert answer.status_code == 302
    assert page in answer["Location"].replace("%2F", "/")


def test_the_form_shows_what_a_grant_would_bring(market, page):
    answer = client_of().get(page)

    assert answer.status_code == 200
    assert "What you would see" in text_of(answer)
    assert "secret" in text_of(answer)
    assert f'value="{market.fields("secret")[0]}"' not in answer.content.decode()


def test_what_it_would_bring_follows_the_form(market, page):
    answer = client_of().post(f"{page}would/", form(market, "turnover", "phone"))

    text = text_of(answer)
    assert answer.status_code == 200
    assert "1 in clear" in text
    assert "1 masked" in text
    assert "The request covers it" in text


def test_a_half_filled_form_is_foreseen_too(market, page):
    answer = client_of().post(f"{page}would/", {"wanted": market.fields("turnover")})

    assert answer.status_code == 200
    assert "1 in clear" in text_of(answer)


def test_looking_again_keeps_nothing(market, page):
    answer = client_of().post(page, form(market, "turnover", look="yes"))

    assert "1 in clear" in text_of(answer)
    assert not ShareRequest.objects.exists()


def test_a_draft_is_kept_changed_and_handed_in(market, page):
    client = client_of()

    kept = client.post(page, form(market, "turnover", keep="yes"))
    number = ShareRequest.objects.get().pk
    change = f"/my/applications/{number}/change/"
    sent = client.post(change, form(market, "turnover", "district", hand_in="yes", vouched="yes"))

    assert kept["Location"] == sent["Location"] == f"/my/applications/{number}/"
    found = ShareRequest.objects.get()
    assert (found.state, len(found.fields)) == (State.IN_REVIEW, 2)
    shown = text_of(client.get(f"/my/applications/{number}/"))
    assert "with the department" in shown
    assert "15 working days, and 15 more once" in shown
    assert client.get(change).status_code == 302


def told_at(answer) -> dict[str, str]:
    """Return what stands at the fields of the form, which the note on top says as well."""
    html = answer.content.decode()
    found = dict(re.findall(r'<p class="wrong" id="id_(\w+)_error">([^<]+)</p>', html))
    top = html[: html.index("<form method")]
    assert all(f'href="#id_{name}"' in top and text in top for name, text in found.items())
    return found


def test_all_that_is_missing_is_told_at_once_each_at_its_field_and_the_draft_stays(market, page):
    client = client_of()
    empty = {"purpose": "", "scene": "", "safeguards": " ", "calls_peak": ""}

    sent = client.post(page, form(market, hand_in="yes", **empty))
    shown = client.get(sent["Location"])

    assert set(told_at(shown)) == {*empty, "wanted", "vouched"}
    assert "The draft is kept, and was not handed in yet." in text_of(shown)
    assert ShareRequest.objects.get().state == State.DRAFT


def test_what_cannot_be_kept_and_what_is_missing_are_told_together(market, page):
    days = {"wanted_from": "", "wanted_until": "soon"}

    answer = client_of().post(
        page, form(market, "turnover", safeguards="", calls_peak="0", hand_in="yes", **days)
    )

    assert answer.status_code == 400
    assert set(told_at(answer)) == {*days, "safeguards", "calls_peak", "vouched"}
    assert not ShareRequest.objects.exists()


def test_a_period_that_ends_before_it_begins_is_told_at_its_end(market, page):
    day = str(timezone.localdate() - timedelta(days=1))

    answer = client_of().post(page, form(market, "turnover", wanted_until=day, keep="yes"))

    assert (answer.status_code, set(told_at(answer))) == (400, {"wanted_until"})


def test_a_draft_says_nothing_of_what_it_lacks_before_it_is_handed_in(market, page):
    client = client_of()
    client.post(page, form(market, safeguards="", keep="yes"))
    number = ShareRequest.objects.get().pk

    shown = client.get(f"/my/applications/{number}/change/")

    assert told_at(shown) == {}


def test_it_is_not_handed_in_without_the_tick(market, page):
    client = client_of()

    sent = client.post(page, form(market, "turnover", hand_in="yes"))

    assert set(told_at(client.get(sent["Location"]))) == {"vouched"}
    assert ShareRequest.objects.get().state == State.DRAFT


def test_who_only_builds_for_the_company_is_told_who_applies(market, page):
    developer = people.enter("dev@example.org")
    developer.memberships.create(organization=market.company, role=Role.DEVELOPER)

    answer = client_of("dev@example.org").get(page)

    assert answer.status_code == 403
    assert "ask the colleague" in text_of(answer)


def test_a_citizen_is_told_that_companies_apply(market, page):
    people.enter("citizen@example.org")

    answer = client_of("citizen@example.org").get(page)

    assert answer.status_code == 403
    assert "Companies apply" in text_of(answer)


def test_a_dataset_that_is_not_published_is_not_there(market):
    assert client_of().get("/my/applications/new/nothing/").status_code == 404


def test_a_part_is_granted_and_seen_with_its_agreement(market, page):
    client = client_of()
    client.post(page, form(market, "turnover", "district", hand_in="yes", vouched="yes"))
    request, now = ShareRequest.objects.get(), exchange.now()
    offer = asked(request)
    part = type(offer)(
        fields=tuple(market.fields("turnover")),
        mode=offer.mode,
        clear_up_to=offer.clear_up_to,
        valid_from=offer.valid_from,
        valid_until=offer.valid_until,
        daily_quota=offer.daily_quota,
    )
    deciding.propose(request.pk, part, reason="Enough", by=market.reviewer, at=now)
    before = text_of(client.get(f"/my/applications/{request.pk}/"))
    deciding.sign_answer(request.pk, by=market.where.head, at=now)
    grant = Grant.objects.get()

    answered = text_of(client.get(f"/my/applications/{request.pk}/"))
    held = text_of(client.get(f"/my/applications/grants/{grant.pk}/"))
    paper = client.get(f"/my/applications/grants/{grant.pk}/agreement.pdf")
    agreed = text_of(client.get(f"/my/applications/grants/{grant.pk}/agreement/"))

    assert "Enough" not in before
    assert "Enough" in answered
    assert market.reviewer.name not in answered
    assert market.dataset.slug in held
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")
    assert "公共数据有条件开放使用协议" in agreed


def test_it_is_withdrawn_and_commented_on(market, page):
    client = client_of()
    client.post(page, form(market, "turnover", hand_in="yes", vouched="yes"))
    number = ShareRequest.objects.get().pk

    client.post(f"/my/applications/{number}/comment/", {"text": "Any news?"})
    client.post(f"/my/applications/{number}/withdraw/", {"reason": "Not needed"})

    shown = text_of(client.get(f"/my/applications/{number}/"))
    assert "Any news?" in shown
    assert "withdrawn by you" in shown
    assert client.post(f"/my/applications/{number}/withdraw/").status_code == 409


def test_a_grant_is_ended_and_its_disposal_noted(market):
    grant = market.granted("turnover")
    client = client_of()

    client.post(f"/my/applications/grants/{grant.pk}/end/", {"reason": "Project over"})
    client.post(f"/my/applications/grants/{grant.pk}/disposal/", {"receipt": "Deleted"})

    assert Grant.objects.get().state(timezone.localdate()) == GrantState.DISPOSED
    assert "Deleted" in text_of(client.get(f"/my/applications/grants/{grant.pk}/"))


def test_another_companys_is_answered_as_if_it_were_not_there(market):
    grant = market.granted("turnover")
    place, _person = markets.company()
    stranger = people.enter("stranger@example.org")
    stranger.memberships.create(organization=place, role=Role.RESPONSIBLE)
    stranger.memberships.create(organization=place, role=Role.DEVELOPER)
    client = client_of("stranger@example.org")

    pages = (
        f"/my/applications/{grant.request_id}/",
        f"/my/applications/{grant.request_id}/change/",
        f"/my/applications/grants/{grant.pk}/",
        f"/my/applications/grants/{grant.pk}/agreement/",
        f"/my/applications/grants/{grant.pk}/agreement.pdf",
    )
    acts = (
        f"/my/applications/{grant.request_id}/withdraw/",
        f"/my/applications/{grant.request_id}/comment/",
        f"/my/applications/grants/{grant.pk}/end/",
        f"/my/applications/grants/{grant.pk}/disposal/",
    )

    assert {client.get(one).status_code for one in pages} == {404}
    assert {client.post(one, {"text": "x", "reason": "x"}).status_code for one in acts} == {404}
    assert grant.dataset.title not in text_of(client.get("/my/applications/"))


def test_scripts_in_every_field_are_shown_as_text(market, page):
    client, script = client_of(), "<script>alert(1)</script>"

    client.post(
        page,
        form(market, "turnover", purpose=script, scene=script, safeguards=script, keep="yes"),
    )
    number = ShareRequest.objects.get().pk

    for place in (f"/my/applications/{number}/", f"/my/applications/{number}/change/"):
        assert script not in client.get(place).content.decode()


def test_the_pages_work_with_the_rights_of_the_members_role(live_database):
    market = built()
    grant = market.granted("turnover")
    place = f"/my/applications/new/{market.dataset.slug}/"

    with signed_in(USER="city_members"), override_settings(**AS_MEMBERS):
        client = client_of()
        opened = client.get(place)
        foreseen = client.post(f"{place}would/", form(market, "district"))
        sent = client.post(place, form(market, "district", hand_in="yes", vouched="yes"))
        shown = client.get(sent["Location"])
        listed = client.get("/my/applications/")
        held = client.get(f"/my/applications/grants/{grant.pk}/")
        agreed = client.get(f"/my/applications/grants/{grant.pk}/agreement/")
        ended = client.post(f"/my/applications/grants/{grant.pk}/end/", {"reason": "Over"})

    assert [
        one.status_code for one in (opened, foreseen, sent, shown, listed, held, agreed, ended)
    ] == [200, 200, 302, 200, 200, 200, 200, 302]


@pytest.mark.parametrize("role", ["city_members", "city_office"])
def test_the_agreement_has_what_came_after_it_on_the_page_and_on_paper(live_database, role):
    market = built()
    grant = market.granted("turnover")
    place = f"/my/applications/grants/{grant.pk}/agreement"
    now = exchange.now()
    told = {"by": market.reviewer, "at": now}
    mend_by = timezone.localdate(now) + timedelta(days=9)

    with signed_in(USER=role), override_settings(**AS_MEMBERS):
        client = client_of()
        before = client.get(f"{place}.pdf").content, text_of(client.get(f"{place}/"))
    lifecycle.suspend(grant.pk, reason="给了别人", mend_by=mend_by, **told)
    with signed_in(USER=role), override_settings(**AS_MEMBERS):
        page, paper = text_of(client.get(f"{place}/")), client.get(f"{place}.pdf").content

    assert words.ANNEX not in before[1]
    for text in (page, on_paper(paper).replace("\n", "")):
        for part in (words.ANNEX, "暂停授权，限期整改", "给了别人", f"整改期限：{mend_by}"):
            assert part in text
        assert "共享权限" not in text.split(words.ANNEX)[1]
    assert words.ANNEX not in on_paper(before[0])
