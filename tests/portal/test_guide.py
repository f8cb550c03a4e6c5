"""The developers' guide keeps its word: each address on it is called, and answers."""

import re

from django.conf import settings
from django.test import Client

from portal.about import developers
from tests.portal import guided

ADDRESS = re.compile(r'<a class="call" href="([^"]+)"')


def called(address: str):
    answer = Client().get(address.removeprefix(settings.PUBLIC_BASE_URL))
    if answer.streaming:
        assert b"".join(answer.streaming_content)
    return answer


def test_every_address_of_the_guide_works_and_its_figures_are_of_fields_that_all_see(
    live_database,
):
    guided.a_dataset()
    page = Client(headers={"Accept-Language": "en"}).get("/about/developers").content.decode()
    found = set(ADDRESS.findall(page.replace("&amp;", "&")))

    answers = {one: called(one) for one in sorted(found)}

    assert len(found) >= 14
    assert {one: got.status_code for one, got in answers.items()} == dict.fromkeys(found, 200)
    example = developers.examples.found()
    calls = developers.calls(example.rows, example.places)
    assert found == {one for one in _told(calls) if one}
    grouped, counted = answers[calls.grouped].json(), answers[calls.counted].json()
    assert grouped["group"] == ["kind"]
    assert grouped["measures"] == ["count", "avg:height"]
    assert counted["total"] == {"value": 2, "exact": True}


def test_each_program_of_the_guide_has_a_button_that_copies_it(live_database):
    guided.a_dataset()
    for language in ("en", "zh-CN"):
        page = Client(headers={"Accept-Language": language}).get("/about/developers")
        html = page.content.decode()

        assert html.count("<pre") == html.count("data-copy hidden") == 5
        assert 'src="/static/portal/city.js" defer' in html


def _told(calls: developers.Calls) -> list[str]:
    """Return the addresses that the guide has to show."""
    return [value for name in calls.__slots__ if isinstance(value := getattr(calls, name), str)]
