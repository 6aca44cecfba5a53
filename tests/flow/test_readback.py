"""A restored database is brought up to its rooms: nothing is said twice, nothing is left out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from helpbot.adapters.db.copying import copy_database
from helpbot.core.ids import RoomId
from helpbot.ports import Unreachable
from helpbot.testing.clock import FakeClock
from helpbot.testing.crash import CrashPlan, CrashTester
from helpbot.testing.fakerooms import Seen
from helpbot.testing.fakeserver import Device
from helpbot.testing.tester import BOT, LEA, PASSWORD, SAM, SESSION, UNKNOWN, VOLUNTEERS


class Lost(CrashTester):
    """A bot whose disk is lost, and comes back from a backup on another device."""

    def back_up(self) -> None:
        copy_database(self.folder, self.folder / "backup")

    async def come_back(self, *, device: str = "NEW", keys: str = "readable") -> None:
        """Start on the backup with another device, and the room keys that people had given by now.

        `sealed`: what the old device said itself stays unreadable; `lost`: everything does.
        """
        kept = set(self.server._devices[BOT, "HELPBOT"].opened) if keys != "lost" else set()
        if keys == "sealed":
            kept = {session for session in kept if not session.startswith(f"session of {BOT}")}
        self.server._devices[BOT, device] = Device(opened=kept, shared=set(kept))
        if self.bot is not None:
            await self.stop()
        for left in self.folder.glob("helpbot.db*"):
            left.unlink()
        shutil.copyfile(self.folder / "backup", self.folder / "helpbot.db")
        self.wrap_homeserver = lambda _: self.plan.wrap_homeserver(self.server.account(BOT, device=device))
        await self.start()

    def everything(self) -> list[list[Seen]]:
        """All that the bot's messages look like now, room by room, greetings included."""
        return [[m for m in r.timeline() if m.sender == BOT] for r in self.server.rooms.values()]

    def events(self) -> int:
        return sum(e.sender == BOT for r in self.server.rooms.values() for e in r.events)


@pytest.fixture
def bot(tmp_path: Path) -> Lost:
    return Lost(tmp_path, FakeClock(), CrashPlan(armed=False), volunteers=VOLUNTEERS[:3])


@pytest.fixture(params=["readable", "sealed"])
def keys(request: pytest.FixtureRequest) -> str:
    """Whether the new device can read what the old one said after the backup."""
    return str(request.param)


async def a_day(bot: Lost) -> RoomId:
    """Answers, a clarification, a question that goes to a volunteer and comes back, an edit, a deletion."""
    direct = await bot.direct(VOLUNTEERS[0])
    await bot.says(LEA, PASSWORD)
    await bot.reacts(LEA, bot.last().event_id, "✅")
    bot.clock.advance(minutes=5)
    await bot.says(SAM, UNKNOWN)
    await bot.reacts(SAM, bot.last().event_id, "🙋")
    await bot.advance(minutes=25)
    offer = next(m for r in bot.server.rooms for m in bot.shown(r, kind="offer"))
    room = next(r for r in bot.server.rooms if any(m.event_id == offer.event_id for m in bot.shown(r)))
    asked = offer.mentions[0]
    await bot.reacts(asked, offer.event_id, "✋", room=room)
    await bot.says(asked, "Dix secondes sur le bouton.", room=room, reply_to=offer.event_id)
    relay = bot.shown(kind="relay")[-1]
    await bot.reacts(SAM, relay.event_id, "✅")
    gone = await bot.says(LEA, SESSION)
    await bot.deletes(LEA, gone)
    edited = await bot.says(LEA, PASSWORD)
    await bot.says(LEA, SESSION, edit=edited)
    return direct


@pytest.mark.parametrize("draw", range(6))
async def test_what_was_said_since_the_backup_is_not_said_again(bot: Lost, keys: str, draw: int) -> None:
    async with bot:
        for n in range(draw):  # another event id is another reference, which draws other volunteers
            bot.server.person(LEA).say(bot.school, f"bonjour {n}")
        await bot.settle()
        bot.back_up()
        await a_day(bot)
        seen, count = bot.everything(), bot.events()
        bot.clock.advance(minutes=3)
        await bot.come_back(keys=keys)
        assert bot.everything() == seen
        assert bot.events() == count


async def test_what_came_while_it_was_gone_is_answered_once(bot: Lost) -> None:
    async with bot:
        await bot.says(LEA, PASSWORD)
        bot.back_up()
        await bot.says(SAM, SESSION)
        await bot.stop()
        question = bot.server.person(LEA).say(bot.school, UNKNOWN, mention=(BOT,))
        bot.clock.advance(minutes=10)
        before = bot.events()
        await bot.come_back()
        assert bot.events() == before + 1
        assert bot.last().reply_to == question
        # The one who asked goes on where the old device never was.
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        assert any(bot.shown(room, kind="offer") for room in bot.server.rooms)


async def test_a_search_goes_on_from_where_it_was(bot: Lost, keys: str) -> None:
    """Asked, offered and taken after the backup: the ticket is found again, with its volunteer."""
    async with bot:
        bot.back_up()
        await bot.says(SAM, UNKNOWN)
        await bot.reacts(SAM, bot.last().event_id, "🙋")
        [offer] = bot.shown(bot.helpers, kind="offer")
        await bot.reacts(offer.mentions[0], offer.event_id, "✋", room=bot.helpers)
        count = bot.events()
        await bot.come_back(keys=keys)
        assert bot.events() == count
        [ticket] = await bot.tickets()
        assert ticket.helper == offer.mentions[0]
        await bot.says(offer.mentions[0], "Voici.", room=bot.helpers, reply_to=offer.event_id)
        assert "Voici." in bot.last(bot.school).body


async def test_a_key_that_is_lost_is_told_once_for_a_room(bot: Lost) -> None:
    async with bot:
        direct = await bot.direct(LEA)
        bot.back_up()
        await bot.says(LEA, PASSWORD)  # read and answered by the device that is lost
        await bot.stop()
        bot.clock.advance(minutes=1)
        bot.server.withhold_keys(bot.school)
        bot.server.withhold_keys(direct)
        for _ in range(2):
            bot.server.person(SAM).say(bot.school, PASSWORD, mention=(BOT,))
        bot.server.person(LEA).say(direct, SESSION)
        await bot.come_back(keys="lost")
        assert [m.body[:11] for m in bot.shown(bot.school)[1:]] == ["Me revoilà,"]
        assert bot.shown(direct) == []
        await bot.advance(minutes=3)  # there is no doubt whom it was for
        assert "renvoyez-moi votre question" in bot.last(direct).body


@pytest.mark.parametrize("answer", ["ready", "cancel"])
async def test_a_verification_of_before_is_not_declined_again(bot: Lost, keys: str, answer: str) -> None:
    """What was compared with the operator, or declined, left its steps in the room."""
    async with bot:
        direct = await bot.direct(LEA)
        await bot.says(LEA, PASSWORD, room=direct, to_bot=False)  # whose key is kept
        bot.back_up()
        await bot.stop()
        lea = bot.server.person(LEA)
        request = lea.say(direct, "vérification ?", msgtype="m.key.verification.request")
        step = {"m.relates_to": {"rel_type": "m.reference", "event_id": request}}
        bot.server.accept(bot.server.room(direct), BOT, f"m.key.verification.{answer}", step)
        count = bot.events()
        await bot.come_back(keys=keys)
        assert bot.events() == count


@pytest.mark.slow
async def test_it_dies_anywhere_while_it_reads(bot: Lost, keys: str) -> None:
    async with bot:
        bot.back_up()
        await a_day(bot)
        seen, count = bot.everything(), bot.events()
        await bot.come_back(device="WHOLE", keys=keys)
        bot.plan.armed = True
        for k in range(1_000):
            bot.plan.points.clear()
            bot.plan.at = {k}
            await bot.come_back(device=f"NEW{k}", keys=keys)
            assert bot.everything() == seen, f"died at point {k}"
            assert bot.events() == count
            if len(bot.plan.points) <= k:
                break
        assert len(bot.plan.points) > 15


async def test_the_homeserver_goes_away_while_it_reads(bot: Lost) -> None:
    async with bot:
        bot.back_up()
        await bot.says(LEA, PASSWORD)
        count = bot.events()
        for operation in ("sync", "spoken"):
            bot.server.lose_request(operation)
            with pytest.raises(Unreachable):
                await bot.come_back(device=operation)
            await bot.settle()
            assert bot.events() == count


async def test_the_same_device_reads_nothing_back(bot: Lost) -> None:
    async with bot:
        await bot.says(LEA, PASSWORD)
        await bot.restart()
        assert bot.running.homeserver.device_id == "HELPBOT"
        assert not [r for r in bot.server.requests if r.operation == "spoken"]
