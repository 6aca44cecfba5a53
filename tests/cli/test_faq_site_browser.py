"""The FAQ's site in a real browser: it finds each entry, by the keyboard alone, for everybody, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from helpbot.adapters.faqfiles.load import load_faq
from helpbot.adapters.faqsite import pages, write_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHIPPED = load_faq(Path(__file__).parents[2] / "faq")
PHONE = {"width": 375, "height": 740}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped FAQ as a folder of pages."""
    folder = tmp_path_factory.mktemp("site") / "out"
    write_site(folder, pages(SHIPPED, date(2026, 11, 21)))
    return folder


@pytest.fixture
def page(browser: Browser, site: Path) -> Iterator[Page]:
    """The list on a phone's screen. Nothing may go wrong in it, and nothing be asked of elsewhere."""
    context = browser.new_context(viewport=PHONE, offline=True)  # type: ignore[arg-type]
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda r: r.url.startswith(("file:", "data:")) or trouble.append(r.url))
    page.goto((site / "index.html").as_uri())
    yield page
    context.close()
    assert trouble == []


def found(page: Page) -> list[str]:
    hrefs = page.eval_on_selector_all("#results a", "links => links.map(a => a.getAttribute('href'))")
    return [str(href) for href in hrefs]


def test_each_entry_is_found_by_one_of_its_phrasings(page: Page) -> None:
    missed = []
    for entry in SHIPPED.entries:
        page.fill("#asked", entry.phrasings[-1])
        if f"fiches/{entry.id}.html" not in found(page)[:3]:
            missed.append((entry.id, entry.phrasings[-1]))
    assert missed == []


def test_the_keyboard_is_enough(page: Page) -> None:
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "asked":
            break
    assert page.evaluate("document.activeElement.id") == "asked", "the search is among the first stops"
    page.keyboard.type("mdp pix eleve perdu")
    first = found(page)[0]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('href')") == first
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "one sees where one is"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{first}")
    assert page.locator("h1").inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "A", "and back"


@pytest.mark.parametrize("where", ["index.html", "search", "entry", "urgent"])
def test_no_serious_accessibility_finding_and_no_sideways_scrolling(
    page: Page, site: Path, where: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    if where == "search":
        page.fill("#asked", "mdp pix eleve perdu")
    elif where != "index.html":
        urgent = next(r.id for r in SHIPPED.redirects if r.urgent)
        name = SHIPPED.entries[0].id if where == "entry" else urgent
        page.goto((site / f"fiches/{name}.html").as_uri())
    violations = axe.Axe().run(page).response["violations"]
    serious = [
        (v["id"], v["nodes"][0]["html"][:100]) for v in violations if v["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_print_shows_the_answer_and_no_search(page: Page) -> None:
    page.emulate_media(media="print")
    assert not page.locator("#form").is_visible()
