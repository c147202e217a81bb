"""A real browser, and how long it takes from going to a page to having all of it.

In: addresses and buttons. Out: milliseconds. Hides Playwright. Trap: the browser's own clock is asked (Navigation
Timing: from the start of the navigation, redirects included, to the document complete), so what Playwright itself
takes is not in the figure; whatever else runs on the machine is.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
PATIENCE_MS = 300_000
TAKEN = "performance.getEntriesByType('navigation')[0].domComplete"


@contextmanager
def browsing() -> Iterator[Page]:
    """Start the browser of this machine; none is downloaded."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(PATIENCE_MS)
            yield page
        finally:
            browser.close()


def opened_ms(page: Page, url: str) -> float:
    """Open a page; gives the time until the document was complete."""
    page.goto(url, wait_until="load")
    return float(page.evaluate(TAKEN))


def pressed_ms(page: Page, button: str) -> float:
    """Press a button that sends a form; gives the time until the page that follows was complete."""
    with page.expect_navigation(wait_until="load"):
        page.locator(button).first.click()
    return float(page.evaluate(TAKEN))


def unfold(page: Page, form: str) -> None:
    """Take the first of the two steps that a form behind a fold asks for."""
    page.locator(f"details:has({form}) > summary").first.click()


def shown_ms(page: Page, url: str, sign: str) -> float:
    """Open a page that a script fills; gives the time until what it waits for stood there."""
    page.goto(url, wait_until="commit")
    page.wait_for_selector(sign, state="attached")
    return float(page.evaluate("performance.now()"))
