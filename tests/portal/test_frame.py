"""What every page of the portal has around it: its style, its languages, its way out."""

import re

from django.test import Client, override_settings


@override_settings(DEBUG=False)
def test_a_missing_page_says_what_to_do_in_both_languages_and_asks_no_database():
    english = Client(headers={"Accept-Language": "en"}).get("/nowhere")
    chinese = Client(headers={"Accept-Language": "zh-CN"}).get("/nowhere")

    assert english.status_code == chinese.status_code == 404
    assert "There is nothing at this address" in english.content.decode()
    assert "首页" in chinese.content.decode()
    for answer in (english, chinese):
        page = answer.content.decode()
        assert '<form class="find" method="get" action="/datasets"' in page
        assert '<nav class="main-nav"' in page
        assert '<footer class="foot">' in page


@override_settings(DEBUG=False)
def test_a_missing_page_goes_on_in_the_language_that_was_chosen():
    answer = Client(headers={"Accept-Language": "zh-CN"}).get("/nowhere", {"lang": "en"})

    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()
    assert answer.cookies["django_language"].value == "en"


def test_the_stylesheet_is_served_and_asks_nothing_outside(db):
    answer = Client().get("/static/portal/city.css")
    text = b"".join(answer.streaming_content).decode()

    assert answer.status_code == 200
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert not re.search(r"url\(|@import|https?:", text)


def _luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_has_a_contrast_of_at_least_4_5_in_light_and_dark(db):
    text = b"".join(Client().get("/static/portal/city.css").streaming_content).decode()
    palettes = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    ]

    assert len(palettes) == 2
    for palette in palettes:
        for ink in ("ink", "quiet", "accent", "good", "bad", "warm", "violet"):
            for paper in ("paper", "panel", "raised"):
                assert contrast(palette[ink], palette[paper]) >= 4.5, (ink, paper)
        for name in ("good", "bad", "warm", "violet", "accent"):
            assert contrast(palette[name], palette[f"{name}-soft"]) >= 4.5, name
        assert contrast(palette["on-accent"], palette["accent"]) >= 4.5
        assert contrast(palette["quiet"], palette["paper"]) >= 3


def test_the_languages_keep_the_whole_address(db):
    page = Client().get("/datasets", {"q": "a b", "grade": "L1"}).content.decode()

    assert 'href="?q=a+b&amp;grade=L1&amp;lang=en"' in page


def test_search_engines_are_told_the_whole_address_of_each_language(db, settings):
    page = Client().get("/datasets", {"q": "a b"}).content.decode()
    here = f"{settings.PUBLIC_BASE_URL}/datasets?q=a+b&amp;lang="

    for lang, code in (("zh-Hans", "zh-hans"), ("en", "en")):
        assert f'<link rel="alternate" hreflang="{lang}" href="{here}{code}">' in page


def test_a_strange_address_is_quoted_where_it_is_named(db, settings):
    page = Client().get('/my/confirm/"><b>é/').content.decode()

    assert f'href="{settings.PUBLIC_BASE_URL}/my/confirm/%22%3E%3Cb%3E%C3%A9/?lang=en"' in page


def test_the_top_says_which_page_it_is(db):
    page = Client().get("/datasets").content.decode()

    assert '<a href="/datasets" aria-current="page">' in page


def test_a_page_that_this_process_does_not_have_is_not_linked(db, settings):
    page = Client().get("/").content.decode()

    assert "None" not in re.findall(r'href="([^"]*)"', page)
    assert "" not in re.findall(r'href="([^"]*)"', page)
