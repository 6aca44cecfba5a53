"""What every test can use: `async def` tests, a clock that stands still, a homeserver in memory."""

from __future__ import annotations

import asyncio
import inspect
import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from helpbot.testing.clock import FakeClock

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("helpbot", deadline=None)
settings.load_profile("helpbot")

# A test that waits for what never comes is stopped, and says where it stood.
PATIENCE_SECONDS = 120


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """The event loop of this test. Fixtures may use it: `runner.run(open_something())`."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def clock() -> FakeClock:
    """A Monday of September, 9:00 in Paris."""
    return FakeClock()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window: `HELPBOT_TEST_BROWSER`, the system's, or playwright's own.

    For a module whose tests are not `async`: playwright's loop runs as long as the browser does.
    """
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: test)")
    found = os.environ.get("HELPBOT_TEST_BROWSER") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    root = os.name == "posix" and os.geteuid() == 0
    with api.sync_playwright() as playwright:
        try:
            opened = playwright.chromium.launch(
                executable_path=found, args=["--no-sandbox"] if root else [], timeout=30_000
            )
        except api.Error as error:
            why = str(error).strip().splitlines()[0]
            pytest.skip(f"no browser starts (apt-get install chromium, or set HELPBOT_TEST_BROWSER): {why}")
        yield opened
        opened.close()


def pytest_itemcollected(item: pytest.Item) -> None:
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
        item.fixturenames.insert(0, "runner")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run `async def` tests on the `runner` fixture's loop, without another plugin."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    runner = pyfuncitem.funcargs["runner"]
    assert isinstance(runner, asyncio.Runner)
    patience = getattr(pyfuncitem.module, "PATIENCE_SECONDS", PATIENCE_SECONDS)
    runner.run(asyncio.wait_for(pyfuncitem.obj(**arguments), patience))
    return True
