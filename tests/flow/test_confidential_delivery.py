"""A room opens between decision and delivery: digests, twins and proposals are asked again (rule 7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from helpbot.core.ids import EventId, RoomId
from helpbot.core.tickets import Outcome, Plan, State
from helpbot.testing.clock import FakeClock
from helpbot.testing.fakerooms import ACCESS_RULES
from helpbot.testing.tester import ANNE, LEA, SAM, UNKNOWN, VOLUNTEERS, BotTester

WORDS = "Dix secondes sur le bouton rouge."
AGAIN = "bonjour, quelqu'un sait brancher le thermostat du gymnase svp"
TUESDAY = 1_790_665_200_000
"""29 September 2026, 9:00 in Paris."""


def opens_to_guests(bot: BotTester, room: RoomId, by: str) -> None:
    rule = {"rule": "unrestricted"}
    bot.server.accept(bot.server.room(room), by, ACCESS_RULES, rule, state_key="")  # type: ignore[arg-type]


def everything_in(bot: BotTester, room: RoomId) -> str:
    return "\n".join(m.body for m in bot.shown(room))


@asynccontextmanager
async def waiting_for_anybody(folder: Path) -> AsyncIterator[BotTester]:
    """Two questions that found nobody, of one room."""
    plan = Plan(waves=(1,))
    volunteers = VOLUNTEERS[:1]
    async with BotTester(
        folder, FakeClock(TUESDAY), hours="lun-ven 08:00-18:00", plan=plan, volunteers=volunteers
    ) as bot:
        for user, words in ((LEA, UNKNOWN), (SAM, "Qui a la clé du labo de chimie ?")):
            await bot.says(user, words)
            await bot.reacts(user, bot.last().event_id, "🙋")
            await bot.advance(minutes=46)
        yield bot


async def test_a_digest_that_waits_loses_the_words_that_may_not_be_shown(tmp_path: Path) -> None:
    async with waiting_for_anybody(tmp_path) as bot:
        bot.server.lose_request("send", room=bot.helpers, times=1)
        await bot.advance(hours=23)
        before = everything_in(bot, bot.helpers)
        opens_to_guests(bot, bot.helpers, ANNE)
        await bot.advance(minutes=1)
        assert everything_in(bot, bot.helpers) == before
        backlog = await bot.running.store.run(lambda tx: tx.backlog())
        assert (backlog.outbox_waiting, backlog.outbox_parked) == (0, 0)


async def test_the_referents_are_still_told_without_the_words(tmp_path: Path) -> None:
    async with waiting_for_anybody(tmp_path) as bot:
        bot.server.person(ANNE).join(bot.review)
        await bot.advance(hours=23)
        bot.server.lose_request("send", room=bot.review, times=1)
        await bot.advance(days=1)
        assert bot.shown(bot.review) == []
        opens_to_guests(bot, bot.review, ANNE)
        await bot.advance(minutes=1)
        [told] = bot.shown(bot.review)
        assert told.mentions == (ANNE,)
        assert "thermostat" not in told.body
        assert "labo" not in told.body
        for ticket in await bot.tickets():
            assert ticket.ref in told.body


async def test_a_digest_of_which_all_may_be_shown_goes_as_it_is(tmp_path: Path) -> None:
    """Its own room opens as well: whoever asked there agreed to its readers."""
    async with waiting_for_anybody(tmp_path) as bot:
        bot.server.lose_request("send", room=bot.helpers, times=1)
        opens_to_guests(bot, bot.school, LEA)
        opens_to_guests(bot, bot.helpers, ANNE)
        await bot.advance(hours=24)
        assert everything_in(bot, bot.helpers).count("thermostat") == 2  # the post, and the digest


async def solved(bot: BotTester) -> None:
    """Léa asked, a colleague answered, and both said that it may be shown again."""
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    offer = bot.last(bot.helpers)
    await bot.says(offer.mentions[0], WORDS, room=bot.helpers, reply_to=offer.event_id)
    await bot.reacts(LEA, bot.last().event_id, "✅")
    await bot.reacts(LEA, bot.shown()[0].event_id, "🔁")
    await bot.reacts(offer.mentions[0], offer.event_id, "🔁", room=bot.helpers)


async def other_room(bot: BotTester) -> RoomId:
    room = bot.server.person(SAM).create_room(encrypted=True, invite=["@helpbot:test"])
    await bot.settle()
    return room


async def test_an_answer_that_is_shown_again_is_kept_from_a_room_that_has_opened(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock, encrypted=True) as bot:
        await solved(bot)
        room = await other_room(bot)
        bot.server.lose_request("send", room=room, times=1)
        await bot.says(SAM, AGAIN, room=room)
        ticket = (await bot.tickets())[1]
        assert (ticket.state, ticket.outcome) == (State.ANSWERED, Outcome.TWIN)
        opens_to_guests(bot, room, SAM)
        await bot.advance(minutes=1)
        assert WORDS not in everything_in(bot, room)
        assert "🙋 oui" in bot.last(room).body, "nobody is left without a word"
        # The question goes its usual way from there.
        await bot.reacts(SAM, bot.last(room).event_id, "🙋", room=room)
        ticket = (await bot.tickets())[1]
        assert (ticket.state, ticket.outcome) == (State.ASKED, None)


async def test_it_is_shown_where_nothing_has_opened(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, encrypted=True) as bot:
        await solved(bot)
        room = await other_room(bot)
        bot.server.lose_request("send", room=room, times=1)
        await bot.says(SAM, AGAIN, room=room)
        await bot.advance(minutes=1)
        assert WORDS in everything_in(bot, room)


async def proposed(bot: BotTester, *, lost: int) -> EventId:
    """A referent proposes what was answered; the card does not arrive at first."""
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    offer = bot.last(bot.helpers)
    helper = offer.mentions[0]
    direct = await bot.direct(helper)
    await bot.says(helper, WORDS, room=bot.helpers, reply_to=offer.event_id)
    answer = bot.shown(kind="relay")[-1]
    await bot.reacts(LEA, answer.event_id, "✅")
    await bot.reacts(LEA, answer.event_id, "📌")
    bot.server.lose_request("send", room=bot.review, times=lost)
    await bot.reacts(helper, bot.last(direct).event_id, "1️⃣", room=direct)
    return answer.event_id


async def test_a_card_is_kept_from_a_review_room_that_has_opened(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, encrypted=True) as bot:
        await proposed(bot, lost=1)
        assert "thermostat" not in everything_in(bot, bot.review)
        opens_to_guests(bot, bot.review, ANNE)
        await bot.advance(minutes=1)
        assert WORDS not in everything_in(bot, bot.review)
        assert "thermostat" not in everything_in(bot, bot.review)
        [ticket] = await bot.tickets()
        assert f"réf. {ticket.ref}" in bot.last(bot.review).body
        assert await bot.running.store.run(lambda tx: tx.open_proposals()) == []


async def test_a_card_that_was_only_late_is_shown(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, encrypted=True) as bot:
        await proposed(bot, lost=1)
        await bot.advance(minutes=1)
        assert WORDS in bot.last(bot.review).body


async def test_the_words_of_a_question_that_is_taken_by_its_reference(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock, encrypted=True) as bot:
        await bot.says(LEA, UNKNOWN)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        [ticket] = await bot.tickets()
        bot.server.lose_request("send", room=bot.review, times=1)
        await bot.says(ANNE, f"!prendre {ticket.ref}", room=bot.review, to_bot=False)
        opens_to_guests(bot, bot.review, ANNE)
        await bot.advance(minutes=1)
        assert "thermostat" not in everything_in(bot, bot.review)
        assert "message direct" in bot.last(bot.review).body
