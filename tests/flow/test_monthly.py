"""The report of a month comes by itself: once, in open hours, whatever stops meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpbot.core.effects import JobKind
from helpbot.core.report import Line
from helpbot.flow.report import NO_TICKET, read_report
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import PASSWORD, BotTester

TEACHERS = [f"@prof{n}:test" for n in range(6)]


@pytest.fixture
def bot(tmp_path: Path, clock: FakeClock, runner: asyncio.Runner) -> Iterator[BotTester]:
    """A bot at its office hours, on the last Monday of September."""
    tester = BotTester(tmp_path, clock, hours="lun-ven 08:00-18:00")
    for user in TEACHERS:
        tester.server.person(user, name=user[1:6])
    runner.run(tester.start())
    runner.run(tester.sweep())
    yield tester
    runner.run(tester.stop())


async def ask_all(bot: BotTester) -> None:
    """Six people ask what the FAQ knows, in private, and it helped."""
    for user in TEACHERS:
        room = await bot.direct(user)
        await bot.says(user, PASSWORD, room=room)
        await bot.reacts(user, bot.last(room).event_id, "✅", room=room)


def told(bot: BotTester) -> list[str]:
    return [m.body for m in bot.shown(bot.review) if "Bilan de" in m.body]


async def test_the_month_is_told_once_on_the_first_open_morning(bot: BotTester) -> None:
    await ask_all(bot)
    await bot.advance(days=2, hours=22)  # Thursday 1 October, 7:00
    assert told(bot) == []
    await bot.advance(hours=1)
    [body] = told(bot)
    assert "Bilan de septembre\u00a02026" in body
    assert "Questions terminées\u00a0: 6" in body
    assert "sans les référents\u00a0: 100\u00a0%" in body
    assert not any(user[1:] in body for user in TEACHERS)
    await bot.advance(days=20)
    await bot.sweep()
    assert len(told(bot)) == 1


async def test_restarts_and_sweeps_neither_repeat_nor_forget_it(bot: BotTester) -> None:
    await ask_all(bot)
    before = await bot.running.store.run(lambda tx: tx.timer(NO_TICKET, JobKind.MONTHLY_REPORT))
    await bot.restart()
    await bot.sweep()
    assert await bot.running.store.run(lambda tx: tx.timer(NO_TICKET, JobKind.MONTHLY_REPORT)) == before
    await bot.stop()
    bot.clock.advance(days=5, hours=12)  # Saturday evening: it fell due while the bot was away
    await bot.start()
    assert told(bot) == []
    await bot.advance(days=1, hours=11)
    assert len(told(bot)) == 1
    await bot.restart()
    assert len(told(bot)) == 1


async def test_a_month_without_a_question_is_not_told(bot: BotTester) -> None:
    await bot.advance(days=40)
    assert told(bot) == []
    await ask_all(bot)  # in November
    await bot.advance(days=30)
    [body] = told(bot)
    assert "novembre" in body


async def test_months_past_their_time_stay_as_they_were_published(bot: BotTester) -> None:
    await ask_all(bot)
    await bot.advance(days=3)
    await bot.advance(days=220)
    await bot.sweep()
    report = await bot.running.store.run(lambda tx: read_report(tx, bot.policy, bot.clock.now()))
    assert report.months == {}
    assert report.total == 0
    assert report.every_month == {"2026-09": Line(6, {"faq": 6})}


async def test_three_people_are_no_figure(bot: BotTester) -> None:
    for user in TEACHERS[:3]:
        room = await bot.direct(user)
        await bot.says(user, PASSWORD, room=room)
        await bot.reacts(user, bot.last(room).event_id, "✅", room=room)
    await bot.advance(days=3)
    [body] = told(bot)
    assert "Questions terminées\u00a0: –" in body
