"""A member follows a dataset, it changes, the letter comes, and its link ends the letters.

In a real browser, in both languages, wide and narrow.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.utils import timezone

from community import letters
from community.models import Follower, Letters
from exchange.sync import engine
from policy.terms import DataType
from tests.factories import exchange
from tests.factories.exchange import column
from tests.portal.members import people

pytestmark = pytest.mark.slow
WORDS = {
    "zh-hans": {
        "follow": "收藏",
        "daily": "有变化的日子每天一封邮件",
        "listed": "没有变化",
        "changed": "数据有更新，最近一次在",
        "stop": "不再接收邮件",
        "stopped": "不会再发邮件",
    },
    "en": {
        "follow": "Follow",
        "daily": "one mail on a day on which something changed",
        "listed": "Nothing has changed since your last visit",
        "changed": "Rows changed, last on",
        "stop": "No more letters",
        "stopped": "No letters come any more.",
    },
}
COLUMNS = (column("id", DataType.INTEGER, is_key=True), column("name"))


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_dataset_is_followed_its_change_is_written_and_the_letters_end(
    site, settings, language, narrow
):
    settings.PUBLIC_BASE_URL = site.url
    words, name = WORDS[language], f"{language}-{'narrow' if narrow else 'wide'}"
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name\n1,a\n", COLUMNS)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    member = people.enter("lan@example.org")

    seat = site.seat(member, language, narrow=narrow)
    seat.open(f"/datasets/{dataset.slug}")
    assert seat.fits()
    seat.press(words["follow"], "link")
    seat.page.get_by_label(words["daily"]).check()
    seat.picture(f"follow-{name}")
    assert seat.fits()
    seat.press(words["follow"])
    seat.sees(words["listed"])

    Path(binding.object["path"]).write_text("id,name\n1,b\n", encoding="utf-8")
    engine.sync(binding.pk)
    seat.open("/my/followed/")
    seat.sees(words["changed"])
    seat.picture(f"followed-{name}")
    assert seat.fits()

    tomorrow = timezone.localtime().replace(hour=10) + timedelta(days=1)
    assert letters.write_due(at=tomorrow) == 1
    assert letters.write_due(at=tomorrow) == 0
    [letter] = mail.outbox
    assert words["changed"] in letter.body
    link = re.search(r"http\S+/my/followed/stop/\S+", letter.body)[0]

    stranger = site.visitor(language, narrow=narrow)
    stranger.open(link.removeprefix(site.url))
    stranger.picture(f"followed-stop-{name}")
    assert stranger.fits()
    stranger.press(words["stop"])
    stranger.sees(words["stopped"])
    assert Follower.objects.get(user=member).letters == Letters.NONE
    assert seat.troubles == stranger.troubles == []
