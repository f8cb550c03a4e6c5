"""Pictures of pages, taken when the page has come to rest."""

from pathlib import Path

from playwright.sync_api import Error, Page

REFUSED = "Unable to capture screenshot"  # Chromium, of a page that is just being replaced


def capture(page: Page, *, full_page: bool) -> bytes:
    """Return what is seen as a PNG.

    A press may have sent the browser to its next page already: the picture waits for that, and
    is taken once more where Chromium refused it in between.

    Raises:
        Error: it was refused twice, or for another reason.
    """
    page.wait_for_load_state()
    try:
        return page.screenshot(full_page=full_page, animations="disabled")
    except Error as refused:
        if REFUSED not in refused.message:
            raise
        page.wait_for_load_state()
        return page.screenshot(full_page=full_page, animations="disabled")


def keep(page: Page, path: Path) -> None:
    """Keep the whole page as it is seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(capture(page, full_page=True))
