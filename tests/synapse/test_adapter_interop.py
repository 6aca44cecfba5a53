"""A teacher whose client trusts only signed devices: everything is read both ways, without a shield."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from stage import Stage
from teacher import JsTeacher, install

from helpbot.adapters.matrix import MatrixHomeserver
from helpbot.core.ids import EventId, RoomId
from helpbot.core.incoming import Echo, Message, Reaction, Redaction

pytestmark = [pytest.mark.synapse, pytest.mark.node, pytest.mark.slow]


@pytest.fixture(scope="session")
def client() -> Path:
    place = install()
    if isinstance(place, str):
        pytest.skip(f"no interop with matrix-js-sdk was tested: {place}")
    return place


@asynccontextmanager
async def teacher(stage: Stage, folder: Path, name: str) -> AsyncIterator[JsTeacher]:
    account = stage.account(name)
    person = await JsTeacher.start(folder, account.homeserver, account.user_id, account.password or "")
    try:
        yield person
    finally:
        await person.close()


async def answer(bot: MatrixHomeserver, lea: JsTeacher, room: str, txn: str, **more: Any) -> str:
    """Say something as the bot; the teacher must read it, with no shield."""
    content = {"msgtype": "m.notice", "body": f"Réponse {txn}", "fr.helpbot": {"kind": "answer"}, **more}
    event = await bot.send(RoomId(room), "m.room.message", content, txn)
    seen = await lea.sees(event)
    assert seen["encrypted"] is True
    assert seen["shield"] == "NONE"
    assert seen["content"]["fr.helpbot"] == {"kind": "answer"}
    return event


async def said(stage: Stage, bot: MatrixHomeserver, room: str) -> Any:
    """Return the next thing that somebody else did in the room."""
    while True:
        [item, *rest] = await stage.events(bot, room, 1)
        found = [one for one in (item, *rest) if not isinstance(one, Echo)]
        if found:
            assert len(found) == 1
            return found[0]


async def settle(stage: Stage, bot: MatrixHomeserver, lea: JsTeacher, *, direct: bool = False) -> str:
    room = str(await lea.ask("create", invite=[bot.user_id], direct=direct))
    while (await stage.news(bot, room)).inviter != lea.user_id:
        pass
    await bot.join(RoomId(room))
    while not (await stage.news(bot, room)).joined_here:
        pass
    await lea.ask("settled", room=room, member=bot.user_id)
    return room


async def test_a_conversation(stage: Stage, client: Path) -> None:
    bot = await stage.bot()
    async with teacher(stage, client, "lea") as lea:
        room = await settle(stage, bot, lea)
        assert await lea.ask("device", of=bot.user_id) == [True]

        question = await lea.say(room, "Où est la salle info ?")
        got = await said(stage, bot, room)
        assert isinstance(got, Message)
        assert (got.body, got.encrypted, got.event_id) == ("Où est la salle info ?", True, question)
        in_reply = {"m.in_reply_to": {"event_id": question}}
        reply = await answer(bot, lea, room, "t1", **{"m.relates_to": in_reply})
        assert lea.seen[reply]["relation"] == in_reply

        await lea.ask(
            "send",
            room=room,
            type="m.reaction",
            content={"m.relates_to": {"rel_type": "m.annotation", "event_id": reply, "key": "✅"}},
        )
        got = await said(stage, bot, room)
        assert isinstance(got, Reaction)
        assert (got.target, got.key) == (reply, "✅")

        new = {"msgtype": "m.notice", "body": "Salle 12", "fr.helpbot": {"kind": "answer"}}
        replacing = {"rel_type": "m.replace", "event_id": reply}
        await answer(bot, lea, room, "t1-edit", **{"m.new_content": new, "m.relates_to": replacing})
        await lea.until(lambda: lea.seen[reply]["shown"] == "Salle 12", "the edit to be shown")

        edit = {"m.new_content": {"msgtype": "m.text", "body": "Où est la salle 12 ?", "m.mentions": {}}}
        relation = {"m.relates_to": {"rel_type": "m.replace", "event_id": question}}
        await lea.say(room, "* Où est la salle 12 ?", **edit, **relation)
        got = await said(stage, bot, room)
        assert isinstance(got, Message)
        assert (got.body, got.edits) == ("Où est la salle 12 ?", question)

        thread = {"rel_type": "m.thread", "event_id": question, "is_falling_back": True}
        thread["m.in_reply_to"] = {"event_id": question}
        await lea.say(room, "Dans le fil", **{"m.relates_to": thread})
        got = await said(stage, bot, room)
        assert isinstance(got, Message)
        assert (got.thread, got.reply_to) == (question, None)
        await answer(bot, lea, room, "t2", **{"m.relates_to": thread})

        await lea.ask("redact", room=room, event=question)
        got = await said(stage, bot, room)
        assert isinstance(got, Redaction)
        assert got.target == question
        await bot.redact(RoomId(room), EventId(reply), "t3")
        await lea.sees(reply, redacted=True)
        assert bot.health.undecryptable == bot.health.malformed == bot.health.withheld == 0


async def test_keys_change_on_both_sides(stage: Stage, client: Path) -> None:
    bot = await stage.bot()
    async with teacher(stage, client, "lea") as lea:
        room = await settle(stage, bot, lea, direct=True)
        await answer(bot, lea, room, "before")
        await lea.ask("rotate", room=room)
        await lea.say(room, "Avec une nouvelle clé")
        assert (await said(stage, bot, room)).body == "Avec une nouvelle clé"

        await bot.close()
        bot = await stage.bot()
        await lea.say(room, "Après le redémarrage")
        assert (await said(stage, bot, room)).body == "Après le redémarrage"
        await answer(bot, lea, room, "restarted")

        group = bot._keys.machine.outbound(room)
        assert group is not None
        group.max_messages = group.message_count  # worn out
        await answer(bot, lea, room, "rotated")
        assert bot._keys.machine.outbound(room) is not group

        # The same teacher on a second device, not signed yet: the first one reads on.
        other = await JsTeacher.start(client, stage.hs.url, lea.user_id, "secret")
        try:
            while not bot._keys._rooms[room].stale:
                await stage.sync(bot)
            await answer(bot, lea, room, "new-device")
        finally:
            await other.close()
        assert all(event["readable"] for event in lea.seen.values())
