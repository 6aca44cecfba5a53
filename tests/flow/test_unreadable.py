"""Messages that cannot be read: answered when their key comes, complained about once and only where ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpbot.core.ids import UserId
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import LEA, PASSWORD, BotTester


async def test_in_a_direct_message_it_is_told_once_and_answered_when_the_key_comes(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock) as bot:
        room = await bot.direct(LEA)
        bot.server.withhold_keys(room)
        question = await bot.says(LEA, PASSWORD, room=room, to_bot=False)
        await bot.says(LEA, "vous êtes là ?", room=room, to_bot=False)
        await bot.advance(minutes=1)
        assert bot.shown(room) == [], "a key may be late"
        await bot.advance(minutes=2)
        [told] = bot.shown(room)
        assert "ne m’est pas parvenue" in told.body
        assert (told.reply_to, told.msgtype) == (question, "m.text")
        assert told.content["m.mentions"] == {"user_ids": [LEA]}
        assert bot.running.unreadable.told == 1
        await bot.restart()
        await bot.advance(minutes=5)
        assert len(bot.shown(room)) == 1
        bot.server.release_keys(room)
        await bot.settle()
        assert bot.kinds(room).count("answer") == 1


async def test_what_holds_no_words_is_not_asked_for_again(tmp_path: Path, clock: FakeClock) -> None:
    """A sticker whose key came late: it was read, and is nothing to answer."""
    async with BotTester(tmp_path, clock) as bot:
        room = await bot.direct(LEA)
        bot.server.withhold_keys(room)
        sticker = {"body": "merci", "url": "mxc://test/merci", "info": {}}
        bot.server.accept(bot.server.room(room), UserId(LEA), "m.sticker", sticker)
        await bot.settle()
        bot.server.release_keys(room)
        await bot.advance(minutes=3)
        assert bot.shown(room) == []
        backlog = await bot.running.store.run(lambda tx: tx.backlog())
        assert backlog.sealed == 0


async def test_a_refused_key_is_told_at_once(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock) as bot:
        room = await bot.direct(LEA)
        bot.server.withhold_keys(room, refused=True)
        await bot.says(LEA, PASSWORD, room=room, to_bot=False)
        [told] = bot.shown(room)
        assert "Pouvez-vous renvoyer votre question" in told.body
        await bot.advance(minutes=10)
        assert len(bot.shown(room)) == 1


@pytest.mark.parametrize("refused", [False, True])
async def test_in_a_room_of_many_only_what_answers_the_bot_is_told(
    tmp_path: Path, clock: FakeClock, refused: bool
) -> None:
    async with BotTester(tmp_path, clock) as bot:
        await bot.says(LEA, PASSWORD)
        answer = bot.last()
        bot.server.withhold_keys(bot.school, refused=refused)
        await bot.says(LEA, PASSWORD)
        await bot.says("@sam:test", "à midi à la cantine ?", to_bot=False)
        await bot.advance(minutes=10)
        assert bot.kinds() == ["answer"], "who knows for whom it was"
        await bot.says(LEA, "et pour un prof ?", reply_to=answer.event_id)
        await bot.advance(minutes=10)
        assert bot.kinds() == ["answer", "status"]


async def test_what_was_deleted_meanwhile_is_not_told(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock) as bot:
        room = await bot.direct(LEA)
        bot.server.withhold_keys(room)
        question = await bot.says(LEA, PASSWORD, room=room, to_bot=False)
        await bot.deletes(LEA, question, room=room)
        await bot.advance(minutes=10)
        assert bot.shown(room) == []
