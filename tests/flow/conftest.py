"""A bot to talk to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from staffroom import StaffRoom

from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import BotTester


@pytest.fixture(params=["encrypted", "plain"])
def bot(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock, runner: asyncio.Runner
) -> Iterator[BotTester]:
    """The bot in an encrypted room and in a plain one."""
    tester = BotTester(tmp_path, clock, encrypted=request.param == "encrypted")
    runner.run(tester.start())
    yield tester
    runner.run(tester.stop())


@pytest.fixture(params=["encrypted", "plain"])
def room(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock, runner: asyncio.Runner
) -> Iterator[StaffRoom]:
    """Twenty people after their conversation."""
    tester = StaffRoom(tmp_path, clock, encrypted=request.param == "encrypted")
    runner.run(tester.start())
    runner.run(tester.play())
    yield tester
    runner.run(tester.stop())
