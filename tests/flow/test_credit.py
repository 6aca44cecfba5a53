"""Whoever answers is named by the first name, or as they chose."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import LEA, UNKNOWN, BotTester

VERA = "@vera:test"


@pytest.fixture
def bot(tmp_path: Path, clock: FakeClock, runner: asyncio.Runner) -> Iterator[BotTester]:
    """A bot with one volunteer, Vera Dupont [Lycée]."""
    tester = BotTester(tmp_path, clock, volunteers=(VERA,))
    runner.run(tester.start())
    yield tester
    runner.run(tester.stop())


async def answered(bot: BotTester, command: str = "") -> tuple[str, str]:
    """Véra says how she wants to be named, then answers Léa; returns the status and the relayed answer."""
    room = await bot.direct(VERA)
    if command:
        await bot.says(VERA, command, room=room)
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    offers = bot.shown(room, kind="offer")
    await bot.reacts(VERA, offers[-1].event_id, "✋", room=room)
    status = bot.last().body
    await bot.says(VERA, "derrière la porte", room=room, reply_to=offers[-1].event_id)
    return status, bot.shown(kind="relay")[-1].body


@pytest.mark.parametrize(
    ("command", "named", "shown"),
    [
        ("", "Vera", ""),
        ("!volontaire avec mon prénom", "Vera", "Vera"),
        ("!volontaire avec mon nom complet", "Vera Dupont", "Vera Dupont"),
        ("!volontaire sans mon nom", "Vera", ""),
    ],
)
async def test_a_helper_is_named_as_they_chose(bot: BotTester, command: str, named: str, shown: str) -> None:
    status, answer = await answered(bot, command)
    for body in (status, answer):
        assert named in body
        assert ("Dupont" in body) is ("Dupont" in named)
        assert "Lycée" not in body
    await bot.says(LEA, "!talents", to_bot=False)
    told = bot.last().body
    assert (f"({shown})" in told) is bool(shown)
    assert ("Vera" in told) is bool(shown)
    assert "Dupont" not in told.replace("Vera Dupont", "") if shown else "Dupont" not in told


async def test_an_edited_answer_keeps_the_name_that_was_chosen(bot: BotTester) -> None:
    await answered(bot, "!volontaire avec mon nom complet")
    room = (await bot.running.store.run(lambda tx: tx.direct_room(VERA))).room
    words = [m for m in bot.server.room(room).timeline() if m.body == "derrière la porte"][-1]
    await bot.says(VERA, "derrière la porte verte", room=room, edit=words.event_id)
    relayed = bot.shown(kind="relay")[-1].body
    assert "verte" in relayed
    assert "Vera Dupont" in relayed


async def test_the_card_says_how_one_is_named(bot: BotTester) -> None:
    room = await bot.direct(VERA)
    for command, words in (
        ("!volontaire avec mon nom complet", "Votre nom complet figure"),
        ("!volontaire avec mon prénom", "Votre prénom figure"),
        ("!volontaire sans mon nom", "n’apparaît nulle part"),
    ):
        await bot.says(VERA, command, room=room)
        assert words in bot.last(room).body
