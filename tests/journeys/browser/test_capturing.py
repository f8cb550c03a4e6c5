from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Error

from tests.journeys.browser import capturing


@dataclass
class Page:
    """Answers a picture by what was prepared: bytes, or an error."""

    prepared: list[bytes | Error]
    waited: list[int] = field(default_factory=list)

    def wait_for_load_state(self):
        self.waited.append(len(self.prepared))

    def screenshot(self, **asked):
        assert asked.keys() == {"full_page", "animations"}
        answer = self.prepared.pop(0)
        if isinstance(answer, Error):
            raise answer
        return answer


def refused():
    return Error(f"Page.screenshot: Protocol error (Page.captureScreenshot): {capturing.REFUSED}")


def test_a_picture_that_the_browser_refused_once_is_taken_when_the_page_has_come():
    page = Page([refused(), b"seen"])

    assert capturing.capture(page, full_page=False) == b"seen"
    assert page.waited == [2, 1]


@pytest.mark.parametrize("errors", [[refused(), refused()], [Error("the page crashed")]])
def test_what_is_refused_twice_or_for_another_reason_is_told(errors):
    with pytest.raises(Error) as told:
        capturing.capture(Page([*errors, b"never"]), full_page=True)

    assert told.value is errors[-1]
