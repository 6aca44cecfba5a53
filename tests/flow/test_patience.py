"""What an asker may count on: soon told, never at somebody's expense, free to take it back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from helpbot.core.routing import Caps
from helpbot.core.tickets import Plan, State
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import LEA, UNKNOWN, BotTester

EVE_OF_HOLIDAYS = 1_792_165_800_000
"""Friday 16 October 2026, 17:50 in Paris; the holidays of zone A end on 2 November."""


async def test_a_question_of_the_eve_of_the_holidays_can_be_taken_back(tmp_path: Path) -> None:
    async with BotTester(tmp_path, FakeClock(EVE_OF_HOLIDAYS), hours="lun-ven 08:00-18:00") as bot:
        await bot.says(LEA, UNKNOWN)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        assert "lundi 2\u00a0novembre à 8\u00a0h" in bot.last().body
        assert "!annuler" in bot.last().body
        await bot.advance(days=3)
        await bot.says(LEA, "!annuler")
        assert "retirée" in bot.last().body
        await bot.advance(days=20)
        assert bot.shown(bot.helpers) == []
        [ticket] = await bot.tickets()
        assert ticket.state is State.WITHDRAWN


async def test_at_the_default_limits_the_asker_is_told_within_a_minute(
    tmp_path: Path, clock: FakeClock
) -> None:
    """Synapse lets an account send 0.2 events a second after a burst of 10."""
    async with BotTester(tmp_path, clock, rate=1000.0) as bot:
        await bot.says(LEA, UNKNOWN)
        consent = bot.last().event_id
        others = [f"@prof{n}:test" for n in range(10)]
        rooms = [bot.server.person(o).create_room(direct=True, invite=["@helpbot:test"]) for o in others]
        await bot.settle()
        # Thirty answers to others, in ten rooms: ten go at once, twenty wait for a hundred seconds.
        bot.server.rate(0.2, 10)
        for other, room in zip(others, rooms, strict=True):
            for _ in range(3):
                bot.server.person(other).say(room, "!talents")
        await bot.settle()  # decided before the tap: were it of the same importance, it would go after them
        assert sum(len(bot.shown(room)) for room in rooms) == 10
        bot.server.person(LEA).react(bot.school, consent, "🙋")
        start = clock.now()
        while "(réf." not in bot.last().body:  # the offer to ask says « je demande » as well
            await bot.settle()
            await bot.advance(seconds=1)
            assert clock.now() - start <= 60_000
        answers = sum(len(bot.shown(room)) for room in rooms)
        assert answers < 30, "the others still wait: it went before them"


async def test_a_search_keeps_the_plan_that_it_began_with(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock) as bot:
        await bot.says(LEA, UNKNOWN)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        setting = bot.running.setting
        setting.policy = replace(setting.policy, plan=Plan(waves=(4, 4), caps=Caps(9, 9, 9)))
        await bot.advance(minutes=21)
        assert len(bot.shown(bot.helpers, kind="offer")) == 2, "one more, not four"
        await bot.says(LEA, f"{UNKNOWN} et son mode d’emploi")
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        assert len(bot.shown(bot.helpers, kind="offer")) > 3, "what is asked from now on goes by the new one"
