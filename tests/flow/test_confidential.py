"""A room opens while a question is under way: what was agreed to before is not shown there any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.testing.clock import FakeClock
from helpbot.testing.fakerooms import ACCESS_RULES, HISTORY, JOIN_RULES
from helpbot.testing.tester import ANNE, BOT, LEA, SAM, UNKNOWN, BotTester

WORDS = "Dix secondes sur le bouton."
WAYS = [
    (ACCESS_RULES, {"rule": "unrestricted"}),
    (JOIN_RULES, {"join_rule": "public"}),
    (HISTORY, {"history_visibility": "world_readable"}),
]


def opens(bot: BotTester, room: RoomId, way: tuple[str, dict[str, str]], *, by: str = LEA) -> None:
    kind, content = way
    bot.server.accept(bot.server.room(room), UserId(by), kind, content, state_key="")


async def offered(bot: BotTester) -> tuple[str, EventId]:
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    [offer] = bot.shown(bot.helpers, kind="offer")
    assert "dans le salon où la question est posée." in offer.body
    return offer.mentions[0], offer.event_id


def everywhere(bot: BotTester, words: str, *, but: RoomId) -> list[RoomId]:
    return [r for r in bot.server.rooms if r != but and any(words in m.body for m in bot.shown(r))]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[0])
async def test_an_answer_is_kept_from_a_room_that_has_opened(
    tmp_path: Path, clock: FakeClock, way: tuple[str, dict[str, str]]
) -> None:
    async with BotTester(tmp_path, clock) as bot:
        helper, offer = await offered(bot)
        opens(bot, bot.school, way)
        await bot.settle()
        await bot.says(helper, WORDS, room=bot.helpers, reply_to=offer)
        assert everywhere(bot, WORDS, but=bot.helpers) == []
        assert "s’est ouvert à d’autres personnes" in bot.last(bot.helpers).body
        assert bot.last(bot.helpers).mentions == (helper,)
        assert "Un·e collègue a répondu" in bot.last(bot.review).body
        [ticket] = await bot.tickets()
        assert (ticket.helper, ticket.state) == (helper, "claimed")


async def test_an_answer_by_reference_that_is_kept_back_is_not_called_passed_on(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock) as bot:
        helper, _ = await offered(bot)
        opens(bot, bot.school, WAYS[0])
        await bot.settle()
        [ticket] = await bot.tickets()
        await bot.says(helper, f"!reponse {ticket.ref} {WORDS}", room=bot.helpers, to_bot=False)
        said = [m.body for m in bot.shown(bot.helpers)]
        assert any("Je n’ai pas pu transmettre" in body for body in said)
        assert not any("Réponse transmise" in body for body in said)


async def test_it_goes_to_the_askers_direct_message_instead(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock) as bot:
        direct = await bot.direct(LEA)
        helper, offer = await offered(bot)
        opens(bot, bot.school, WAYS[0])
        await bot.says(helper, WORDS, room=bot.helpers, reply_to=offer)
        assert everywhere(bot, WORDS, but=bot.helpers) == [direct]
        assert bot.last(direct).mentions == (LEA,)
        await bot.reacts(LEA, bot.last(direct).event_id, "✅", room=direct)
        [ticket] = await bot.tickets()
        assert ticket.state == "solved"


async def test_a_room_that_was_open_all_along_is_told_of_in_the_offer(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock) as bot:
        opens(bot, bot.school, WAYS[0])
        opens(bot, bot.helpers, WAYS[0], by=ANNE)
        await bot.says(LEA, UNKNOWN)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        [offer] = bot.shown(bot.helpers, kind="offer")
        assert "votre réponse y sera visible de toutes et tous" in offer.body
        await bot.says(offer.mentions[0], WORDS, room=bot.helpers, reply_to=offer.event_id)
        assert WORDS in bot.last().body


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[0])
async def test_an_offer_that_waits_is_not_sent_to_a_room_that_has_opened(
    tmp_path: Path, clock: FakeClock, way: tuple[str, dict[str, str]]
) -> None:
    """Decided when the room was closed; asked again when the message goes out."""
    async with BotTester(tmp_path, clock) as bot:
        await bot.says(LEA, UNKNOWN)
        bot.server.lose_request("send", room=bot.helpers)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        assert bot.shown(bot.helpers) == []
        opens(bot, bot.helpers, way, by=ANNE)
        await bot.advance(seconds=10)
        assert bot.shown(bot.helpers) == []
        backlog = await bot.running.store.run(lambda tx: tx.backlog())
        assert (backlog.outbox_waiting, backlog.outbox_parked) == (0, 0)


async def test_a_relay_that_waits_is_not_sent_to_a_room_that_has_opened(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock) as bot:
        helper, offer = await offered(bot)
        bot.server.lose_request("send", room=bot.school, times=2)
        await bot.says(helper, WORDS, room=bot.helpers, reply_to=offer)
        opens(bot, bot.school, WAYS[0])
        await bot.advance(minutes=1)
        assert everywhere(bot, WORDS, but=bot.helpers) == []
        assert "s’est ouvert à d’autres personnes" in bot.last(bot.helpers).body
        assert "Un·e collègue a répondu" in bot.last(bot.review).body


async def test_a_guest_in_the_room_is_enough(tmp_path: Path, clock: FakeClock) -> None:
    """Whatever the room's rule says: users of `agent.externe.*` are no agents."""
    async with BotTester(tmp_path, clock) as bot:
        guest = "@invite:agent.externe.test"
        bot.server.person(LEA).invite(bot.school, guest)
        bot.server.person(guest).join(bot.school)
        await bot.says(LEA, UNKNOWN)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        [offer] = bot.shown(bot.helpers, kind="offer")
        assert "votre réponse y sera visible de toutes et tous" in offer.body
        row = await bot.running.store.run(lambda tx: tx.room(bot.school))
        assert row is not None
        assert row.facts.access == "unrestricted"


AGAIN = "bonjour, quelqu'un sait brancher le thermostat du gymnase svp"


async def test_a_twin_in_a_room_that_has_opened_is_not_shown_the_answer(
    tmp_path: Path, clock: FakeClock
) -> None:
    """The answer goes to the first asker alone; whoever waits for it in the room gets it alone as well."""
    async with BotTester(tmp_path, clock) as bot:
        direct = await bot.direct(LEA)
        helper, offer = await offered(bot)
        await bot.says(SAM, AGAIN)
        opens(bot, bot.school, WAYS[0])
        await bot.says(helper, WORDS, room=bot.helpers, reply_to=offer)
        assert everywhere(bot, WORDS, but=bot.helpers) == [direct]
        assert "🙋 oui" in bot.last().body  # Sam may have it asked apart


async def test_a_twin_that_waits_for_its_relay_is_not_sent_it_either(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock) as bot:
        direct = await bot.direct(SAM)
        helper, offer = await offered(bot)
        await bot.says(SAM, AGAIN)
        bot.server.lose_request("send", room=bot.school, times=9)
        await bot.says(helper, WORDS, room=bot.helpers, reply_to=offer)
        opens(bot, bot.school, WAYS[0])
        await bot.advance(hours=1)
        assert everywhere(bot, WORDS, but=bot.helpers) == []
        assert bot.shown(direct) == []
        for ticket in await bot.tickets():
            assert f"réf. {ticket.ref}" in "".join(m.body for m in bot.shown(bot.review))


async def test_a_room_that_the_bot_was_put_out_of_is_not_taken_for_an_open_one(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock, volunteers=("@vera:test",)) as bot:
        plain = bot.server.person(ANNE).create_room(invite=[BOT])
        await bot.settle()
        bot.set_policy(volunteers_room=plain)
        direct = await bot.direct("@vera:test")
        await bot.says(LEA, UNKNOWN)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        [offer] = bot.shown(direct, kind="offer")
        bot.server.person(LEA).kick(bot.school, BOT)
        await bot.settle()
        await bot.sweep()
        await bot.reacts("@vera:test", offer.event_id, "⏭️", room=direct)
        for _ in range(10):
            await bot.advance(hours=1)
        assert everywhere(bot, "thermostat", but=direct) == []
        row = await bot.running.store.run(lambda tx: tx.room(bot.school))
        assert row is not None
        assert (row.facts.encrypted, row.membership) == (True, "leave")
