"""Gaps found in another process, and sources asked whether they still answer; both are real."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from helpbot.adapters.faqfiles.missing import find_missing
from helpbot.adapters.links import dead_links
from helpbot.core.gaps import Unanswered
from helpbot.testing.tester import small_faq, write_faq


@pytest.mark.slow
async def test_gaps_from_another_process(tmp_path: Path) -> None:
    write_faq(tmp_path / "faq", small_faq())
    (tmp_path / "data").mkdir(mode=0o700)
    texts = (
        "comment régler le thermostat du gymnase",
        "thermostat gymnase réglage",
        "un élève a perdu son mot de passe pix",  # the FAQ answers it by now
        "mot de passe pix perdu par un élève",
    )
    asked = [Unanswered(text, number, f"p{number}", str(number)) for number, text in enumerate(texts)]
    report = await find_missing(tmp_path / "faq", tmp_path / "data", (None, None), asked)
    [gap] = report.gaps
    assert set(gap.asked) == set(asked[:2])
    assert "thermostat" in gap.label
    assert gap.people == 2


@asynccontextmanager
async def site(seen: list[str]) -> AsyncIterator[str]:
    """Serve a few pages on loopback."""

    async def answer(request: web.Request) -> web.Response:
        seen.append(f"{request.method} {request.path}")
        if request.path == "/no-head" and request.method == "HEAD":
            return web.Response(status=404)
        status = {"/gone": 410, "/missing": 404, "/busy": 503, "/private": 403}.get(request.path, 200)
        return web.Response(status=status)

    app = web.Application()
    app.router.add_route("*", "/{page}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    server = web.TCPSite(runner, "127.0.0.1", 0)
    await server.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def test_only_what_is_gone_counts_and_slowly() -> None:
    seen: list[str] = []
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async with site(seen) as base:
        pages = ("here", "no-head", "gone", "missing", "busy", "private", "here")
        urls = [*(f"{base}/{page}" for page in pages), "mailto:a@exemple.fr", "http://127.0.0.1:1/closed"]
        dead = await dead_links(urls, pause=pause)
        assert dead == {f"{base}/gone", f"{base}/missing", "http://127.0.0.1:1/closed"}
        assert seen.count("HEAD /here") == 1
        assert pauses == [2.0] * 6
