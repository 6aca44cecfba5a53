"""Thanks reach the helper: privately, grouped, once a day at most, and never in public."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpbot.core.effects import JobKind
from helpbot.core.ids import RoomId
from helpbot.core.routing import Caps
from helpbot.core.tickets import Plan
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import LEA, SAM, UNKNOWN, BotTester

VERA = "@vera:test"


@pytest.fixture
def bot(tmp_path: Path, clock: FakeClock, runner: asyncio.Runner) -> Iterator[BotTester]:
    """A bot with one volunteer, who is asked as often as it takes."""
    plan = Plan(caps=Caps(50, 50, 50))
    tester = BotTester(tmp_path, clock, volunteers=(VERA,), plan=plan, hours="lun-ven 08:00-18:00")
    runner.run(tester.start())
    yield tester
    runner.run(tester.stop())


async def helped(bot: BotTester, asker: str, room: RoomId | None = None, *, thanks: str = "✅") -> None:
    """Somebody asks, Véra answers, and it helped."""
    await bot.says(asker, UNKNOWN)
    await bot.reacts(asker, bot.last().event_id, "🙋")
    offer = bot.shown(room or bot.helpers, kind="offer")[-1]
    await bot.says(VERA, "derrière la porte", room=room or bot.helpers, reply_to=offer.event_id)
    answer = bot.shown(kind="relay")[-1]
    if thanks == "✅":
        await bot.reacts(asker, answer.event_id, "✅")
    elif thanks:
        await bot.says(asker, thanks, reply_to=answer.event_id)


def told(bot: BotTester, room: RoomId) -> list[str]:
    return [m.body for m in bot.shown(room) if "Merci à vous" in m.body]


async def test_the_thanks_of_a_day_come_together_the_next_morning(bot: BotTester) -> None:
    direct = await bot.direct(VERA)
    await helped(bot, LEA, direct)
    await helped(bot, SAM, direct, thanks="merci")
    await bot.advance(hours=5)
    assert told(bot, direct) == []
    await bot.advance(hours=24)
    [body] = told(bot, direct)
    assert "2 réponses" in body
    for name in ("Léa", "lea", "Sam", "sam:"):
        assert name not in body
    await helped(bot, LEA, direct)
    await bot.advance(hours=1)
    assert len(told(bot, direct)) == 1
    await bot.advance(hours=24)
    assert len(told(bot, direct)) == 2
    assert "Une réponse" in told(bot, direct)[-1]


async def test_without_a_direct_message_nothing_is_said_in_public(bot: BotTester) -> None:
    await helped(bot, LEA)
    before = [m.body for m in bot.shown(bot.helpers)]
    await bot.advance(days=2)
    assert [m.body for m in bot.shown(bot.helpers)] == before
    left = await bot.running.store.run(lambda tx: tx.due_jobs(bot.clock.now() + 10**12))
    assert [job for job in left if job.kind is JobKind.THANKS] == []


async def test_an_answer_that_closed_by_itself_may_be_thanked_for_later(bot: BotTester) -> None:
    direct = await bot.direct(VERA)
    await helped(bot, LEA, direct, thanks="")
    await bot.advance(days=9)
    assert set((await bot.totals()).feedback) == {"none"}
    await bot.reacts(LEA, bot.shown(kind="relay")[-1].event_id, "✅")
    await bot.reacts(LEA, bot.shown(kind="relay")[-1].event_id, "👍")
    assert set((await bot.totals()).feedback) == {"yes"}
    await bot.advance(days=4)
    assert len(told(bot, direct)) == 1


async def test_a_bot_that_was_away_says_it_once(bot: BotTester) -> None:
    direct = await bot.direct(VERA)
    await helped(bot, LEA, direct)
    await bot.advance(hours=3)
    await helped(bot, SAM, direct)
    await bot.stop()
    bot.clock.advance(days=2)
    await bot.start()
    [body] = told(bot, direct)
    assert "2 réponses" in body


async def test_a_question_taken_back_thanks_nobody(bot: BotTester) -> None:
    direct = await bot.direct(VERA)
    await helped(bot, LEA, direct)
    [ticket] = await bot.tickets()
    await bot.deletes(LEA, ticket.question)
    await bot.advance(days=1)
    assert told(bot, direct) == []
