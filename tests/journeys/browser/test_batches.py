"""A whole copy is asked for at the desk, stands there when it is written, and is fetched."""

import gzip
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from exchange.models import BatchJob
from exchange.sharing import batch_writing
from policy.terms import Mode
from tests.factories import sharing

WORDS = {
    "zh-hans": {
        "pack": "以 gzip 压缩",
        "ask": "申请批量文件",
        "wait": "等待处理",
        "fetch": "下载",
    },
    "en": {
        "pack": "packed by gzip",
        "ask": "Ask for a batch file",
        "wait": "waiting for its turn",
        "fetch": "Fetch",
    },
}


@pytest.mark.parametrize("language", list(WORDS))
def test_a_batch_file_is_asked_for_waited_for_and_fetched(language, site):
    said, two, today = WORDS[language], sharing.two(), timezone.localdate()
    two.granted(
        "name",
        "phone",
        at=timezone.now(),
        mode=Mode.BULK,
        wanted_from=today,
        wanted_until=today + timedelta(days=100),
    )
    clerk = site.seat(two.clerk, language)

    clerk.open("/office/own-grants/")
    clerk.page.get_by_label(said["pack"]).check()
    clerk.press(said["ask"])
    clerk.sees(said["wait"])
    job = BatchJob.objects.get()
    batch_writing.write(job.pk)
    clerk.open("/office/own-grants/")
    clerk.picture(f"batches-{language}")
    with clerk.page.expect_download() as taken:
        clerk.press(said["fetch"], role="link")

    text = gzip.decompress(Path(taken.value.path()).read_bytes()).decode()
    assert text.splitlines()[0] == "_id,name,phone"
    assert len(text.splitlines()) == 51
    assert taken.value.suggested_filename == f"{two.dataset.slug}-{job.pk}.csv.gz"
    narrow = site.seat(two.clerk, language, narrow=True)
    narrow.open("/office/own-grants/")
    narrow.picture(f"batches-narrow-{language}")
    assert narrow.fits()
    assert clerk.troubles == narrow.troubles == []
