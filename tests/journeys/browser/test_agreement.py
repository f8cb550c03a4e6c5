"""What was agreed is read, proved and taken away on paper by both departments."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from audit import chain
from exchange.agreements import paper
from exchange.models import Agreement
from tests.factories import sharing

WORDS = {
    "zh-hans": {"open": "协议", "proved": "文件与签署时一致", "take": "下载 PDF"},
    "en": {
        "open": "Agreement",
        "proved": "The document is the one that was signed",
        "take": "Download as PDF",
    },
}


@pytest.mark.parametrize("language", list(WORDS))
def test_an_agreement_is_found_at_the_grant_proved_and_downloaded(language, site):
    said, two, today = WORDS[language], sharing.two(rows=False), timezone.localdate()
    grant = two.granted(
        "name",
        "phone",
        "income",
        at=timezone.now(),
        wanted_from=today,
        wanted_until=today + timedelta(days=100),
    )
    chain.link()
    kept = Agreement.objects.get(grant=grant)
    clerk = site.seat(two.clerk, language)
    head = site.seat(two.where.head, language, narrow=True)

    clerk.open("/office/own-grants/")
    clerk.press(said["open"], role="link")
    clerk.sees(said["proved"])
    clerk.picture(f"agreement-{language}")
    with clerk.page.expect_download() as taken:
        clerk.press(said["take"], role="link")
    head.open(f"/office/agreements/{grant.pk}/")
    head.sees(said["proved"])
    head.picture(f"agreement-narrow-{language}")

    assert Path(taken.value.path()).read_bytes() == paper.pdf(kept)
    assert taken.value.suggested_filename == f"{kept.number}.pdf"
    assert clerk.page.locator("article").get_attribute("lang") == "zh-Hans"
    assert head.fits()
    assert clerk.troubles == head.troubles == []
