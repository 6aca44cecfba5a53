"""What was said while the bot was away, and trouble on the way of catching up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpbot.core.incoming import Access
from helpbot.ports import HomeserverError, RateLimited, Unreachable
from helpbot.testing.homeserver import FakeServer
from helpbot.testing.tester import BOT, LEA, PASSWORD, BotTester


def _lose_request(server: FakeServer) -> None:
    server.lose_request("messages")


def _lose_reply(server: FakeServer) -> None:
    server.lose_reply("messages")


def _limit(server: FakeServer) -> None:
    server.limit(operation="messages")


@pytest.mark.parametrize("trouble", [_lose_request, _lose_reply, _limit])
async def test_catching_up_begins_again_and_loses_nothing(
    bot: BotTester, trouble: Callable[[FakeServer], None]
) -> None:
    lea = bot.server.person(LEA)
    await bot.settle()
    bot.server.timeline_limit, bot.server.page_size = 5, 4
    lea.open_to(bot.school, Access.UNRESTRICTED)
    questions = [lea.say(bot.school, PASSWORD, mention=[BOT]) for _ in range(15)]
    trouble(bot.server)
    with pytest.raises(HomeserverError) as seen:
        await bot.settle()
    assert isinstance(seen.value, RateLimited | Unreachable)
    assert bot.kinds() == []
    await bot.settle()
    answered = [message.content["fr.helpbot"]["question"] for message in bot.shown()]
    assert answered == questions
    # The room's new rule came with the batch that was lost on the way: it must not be lost with it.
    row = await bot.running.store.run(lambda tx: tx.room(bot.school))
    assert row is not None
    assert row.facts.access is Access.UNRESTRICTED
