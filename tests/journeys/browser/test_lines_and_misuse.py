"""A refusal by the negative list falls back when its line runs out; misuse suspends and ends."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from playwright.sync_api import APIRequestContext, expect

from catalog.models import NegativeLine
from exchange import tasks
from exchange.models import Ending, Grant, Ground, ShareRequest
from exchange.workflow import GrantState, State
from policy.terms import Channel
from tests.factories import accounts, catalog, exchange, sharing

pytestmark = pytest.mark.slow
CASES = [("zh-hans", False), ("en", True)]
DAY = timedelta(days=1)


def barred(two: sharing.Two, last_days: int) -> NegativeLine:
    """Bar sharing the phone from today on, for some days."""
    today = timezone.localdate()
    return catalog.negative_line(
        two.dataset,
        ["phone"],
        on=catalog.basis(law_zh="测试保密法", law_en="Test Secrets Law"),
        bars=[Channel.SHARE],
        from_on=today,
        until_on=today + timedelta(days=last_days),
        review_on=today + timedelta(days=last_days),
    )


def a_day_later(line: NegativeLine) -> None:
    """Move the line a day into the past, as a day does, and let the clock work."""
    NegativeLine.objects.filter(pk=line.pk).update(
        from_on=line.from_on - DAY,
        until_on=line.until_on - DAY,
        review_on=line.review_on - DAY,
        published_at=line.published_at - DAY,
    )
    tasks.remind_of_lines()
    tasks.reproject_due()


def asked(two: sharing.Two) -> ShareRequest:
    """Lay a request for the barred field before the head, who signs it."""
    now, today = timezone.now(), timezone.localdate()
    days = {"wanted_from": today, "wanted_until": today + timedelta(days=100)}
    return two.signed("name", "phone", at=now, **days)


@pytest.mark.parametrize(("language", "narrow"), CASES)
def test_a_refusal_by_the_negative_list_falls_back_when_the_line_runs_out(site, language, narrow):
    two = sharing.two()
    line = barred(two, 0)
    with translation.override("en"):
        request = asked(two)

    with translation.override(language):
        reviewer = site.seat(two.reviewer, language, narrow=narrow)
        reviewer.open(reverse("admin:deciding", args=[request.pk]))
        reviewer.sees(gettext("The negative list bars some of it"))
        reviewer.page.locator(f"[name=refuse-ground][value={Ground.NEGATIVE_LIST}]").check()
        reviewer.page.locator("[name=refuse-reason]").fill("测试保密法第一条不予共享")
        reviewer.picture(f"line-refuse-{language}")
        assert reviewer.fits()
        reviewer.press(gettext("Propose a refusal"))
        reviewer.sees("测试保密法第一条不予共享")

        head = site.seat(two.where.head, language, narrow=narrow)
        head.open(reverse("admin:deciding", args=[request.pk]))
        head.press(gettext("Sign"))
        head.sees("测试保密法第一条不予共享")
        request.refresh_from_db()
        assert (request.state, request.ground) == (State.REFUSED, Ground.NEGATIVE_LIST)

        clerk = site.seat(two.clerk, language, narrow=narrow)
        clerk.open(reverse("admin:asked", args=[request.pk]))
        clerk.sees("测试保密法第一条不予共享")
        clerk.picture(f"line-refused-{language}")
        assert clerk.fits()
        clerk.open(f"{reverse('admin:ask')}?copy={request.pk}")
        row = clerk.page.locator("tr", has=clerk.page.locator(f"#field-{two.field('phone')}"))
        expect(row).to_contain_text(str(line.number))

        a_day_later(line)
        reviewer.open(reverse("admin:inbox"))
        reviewer.sees(str(line.number))
        reviewer.picture(f"line-lapsed-{language}")
        assert reviewer.fits()
        clerk.open(f"{reverse('admin:ask')}?copy={request.pk}")
        clerk.picture(f"line-asked-again-{language}")
        assert clerk.fits()

    with translation.override("en"):
        again = asked(two)
    with translation.override(language):
        reviewer.open(reverse("admin:deciding", args=[again.pk]))
        expect(reviewer.page.locator("[name=refuse-ground]").first).to_be_visible()
        by_line = reviewer.page.locator(f"[name=refuse-ground][value={Ground.NEGATIVE_LIST}]")
        assert by_line.count() == 0
        reviewer.press(gettext("Propose this answer"))
        reviewer.sees(State.TO_ANSWER.label)
        head.open(reverse("admin:deciding", args=[again.pk]))
        head.press(gettext("Sign"))
        head.sees(gettext("The answer is signed"))

    assert Grant.objects.get(request=again).fields == sorted(two.fields("name", "phone"))
    assert reviewer.troubles == head.troubles == clerk.troubles == []


def called(api: APIRequestContext, site, two: sharing.Two, key: str) -> tuple[int, str]:
    """Call for rows over the wire; return the status, and the sentence of a refusal."""
    answer = api.get(
        f"{site.url}/api/v1/office/datasets/{two.dataset.slug}/records",
        headers={"X-API-Key": key, "Accept-Language": translation.get_language()},
    )
    return answer.status, answer.json().get("detail", "")


@pytest.mark.parametrize(("language", "narrow"), CASES)
def test_misuse_suspends_at_once_ends_after_its_term_and_leaves_a_receipt(site, language, narrow):
    two, today = sharing.two(), timezone.localdate()
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
        reviewer.picture(f"misuse-suspend-{language}")
        assert reviewer.fits()
        reviewer.press(gettext("Suspend"))
        reviewer.sees(
            gettext(
                "The grant is suspended: the next call is refused, and the department is told."
            )
        )
        status, sentence = called(api, site, two, key)
        assert status == 403
        assert "夜间批量调取" in sentence

        clerk = site.seat(two.clerk, language, narrow=narrow)
        clerk.open(reverse("admin:own_grants"))
        clerk.sees("夜间批量调取")
        clerk.sees(str(GrantState.SUSPENDED.label))
        clerk.picture(f"misuse-suspended-{language}")
        assert clerk.fits()

        reviewer.open(reverse("admin:exchange_grant_button", args=[grant.pk, "end"]))
        reviewer.page.locator("[name=reason]").fill("未整改")
        reviewer.press(gettext("End for misuse"))
        reviewer.sees(f"{today + timedelta(days=5):%Y-%m-%d}")
        Grant.objects.filter(pk=grant.pk).update(mend_by=today - DAY)  # the term is over
        reviewer.open(reverse("admin:exchange_grant_button", args=[grant.pk, "end"]))
        reviewer.page.locator("[name=reason]").fill("期满未整改")
        reviewer.press(gettext("End for misuse"))
        reviewer.sees(gettext("The grant has ended. The department disposes of what it received."))
        assert "期满未整改" in called(api, site, two, key)[1]

        head = site.seat(two.asking_head, language, narrow=narrow)
        head.open(reverse("admin:own_grants"))
        head.page.get_by_text(gettext("Note how it was disposed of")).click()
        head.fill(gettext("What was received, and how it was disposed of"), "已删除全部副本")
        head.picture(f"misuse-dispose-{language}")
        assert head.fits()
        head.press(gettext("Keep the receipt"))
        head.sees(gettext("The receipt is kept, and the provider is told."))
        reviewer.open(reverse("admin:inbox"))
        reviewer.sees("已删除全部副本")
        reviewer.picture(f"misuse-receipt-{language}")
        assert reviewer.fits()

    grant.refresh_from_db()
    assert (grant.ending, grant.state(today)) == (Ending.MISUSE, GrantState.DISPOSED)
    assert reviewer.troubles == clerk.troubles == head.troubles == []
