"""The report's page in a real browser: accessible, usable by keyboard, within a phone's width, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_reportpage import busy_overview

from helpbot.adapters.reportpage import page as make_page
from helpbot.adapters.reportpage import write_page
from helpbot.core.journey import Journey
from helpbot.texts import load_catalogue
from helpbot.texts.journey import document

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE, DESK = {"width": 375, "height": 740}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("bilan")
    return write_page(folder, make_page(busy_overview(), load_catalogue())).as_uri()


@pytest.fixture(params=["phone", "desk", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """The page as it opens on a phone, on a screen, on a dark screen; nothing may be complained of."""
    scheme = "dark" if request.param == "dark" else "light"
    opened = browser.new_page(viewport=PHONE if request.param == "phone" else DESK, color_scheme=scheme)
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: said.append(request.url) if request.url != address else None)
    opened.goto(address)
    yield opened
    opened.close()
    assert [s for s in said if s != "data:,"] == []


def test_the_checker_finds_nothing(page: Page) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["impact"], v["nodes"][0]["html"]) for v in found] == []


def test_the_page_of_a_journey_passes_too(browser: Browser, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = Journey(
        12, 7, (("Pix, déploiement", 9), ("RGPD", 3)), ("college",), ("1.2",), ("2026-09", "2026-11")
    )
    _, html = document(load_catalogue(), found, name="Nora Exemple", today="2026-11-21")
    (tmp_path / "parcours.html").write_text(html, "utf-8")
    opened = browser.new_page(viewport=PHONE)
    opened.goto((tmp_path / "parcours.html").as_uri())
    assert Axe().run(opened).response["violations"] == []
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert opened.locator("h1").inner_text() == "Mon parcours d’entraide"
    assert opened.locator("li").count() == 6
    opened.close()


def test_nothing_is_wider_than_the_screen(page: Page) -> None:
    wide, screen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= screen
    for box in page.locator(".picture svg").all():
        assert box.bounding_box()["width"] > 250


def test_words_in_the_pictures_are_large_enough(page: Page) -> None:
    sizes = page.eval_on_selector_all(
        ".picture text", "found => found.map(t => t.getBoundingClientRect().height)"
    )
    assert len(sizes) > 30
    assert min(sizes) >= 11


def test_no_word_covers_another_nor_leaves_its_picture(page: Page) -> None:
    boxes = "t => { const b = t.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom] }"
    for title in ("Nuage", "Arbre"):
        picture = page.locator(f".picture[aria-label^={title}]")
        found = picture.locator("text").evaluate_all(f"found => found.map({boxes})")
        assert len(found) >= 37
        left, top, right, bottom = picture.evaluate(boxes)
        for n, a in enumerate(found):
            assert min(a[0] - left, a[1] - top, right - a[2], bottom - a[3]) > -1, title
            for b in found[:n]:
                across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
                assert min(across, down) < 2, (title, a, b)


def test_the_keyboard_reaches_every_part(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('aria-label') || ''"))
    assert sum("Fiches" in name or "Questions" in name for name in reached) >= 4
    for folded in page.locator("details").all():
        folded.locator("summary").focus()
        page.keyboard.press("Enter")
        assert folded.locator("table").is_visible()
    assert page.locator("details[open]").count() == 3


def test_paper_is_white_and_without_the_menu(page: Page) -> None:
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
