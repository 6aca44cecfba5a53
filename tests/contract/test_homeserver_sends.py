"""The contract of `Homeserver`: what is sent stands once, and can be found again."""

from __future__ import annotations

import asyncio

import pytest
from worlds import Follower, World, echoes, react, room_with_bot, say

from helpbot.core.incoming import Echo, Message
from helpbot.core.readback import about, about_redaction
from helpbot.ports import Refused

TEXT = {"msgtype": "m.text", "body": "bonjour"}
ANSWER = {
    "msgtype": "m.notice",
    "body": "Voici la réponse.",
    "format": "org.matrix.custom.html",
    "formatted_body": "<p>Voici la réponse.</p>",
    "m.mentions": {"user_ids": ["@lea:test"]},
    "fr.helpbot": {"kind": "answer", "question": None, "entry": "pix-1", "ticket": None},
}


async def test_people_read_what_was_sent_whole(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    sent = await world.bot.send(room, "m.room.message", ANSWER, "t1")
    assert await lea.reads(room, sent) == ANSWER


async def test_the_same_txn_id_is_the_same_event(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    first = await world.bot.send(room, "m.room.message", TEXT, "t1")
    assert await world.bot.send(room, "m.room.message", TEXT, "t1") == first
    assert await world.bot.send(room, "m.room.message", TEXT | {"body": "autre"}, "t1") == first
    assert await world.bot.send(room, "m.room.message", TEXT, "t2") != first


async def test_eight_at_once_are_one(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    sends = (world.bot.send(room, "m.room.message", TEXT, "t1") for _ in range(8))
    ids = await asyncio.gather(*sends)
    assert len(set(ids)) == 1
    last = await world.bot.send(room, "m.room.message", TEXT, "t2")
    await seen.get(last)
    assert [item.event_id for item in seen.items] == [ids[0], last]


async def test_the_same_txn_id_in_another_room_is_another_event(world: World) -> None:
    lea = await world.teacher("lea")
    one, two = await room_with_bot(world, lea), await room_with_bot(world, lea)
    ids = [await world.bot.send(room, "m.room.message", TEXT, "t1") for room in (one, two)]
    assert ids[0] != ids[1]
    again = [await world.bot.send(room, "m.room.message", TEXT, "t1") for room in (one, two)]
    assert again == ids


async def test_rooms_are_served_side_by_side(world: World) -> None:
    lea = await world.teacher("lea")
    rooms = [await room_with_bot(world, lea) for _ in range(3)]
    # Not the same text twice in one room: what has the same text, moment and place in the room's
    # history is one event for Synapse, whatever the txn ids.
    sends = (
        world.bot.send(room, "m.room.message", TEXT | {"body": f"{number}"}, f"t{number}")
        for number in range(3)
        for room in rooms
    )
    assert len(set(await asyncio.gather(*sends))) == 9


async def test_a_restart_keeps_the_device_and_its_txn_ids(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    facts = await world.bot.join(room)
    first = await world.bot.send(room, "m.room.message", TEXT, "t1")
    bot = await world.restart()
    bot.restore([facts])
    assert await bot.send(room, "m.room.message", TEXT, "t1") == first


async def test_another_device_has_its_own_txn_ids_and_echoes(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea, encrypted=False)
    seen = await Follower.start(world)
    theirs = await world.send_from_elsewhere(room, TEXT, "t1")
    ours = await world.bot.send(room, "m.room.message", TEXT, "t1")
    assert theirs != ours
    await seen.get(ours)
    assert seen.items == [Echo(ours, room, "t1")]
    assert await world.bot.find_sent(room, "t1", since=0) == ours


async def test_our_own_events_come_back_with_their_txn_ids_and_are_nobody_s_message(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    question = await say(lea, room, "une question")
    answer = await world.bot.send(room, "m.room.message", ANSWER, "t1")
    relation = {"rel_type": "m.annotation", "event_id": question, "key": "👀"}
    tap = await world.bot.send(room, "m.reaction", {"m.relates_to": relation}, "t2")
    edit = ANSWER | {
        "m.new_content": ANSWER,
        "m.relates_to": {"rel_type": "m.replace", "event_id": answer},
    }
    edited = await world.bot.send(room, "m.room.message", edit, "t3")
    deleted = await world.bot.redact(room, tap, "t4")
    await seen.get(deleted)
    assert echoes(seen.items) == {"t1": answer, "t2": tap, "t3": edited, "t4": deleted}
    assert [item.body for item in seen.items if isinstance(item, Message)] == ["une question"]


async def test_what_was_sent_is_found_by_its_txn_id(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    before = world.now() - 60_000
    sent = await world.bot.send(room, "m.room.message", TEXT, "t1")
    for number in range(3):
        await say(lea, room, f"{number}")
    deleted = await world.bot.redact(room, await world.bot.send(room, "m.room.message", TEXT, "t2"), "t3")
    assert await world.bot.find_sent(room, "t1", since=before) == sent
    assert await world.bot.find_sent(room, "t3", since=before) == deleted
    assert await world.bot.find_sent(room, "never sent", since=before) is None
    assert await world.bot.find_sent(room, "t1", since=world.now() + 60_000) is None
    bot = await world.restart()
    bot.restore([])
    assert await bot.find_sent(room, "t1", since=before) == sent


async def test_a_message_of_ours_is_deleted_for_all(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    sent = await world.bot.send(room, "m.room.message", TEXT, "t1")
    deleted = await world.bot.redact(room, sent, "t2")
    assert await world.bot.redact(room, sent, "t2") == deleted
    assert await lea.reads(room, sent) is None


async def test_only_our_own_messages_are_ours_to_delete(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    question = await say(lea, room, "une question")
    with pytest.raises(Refused):
        await world.bot.redact(room, question, "t1")
    assert await lea.reads(room, question) is not None


async def test_taps_travel_in_clear_and_count_once(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    question = await say(lea, room, "une question")
    content = {"m.relates_to": {"rel_type": "m.annotation", "event_id": question, "key": "👀"}}
    tap = await world.bot.send(room, "m.reaction", content, "t1")
    assert await lea.reads(room, tap) == content
    with pytest.raises(Refused):
        await world.bot.send(room, "m.reaction", content, "t2")
    await react(lea, room, question, "👀")


async def test_an_event_may_not_be_too_large(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    with pytest.raises(Refused):
        await world.bot.send(room, "m.room.message", TEXT | {"body": "a" * 70_000}, "t1")
    assert await world.bot.send(room, "m.room.message", TEXT, "t2")


async def test_nobody_writes_where_they_are_not(world: World) -> None:
    lea = await world.teacher("lea")
    room = await lea.create_room(invite=[world.bot.user_id])
    with pytest.raises(Refused):
        await world.bot.send(room, "m.room.message", TEXT, "t1")


async def test_our_own_words_are_read_back_from_whatever_device(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    before = await world.bot.send(room, "m.room.message", TEXT, "before")
    await seen.get(before)
    assert seen.cursor is not None
    question = await say(lea, room, "Une question")
    relation = {"m.in_reply_to": {"event_id": question}}
    answer = await world.bot.send(room, "m.room.message", {**ANSWER, "m.relates_to": relation}, "t1")
    other = await world.send_from_elsewhere(room, TEXT, "t2")
    tap = {"rel_type": "m.annotation", "event_id": question, "key": "1"}
    reaction = await world.bot.send(room, "m.reaction", {"m.relates_to": tap}, "t3")
    redaction = await world.bot.redact(room, before, "t4")
    spoken = await world.bot.spoken(room, since=seen.cursor)
    assert [s.event_id for s in spoken] == [answer, other, reaction, redaction]
    assert (spoken[0].kind, spoken[0].answers, spoken[0].readable) == ("answer", question, True)
    assert [s.about for s in spoken] == [
        about({"m.relates_to": relation}), "", about({"m.relates_to": tap}), about_redaction(before)
    ]  # fmt: skip
    assert await world.bot.spoken(room, since=(await seen.step()).next) == []


async def test_a_file_is_read_by_who_is_in_the_room(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    data = "« été » ; données\n".encode() * 1000
    where = await world.bot.upload(room, data, mimetype="text/markdown", name="parcours.md")
    assert set(where) == ({"file"} if world.encrypted else {"url"})
    file = {"msgtype": "m.file", "body": "parcours.md", "info": {"size": len(data)}} | where
    sent = await world.bot.send(room, "m.room.message", file, "t1")
    assert await lea.reads(room, sent) == file
    assert await lea.fetches(file) == data
