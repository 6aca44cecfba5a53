"""Rooms that are upgraded: the bot goes along, with all that it keeps, and greets nobody twice."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpbot.core.ids import RoomId
from helpbot.core.incoming import Access
from helpbot.core.moves import MoveState, where_now
from helpbot.flow.moved import LOOKED_BACK
from helpbot.flow.setting import RoomPolicy
from helpbot.ports import Refused
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import ANNE, BOT, LEA, PASSWORD, SAM, SESSION, UNKNOWN, BotTester

VERA = "@vera:test"


def everything(bot: BotTester, room: RoomId) -> list[str]:
    """The kinds of all that the bot said in a room, greetings too."""
    mine = [m for m in bot.server.room(room).timeline() if m.sender == BOT]
    return [str((m.helpbot or {}).get("kind")) for m in mine]


async def upgraded(bot: BotTester, room: RoomId, by: str = LEA, **how: object) -> RoomId:
    """Somebody upgrades a room, and their client invites the bot as those do."""
    new = bot.server.person(by).upgrade(room, invite=[BOT], **how)
    await bot.settle()
    return new


async def states(bot: BotTester) -> list[str]:
    return [move.state.value for move in await bot.running.store.run(lambda tx: tx.moves())]


def test_a_chain_and_a_ring_of_replacements() -> None:
    a, b, c = RoomId("!a"), RoomId("!b"), RoomId("!c")
    assert where_now(a, {}) == a
    assert where_now(a, {a: b, b: c}) == c
    assert where_now(a, {a: b, b: a}) in (a, b)


@pytest.mark.parametrize("restarted", [False, True])
async def test_the_bot_goes_along_and_greets_nobody_twice(bot: BotTester, restarted: bool) -> None:
    await bot.says(LEA, "!reglages fils oui")
    new = await upgraded(bot, bot.school)
    if restarted:
        await bot.restart()
    assert bot.server.room(new).membership(BOT) == "join"
    assert everything(bot, new) == []
    question = await bot.says(LEA, PASSWORD, room=new)
    assert bot.kinds(new) == ["answer"]
    assert bot.last(new).thread == question, "the room's own settings came along"
    assert bot.running.setting.policy.room(new).level == "collège", "the configuration's as well"


async def test_what_was_said_there_before_the_bot_came_is_not_answered(bot: BotTester) -> None:
    lea = bot.server.person(LEA)
    new = lea.upgrade(bot.school)
    lea.say(new, PASSWORD, mention=[BOT])
    lea.invite(new, BOT)
    await bot.settle()
    assert everything(bot, new) == []
    await bot.says(LEA, SESSION, room=new)
    assert bot.kinds(new) == ["answer"]


async def test_a_room_upgraded_while_the_bot_was_down(bot: BotTester) -> None:
    await bot.stop()
    new = bot.server.person(LEA).upgrade(bot.school, invite=[BOT])
    await bot.start()
    assert everything(bot, new) == []
    await bot.says(LEA, PASSWORD, room=new)
    assert bot.kinds(new) == ["answer"]


async def test_a_room_upgraded_before_the_bot_knew_of_upgrades(bot: BotTester) -> None:
    new = bot.server.person(LEA).upgrade(bot.school, public=True)
    await bot.running.store.run(lambda tx: tx.set_cursor(f"s{bot.server.position}"))
    await bot.stop()
    await bot.start()
    assert bot.server.room(new).membership(BOT) == "leave", "it looks once only"
    await bot.running.store.run(lambda tx: tx.remember(LOOKED_BACK, ""))
    await bot.stop()
    await bot.start()
    assert bot.server.room(new).membership(BOT) == "join"
    assert everything(bot, new) == []


async def test_a_pending_choice_and_an_open_question_go_on_in_the_new_room(bot: BotTester) -> None:
    await bot.says(LEA, UNKNOWN)
    assert bot.kinds() == ["route"]
    new = await upgraded(bot, bot.school)
    await bot.says(LEA, "🙋", room=new, to_bot=False)
    [offer] = bot.shown(bot.helpers, kind="offer")
    await bot.reacts(offer.mentions[0], offer.event_id, "✋", room=bot.helpers)
    assert "status" in bot.kinds(new), "the asker hears of it where they are now"
    assert bot.kinds() == ["route"], "nothing more is said in the old room"
    await bot.says(offer.mentions[0], "Au sous-sol, bouton vert.", room=bot.helpers, reply_to=offer.event_id)
    answer = bot.shown(new, kind="relay")[0]
    assert "bouton vert" in answer.body
    assert answer.reply_to is None, "the question stands in another room"
    await bot.reacts(LEA, answer.event_id, "✅", room=new)
    assert (await bot.tickets())[0].state == "solved"


async def test_the_volunteers_room_goes_on_with_its_open_offers(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock) as bot:
        await bot.says(LEA, UNKNOWN)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        [offer] = bot.shown(bot.helpers, kind="offer")
        new = await upgraded(bot, bot.helpers, ANNE)
        for user in ("@vera:test", "@victor:test", "@valentin:test", "@violette:test", "@vincent:test"):
            bot.server.person(ANNE).invite(new, user)
            bot.server.person(user).join(new)
        [again] = bot.shown(new, kind="offer")
        assert again.body == offer.body
        assert (again.msgtype, again.mentions) == ("m.notice", ()), "nobody's telephone rings again"
        await bot.reacts(offer.mentions[0], again.event_id, "✋", room=new)
        assert (await bot.tickets())[0].state == "claimed"
        await bot.says(offer.mentions[0], "Au sous-sol.", room=new, reply_to=again.event_id)
        assert "sous-sol" in bot.shown(kind="relay")[0].body


@pytest.mark.parametrize("restarted", [False, True])
async def test_rooms_of_the_configuration_are_followed_over_two_upgrades(
    bot: BotTester, restarted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    between = await upgraded(bot, bot.helpers, ANNE)
    new = await upgraded(bot, between, ANNE)
    review = await upgraded(bot, bot.review, ANNE)
    if restarted:
        await bot.restart()
        assert "helpbot check says which" in caplog.text
    policy = bot.running.setting.policy
    assert (policy.volunteers_room, policy.review_room) == (new, review)
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    assert bot.kinds(new) == ["offer"]
    assert bot.shown(bot.helpers) == bot.shown(between) == []


@pytest.mark.parametrize("moderates", [False, True])
async def test_a_more_open_room_is_joined_but_gets_nothing_of_what_was_asked_before(
    tmp_path: Path, clock: FakeClock, moderates: bool
) -> None:
    async with BotTester(tmp_path, clock) as bot:
        if moderates:  # it might still write into the old room, where nobody looks any more
            bot.server.person(LEA).promote(bot.school, BOT)
        direct = await bot.direct(LEA)
        await bot.says(LEA, UNKNOWN)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        [offer] = bot.shown(bot.helpers, kind="offer")
        helper = offer.mentions[0]
        await bot.reacts(helper, offer.event_id, "✋", room=bot.helpers)
        new = await upgraded(bot, bot.school, access=Access.UNRESTRICTED)
        assert bot.kinds(new) == ["status"]
        assert bot.last(new).msgtype == "m.notice"
        assert "message direct" in bot.last(new).body
        await bot.says(helper, "Au sous-sol, bouton vert.", room=bot.helpers, reply_to=offer.event_id)
        assert "bouton vert" in bot.last(direct).body
        assert bot.shown(kind="relay") == []
        assert bot.kinds(new) == ["status"]
        await bot.says(LEA, PASSWORD, room=new)
        assert bot.kinds(new) == ["status", "answer"]
        backlog = await bot.running.store.run(lambda tx: tx.backlog())
        assert backlog.outbox_parked == 0, "nobody is called to look at what the old room did not take"


async def test_a_more_open_volunteers_room_is_shown_no_question_of_a_closed_one(bot: BotTester) -> None:
    new = await upgraded(bot, bot.helpers, ANNE, access=Access.UNRESTRICTED)
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    assert bot.shown(new, kind="offer") == []
    assert "thermostat" not in str([m.body for m in bot.shown(new)])


async def test_nobody_leads_the_bot_into_a_room_that_does_not_go_on_from_its_own(
    bot: BotTester, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    lea = bot.server.person(LEA)
    trap = lea.create_room(public=True)
    lea.entomb(bot.school, trap)
    await bot.settle()
    assert bot.server.room(trap).membership(BOT) == "leave"
    assert everything(bot, trap) == []
    assert await states(bot) == [MoveState.REFUSED]
    assert "does not say so" in caplog.text
    assert bot.running.setting.policy.room(trap) == RoomPolicy()


async def test_a_room_that_it_is_invited_to_and_that_names_no_other_is_a_new_one(bot: BotTester) -> None:
    lea = bot.server.person(LEA)
    other = lea.create_room(invite=[BOT])
    lea.entomb(bot.school, other)
    await bot.settle()
    assert everything(bot, other) == ["greeting"]
    assert bot.running.setting.policy.room(other) == RoomPolicy()


async def test_a_stranger_leads_the_bot_nowhere(bot: BotTester, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    mallory = "@mallory:elsewhere"
    lea = bot.server.person(LEA)
    lea.invite(bot.school, mallory)
    bot.server.person(mallory).join(bot.school)
    lea.promote(bot.school, mallory)
    new = await upgraded(bot, bot.school, mallory, public=True)
    assert bot.server.room(new).membership(BOT) == "leave"
    assert "not trusted" in caplog.text
    assert await states(bot) == []


async def test_an_invitation_of_a_stranger_to_the_new_room_is_declined_as_ever(bot: BotTester) -> None:
    lea, mallory = bot.server.person(LEA), "@mallory:elsewhere"
    new = lea.upgrade(bot.school)
    lea.invite(new, mallory)
    bot.server.person(mallory).join(new)
    bot.server.person(mallory).invite(new, BOT)
    await bot.settle()
    assert bot.server.room(new).membership(BOT) == "leave"
    lea.invite(new, BOT)
    await bot.settle()
    assert bot.server.room(new).membership(BOT) == "join"
    assert everything(bot, new) == []


async def test_where_the_bot_is_not_let_in_it_says_so_once_and_comes_when_it_is_invited(
    bot: BotTester, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    await bot.says(LEA, "!reglages fils oui")
    new = bot.server.person(LEA).upgrade(bot.school)
    await bot.settle()
    for _ in range(4):
        await bot.advance(minutes=10)
    assert [r.message for r in caplog.records].count(
        "a room was replaced, and the new one does not let the bot in: invite it there"
    ) == 1
    assert await states(bot) == [MoveState.WAITING]
    bot.server.person(LEA).invite(new, BOT)
    await bot.settle()
    assert await states(bot) == [MoveState.DONE]
    question = await bot.says(LEA, PASSWORD, room=new)
    assert bot.last(new).thread == question
    assert everything(bot, new) == ["answer"]


async def test_an_answer_that_the_old_room_refuses_meanwhile_goes_to_the_new_one(bot: BotTester) -> None:
    new = bot.server.person(LEA).upgrade(bot.school, invite=[BOT])
    bot.server.limit(30_000, operation="join")
    await bot.settle()
    assert bot.server.room(new).membership(BOT) == "invite"
    bot.server.person(LEA).say(bot.school, PASSWORD, mention=[BOT])  # she may: it is her room
    bot.server.limit(60_000, operation="send")
    await bot.settle()
    await bot.advance(seconds=31)
    assert bot.server.room(new).membership(BOT) == "join"
    await bot.advance(seconds=60)
    assert bot.kinds() == []
    assert bot.kinds(new) == ["answer"]


async def test_a_question_of_a_thread_is_answered_outside_of_it_in_the_new_room(bot: BotTester) -> None:
    root = bot.server.person(SAM).say(bot.school, "bonjour")
    question = bot.server.person(LEA).say(bot.school, UNKNOWN, mention=[BOT], thread=root)
    await bot.settle()
    assert bot.last().thread == root
    new = await upgraded(bot, bot.school)
    await bot.says(LEA, "🙋", room=new, to_bot=False)
    assert bot.last(new).thread is None
    assert bot.last(new).content["fr.helpbot"]["question"] == question


async def test_what_would_change_an_old_message_is_said_in_the_new_room(bot: BotTester) -> None:
    question = await bot.says(LEA, PASSWORD)
    new = bot.server.person(LEA).upgrade(bot.school, invite=[BOT])
    bot.server.limit(30_000, operation="join")
    await bot.settle()
    bot.server.person(LEA).say(bot.school, SESSION, edit=question)
    bot.server.limit(60_000, operation="send")
    await bot.settle()
    await bot.advance(seconds=31)
    assert bot.server.room(new).membership(BOT) == "join"
    await bot.advance(seconds=60)
    backlog = await bot.running.store.run(lambda tx: tx.backlog())
    assert (backlog.outbox_waiting, backlog.outbox_parked) == (0, 0)
    assert bot.kinds(new) == ["answer"]
    assert bot.last(new).content["fr.helpbot"]["entry"] == "pix-session"
    assert not bot.last(new).body.startswith("*")


@pytest.mark.parametrize("lost", ["join", "predecessor"])
async def test_a_lost_reply_on_the_way_costs_nothing(bot: BotTester, lost: str) -> None:
    bot.server.lose_reply(lost)  # type: ignore[arg-type]
    new = await upgraded(bot, bot.school)
    await bot.advance(seconds=10)
    assert await states(bot) == [MoveState.DONE]
    assert everything(bot, new) == []


async def test_a_direct_message_goes_on_and_is_the_one_that_is_used(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock) as bot:
        old = await bot.direct(VERA)
        new = await upgraded(bot, old, VERA)
        assert everything(bot, new) == []
        direct = await bot.running.store.run(lambda tx: tx.direct_room(VERA))
        assert direct is not None
        assert direct.room == new
        await bot.says(VERA, PASSWORD, room=new, to_bot=False)
        assert bot.kinds(new) == ["answer"]
        await bot.says(VERA, SESSION, room=old, to_bot=False)  # both moderate there
        assert bot.kinds(old) == []
        assert bot.kinds(new) == ["answer", "answer"]
        assert bot.last(new).reply_to is None, "the question stands in the other one"


async def test_another_tombstone_after_the_first_was_followed_changes_nothing(bot: BotTester) -> None:
    new = await upgraded(bot, bot.school)
    other = await upgraded(bot, bot.school)
    assert bot.running.setting.policy.moved == {bot.school: new}
    assert everything(bot, other) == ["greeting"]


async def test_a_tombstone_that_names_its_own_room_or_is_told_again_is_nothing_new(bot: BotTester) -> None:
    bot.server.person(ANNE).entomb(bot.review, bot.review)
    new = bot.server.person(LEA).upgrade(bot.school)
    await bot.settle()
    await bot.advance(minutes=2)
    bot.server.person(LEA).entomb(bot.school, new)
    await bot.settle()
    [move] = await bot.running.store.run(lambda tx: tx.moves())
    assert (move.old, move.attempts) == (bot.school, 2)


async def test_a_room_that_it_was_put_out_of_keeps_nobody_from_looking_at_the_others(bot: BotTester) -> None:
    await bot.running.store.run(lambda tx: tx.remember(LOOKED_BACK, ""))
    bot.server.fail("replacement", lambda: Refused("M_FORBIDDEN", "not in the room"))
    await bot.restart()
    assert await bot.running.store.run(lambda tx: tx.remembered(LOOKED_BACK)) == "1"
    assert await states(bot) == []


@pytest.fixture(autouse=True)
def _no_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    errors = [r for r in caplog.get_records("call") if r.levelno >= logging.ERROR]
    assert [r.message for r in errors if r.name != "helpbot.deliver"] == []
