"""The contract of `Homeserver`: cursor, order, gaps, history."""

from __future__ import annotations

import asyncio

import pytest
from worlds import Follower, World, room_with_bot, say

from helpbot.core.incoming import Membership
from helpbot.ports import LoggedOut


async def test_without_a_cursor_only_rooms_and_invitations_are_told(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    await say(lea, room, "de l'histoire ancienne")
    invited = await lea.create_room(invite=[world.bot.user_id])
    await world.restart()
    world.joined.clear()
    seen = await Follower.start(world)
    assert seen.items == []
    assert seen.gaps == 0
    assert seen.memberships == {room: Membership.JOIN, invited: Membership.INVITE}
    assert seen.facts[room].encrypted is world.encrypted
    await say(lea, room, "une question")
    await seen.until_said(room, "une question")


async def test_news_come_once_and_in_their_room_s_order(world: World) -> None:
    lea, paul = await world.teacher("lea"), await world.teacher("paul")
    one, two = await room_with_bot(world, lea), await room_with_bot(world, paul)
    seen = await Follower.start(world)
    for number in range(3):
        await say(lea, one, f"un {number}")
        await say(paul, two, f"deux {number}")
    await seen.until_said(one, "un 0", "un 1", "un 2")
    await seen.until_said(two, "deux 0", "deux 1", "deux 2")
    batch = await seen.step(wait_ms=0)
    assert [item for news in batch.rooms for item in news.events] == []


async def test_the_same_cursor_again_gives_the_same_news(world: World) -> None:
    """A batch that was not stored, since the database or the process failed, is asked for again.

    What it says of the room counts as much as the messages: the store must hear that guests may sit.
    """
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    await say(lea, room, "une question")
    await lea.set_state(room, "im.vector.room.access_rules", {"rule": "unrestricted"})
    cursor = seen.cursor
    await seen.until(lambda seen: seen.facts[room].access == "unrestricted")
    again = Follower(world)
    again.facts.clear()
    again.cursor = cursor
    await again.until(lambda again: room in again.facts)
    assert again.messages(room) == seen.messages(room) != []
    assert again.facts[room] == seen.facts[room]


async def test_a_waiting_sync_is_woken_by_a_message(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    waiting = asyncio.create_task(seen.step(wait_ms=20_000))
    await asyncio.sleep(0)
    event = await say(lea, room, "une question")
    await asyncio.wait_for(waiting, 15)
    assert (await seen.get(event)).event_id == event


async def test_a_gap_is_told_and_filled_up_to_the_cursor(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    await say(lea, room, "avant")
    await seen.until_said(room, "avant")
    said = [f"question {number}" for number in range(120)]
    for body in said:
        await say(lea, room, body)
    await seen.until_said(room, "avant", *said)
    assert seen.gaps == 1


async def test_a_gap_is_filled_after_a_restart_too(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    said = [f"question {number}" for number in range(60)]
    for body in said:
        await say(lea, room, body)
    seen.hs = await world.restart()
    seen.hs.restore(seen.facts.values())
    await seen.until_said(room, *said)


async def test_what_was_said_before_the_bot_came_is_never_given(world: World) -> None:
    lea = await world.teacher("lea")
    seen = await Follower.start(world)
    room = await lea.create_room(encrypted=world.encrypted, invite=[world.bot.user_id])
    await say(lea, room, "avant")
    await seen.until(lambda seen: room in seen.memberships)
    await say(lea, room, "pendant l'invitation")
    await seen.join(room)
    await say(lea, room, "après")
    await seen.until_said(room, "après")
    assert any(news.joined_here for news in seen.news)
    assert seen.gaps == 0


async def test_a_gap_that_reaches_back_to_the_join_stops_there(world: World) -> None:
    lea = await world.teacher("lea")
    seen = await Follower.start(world)
    room = await lea.create_room(encrypted=world.encrypted, invite=[world.bot.user_id])
    await say(lea, room, "avant")
    await seen.join(room)
    said = [f"question {number}" for number in range(60)]
    for body in said:
        await say(lea, room, body)
    await seen.until_said(room, *said)
    assert seen.facts[room].encrypted is world.encrypted


async def test_a_new_name_is_no_new_join(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    await say(lea, room, "avant")
    await world.rename_bot("Aide numérique [DRANE]")
    await say(lea, room, "après")
    await seen.until_said(room, "avant", "après")
    assert world.bot.display_name == "Aide numérique"  # the brackets are Tchap's
    assert not any(news.joined_here for news in seen.news)


async def test_a_restart_neither_repeats_nor_loses(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    await say(lea, room, "un")
    await seen.until_said(room, "un")
    await say(lea, room, "deux")
    seen.hs = await world.restart()
    seen.hs.restore(seen.facts.values())
    await say(lea, room, "trois")
    await seen.until_said(room, "un", "deux", "trois")
    answer = await seen.hs.send(room, "m.room.message", {"msgtype": "m.text", "body": "oui"}, "t1")
    read = await lea.reads(room, answer)
    assert read is not None
    assert read["body"] == "oui"


async def test_a_key_that_comes_late_opens_what_was_kept(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea, encrypted=True)
    seen = await Follower.start(world)
    await say(lea, room, "lisible")
    await seen.until_said(room, "lisible")
    await lea.withhold_keys(room)
    event = await say(lea, room, "pas encore")
    await seen.until(lambda seen: seen.sealed)
    (sealed,) = seen.sealed
    assert (sealed.event_id, sealed.room, sealed.sender) == (event, room, lea.user_id)
    assert "pas encore" not in sealed.raw
    assert await seen.hs.unseal(sealed) == sealed
    seen.hs = await world.restart()
    seen.hs.restore(seen.facts.values())
    await lea.release_keys()
    await seen.until(lambda seen: not seen.sealed)
    await seen.until_said(room, "lisible", "pas encore")
    assert seen.messages(room)[1].encrypted
    assert seen.messages(room)[1].at == sealed.at


async def test_a_key_is_told_again_when_its_sync_is(world: World) -> None:
    """The database failed after the sync that brought the key: what waits for it must still open."""
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea, encrypted=True)
    seen = await Follower.start(world)
    await lea.withhold_keys(room)
    await say(lea, room, "pas encore")
    await seen.until(lambda seen: seen.sealed)
    (sealed,) = seen.sealed
    await lea.release_keys()
    cursor = seen.cursor
    await seen.until(lambda seen: not seen.sealed)
    again = Follower(world)
    again.hs = await world.restart()
    again.hs.restore(seen.facts.values())
    again.cursor, again.sealed = cursor, [sealed]
    await again.until(lambda again: not again.sealed)


async def test_a_session_that_has_ended_is_said_to_be(world: World) -> None:
    seen = await Follower.start(world)
    await world.end_session()
    with pytest.raises(LoggedOut) as ended:
        await seen.step(wait_ms=0)
    assert ended.value.code == "M_UNKNOWN_TOKEN"
