"""Rule 6 of finding a helper: nobody left is a post, then a digest each school morning, then referents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from helpbot.core.ids import EventId
from helpbot.core.routing import Caps
from helpbot.core.tickets import Outcome, Plan, State
from helpbot.flow.setting import RoomPolicy
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import ANNE, LEA, SAM, UNKNOWN, BotTester

TUESDAY = 1_790_665_200_000
"""29 September 2026, 9:00 in Paris."""
FRIDAY = TUESDAY - 4 * 86_400_000 + 7 * 3_600_000
HOURS = "lun-ven 08:00-18:00"


@asynccontextmanager
async def school(folder: Path, *, at: int = TUESDAY, **more: object) -> AsyncIterator[BotTester]:
    plan = Plan(waves=(1,), caps=Caps(50, 50, 50))
    volunteers = ("@vera:test",)
    async with BotTester(
        folder,
        FakeClock(at),
        hours=HOURS,
        plan=plan,
        volunteers=volunteers,
        **more,  # type: ignore[arg-type]
    ) as bot:
        yield bot


async def nobody(bot: BotTester, words: str = UNKNOWN, user: str = LEA) -> str:
    question = await bot.says(user, words)
    await bot.reacts(user, bot.last().event_id, "🙋")
    await bot.advance(minutes=46)
    return question


async def test_what_found_nobody_is_told_again_in_the_morning_without_a_ping(tmp_path: Path) -> None:
    async with school(tmp_path) as bot:
        await nobody(bot)
        await nobody(bot, UNKNOWN + " et sa notice", SAM)
        assert "le mercredi 30\u00a0septembre à 8\u00a0h" in bot.last().body
        before = len(bot.shown())
        await bot.advance(hours=23)
        digest = bot.last(bot.helpers)
        assert digest.msgtype == "m.notice"
        assert digest.mentions == ()
        for ticket in await bot.tickets():
            assert ticket.ref in digest.body
        assert "thermostat" in digest.body
        assert "Léa" not in digest.body
        assert len(bot.shown()) == before, "askers are told by an edit"
        for status in bot.shown():
            assert "aux référents le jeudi 1er\u00a0octobre à 8\u00a0h" in status.body


async def test_referents_come_last_in_one_message_of_all(tmp_path: Path) -> None:
    async with school(tmp_path) as bot:
        bot.server.person(ANNE).join(bot.review)
        await nobody(bot)
        await nobody(bot, UNKNOWN + " et sa notice", SAM)
        await bot.advance(hours=23)
        assert bot.shown(bot.review) == []
        await bot.advance(days=1)
        [told] = bot.shown(bot.review)
        assert told.mentions == (ANNE,)
        assert told.body.count("thermostat") == 2
        assert "Les référents sont prévenus" in bot.shown()[0].body
        await bot.advance(days=1)
        assert len(bot.shown(bot.review)) == 1, "referents are told once of a question"
        first = (await bot.tickets())[0]
        await bot.says(ANNE, f"!reponse {first.ref} il est au sous-sol", room=bot.review, to_bot=False)
        assert "il est au sous-sol" in bot.shown(kind="relay")[0].body
        assert (await bot.tickets())[0].state is State.ANSWERED
        await bot.reacts(LEA, bot.shown(kind="relay")[0].event_id, "✅")
        assert (await bot.totals()).ended == {"referent": 1}


async def test_thin_themes_are_named_to_referents_and_nobody_with_them(tmp_path: Path) -> None:
    async with school(tmp_path) as bot:
        await bot.says(LEA, "un élève a perdu son mot de passe Pix")
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        await bot.advance(minutes=46)
        await bot.advance(days=1)
        await bot.advance(days=1)
        told = bot.last(bot.review).body
        assert "moins de 5 volontaires" in told.casefold()
        assert "pix" in told.casefold()
        assert "vera" not in told.casefold()


async def test_the_digest_waits_for_school(tmp_path: Path) -> None:
    """Asked on the last Friday before the Toussaint holidays, at 14:00."""
    async with school(tmp_path, at=1_792_152_000_000) as bot:
        await nobody(bot)
        stood = len(bot.shown(bot.helpers))
        await bot.advance(days=10)
        assert len(bot.shown(bot.helpers)) == stood
        await bot.advance(days=7)
        assert len(bot.shown(bot.helpers)) == stood + 1


async def test_a_digest_shows_no_text_where_it_may_not_be_seen(tmp_path: Path) -> None:
    async with school(tmp_path, encrypted=True) as bot:
        review = bot.server.person(ANNE).create_room(encrypted=False, invite=["@helpbot:test"])
        await bot.settle()
        bot.set_policy(review_room=review)
        await nobody(bot)
        await bot.advance(days=1)
        await bot.advance(days=1)
        [told] = bot.shown(review)
        assert "thermostat" not in told.body
        assert (await bot.tickets())[0].ref in told.body


async def test_there_is_no_digest_of_nothing(tmp_path: Path) -> None:
    async with school(tmp_path) as bot:
        await nobody(bot)
        stood = len(bot.shown(bot.helpers))
        await bot.says(LEA, "!annuler")
        await bot.advance(days=2)
        assert len(bot.shown(bot.helpers)) == stood


async def test_a_digest_is_said_once_whatever_the_crash(tmp_path: Path) -> None:
    async with school(tmp_path) as bot:
        await nobody(bot)
        stood = len(bot.shown(bot.helpers))
        bot.clock.advance(hours=23)
        await bot.restart()
        await bot.restart()
        assert len(bot.shown(bot.helpers)) == stood + 1


async def test_taking_by_reference(tmp_path: Path) -> None:
    async with school(tmp_path, room_settings=RoomPolicy()) as bot:
        await nobody(bot)
        [ticket] = await bot.tickets()
        await bot.says(SAM, f"!prendre {ticket.ref}")
        assert "inscrites comme volontaires" in bot.last().body
        await bot.says("@vera:test", "!prendre ZZZZZ", room=bot.helpers, to_bot=False)
        assert "référence" in bot.last(bot.helpers).body
        await bot.says("@vera:test", f"!prendre {ticket.ref.lower()}", room=bot.helpers, to_bot=False)
        [ticket] = await bot.tickets()
        assert (ticket.state, ticket.helper) == (State.CLAIMED, "@vera:test")
        status = bot.shown()[0].body
        assert "Vera s’occupe" in status
        assert "Sans nouvelles de sa part à 11\u00a0h\u00a006" in status
        await bot.says("@vera:test", f"!reponse {ticket.ref} au fond", room=bot.helpers, to_bot=False)
        assert (await bot.tickets())[0].outcome is Outcome.VOLUNTEER


async def test_a_digest_goes_with_a_question_that_it_shows(tmp_path: Path) -> None:
    for how in ("deleted", "forgotten"):
        async with school(tmp_path / how) as bot:
            bot.server.person(ANNE).join(bot.review)
            question = await nobody(bot)
            await nobody(bot, UNKNOWN + " et sa notice", SAM)
            await bot.advance(hours=23)
            await bot.advance(days=1)
            assert any("thermostat" in m.body for m in bot.shown(bot.review))
            if how == "deleted":
                await bot.deletes(LEA, EventId(question))
            else:
                await bot.says(LEA, "!oubliezmoi oui")
            shown = [
                m.body for m in (*bot.shown(bot.helpers), *bot.shown(bot.review)) if "thermostat" in m.body
            ]
            assert all("et sa notice" in body and body.count("thermostat") == 1 for body in shown)
            await bot.advance(days=1)
            assert (await bot.running.store.run(lambda tx: tx.backlog())).outbox_parked == 0


async def test_the_last_day_that_is_told_is_the_one_on_which_it_ends(tmp_path: Path) -> None:
    """Asked on a Friday at 16:00, agreed to on Monday, without anybody until Tuesday."""
    async with school(tmp_path, at=FRIDAY) as bot:
        await bot.says(LEA, UNKNOWN)
        await bot.advance(days=3)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        for _ in range(2):
            await bot.advance(days=1)
            assert "jusqu’au 5\u00a0octobre" in bot.last().body
        await bot.advance(days=5, hours=-1)
        assert "jusqu’à 16\u00a0h." in bot.last().body
        await bot.advance(hours=2)
        [ticket] = await bot.tickets()
        assert ticket.state is State.EXPIRED
        # The morning's digest showed it: whoever knows the answer now may still give it.
        await bot.says(ANNE, f"!reponse {ticket.ref} il est au sous-sol", room=bot.review, to_bot=False)
        assert "il est au sous-sol" in bot.shown(kind="relay")[0].body


async def test_the_volunteers_read_each_morning_of_what_is_open(tmp_path: Path) -> None:
    async with school(tmp_path) as bot:
        await nobody(bot)
        stood = len(bot.shown(bot.helpers))
        for morning in range(1, 4):
            await bot.advance(days=1)
            assert len(bot.shown(bot.helpers)) == stood + morning, "also on that of the referents"
