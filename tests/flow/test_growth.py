"""Reciprocity once a term, and somebody who learns goes first where few carry a theme."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from helpbot.core.growth import term_of
from helpbot.core.routing import Caps
from helpbot.core.tickets import Plan, State
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import LEA, PASSWORD, BotTester

NOVICE, EXPERT = "@nina:test", "@vera:test"
FREE = Plan(caps=Caps(50, 50, 50))


@pytest.mark.parametrize(
    ("day", "term", "first"),
    [
        (date(2026, 9, 1), "2026-1", date(2026, 9, 1)),
        (date(2026, 12, 31), "2026-1", date(2026, 9, 1)),
        (date(2027, 1, 1), "2026-2", date(2027, 1, 1)),
        (date(2027, 4, 2), "2026-3", date(2027, 4, 1)),
        (date(2027, 8, 31), "2026-3", date(2027, 4, 1)),
    ],
)
def test_terms(day: date, term: str, first: date) -> None:
    assert term_of(day) == (term, first)


async def helped(bot: BotTester, number: int) -> None:
    """Lea asks, says that the FAQ does not help, is answered by a volunteer and says ✅."""
    await bot.says(LEA, f"{PASSWORD} n° {number}")
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    offer = bot.shown(bot.helpers, kind="offer")[-1]
    await bot.says(offer.mentions[0], "voilà", room=bot.helpers, reply_to=offer.event_id)
    await bot.reacts(LEA, bot.shown(kind="relay")[-1].event_id, "✅")


async def test_who_was_helped_often_is_invited_once_a_term_and_privately(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock, plan=FREE) as bot:
        room = await bot.direct(LEA)
        for n in range(2):
            await helped(bot, n)
        assert bot.shown(room) == []
        for n in range(3):
            await helped(bot, 2 + n)
        [invitation] = bot.shown(room)
        assert "!volontaire pix" in invitation.body
        assert "!volontaire" not in "".join(m.body for m in bot.shown())
        assert invitation.msgtype == "m.notice"
        await bot.advance(days=120)
        for n in range(3):
            await helped(bot, 5 + n)
        assert len(bot.shown(room)) == 2


async def test_a_volunteer_gives_already(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, plan=FREE) as bot:
        room = await bot.direct(LEA)
        await bot.says(LEA, "!volontaire apps", room=room, to_bot=False)
        stood = len(bot.shown(room))
        for n in range(4):
            await helped(bot, n)
        assert len(bot.shown(room)) == stood


async def test_who_answers_well_beside_their_themes_is_asked_once_a_term_to_offer_it(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock, plan=FREE) as bot:
        room = await bot.direct(EXPERT)
        for seed in bot.seeds:  # nobody offers it: the question is posted for whoever comes by
            await bot.says(seed.user, "!volontaire sans pix", room=bot.helpers, to_bot=False)

        async def solves(number: int, mark: str) -> None:
            await pix(bot, f"{PASSWORD} n° {number}")
            post = bot.shown(bot.helpers, kind="offer")[-1]
            await bot.says(EXPERT, "voilà", room=bot.helpers, reply_to=post.event_id)
            await bot.reacts(LEA, bot.shown(kind="relay")[-1].event_id, mark)

        def asked() -> list[str]:
            return [m.body for m in bot.shown(room) if "ont aidé plus d’une fois" in m.body]

        await solves(1, "✅")
        await solves(2, "❌")
        assert asked() == []
        await solves(3, "✅")
        await solves(4, "✅")
        [words] = asked()
        assert "!volontaire pix" in words
        assert "ont aidé" not in "".join(m.body for m in bot.shown() + bot.shown(bot.helpers))
        await bot.advance(days=120)
        await solves(5, "✅")
        assert len(asked()) == 1
        await solves(6, "✅")
        assert len(asked()) == 2, "another term"


async def pix(bot: BotTester, text: str = PASSWORD) -> None:
    await bot.says(LEA, text)
    await bot.reacts(LEA, bot.last().event_id, "🙋")


async def test_somebody_who_learns_goes_first_and_the_expert_is_told(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock, volunteers=(EXPERT,)) as bot:
        bot.server.person(NOVICE, name="Nina")
        rooms = {user: await bot.direct(user) for user in (NOVICE, EXPERT)}
        await bot.says(NOVICE, "!volontaire apprendre pix", room=rooms[NOVICE], to_bot=False)
        await pix(bot)
        [offer] = bot.shown(rooms[NOVICE], kind="offer")
        assert offer.mentions == (NOVICE,)
        told = bot.last(rooms[EXPERT])
        assert told.msgtype == "m.notice"
        assert "apprend" in told.body
        assert "Nina" not in told.body
        assert bot.shown(rooms[EXPERT], kind="offer") == []
        await bot.advance(minutes=46)
        assert len(bot.shown(rooms[EXPERT], kind="offer")) == 1, "then the expert, as ever"
        [ticket] = await bot.tickets()
        assert ticket.state is State.ASKED


async def test_where_five_carry_a_theme_nobody_learns_on_it(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock) as bot:
        bot.server.person(NOVICE, name="Nina")
        room = await bot.direct(NOVICE)
        await bot.says(NOVICE, "!volontaire apprendre pix", room=room, to_bot=False)
        await pix(bot)
        assert bot.shown(room, kind="offer") == []


async def test_a_long_question_goes_to_those_who_know(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, volunteers=(EXPERT,)) as bot:
        bot.server.person(NOVICE, name="Nina")
        room = await bot.direct(NOVICE)
        await bot.says(NOVICE, "!volontaire apprendre pix", room=room, to_bot=False)
        await pix(bot, PASSWORD + " " + "et le mot de passe " * 8)
        assert bot.shown(room, kind="offer") == []
