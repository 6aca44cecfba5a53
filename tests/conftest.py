"""What every test can use: `async def` tests, a clock that stands still, a homeserver in memory."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator

import pytest

from helpbot.testing.clock import FakeClock

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
    runner.run(asyncio.wait_for(pyfuncitem.obj(**arguments), PATIENCE_SECONDS))
    return True
