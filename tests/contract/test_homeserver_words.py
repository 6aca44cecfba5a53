"""The contract of `Homeserver`: what teachers do, in our own words, alike in plain and sealed rooms."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from worlds import Follower, World, react, room_with_bot, say

from helpbot.core.ids import UserId
from helpbot.core.incoming import Message, Reaction, Redaction
from helpbot.ports import Refused


async def test_a_message_has_its_sender_time_and_text(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    event = await say(lea, room, "bjr pb mdp\nsvp", html="bjr <b>pb</b> mdp<br>svp")
    message = await seen.get(event)
    assert isinstance(message, Message)
    assert abs(message.at - world.now()) < 60_000
    assert message == Message(
        event,
        room,
        lea.user_id,
        message.at,
        "bjr pb mdp\nsvp",
        html="bjr <b>pb</b> mdp<br>svp",
        mentions=(),
        encrypted=world.encrypted,
    )


async def test_mentions_are_given_or_said_to_be_unknown(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    me = world.bot.user_id
    named = await say(lea, room, "helpbot, une question", mention=[me, UserId("@x:y.example")])
    old = await say(lea, room, "helpbot, une question", mention=None)
    assert (await seen.get(named)).mentions == (me, "@x:y.example")
    assert (await seen.get(old)).mentions is None


async def test_replies_and_threads(world: World) -> None:
    lea, paul = await world.teacher("lea"), await world.teacher("paul")
    room = await room_with_bot(world, lea)
    await lea.invite(room, paul.user_id)
    await paul.join(room)
    seen = await Follower.start(world)
    question = await say(lea, room, "une question")
    reply = await say(paul, room, "une réponse", reply_to=question)
    in_thread = await say(lea, room, "dans le fil", thread=question)
    answer_in_thread = await say(paul, room, "en réponse", thread=question, reply_to=in_thread)
    await seen.get(answer_in_thread)
    told = [(message.event_id, message.reply_to, message.thread) for message in seen.messages(room)]
    assert told == [
        (question, None, None),
        (reply, question, None),
        (in_thread, None, question),
        (answer_in_thread, in_thread, question),
    ]


async def test_the_quote_of_an_older_client_is_cut(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    question = await say(lea, room, "une question")
    reply = await say(
        lea,
        room,
        f"> <{lea.user_id}> une question\n\nune précision",
        html=f"<mx-reply><blockquote>{lea.user_id}</blockquote></mx-reply>une précision",
        reply_to=question,
    )
    message = await seen.get(reply)
    assert (message.body, message.html) == ("une précision", "une précision")


async def test_an_edit_names_what_it_replaces_and_carries_the_new_text(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    question = await say(lea, room, "une qestion")
    edit = await say(lea, room, "une question", html="une <i>question</i>", edit=question)
    message = await seen.get(edit)
    assert (message.body, message.html) == ("une question", "une <i>question</i>")
    assert (message.edits, message.reply_to, message.thread) == (question, None, None)


async def test_reactions_and_deletions(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    question = await say(lea, room, "une question")
    tap = await react(lea, room, question, "🙋")
    taken_back = await lea.redact(room, tap)
    gone = await lea.redact(room, question)
    await seen.get(gone)
    others: list[Any] = [item for item in seen.items if not isinstance(item, Message)]
    reaction, *deletions = others
    # When the deletion comes in the same sync, the deleted event itself may be empty already.
    if isinstance(reaction, Redaction):
        deletions.insert(0, reaction)
    else:
        assert reaction == Reaction(tap, room, lea.user_id, reaction.at, question, "🙋")
    told = [(item.event_id, item.sender, item.target) for item in deletions]
    assert told == [(taken_back, lea.user_id, tap), (gone, lea.user_id, question)]


async def test_a_tap_has_its_sender_target_and_key(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    question = await say(lea, room, "une question")
    tap = await react(lea, room, question, "1️⃣")
    reaction = await seen.get(tap)
    assert reaction == Reaction(tap, room, lea.user_id, reaction.at, question, "1️⃣")


async def test_a_moderator_may_delete_what_we_said(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    answer = await world.bot.send(room, "m.room.message", {"msgtype": "m.text", "body": "oui"}, "t1")
    deletion = await seen.get(await lea.redact(room, answer))
    assert isinstance(deletion, Redaction)
    assert (deletion.sender, deletion.target) == (lea.user_id, answer)
    # What is deleted can still be found: it stood in the room, and must not be said again.
    assert await world.bot.find_sent(room, "t1", since=0) == answer
    assert await world.bot.send(room, "m.room.message", {"msgtype": "m.text", "body": "oui"}, "t1") == answer


async def test_a_message_deleted_before_it_was_read_is_not_given(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    await lea.redact(room, await say(lea, room, "oups"))
    last = await say(lea, room, "une question")
    await seen.get(last)
    assert [message.body for message in seen.messages(room)] == ["une question"]


async def test_notices_and_programs_can_be_told_from_people(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    notice = await say(lea, room, "avis", msgtype="m.notice")
    content = {"msgtype": "m.text", "body": "réponse", "fr.helpbot": {"kind": "answer"}}
    other_bot = await lea.send(room, "m.room.message", content)
    assert (await seen.get(notice)).msgtype == "m.notice"
    assert not (await seen.get(notice)).from_program
    assert (await seen.get(other_bot)).from_program


async def test_malformed_events_are_left_out_and_stop_nothing(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    for content in (
        {},
        {"body": 7, "msgtype": "m.text"},
        {"body": "x", "msgtype": "m.text", "m.mentions": "tous", "m.relates_to": []},
        {"msgtype": "m.text"},
    ):
        with suppress(Refused):  # where the server can read, it keeps some of them out
            await lea.send(room, "m.room.message", content)
    await lea.send(room, "m.reaction", {"m.relates_to": {}})
    await lea.send(room, "fr.example.unknown", {"body": "x"})
    last = await say(lea, room, "une question")
    await seen.get(last)
    assert [message.body for message in seen.messages(room) if message.body != "x"] == ["une question"]


async def test_what_is_said_in_another_room_stays_there(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    elsewhere = await lea.create_room(encrypted=world.encrypted)
    seen = await Follower.start(world)
    await say(lea, elsewhere, "sans le bot")
    await say(lea, room, "avec le bot")
    await seen.until_said(room, "avec le bot")
    assert elsewhere not in seen.memberships
