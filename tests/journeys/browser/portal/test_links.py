"""Every link of the portal leads somewhere, and every page has what a page has to have."""

import pytest

from tests.journeys.browser.conftest import LANGUAGES
from tests.journeys.browser.portal.conftest import City
from tests.journeys.browser.portal.walking import view_of

pytestmark = pytest.mark.slow
STARTS = ("/", "/my/")


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_link_is_broken_and_no_page_lacks_title_heading_or_language(
    city: City, language: str, start: str
):
    walk = city.walked(language, start)

    assert not walk.troubles(), "\n".join(walk.troubles())
    spoken = "en" if language == "en" else "zh-Hans"
    assert {page.lang for page in walk.pages.values()} == {spoken}
    assert len({view_of(one) for one in walk.pages}) > 10
