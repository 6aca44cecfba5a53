"""Coming into rooms when something goes wrong on the way in."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpbot.core.ids import UserId
from helpbot.ports import Refused
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import BOT, LEA, PASSWORD, BotTester


def greetings(bot: BotTester, room: str) -> int:
    mine = [m for m in bot.server.rooms[room].timeline() if m.sender == BOT]  # type: ignore[index]
    return sum((m.helpbot or {}).get("kind") == "greeting" for m in mine)


@pytest.mark.parametrize("restarted", [True, False])
async def test_a_room_is_greeted_when_the_answer_to_the_join_was_lost(
    tmp_path: Path, clock: FakeClock, restarted: bool
) -> None:
    async with BotTester(tmp_path, clock) as bot:
        bot.server.lose_reply("join")
        room = bot.server.person(LEA).create_room(encrypted=True, direct=True, invite=[BOT])
        await bot.settle()
        if restarted:
            await bot.restart()
        await bot.advance(minutes=1)
        assert greetings(bot, room) == 1
        await bot.says(LEA, PASSWORD, room=room, to_bot=False)
        assert bot.kinds(room) == ["answer"]


async def test_a_limited_bot_asks_for_no_other_room_until_it_may(bot: BotTester) -> None:
    bot.server.limit(30_000, operation="join")
    rooms = [bot.server.person(LEA).create_room(invite=[BOT]) for _ in range(3)]
    before = len(bot.server.requests)
    await bot.settle()

    def joins() -> int:
        return sum(r.operation == "join" for r in bot.server.requests[before:])

    await bot.advance(seconds=29)
    assert joins() == 1
    await bot.advance(seconds=11)
    assert [greetings(bot, room) for room in rooms] == [1, 1, 1]
    assert joins() == 4


async def test_rooms_that_a_fresh_database_finds_are_not_greeted_again(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path / "old", clock) as bot:
        await bot.stop()
        bot.folder = tmp_path / "new"
        await bot.start()
        assert greetings(bot, bot.school) == 1
        await bot.says(LEA, PASSWORD)
        assert bot.kinds() == ["answer"]


async def test_what_concerns_one_person_opens_a_direct_message_once(bot: BotTester) -> None:
    await bot.says(LEA, "!mesquestions")
    [room] = [r for r, there in bot.server.rooms.items() if there.membership(UserId(LEA)) == "invite"]
    assert bot.server.room(room).encrypted
    [greeting, answer] = [m for m in bot.server.room(room).timeline() if m.sender == BOT]
    assert "!rgpd" in greeting.body
    assert "Vos questions" in answer.body
    assert "message direct" in bot.last().body
    assert "Vos questions" not in bot.last().body
    bot.server.person(LEA).join(room)
    await bot.settle()
    await bot.restart()
    await bot.says(LEA, "!mesquestions")
    assert len(bot.shown(room)) == 2
    assert len(bot.shown()) == 1, "nothing more is said where it was asked"


async def test_of_two_direct_messages_the_one_is_used_where_somebody_spoke_last(bot: BotTester) -> None:
    first, second = await bot.direct(LEA), await bot.direct(LEA)

    async def answered_in() -> list[int]:
        before = [len(bot.shown(room)) for room in (first, second)]
        await bot.says(LEA, "!mesquestions")
        return [len(bot.shown(room)) - was for room, was in zip((first, second), before, strict=True)]

    assert await answered_in() == [0, 1], "the newest where nothing was said yet"
    await bot.says(LEA, PASSWORD, room=first, to_bot=False)
    assert await answered_in() == [1, 0]
    await bot.restart()
    assert await answered_in() == [1, 0]
    await bot.says(LEA, "!aide", room=second)
    assert await answered_in() == [0, 1]


async def test_where_no_direct_message_may_be_opened_one_is_asked_for(bot: BotTester) -> None:
    bot.server.fail("open_direct", lambda: Refused("M_FORBIDDEN", "no"))
    await bot.says(LEA, "!mesquestions")
    assert "écrivez-moi" in bot.last().body
