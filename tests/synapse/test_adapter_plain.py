"""The adapter on a real homeserver, without encryption: cursors, sends, rooms."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from stage import Stage

from helpbot.core.ids import EventId, RoomId
from helpbot.core.incoming import Echo, Membership, Message, Reaction, Redaction
from helpbot.ports import Refused, Unreachable
from helpbot.testing.synapse import LocalSynapse

pytestmark = [pytest.mark.synapse, pytest.mark.slow]


def notice(body: str) -> dict[str, object]:
    return {"msgtype": "m.notice", "body": body, "fr.helpbot": {"kind": "answer"}}


async def test_a_question_and_its_answer(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    room = await lea.create_room(encrypted=False, invite=[bot.user_id])
    room_id = await stage.joined(bot, lea, room)
    question = await lea.say(room, "Comment créer une visio ?", mention=[bot.user_id])
    [message] = await stage.events(bot, room, 1)
    assert isinstance(message, Message)
    assert (message.event_id, message.sender, message.body) == (
        question,
        lea.user_id,
        "Comment créer une visio ?",
    )
    assert message.mentions == (bot.user_id,)

    sent = await asyncio.gather(
        *(bot.send(room_id, "m.room.message", notice("Ainsi"), "t1") for _ in range(8))
    )
    assert len(set(sent)) == 1
    seen = await lea.wait(lambda event: event["event_id"] == sent[0])
    assert seen["content"]["fr.helpbot"] == {"kind": "answer"}
    await lea.react(room, sent[0], "✅")
    redaction = await lea.redact(room, question)
    echo, reaction, gone = await stage.events(bot, room, 3)
    assert echo == Echo(sent[0], room_id, "t1")
    assert isinstance(reaction, Reaction)
    assert (reaction.target, reaction.key) == (sent[0], "✅")
    assert isinstance(gone, Redaction)
    assert (gone.event_id, gone.target) == (redaction, question)

    assert await bot.find_sent(room_id, "t1", since=message.at) == sent[0]
    assert await bot.find_sent(room_id, "t2", since=message.at) is None
    await bot.redact(room_id, sent[0], "t3")
    await lea.wait(lambda event: event["type"] == "m.room.redaction" and event["sender"] == bot.user_id)


async def test_a_long_absence_is_walked_back_to_the_cursor(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    room = await lea.create_room(encrypted=False, invite=[bot.user_id])
    room_id = await stage.joined(bot, lea, room)
    cursor = stage.cursor
    said = [await lea.say(room, f"Question {n}") for n in range(155)]
    news = await stage.news(bot, room)
    assert news.gap is not None
    found = [item.event_id for item in news.events]
    token: str | None = news.gap
    while token is not None:
        page = await bot.messages(room_id, start=token, stop=cursor)
        found = [item.event_id for item in reversed(page.events)] + found
        token = page.next
    assert found == said


async def test_what_was_said_before_the_bot_came_is_not_given(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    room = await lea.create_room(encrypted=False, history="shared")
    for n in range(5):
        await lea.say(room, f"Avant {n}")
    await lea.invite(room, bot.user_id)
    assert (await stage.news(bot, room)).membership is Membership.INVITE
    cursor = stage.cursor
    await bot.join(RoomId(room))
    after = await lea.say(room, "Après")
    news = await stage.news(bot, room)
    while not news.events:
        news = await stage.news(bot, room)
    assert [item.event_id for item in news.events] == [after]
    assert news.gap is None
    page = await bot.messages(RoomId(room), start=stage.cursor or "", stop=cursor)
    assert [item.event_id for item in page.events] == [after]
    assert page.next is None


async def test_a_new_name_of_the_bot_is_no_join(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    room = await lea.create_room(encrypted=False, invite=[bot.user_id])
    await stage.joined(bot, lea, room)
    first = await lea.say(room, "Avant")
    await bot._api.put(f"v3/profile/{bot.user_id}/displayname", {"displayname": "Assistant"})
    second = await lea.say(room, "Après")
    items = await stage.events(bot, room, 2)
    assert [item.event_id for item in items] == [first, second]
    while bot.display_name != "Assistant":  # Synapse renames people in rooms at its leisure
        assert not any(news.joined_here for news in (await stage.sync(bot)).rooms)


async def test_kicked_and_invited_again(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    room = await lea.create_room(encrypted=False, invite=[bot.user_id])
    room_id = await stage.joined(bot, lea, room)
    await lea.kick(room, bot.user_id)
    assert (await stage.news(bot, room)).membership is Membership.LEAVE
    with pytest.raises(Refused):
        await bot.send(room_id, "m.room.message", notice("Trop tard"), "t1")
    await lea.say(room, "Pendant son absence")
    await lea.invite(room, bot.user_id)
    await stage.joined(bot, lea, room)
    back = await lea.say(room, "De retour")
    assert [item.event_id for item in await stage.events(bot, room, 1)] == [back]


async def test_leaving_is_never_an_error(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    room = await lea.create_room(encrypted=False, invite=[bot.user_id])
    await stage.news(bot, room)
    for _ in range(2):
        await bot.leave(RoomId(room))
    await bot.leave(RoomId("!nowhere:test.local"))
    assert (await lea.wait_membership(room, bot.user_id, "leave"))["sender"] == bot.user_id


@pytest.mark.parametrize("version", ["10", "11", "12"])
async def test_rooms_are_described(stage: Stage, version: str) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    direct = await lea.create_room(encrypted=True, direct=True, version=version, invite=[bot.user_id])
    while not (await stage.news(bot, direct)).invited_direct:
        pass
    facts = await bot.join(RoomId(direct))
    assert (facts.encrypted, facts.version, facts.direct_with) == (True, version, lea.user_id)
    await stage.news(bot, direct)
    await stage.sync(bot, 0)
    declared = await bot._api.get(f"v3/user/{bot.user_id}/account_data/m.direct")
    assert declared == {lea.user_id: [direct]}

    forum = await lea.create_room(
        encrypted=False, public=True, version=version, access="unrestricted", invite=[bot.user_id]
    )
    await stage.news(bot, forum)
    facts = await bot.join(RoomId(forum))
    assert (facts.encrypted, facts.direct_with, facts.public, facts.access) == (
        False,
        None,
        True,
        "unrestricted",
    )


async def test_a_third_person_makes_it_no_direct_message(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    room = await lea.create_room(encrypted=False, direct=True, invite=[bot.user_id])
    await stage.joined(bot, lea, room)
    await lea.invite(room, stage.account("max").user_id)
    facts = (await stage.news(bot, room)).facts
    assert facts is not None
    assert facts.direct_with is None


async def test_a_room_that_the_store_forgot_is_not_taken_for_plain(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    room = await lea.create_room(encrypted=True, invite=[bot.user_id])
    await stage.joined(bot, lea, room)
    await bot.close()
    bot = await stage.bot()  # nothing restored
    event = await bot.send(RoomId(room), "m.room.message", notice("Chiffré"), "t1")
    seen = await lea.wait(lambda e: e["event_id"] == EventId(event) and e["type"] == "m.room.message")
    assert seen["encrypted"] is True


async def test_a_homeserver_that_restarts(tmp_path: Path) -> None:
    with LocalSynapse(tmp_path / "hs") as hs:
        stage = Stage(hs, tmp_path)
        bot, lea = await stage.bot(), await stage.person("lea")
        room = await lea.create_room(encrypted=False, invite=[bot.user_id])
        room_id = await stage.joined(bot, lea, room)
        sent = await bot.send(room_id, "m.room.message", notice("Une fois"), "t1")
        hs.kill()
        with pytest.raises(Unreachable):
            await stage.sync(bot)
        with pytest.raises(Unreachable):
            await bot.send(room_id, "m.room.message", notice("Une fois"), "t1")
        hs.start()
        assert await bot.send(room_id, "m.room.message", notice("Une fois"), "t1") == sent
        question = await lea.say(room, "Toujours là ?")
        _, item = await stage.events(bot, room, 2)
        assert item.event_id == question
        await stage.close()


async def test_an_invitation_while_our_own_events_are_left_out_still_tells_where_we_came_in(
    stage: Stage,
) -> None:
    bot = await stage.bot()
    lea = await stage.person("lea")
    start = await bot.sync(None, wait_ms=0)
    room = RoomId(await lea.create_room(encrypted=False, history="shared"))
    before = await lea.say(room, "avant", mention=[bot.user_id])
    await lea.invite(room, bot.user_id)
    invited = await bot.sync(start.next, wait_ms=5000, own=False)
    assert [n.membership for n in invited.rooms] == [Membership.INVITE]
    await bot.join(room)
    after = await lea.say(room, "après", mention=[bot.user_id])
    for _ in range(2):  # asked again with the same cursor, as after a failed transaction
        batch = await bot.sync(invited.next, wait_ms=5000, own=False)
        [news] = [n for n in batch.rooms if n.room == room]
        assert news.joined_here
        seen = [e.event_id for e in news.events]
        assert before not in seen
        assert seen in ([after], [])
