"""What the bot said is kept only as long as it may have to be changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from helpbot.testing.tester import ANNE, LEA, PASSWORD, BotTester


def contents(bot: BotTester) -> dict[str, str]:
    """Return the stored content of every message sent, by its kind."""
    with closing(sqlite3.connect(bot.folder / "helpbot.db")) as db:
        return dict(db.execute("SELECT kind, content FROM outbox WHERE state = 1 AND kind <> 'greeting'"))


async def test_the_answer_to_a_command_is_dropped_once_it_was_sent(bot: BotTester) -> None:
    await bot.says(LEA, PASSWORD)
    await bot.says(ANNE, "!bilan", room=bot.review, to_bot=False)
    await bot.says(LEA, "!rgpd", to_bot=False)
    assert "Bilan" in bot.last(bot.review).body
    kept = contents(bot)
    assert kept["command"] == "{}"
    assert "Pix Orga" in kept["answer"]  # an edit of the question may still change it
