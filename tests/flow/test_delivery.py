"""Outbox to rooms: order, limits, trouble; what cannot be decided; the service as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpbot.core.effects import Kind
from helpbot.core.ids import RoomId
from helpbot.core.records import OutboxRow, Priority
from helpbot.core.tickets import State, Ticket
from helpbot.flow.runner import Bot
from helpbot.ports import LoggedOut, Store, Tx
from helpbot.testing.clock import FakeClock
from helpbot.testing.fakerooms import MESSAGE, REDACTION
from helpbot.testing.tester import BOT, LEA, PASSWORD, SAM, SESSION, UNKNOWN, BotTester

HOUR_MS = 3_600_000


async def until(condition: Callable[[], object], clock: FakeClock | None = None) -> None:
    """Let the tasks run until something holds; with a clock, time passes meanwhile."""
    while not condition():
        await asyncio.sleep(0)
        if clock is not None:
            clock.advance(ms=5)


async def outbox(bot: BotTester, *rows: tuple[RoomId, Priority]) -> list[OutboxRow]:
    """Write rows to be sent, of no ticket."""

    def write(tx: Tx) -> list[OutboxRow]:
        written = [
            tx.add_outbox(OutboxRow(f"t{n}", room, MESSAGE, content(n), priority, bot.clock.now()))
            for n, (room, priority) in enumerate(rows)
        ]
        return [row for row in written if row is not None]

    return await bot.running.store.run(write)


def content(n: int) -> dict[str, Any]:
    return {"msgtype": "m.notice", "body": f"{n}", "fr.helpbot": {"kind": Kind.STATUS.value}}


def bodies(bot: BotTester, room: RoomId) -> list[str]:
    return [m.body for m in bot.shown(room)]


async def sent_in_order(bot: BotTester) -> list[str]:
    """Send all that may go now, one at a time; returns the bodies in order."""
    deliverer, order = bot.running.deliverer, []
    while row := deliverer.next_row(bot.clock.now()):
        order.append(row.content["body"])
        deliverer.start(row)
        await deliverer.send(row)
    return order


async def test_answers_go_before_offers_before_status_before_greetings(bot: BotTester) -> None:
    rooms = [bot.school, bot.helpers, bot.review, await bot.direct(SAM)]
    kinds = (Priority.GREETING, Priority.STATUS, Priority.OFFER, Priority.ANSWER)
    rows = await outbox(bot, *zip(rooms, kinds, strict=True))
    bot.running.deliverer.add(rows, [])
    assert await sent_in_order(bot) == ["3", "2", "1", "0"]


async def test_within_a_room_the_order_is_that_of_writing(bot: BotTester) -> None:
    rows = await outbox(bot, (bot.school, Priority.STATUS), (bot.school, Priority.ANSWER))
    bot.running.deliverer.add(rows, [])
    assert await sent_in_order(bot) == ["0", "1"]


async def test_a_slow_send_in_one_room_holds_no_other(bot: BotTester) -> None:
    gate = bot.server.hold("send", room=bot.school)
    rows = await outbox(bot, *[(r, Priority.ANSWER) for r in (bot.school, bot.school, bot.helpers)])
    running = bot.running
    running.deliverer.add(rows, [])
    async with asyncio.TaskGroup() as group:
        service = group.create_task(running.run())
        await until(lambda: bodies(bot, bot.helpers) == ["2"])
        assert bodies(bot, bot.school) == []
        gate.release()
        await until(lambda: bodies(bot, bot.school) == ["0", "1"])
        running.stop()
        await until(service.done, bot.clock)


async def test_a_limited_bot_waits_everywhere_as_long_as_it_is_told(bot: BotTester) -> None:
    rows = await outbox(bot, (bot.school, Priority.ANSWER), (bot.helpers, Priority.ANSWER))
    bot.server.limit(7_000)
    bot.running.deliverer.add(rows, [])
    assert await sent_in_order(bot) == ["0"]
    bot.clock.advance(ms=6_999)
    assert await sent_in_order(bot) == []
    bot.clock.advance(ms=1)
    assert await sent_in_order(bot) == ["0", "1"]
    assert bodies(bot, bot.school) == ["0"]


async def test_trouble_in_one_room_puts_off_that_room_alone(bot: BotTester) -> None:
    rows = await outbox(bot, *[(r, Priority.ANSWER) for r in (bot.school, bot.school, bot.helpers)])
    bot.server.lose_request("send", times=2, room=bot.school)
    bot.running.deliverer.add(rows, [])
    assert await sent_in_order(bot) == ["0", "2"]
    bot.clock.advance(seconds=1)
    assert await sent_in_order(bot) == ["0"]
    bot.clock.advance(seconds=1)
    assert await sent_in_order(bot) == []
    bot.clock.advance(seconds=1)
    assert await sent_in_order(bot) == ["0", "1"]
    assert bodies(bot, bot.school) == ["0", "1"]


async def test_sends_keep_to_the_rate_of_the_settings(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, rate=1.0) as bot:
        clock.advance(minutes=1)
        rows = await outbox(bot, *[(bot.school, Priority.ANSWER)] * 14)
        bot.running.deliverer.add(rows, [])
        assert len(await sent_in_order(bot)) == 10
        assert bot.running.deliverer.next_time(clock.now()) == clock.now() + 1001
        clock.advance(seconds=2)
        assert len(await sent_in_order(bot)) == 2


async def test_a_refused_message_is_set_aside_and_the_rest_goes_on(bot: BotTester) -> None:
    rows = await outbox(bot, (bot.school, Priority.ANSWER), (bot.school, Priority.ANSWER))
    bot.server.refuse("send", "M_TOO_LARGE")
    bot.running.deliverer.add(rows, [])
    await bot.settle()
    assert bodies(bot, bot.school) == ["1"]
    await bot.restart()
    assert bodies(bot, bot.school) == ["1"]
    assert bot.running.deliverer.idle


async def answered_into(bot: BotTester, words: str = "au sous-sol") -> str:
    """Léa's question is answered by who was offered it, whose id is returned; her room takes nothing more."""
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    [offer] = bot.shown(bot.helpers, kind="offer")
    bot.server.refuse("send", "M_FORBIDDEN", times=9, room=bot.school)
    await bot.says(offer.mentions[0], words, room=bot.helpers, reply_to=offer.event_id)
    return offer.mentions[0]


async def test_an_answer_that_the_room_does_not_take_goes_to_the_direct_message(bot: BotTester) -> None:
    direct = await bot.direct(LEA)
    await answered_into(bot)
    relayed = bot.last(direct)
    assert "au sous-sol" in relayed.body
    assert relayed.mentions == (LEA,)
    assert relayed.content["fr.helpbot"]["question"] is None
    await bot.reacts(LEA, relayed.event_id, "✅", room=direct)
    assert [t.state for t in await bot.tickets()] == [State.SOLVED]


async def test_an_answer_that_can_go_nowhere_is_told_to_its_author_and_the_referents(bot: BotTester) -> None:
    helper = await answered_into(bot)
    told = bot.last(bot.helpers)
    assert "Je n’ai pas pu transmettre" in told.body
    assert told.mentions == (helper,)
    assert "je ne peux plus y écrire" in bot.last(bot.review).body
    await bot.restart()
    assert [m.body for m in bot.shown(bot.helpers)].count(told.body) == 1


async def test_edits_that_were_not_sent_yet_make_room_for_the_last(bot: BotTester) -> None:
    question = await bot.says(LEA, PASSWORD)
    bot.server.lose_request("send")
    await bot.says(LEA, SESSION, edit=question)
    await bot.says(LEA, "taille du nuage", edit=question)
    await bot.says(LEA, SESSION, edit=question)
    await bot.advance(seconds=10)
    edits = [
        e
        for e in bot.server.room(bot.school).events
        if e.sender == BOT and (e.relation or ("",))[0] == "m.replace"
    ]
    # The first may stand in the room already, for all that the bot knows: it comes to its end.
    assert len(edits) == 2
    assert bot.last().content["fr.helpbot"]["entry"] == "pix-session"


@pytest.mark.parametrize("accepted", [True, False])
async def test_an_answer_that_was_under_way_goes_with_its_question(bot: BotTester, accepted: bool) -> None:
    (bot.server.lose_reply if accepted else bot.server.lose_request)("send")
    question = await bot.says(LEA, PASSWORD)
    await bot.deletes(LEA, question)
    await bot.advance(minutes=1)
    assert bot.shown() == []
    assert bot.running.deliverer.idle
    deletions = [e for e in bot.server.room(bot.school).events if e.sender == BOT and e.type == REDACTION]
    assert len(deletions) == accepted


async def test_an_old_row_is_looked_for_before_it_is_sent_again(bot: BotTester) -> None:
    bot.server.lose_reply("send")
    lea = bot.server.person(LEA)
    lea.say(bot.school, PASSWORD, mention=[BOT])
    running = bot.running
    await running.sync_once()
    await running.handle_one()
    await running.deliver_one()
    await bot.stop()
    # The homeserver has forgotten the transaction id by then, and our echo is far back.
    bot.clock.advance(hours=25)
    await bot.start()
    assert bot.kinds() == ["answer"]
    assert "find_sent" in [r.operation for r in bot.server.requests]


# --- what cannot be decided


class PoisonedStore:
    """A store that fails whenever a question with a certain word is to be written."""

    def __init__(self, store: Store, word: str) -> None:
        self._store, self.word = store, word

    async def run(self, work: Callable[[Any], Any]) -> Any:
        return await self._store.run(lambda tx: work(PoisonedTx(tx, self.word)))

    async def close(self) -> None:
        await self._store.close()


class PoisonedTx:
    def __init__(self, tx: Tx, word: str) -> None:
        self._tx, self._word = tx, word

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    def save_ticket(self, ticket: Ticket) -> Ticket:
        if self._word in ticket.text:
            raise ValueError("our own mistake")
        return self._tx.save_ticket(ticket)


async def test_a_message_that_cannot_be_decided_is_set_aside_and_its_author_told(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock, wrap_store=lambda s: PoisonedStore(s, "girafe")) as bot:
        question = await bot.says(LEA, "où dort la girafe ?")
        await bot.says(SAM, PASSWORD)
        assert bot.kinds() == ["answer"]
        for _ in range(3):
            await bot.advance(minutes=1)
        assert bot.kinds() == ["answer"]
        await bot.restart()
        await bot.advance(minutes=1)
        assert bot.kinds() == ["answer", "status"]
        assert bot.last().reply_to == question
        await bot.restart()
        await bot.advance(hours=1)
        assert bot.kinds() == ["answer", "status"]


async def test_a_message_that_fails_once_is_answered_at_the_next_try(
    tmp_path: Path, clock: FakeClock
) -> None:
    store = PoisonedStore
    made: list[PoisonedStore] = []

    def wrap(inner: Store) -> Store:
        made.append(store(inner, "Pix"))
        return made[-1]

    async with BotTester(tmp_path, clock, wrap_store=wrap) as bot:
        await bot.says(LEA, PASSWORD)
        assert bot.kinds() == []
        made[0].word = "nothing at all"
        await bot.advance(seconds=3)
        assert bot.kinds() == ["answer"]


@pytest.mark.parametrize(("lost", "credit"), [(False, "Réponse de V"), (True, "Réponse de un·e collègue")])
async def test_a_helper_is_credited_by_the_first_name_that_the_homeserver_gives(
    bot: BotTester, lost: bool, credit: str
) -> None:
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    offer = bot.last(bot.helpers)
    if lost:
        bot.server.lose_reply("profile_name")
    await bot.says(offer.mentions[0], "au sous-sol", room=bot.helpers, reply_to=offer.event_id)
    assert credit in bot.last().body
    assert "Dupont" not in bot.last().body


# --- upkeep


async def test_everything_goes_when_its_time_has_come(bot: BotTester) -> None:
    await bot.says(LEA, PASSWORD)
    await bot.reacts(LEA, bot.last().event_id, "✅")
    await bot.says(SAM, UNKNOWN)
    bot.clock.advance(days=29)
    assert not any((await bot.sweep()).values())
    bot.clock.advance(days=2)
    gone = await bot.sweep()
    assert (gone["tickets"], gone["help_log"]) == (1, 0)
    assert gone["inbox"] > 0
    bot.clock.advance(days=60)
    gone = await bot.sweep()
    assert (gone["tickets"], gone["help_log"]) == (1, 0)
    assert await bot.tickets() == []
    bot.clock.advance(days=90)
    assert (await bot.sweep())["help_log"] == 1


# --- the service


async def test_the_service_comes_up_answers_and_drains_before_it_stops(bot: BotTester) -> None:
    running, ready = bot.running, []
    running.on_ready = lambda: ready.append(bot.clock.now())
    lea = bot.server.person(LEA)
    async with asyncio.TaskGroup() as group:
        service = group.create_task(running.run())
        await until(lambda: ready)
        lea.say(bot.school, PASSWORD, mention=[BOT])
        await until(lambda: len(bot.kinds()) == 1)
        gate = bot.server.hold("send")
        lea.say(bot.school, SESSION, mention=[BOT])
        await until(lambda: gate.waiting)
        running.stop()
        await until(lambda: running._stopping.is_set(), bot.clock)
        gate.release()
        await until(service.done, bot.clock)
    assert bot.kinds() == ["answer", "answer"]
    assert bot.running.deliverer.idle
    assert await bot.running.store.run(lambda tx: tx.unsent()) == []


async def test_timers_invitations_and_trouble_are_met_by_the_running_service(bot: BotTester) -> None:
    running = bot.running
    async with asyncio.TaskGroup() as group:
        service = group.create_task(running.run())
        bot.server.go_down()
        for _ in range(5):
            await bot.clock.elapse(seconds=10)
        bot.server.come_back()
        lea = bot.server.person(LEA)
        lea.say(bot.school, UNKNOWN, mention=[BOT])
        await until(lambda: bot.kinds() == ["route"], bot.clock)
        lea.react(bot.school, bot.last().event_id, "🙋")
        await until(lambda: len(bot.shown(bot.helpers, kind="offer")) == 1, bot.clock)
        bot.clock.advance(minutes=21)
        await until(lambda: len(bot.shown(bot.helpers, kind="offer")) == 2, bot.clock)
        room = bot.server.person(SAM).create_room(invite=[BOT])
        await until(lambda: bot.server.room(room).membership(BOT) == "join", bot.clock)
        running.stop()
        await until(service.done, bot.clock)


@pytest.mark.parametrize("while_sending", [True, False])
async def test_an_account_that_is_lost_ends_the_service_with_its_reason(
    bot: BotTester, while_sending: bool
) -> None:
    running = bot.running
    service = asyncio.create_task(running.run())
    await until(lambda: running.cursor)
    if while_sending:
        lost = LoggedOut("M_UNKNOWN_TOKEN", "gone", "log in again")
        bot.server.fail("send", lambda: lost)
        bot.server.person(LEA).say(bot.school, PASSWORD, mention=[BOT])
    else:
        bot.server.log_out(BOT)
    await until(service.done)
    assert isinstance(service.exception(), LoggedOut)


async def test_it_can_be_stopped_before_the_homeserver_ever_answered(bot: BotTester) -> None:
    running, ready = bot.running, []
    running.on_ready = lambda: ready.append(True)
    bot.server.go_down()
    service = asyncio.create_task(running.run())
    await until(lambda: running.counters.unreachable_since is not None)
    running.stop()
    await until(service.done)
    assert service.exception() is None
    assert not ready


async def test_stopping_has_an_end_although_the_homeserver_is_silent(bot: BotTester) -> None:
    running: Bot = bot.running
    service = asyncio.create_task(running.run())
    gate = bot.server.hold("send")
    bot.server.person(LEA).say(bot.school, PASSWORD, mention=[BOT])
    await until(lambda: gate.waiting)
    running.stop()
    began = bot.clock.now()
    await until(service.done, bot.clock)
    assert service.exception() is None
    assert bot.clock.now() - began < 60_000
    assert len(await running.store.run(lambda tx: tx.unsent())) == 1
    gate.release()
