"""A refusal by the negative list falls back when its line runs out; misuse suspends and ends."""

from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from playwright.sync_api import APIRequestContext, Locator, expect

from accounts import notices
from accounts.models import Notice
from catalog.models import NegativeLine
from config.celery import app
from exchange import tasks
from exchange.models import Ending, Grant, Ground, ShareRequest
from exchange.workflow import GrantState, State
from policy.sentences import SENTENCES
from policy.terms import Because, Channel
from tests.factories import accounts, catalog, exchange, sharing
from tests.journeys.browser.conftest import Seat, Site

pytestmark = pytest.mark.slow
CASES = [("zh-hans", False), ("en", True)]
DAY = timedelta(days=1)
Told = tuple[str, bool]  # in which language, and whether on a narrow window


def barred(two: sharing.Two) -> NegativeLine:
    """Bar sharing the phone, and the name that all may have else; today is the last day."""
    today = timezone.localdate()
    return catalog.negative_line(
        two.dataset,
        ["name", "phone"],
        on=catalog.basis(law_zh="测试保密法", law_en="Test Secrets Law"),
        bars=[Channel.SHARE],
        from_on=today - 30 * DAY,
        until_on=today,
        review_on=today,
    )


def clockwork() -> None:
    """Run what the schedule runs each hour for the negative list."""
    for name in ("remind-of-lines", "reproject-due"):
        app.tasks[tasks.SCHEDULE[name]["task"]]()


def decided(seat: Seat, two: sharing.Two, day: date, name: str) -> Locator:
    """Open the decision of a day for the department that asks; return the line of a field."""
    asked = urlencode({"dataset": two.dataset.slug, "reader": two.asker.pk, "day": day})
    seat.open(f"{reverse('admin:decided')}?{asked}")
    return seat.page.locator("tr", has=seat.page.locator(f"code:text-is('{name}')"))


def asked(two: sharing.Two) -> ShareRequest:
    """Lay a request for the barred field before the head, who signs it."""
    now, today = timezone.now(), timezone.localdate()
    days = {"wanted_from": today, "wanted_until": today + timedelta(days=100)}
    return two.signed("name", "phone", at=now, **days)


def looked(seat: Seat, name: str) -> None:
    """Keep what is on the screen, which is no wider than its window."""
    seat.picture(name)
    assert seat.fits()


def refused_with(line: NegativeLine, language: str) -> str:
    """Return the reason by which a line refuses, as the law words it."""
    words = SENTENCES[Because.NEGATIVE_LIST][language == "en"]
    return words % {"number": line.number, "basis": line.basis.citation}


def refused_by(line: NegativeLine, site: Site, two: sharing.Two, told: Told) -> ShareRequest:
    """Ask for what the line bars, and have it refused by it, each at their own page."""
    language, narrow = told
    with translation.override("en"):
        request = asked(two)
    reviewer = site.seat(two.reviewer, language, narrow=narrow)
    reviewer.open(reverse("admin:deciding", args=[request.pk]))
    reviewer.sees(gettext("The negative list bars some of it"))
    reviewer.page.locator(f"[name=refuse-ground][value={Ground.NEGATIVE_LIST}]").check()
    reviewer.page.locator("[name=refuse-reason]").fill("测试保密法第一条不予共享")
    looked(reviewer, f"line-refuse-{language}")
    reviewer.press(gettext("Propose a refusal"))
    reviewer.sees("测试保密法第一条不予共享")
    head = site.seat(two.where.head, language, narrow=narrow)
    head.open(reverse("admin:deciding", args=[request.pk]))
    head.press(gettext("Sign"))
    head.sees("测试保密法第一条不予共享")
    clerk = site.seat(two.clerk, language, narrow=narrow)
    clerk.open(reverse("admin:asked", args=[request.pk]))
    clerk.sees("测试保密法第一条不予共享")
    looked(clerk, f"line-refused-{language}")
    clerk.open(f"{reverse('admin:ask')}?copy={request.pk}")
    row = clerk.page.locator("tr", has=clerk.page.locator(f"#field-{two.field('phone')}"))
    expect(row).to_contain_text(f"{line.number}")
    assert reviewer.troubles == head.troubles == clerk.troubles == []
    request.refresh_from_db()
    return request


def granted(site: Site, two: sharing.Two, told: Told) -> ShareRequest:
    """Ask again, and have it granted, each at their own page."""
    language, narrow = told
    with translation.override("en"):
        again = asked(two)
    reviewer = site.seat(two.reviewer, language, narrow=narrow)
    reviewer.open(reverse("admin:deciding", args=[again.pk]))
    expect(reviewer.page.locator("[name=refuse-ground]").first).to_be_visible()
    by_line = reviewer.page.locator(f"[name=refuse-ground][value={Ground.NEGATIVE_LIST}]")
    assert by_line.count() == 0
    reviewer.press(gettext("Propose this answer"))
    reviewer.sees(str(State.TO_ANSWER.label))
    head = site.seat(two.where.head, language, narrow=narrow)
    head.open(reverse("admin:deciding", args=[again.pk]))
    head.press(gettext("Sign"))
    head.sees(str(State.GRANTED.label))
    assert reviewer.troubles == head.troubles == []
    return again


@pytest.mark.parametrize("told", CASES)
def test_a_refusal_by_the_negative_list_falls_back_when_the_line_runs_out(clocked_site, told):
    site, (language, narrow), two = clocked_site, told, sharing.two()
    line, last = barred(two), timezone.localdate()
    with translation.override(language):
        conditional = SENTENCES[Because.LINE_LAPSED][language == "en"]
        request = refused_by(line, site, two, told)
        assert (request.state, request.ground) == (State.REFUSED, Ground.NEGATIVE_LIST)
        clockwork()
        assert not Notice.objects.filter(kind="line.lapsed").exists()

        site.days_pass(1)
        assert timezone.localdate() == last + DAY
        clockwork()

        line.refresh_from_db()
        assert line.until_on == last
        publisher = site.seat(two.where.publisher, language, narrow=narrow)
        publisher.open(reverse("admin:inbox"))
        publisher.sees(notices.sentence(Notice.objects.get(kind="line.lapsed", role="publisher")))
        looked(publisher, f"line-lapsed-{language}")
        head = site.seat(two.where.head, language, narrow=narrow)
        for name in ("name", "phone"):
            now = decided(head, two, last + DAY, name)
            expect(now).to_contain_text(gettext("withheld"))
            expect(now).to_contain_text(conditional)
            expect(now).not_to_contain_text("《测试保密法》")
            then = decided(head, two, last, name)
            expect(then).to_contain_text(gettext("withheld"))
            expect(then).to_contain_text(refused_with(line, language))
            expect(then).not_to_contain_text(conditional)
        looked(head, f"line-replayed-{language}")
        clerk = site.seat(two.clerk, language, narrow=narrow)
        clerk.open(f"{reverse('admin:ask')}?copy={request.pk}")
        looked(clerk, f"line-asked-again-{language}")
        again = granted(site, two, told)
        replayed = decided(head, two, last, "phone")
        expect(replayed).to_contain_text(refused_with(line, language))

    assert Grant.objects.get(request=again).fields == sorted(two.fields("name", "phone"))
    assert head.troubles == clerk.troubles == publisher.troubles == []


def called(api: APIRequestContext, site, two: sharing.Two, key: str) -> tuple[int, str]:
    """Call for rows over the wire; return the status, and the sentence of a refusal."""
    answer = api.get(
        f"{site.url}/api/v1/office/datasets/{two.dataset.slug}/records",
        headers={"X-API-Key": key, "Accept-Language": translation.get_language()},
    )
    return answer.status, answer.json().get("detail", "")


@pytest.mark.parametrize(("language", "narrow"), CASES)
def test_misuse_suspends_at_once_ends_after_its_term_and_leaves_a_receipt(
    clocked_site, language, narrow
):
    site, two, today = clocked_site, sharing.two(), timezone.localdate()
    days = {"wanted_from": today, "wanted_until": today + timedelta(days=100)}
    with translation.override("en"):
        grant = two.granted("name", "phone", at=timezone.now(), **days)
    key = accounts.api_key(accounts.app(two.asker), at=exchange.now()).raw

    with translation.override(language):
        reviewer = site.seat(two.reviewer, language, narrow=narrow)
        api = reviewer.page.context.request
        assert called(api, site, two, key) == (200, "")
        reviewer.open(reverse("admin:exchange_grant_button", args=[grant.pk, "suspend"]))
        reviewer.page.locator("[name=reason]").fill("夜间批量调取，超出窗口受理场景。")
        reviewer.page.locator("[name=mend_by]").fill(str(today + timedelta(days=5)))
        looked(reviewer, f"misuse-suspend-{language}")
        reviewer.press(gettext("Suspend"))
        reviewer.sees(
            gettext("The grant is suspended: the next call is refused, and its holder is told.")
        )
        status, sentence = called(api, site, two, key)
        assert status == 403
        assert "夜间批量调取" in sentence

        clerk = site.seat(two.clerk, language, narrow=narrow)
        clerk.open(reverse("admin:own_grants"))
        clerk.sees("夜间批量调取")
        clerk.sees(str(GrantState.SUSPENDED.label))
        looked(clerk, f"misuse-suspended-{language}")

        reviewer.open(reverse("admin:exchange_grant_button", args=[grant.pk, "end"]))
        reviewer.page.locator("[name=reason]").fill("未整改")
        reviewer.press(gettext("End for misuse"))
        reviewer.sees(f"{today + timedelta(days=5):%Y-%m-%d}")
        site.days_pass(6)  # the term is over
        reviewer = site.seat(two.reviewer, language, narrow=narrow)
        reviewer.open(reverse("admin:exchange_grant_button", args=[grant.pk, "end"]))
        reviewer.page.locator("[name=reason]").fill("期满未整改")
        reviewer.press(gettext("End for misuse"))
        reviewer.sees(gettext("The grant has ended. Its holder disposes of what was received."))
        assert "期满未整改" in called(api, site, two, key)[1]

        head = site.seat(two.asking_head, language, narrow=narrow)
        head.open(reverse("admin:own_grants"))
        head.sees("期满未整改")
        head.page.get_by_text(gettext("Note how it was disposed of")).click()
        head.fill(gettext("What was received, and how it was disposed of"), "已删除全部副本")
        looked(head, f"misuse-dispose-{language}")
        head.press(gettext("Keep the receipt"))
        head.sees(gettext("The receipt is kept, and the provider is told."))
        reviewer.open(reverse("admin:inbox"))
        reviewer.sees("已删除全部副本")
        looked(reviewer, f"misuse-receipt-{language}")

    grant.refresh_from_db()
    assert (grant.ending, grant.state(today)) == (Ending.MISUSE, GrantState.DISPOSED)
    assert reviewer.troubles == clerk.troubles == head.troubles == []
