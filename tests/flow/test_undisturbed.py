"""Nobody who helps hears a ping outside their hours, whatever they hold (rule 3 of finding a helper)."""

from __future__ import annotations

from pathlib import Path

from helpbot.core.ids import RoomId
from helpbot.core.tickets import OfferState, State
from helpbot.testing.clock import FakeClock
from helpbot.testing.fakerooms import Seen
from helpbot.testing.tester import LEA, UNKNOWN, VOLUNTEERS, BotTester

VERA = VOLUNTEERS[0]
OFFICE = "lun-ven 8h-18h"


async def held(bot: BotTester) -> RoomId:
    """Let Vera take Léa's question, by direct message."""
    direct = await bot.direct(VERA)
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    await bot.reacts(VERA, bot.shown(direct, kind="offer")[-1].event_id, "✋", room=direct)
    return direct


def told(bot: BotTester, room: RoomId) -> Seen:
    return bot.last(room)


async def test_what_the_asker_adds_in_the_evening_rings_in_the_morning(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock, volunteers=(VERA,), hours=OFFICE) as bot:
        direct = await held(bot)
        await bot.says(VERA, "il est au sous-sol", room=direct, reply_to=bot.last(direct).event_id)
        answer = bot.last()
        await bot.advance(hours=11)  # 20:00
        await bot.says(LEA, "lequel des deux ?", reply_to=answer.event_id)
        added = told(bot, direct)
        assert "lequel des deux" in added.body, "it is there to be read"
        assert added.content["msgtype"] == "m.notice"
        assert not added.mentions
        await bot.advance(hours=12)  # 8:00
        assert "a ajouté un mot" in told(bot, direct).body
        assert told(bot, direct).mentions == (VERA,)


async def test_who_has_answered_meanwhile_is_told_no_more(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, volunteers=(VERA,), hours=OFFICE) as bot:
        direct = await held(bot)
        await bot.says(VERA, "il est au sous-sol", room=direct, reply_to=bot.last(direct).event_id)
        answer = bot.last()
        await bot.advance(hours=11)
        await bot.says(LEA, "lequel des deux ?", reply_to=answer.event_id)
        added = told(bot, direct)
        await bot.says(VERA, "celui de gauche", room=direct, reply_to=added.event_id)
        await bot.advance(hours=14)
        assert told(bot, direct).event_id == added.event_id


async def test_what_is_added_in_open_hours_rings_at_once(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, volunteers=(VERA,), hours=OFFICE) as bot:
        direct = await held(bot)
        await bot.says(LEA, "le gris", reply_to=bot.last().event_id)
        assert told(bot, direct).mentions == (VERA,)


async def test_a_reminder_rings_for_nobody_who_has_gone(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, volunteers=(VERA,), hours=OFFICE) as bot:
        direct = await held(bot)
        await bot.says(VERA, "!dispo lun 8h-9h30", room=direct, to_bot=False)
        await bot.advance(minutes=61)
        assert "Avez-vous pu regarder" in told(bot, direct).body
        assert told(bot, direct).content["msgtype"] == "m.notice"
        await bot.advance(minutes=21)
        [ticket] = await bot.tickets()
        assert ticket.helper is None, "the asker was told when the search goes on, and it does"
        assert ticket.state in (State.OPEN, State.ASKED)


async def test_a_reminder_rings_for_nobody_on_a_pause(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, volunteers=(VERA,), hours=OFFICE) as bot:
        direct = await held(bot)
        await bot.says(VERA, "!pause 2 jours", room=direct, to_bot=False)
        await bot.advance(minutes=61)
        assert "Avez-vous pu regarder" in told(bot, direct).body
        assert not told(bot, direct).mentions


async def test_an_offer_that_could_not_be_sent_in_time_rings_at_nobodys_home(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock, volunteers=(VERA,), hours=OFFICE) as bot:
        direct = await bot.direct(VERA)
        await bot.advance(hours=8)  # 17:00
        await bot.says(LEA, UNKNOWN)
        bot.server.limit(3 * 3_600_000, room=direct)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        assert bot.shown(direct, kind="offer") == []
        await bot.advance(hours=4)
        [offer] = bot.shown(direct, kind="offer")
        assert offer.content["msgtype"] == "m.notice"
        assert not offer.mentions


async def test_who_takes_a_pause_passes_what_they_were_offered(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, volunteers=VOLUNTEERS[:2], hours=OFFICE) as bot:
        rooms = {user: await bot.direct(user) for user in VOLUNTEERS[:2]}
        await bot.says(LEA, UNKNOWN)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        [first] = (await bot.tickets())[0].offers
        await bot.says(first.user, "!pause 1 semaine", room=rooms[first.user], to_bot=False)
        [before, after] = (await bot.tickets())[0].offers
        assert (before.state, after.state) == (OfferState.PASSED, OfferState.OPEN)


async def test_who_has_left_hears_of_nothing_and_may_still_answer(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, volunteers=(VERA,), hours=OFFICE) as bot:
        direct = await held(bot)
        await bot.says(VERA, "il est au sous-sol", room=direct, reply_to=bot.last(direct).event_id)
        answer = bot.last()
        await bot.says(VERA, "!stop", room=direct, to_bot=False)
        await bot.says(LEA, "lequel des deux ?", reply_to=answer.event_id)
        added = told(bot, direct)
        assert "lequel des deux" in added.body
        assert not added.mentions
        await bot.advance(days=1)
        assert told(bot, direct).event_id == added.event_id
        await bot.says(VERA, "celui de gauche", room=direct, reply_to=added.event_id)
        assert "celui de gauche" in bot.last().body
