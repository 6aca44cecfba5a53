"""Encrypted rooms on a real homeserver: who can read what, over joins, departures, crashes and restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from stage import Stage

from helpbot.adapters.matrix.machine import MissingKey
from helpbot.core.ids import RoomId
from helpbot.core.incoming import Message, Sealed
from helpbot.ports import LoggedOut, Unreachable
from helpbot.testing.person import Event

pytestmark = [pytest.mark.synapse, pytest.mark.slow]


def notice(body: str, **more: Any) -> dict[str, Any]:
    return {"msgtype": "m.notice", "body": body, "fr.helpbot": {"kind": "answer"}, **more}


def readable(event_id: str) -> Any:
    def check(event: Event) -> bool:
        return event["event_id"] == event_id and event["type"] == "m.room.message"

    return check


async def test_both_ways_and_over_a_restart(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    room = await lea.create_room(invite=[bot.user_id])
    room_id = await stage.joined(bot, lea, room)
    for turn in range(3):
        question = await lea.say(room, f"Question {turn}")
        items = [i for i in await stage.events(bot, room, 1 if turn == 0 else 2) if isinstance(i, Message)]
        assert [(i.body, i.encrypted) for i in items] == [(f"Question {turn}", True)]
        relation = {"m.in_reply_to": {"event_id": question}}
        answer = await bot.send(
            room_id, "m.room.message", notice(f"Réponse {turn}", **{"m.relates_to": relation}), f"t{turn}"
        )
        seen = await lea.wait(readable(answer))
        assert seen["encrypted"] is True
        assert seen["content"]["fr.helpbot"] == {"kind": "answer"}
        assert seen["content"]["m.relates_to"] == relation
        if turn == 1:
            device = bot.device_id
            await bot.close()
            bot = await stage.bot()
            assert bot.device_id == device
    wire = await lea.request("GET", f"v3/rooms/{room}/event/{answer}")
    assert wire["content"]["m.relates_to"] == relation
    assert "fr.helpbot" not in wire["content"]


async def test_a_newcomer_reads_on_and_a_leaver_does_not(stage: Stage) -> None:
    bot, lea, max_ = await stage.bot(), await stage.person("lea"), await stage.person("max")
    room = await lea.create_room(invite=[bot.user_id], history="shared")
    room_id = await stage.joined(bot, lea, room)
    await lea.wait(readable(await bot.send(room_id, "m.room.message", notice("À deux"), "t1")))
    first = bot._keys.machine.outbound(room)
    await lea.invite(room, max_.user_id)
    await max_.join(room)
    await stage.news(bot, room)
    while max_.user_id not in (bot._keys._rooms[room].members or ()):
        await stage.sync(bot)
    await max_.wait(readable(await bot.send(room_id, "m.room.message", notice("À trois"), "t2")))
    assert bot._keys.machine.outbound(room) is first

    await max_.leave(room)
    await lea.wait_membership(room, max_.user_id, "leave")
    while max_.user_id in (bot._keys._rooms[room].members or ()):
        await stage.sync(bot)
    await lea.wait(readable(await bot.send(room_id, "m.room.message", notice("Sans Max"), "t3")))
    assert bot._keys.machine.outbound(room) is not first


async def test_a_new_device_gets_the_running_key(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    room = await lea.create_room(invite=[bot.user_id])
    room_id = await stage.joined(bot, lea, room)
    await lea.wait(readable(await bot.send(room_id, "m.room.message", notice("Un"), "t1")))
    # A second device of hers, which shares no identity: the bot answers it all the same.
    telephone = await stage.unsigned_device(lea)
    while not bot._keys._rooms[room].stale:
        await stage.sync(bot)
    answer = await bot.send(room_id, "m.room.message", notice("Deux"), "t2")
    await telephone.wait(readable(answer))
    await lea.wait(readable(answer))


async def test_a_room_says_how_long_a_key_may_serve(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    room = await lea.create_room(invite=[bot.user_id])
    room_id = await stage.joined(bot, lea, room)
    settings = {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 2}
    await lea.set_state(room, "m.room.encryption", settings)
    used = []
    for turn in range(5):
        event = await bot.send(room_id, "m.room.message", notice(f"Réponse {turn}"), f"t{turn}")
        await lea.wait(readable(event))
        group = bot._keys.machine.outbound_group_sessions[room]
        used.append(group.id)
    assert used[0] == used[1] != used[2] == used[3] != used[4]


async def test_keys_are_shared_once_for_many_sends_and_rooms_do_not_wait(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    rooms = [await lea.create_room(invite=[bot.user_id]) for _ in range(3)]
    for room in rooms:
        await stage.joined(bot, lea, room)
    shared: list[str] = []
    put = bot._api.put
    begun, gate = asyncio.Event(), asyncio.Event()

    async def watch(path: str, body: Any) -> dict[str, Any]:
        if path.startswith("v3/sendToDevice"):
            shared.append(path)
            begun.set()
            if len(shared) == 1:
                await gate.wait()  # the first room's key is slow to share
        return await put(path, body)

    bot._api.put = watch  # type: ignore[method-assign]
    slow = [
        asyncio.create_task(bot.send(RoomId(rooms[0]), "m.room.message", notice(f"Lent {n}"), f"s{n}"))
        for n in range(4)
    ]
    await begun.wait()
    slow.append(asyncio.create_task(bot.send(RoomId(rooms[0]), "m.room.message", notice("Tard"), "s9")))
    quick = await asyncio.gather(
        *(bot.send(RoomId(room), "m.room.message", notice("Vif"), "q") for room in rooms[1:])
    )
    assert not any(task.done() for task in slow)
    gate.set()
    for event in [*quick, *await asyncio.gather(*slow)]:
        await lea.wait(readable(event))
    assert len(shared) == 3


async def test_many_rooms_at_once_miss_no_one(stage: Stage) -> None:
    """All ask for the same devices at the same moment: none may go on before the answer."""
    bot, lea = await stage.bot(), await stage.person("lea")
    rooms = [await lea.create_room(invite=[bot.user_id]) for _ in range(8)]
    for room in rooms:
        await stage.joined(bot, lea, room)
    answers = await asyncio.gather(
        *(bot.send(RoomId(room), "m.room.message", notice("À tous"), "t") for room in rooms)
    )
    for event in answers:
        await lea.wait(readable(event))
    await asyncio.gather(*(lea.say(room, "De partout") for room in rooms))
    for room in rooms:
        items = await stage.events(bot, room, 2)
        assert [item.body for item in items if isinstance(item, Message)] == ["De partout"]


async def test_late_keys_open_what_was_kept(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    room = await lea.create_room(invite=[bot.user_id])
    await stage.joined(bot, lea, room)
    held: list[tuple[str, Mapping[str, Mapping[str, Any]]]] = []

    async def hold(event_type: str, messages: Mapping[str, Mapping[str, Any]]) -> None:
        held.append((event_type, messages))

    deliver, lea._keys._to_devices = lea._keys._to_devices, hold  # type: ignore[method-assign]
    await lea.say(room, "La clé traîne")
    [sealed] = await stage.events(bot, room, 1)
    assert isinstance(sealed, Sealed)
    assert await bot.unseal(sealed) == sealed
    for kind, messages in held:
        await deliver(kind, messages)
    cursor = stage.cursor
    while sealed.session_id not in (await stage.sync(bot)).sessions:
        cursor = stage.cursor
    opened = await bot.unseal(sealed)
    assert isinstance(opened, Message)
    assert (opened.body, opened.encrypted, opened.event_id) == ("La clé traîne", True, sealed.event_id)

    # Killed before that sync was stored: the next start asks again, and is told of the key again.
    await bot.close()
    stage.cursor = cursor
    bot = await stage.bot()
    assert sealed.session_id in (await stage.sync(bot, 0)).sessions
    assert await bot.unseal(sealed) == opened


async def test_an_error_after_the_keys_came_loses_none(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    room = await lea.create_room(invite=[bot.user_id])
    await stage.joined(bot, lea, room)
    await bot.close()
    bot = await stage.bot()  # nothing restored: the room's state has to be asked for, which fails once
    await lea.say(room, "Question")
    get = bot._api.get
    failing = True

    async def flaky(path: str, *args: Any, **more: Any) -> dict[str, Any]:
        if failing and "/state/" in path:
            raise Unreachable("cut")
        return await get(path, *args, **more)

    bot._api.get = flaky  # type: ignore[method-assign]
    with pytest.raises(Unreachable):
        await stage.sync(bot)
    failing = False
    batch = await stage.sync(bot)
    assert len(batch.sessions) == 1
    [message] = await stage.events(bot, room, 1)
    assert isinstance(message, Message)


async def test_a_foreign_identity_is_refused(stage: Stage) -> None:
    bot = await stage.bot()
    await bot.close()
    stage.folder = stage.folder / "elsewhere"
    with pytest.raises(LoggedOut) as caught:
        await stage.bot()
    assert caught.value.code == "HELPBOT_FOREIGN_IDENTITY"
    assert "matrix.recovery_key_file" in caught.value.hint
    assert "helpbot identity reset" in caught.value.hint
    assert "reset" in caught.value.hint


async def test_one_time_keys_are_refilled_from_none(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    names = {bot.user_id: {bot.device_id: "signed_curve25519"}}
    claimed = []
    for _ in range(51):
        answer = await lea.request("POST", "v3/keys/claim", {"one_time_keys": names})
        claimed += list(answer["one_time_keys"][bot.user_id][bot.device_id].values())
    assert claimed[-1].get("fallback") is True  # after fifty there is still one that serves for all
    assert not any(key.get("fallback") for key in claimed[:50])
    room = await lea.create_room(encrypted=False, invite=[bot.user_id])
    await stage.joined(bot, lea, room)
    await lea.say(room, "Pour qu'il y ait du nouveau")
    await stage.events(bot, room, 1)
    await stage.sync(bot, 0)
    await stage.sync(bot, 0)
    answer = await lea.request("POST", "v3/keys/claim", {"one_time_keys": names})
    [key] = answer["one_time_keys"][bot.user_id][bot.device_id].values()
    assert not key.get("fallback")


async def test_a_fallback_key_that_was_used_is_replaced(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    names = {bot.user_id: {bot.device_id: "signed_curve25519"}}
    room = await lea.create_room(encrypted=False, invite=[bot.user_id])
    await stage.joined(bot, lea, room)
    used = []
    for _ in range(2):
        fallback = False
        while not fallback:
            answer = await lea.request("POST", "v3/keys/claim", {"one_time_keys": names})
            [(name, key)] = answer["one_time_keys"][bot.user_id][bot.device_id].items()
            fallback = bool(key.get("fallback"))
        used.append(name)
        await lea.say(room, "Pour qu'il y ait du nouveau")
        await stage.events(bot, room, 1)
        await stage.sync(bot, 0)
        await stage.sync(bot, 0)
    assert used[0] != used[1]


async def test_a_session_begun_with_the_fallback_key_is_read(stage: Stage) -> None:
    bot, lea, max_ = await stage.bot(), await stage.person("lea"), await stage.person("max")
    names = {bot.user_id: {bot.device_id: "signed_curve25519"}}
    for _ in range(50):
        await lea.request("POST", "v3/keys/claim", {"one_time_keys": names})
    rooms = [await person.create_room(encrypted=True) for person in (lea, max_)]
    for person, room in zip((lea, max_), rooms, strict=True):
        await person.invite(room, bot.user_id)
        await person.say(room, "Écrit avant qu'il ne vienne")  # shared with the invited, fallback key
    for person, room in zip((lea, max_), rooms, strict=True):
        await stage.joined(bot, person, room)
        await person.say(room, "Et après")
        [item] = await stage.events(bot, room, 1)
        assert isinstance(item, Message)
        assert item.body == "Et après"


async def test_forgeries_and_replays_stay_shut(stage: Stage) -> None:
    bot, lea, max_ = await stage.bot(), await stage.person("lea"), await stage.person("max")
    room = await lea.create_room(invite=[bot.user_id, max_.user_id])
    await max_.join(room)
    await stage.joined(bot, lea, room)
    question = await lea.say(room, "Vraie question")
    while not (await stage.sync(bot)).sessions:
        pass
    wire = await lea.request("GET", f"v3/rooms/{room}/event/{question}")
    machine = bot._keys.machine
    assert machine.open(wire, room)["content"]["body"] == "Vraie question"
    assert (
        machine.open(wire, room)["content"]["body"] == "Vraie question"
    )  # the same event twice is no replay
    with pytest.raises(MissingKey):
        machine.open(wire, "!other:test.local")
    before = bot.health.undecryptable
    # Max sends Léa's ciphertext as his own, then she sends it again herself.
    await max_.send(room, "m.room.encrypted", wire["content"], encrypt=False)
    await lea.send(room, "m.room.encrypted", wire["content"], encrypt=False)
    await lea.say(room, "Fin")
    bodies = []
    while "Fin" not in bodies:
        for news in (await stage.sync(bot)).rooms:
            bodies += [item.body for item in news.events if isinstance(item, Message)]
    assert bodies == ["Fin"]
    assert bot.health.undecryptable == before + 2


async def test_poison_does_not_stop_the_sync(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    room = await lea.create_room(invite=[bot.user_id])
    await stage.joined(bot, lea, room)
    own = bot._keys.machine.identity_keys["curve25519"]
    poison: list[Any] = [
        {},
        {"algorithm": "m.olm.v1.curve25519-aes-sha2"},
        {"algorithm": "m.olm.v1.curve25519-aes-sha2", "ciphertext": [], "sender_key": 3},
        *(
            {
                "algorithm": "m.olm.v1.curve25519-aes-sha2",
                "sender_key": key,
                "ciphertext": {own: {"type": kind, "body": body}},
            }
            for key in (own, "x", None, 7)
            for kind in (0, 1, 2, "0")
            for body in ("", "AwgA", "é", None, "A" * 5000)
        ),
    ]
    for content in poison:
        await lea.request(
            "PUT",
            f"v3/sendToDevice/m.room.encrypted/{id(content)}-{stage.number}",
            {"messages": {bot.user_id: {bot.device_id: content}}},
        )
    await lea.say(room, "Toujours là ?")
    items = await stage.events(bot, room, 1)
    assert [item.body for item in items if isinstance(item, Message)] == ["Toujours là ?"]
    assert bot.health.malformed > 0


async def test_the_session_and_its_keys_are_private(stage: Stage) -> None:
    await stage.bot()
    folder = stage.folder / "bot"
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in ("session.json", "identity.json", "crypto.db"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600, name


async def test_two_processes_never_share_a_device(stage: Stage) -> None:
    await stage.bot()
    with pytest.raises(LoggedOut, match="HELPBOT_ALREADY_RUNNING"):
        await stage.bot()


async def test_logged_out_elsewhere_gives_a_new_signed_device(stage: Stage) -> None:
    bot = await stage.bot()
    device = bot.device_id
    await bot._api.post("v3/logout", {})
    with pytest.raises(LoggedOut, match="M_UNKNOWN_TOKEN"):
        await stage.sync(bot)
    await bot.close()
    bot, lea = await stage.bot(), await stage.person("lea")
    assert bot.device_id != device
    room = await lea.create_room(invite=[bot.user_id])
    await stage.joined(bot, lea, room)
    await lea.say(room, "Nouvel appareil")
    [item] = await stage.events(bot, room, 1)
    assert isinstance(item, Message)


async def test_a_withheld_key_is_told(stage: Stage) -> None:
    bot, lea = await stage.bot(), await stage.person("lea")
    withheld = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "code": "m.unverified",
        "room_id": "!r:x",
        "session_id": "S",
    }
    messages = {"messages": {bot.user_id: {bot.device_id: withheld}}}
    await lea.request("PUT", f"v3/sendToDevice/m.room_key.withheld/w{stage.number}", messages)
    batch = await stage.sync(bot)
    assert batch.withheld == ("S",)
    assert batch.must_store
    assert bot.health.withheld == 1
