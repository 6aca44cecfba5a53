from __future__ import annotations

import asyncio

import pytest

from helpbot.ports import Clock
from helpbot.testing.clock import FakeClock, settle


async def test_it_stands_still_until_it_is_moved(clock: FakeClock) -> None:
    as_port: Clock = clock
    start = as_port.now()
    await settle()
    assert as_port.now() == start
    assert clock.advance(minutes=1, seconds=30, ms=5) == start + 90_005


async def test_sleepers_wake_by_their_hour_then_in_the_order_they_lay_down(clock: FakeClock) -> None:
    woken: list[str] = []

    async def sleeper(name: str, minutes: int) -> None:
        await clock.sleep_until(clock.now() + minutes * 60_000)
        woken.append(name)

    async with asyncio.TaskGroup() as tasks:
        for name, minutes in (("later", 3), ("first", 1), ("second", 1), ("never asked", 2)):
            tasks.create_task(sleeper(name, minutes))
        await settle()
        clock.advance(minutes=2)
        await settle()
        assert woken == ["first", "second", "never asked"]
        clock.advance(minutes=1)
    assert woken[-1] == "later"


async def test_a_task_that_sleeps_again_and_again_sees_each_of_its_moments(clock: FakeClock) -> None:
    start, seen = clock.now(), []

    async def beat() -> None:
        while True:
            await clock.sleep_until(clock.now() + 60_000)
            seen.append((clock.now() - start) // 60_000)

    task = asyncio.create_task(beat())
    assert await clock.elapse(minutes=3) == start + 180_000
    assert seen == [1, 2, 3]
    task.cancel()
    await settle()
    assert clock.next_due() is None


async def test_a_moment_that_is_past_only_yields(clock: FakeClock) -> None:
    await clock.sleep_until(clock.now())
    await clock.sleep_until(0)


def test_time_does_not_go_back(clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="back"):
        clock.advance(hours=-1)
