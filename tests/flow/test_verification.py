"""Somebody asks the bot to compare emojis: the dialog is closed at once, with a word on why."""

from __future__ import annotations

from pathlib import Path

from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import ANNE, LEA, BotTester


async def test_a_request_in_a_direct_message_is_declined(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock) as bot:
        room = await bot.direct(LEA)
        asked = await bot.says(
            LEA, "vérification ?", room=room, to_bot=False, msgtype="m.key.verification.request"
        )
        [cancel] = [e for e in bot.server.room(room).events if e.type == "m.key.verification.cancel"]
        assert cancel.content["m.relates_to"] == {"rel_type": "m.reference", "event_id": asked}
        assert cancel.content["code"] == "m.user"
        [said] = bot.shown(room)
        assert "Rien à vérifier" in said.body


async def test_whoever_may_verify_it_is_told_how(tmp_path: Path, clock: FakeClock) -> None:
    """A referent asks while nobody sits at the operator's terminal: declined as well, with what to do."""
    async with BotTester(tmp_path, clock) as bot:
        room = await bot.direct(ANNE)
        await bot.says(ANNE, "vérification ?", room=room, to_bot=False, msgtype="m.key.verification.request")
        [cancel] = [e for e in bot.server.room(room).events if e.type == "m.key.verification.cancel"]
        [said] = bot.shown(room)
        assert "helpbot verify" in said.body
        assert cancel.content["reason"] == said.body
