"""What the bot counts of itself, and whether it says that it serves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from helpbot.flow.counters import Condition
from helpbot.ports import LoggedOut, Unreachable
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import BOT, LEA, PASSWORD, UNKNOWN, BotTester

BETWEEN = "comment créer une session ou retrouver un mot de passe pix"


async def until(condition: Callable[[], object]) -> None:
    """Let the tasks run until something holds."""
    for _ in range(1_000_000):
        if condition():
            return
        await asyncio.sleep(0)


async def test_questions_are_counted_by_their_first_reply_and_once(bot: BotTester) -> None:
    question = await bot.says(LEA, PASSWORD)
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    await bot.says(LEA, BETWEEN)
    await bot.says(LEA, "1", to_bot=False)
    await bot.says(LEA, "quand suis-je payé ?")
    await bot.says(LEA, "!aide")
    await bot.says(LEA, "✅", to_bot=False)
    await bot.says(LEA, "quota nuage apps", edit=question)
    counters = bot.running.counters
    assert counters.questions == {"answer": 1, "route": 1, "clarify": 1, "redirect": 1}
    await bot.advance(minutes=21)
    assert counters.timers == 1


async def test_a_volunteers_words_count_once_it_is_known_that_they_ask(
    tmp_path: Path, clock: FakeClock
) -> None:
    vera = "@vera:test"
    async with BotTester(tmp_path, clock, volunteers=[vera]) as bot:
        room = await bot.direct(vera)
        await bot.says(LEA, UNKNOWN)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        await bot.says(vera, "au sous-sol", room=room, to_bot=False)
        assert bot.running.counters.questions == {"route": 1}
        await bot.says(vera, "1", room=room, to_bot=False)
        assert bot.running.counters.questions == {"route": 1}
        await bot.says(LEA, UNKNOWN)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        await bot.says(vera, PASSWORD, room=room, to_bot=False)
        await bot.says(vera, "2", room=room, to_bot=False)
        assert bot.running.counters.questions == {"route": 2, "answer": 1}


async def test_it_serves_from_the_first_sync_until_two_minutes_without_one(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock) as bot:
        running, counters = bot.running, bot.running.counters
        assert counters.condition(clock.now()) is Condition.STARTING
        service = asyncio.create_task(running.run())
        await until(lambda: counters.ready)
        assert counters.condition(clock.now()) is Condition.OK
        assert counters.condition(clock.now() + 121_000) is Condition.SILENT
        bot.server.go_down()
        for _ in range(11):
            await clock.elapse(seconds=10)
        assert counters.condition(clock.now()) is Condition.OK
        since = counters.unreachable_since
        await clock.elapse(seconds=30)
        assert counters.condition(clock.now()) is Condition.UNREACHABLE
        assert counters.unreachable_since == since
        bot.server.come_back()
        await clock.elapse(minutes=1)
        bot.server.person(LEA).say(bot.school, PASSWORD, mention=[BOT])
        await until(lambda: counters.unreachable_since is None)
        assert counters.condition(clock.now()) is Condition.OK
        bot.server.log_out(BOT)
        with pytest.raises(LoggedOut):
            await service
        assert (counters.condition(clock.now()), counters.logged_out) == (
            Condition.LOGGED_OUT,
            "M_UNKNOWN_TOKEN",
        )


async def test_a_homeserver_that_never_answered_is_named(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock) as bot:
        counters = type(bot.running.counters)()
        counters.unreachable(clock.now())
        counters.unreachable(clock.now() + 5)
        assert counters.unreachable_since == clock.now()
        assert counters.condition(clock.now()) is Condition.UNREACHABLE


async def test_a_sync_that_cannot_be_stored_is_none(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock) as bot:
        before = bot.running.counters.synced_at
        clock.advance(minutes=1)
        bot.server.lose_reply("sync")
        with pytest.raises(Unreachable):
            await bot.running.sync_once()
        assert bot.running.counters.synced_at == before
