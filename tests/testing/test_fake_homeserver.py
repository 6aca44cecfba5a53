"""What only the fake can do: trouble on demand. What it shares with Synapse is in tests/contract."""

from __future__ import annotations

import asyncio

import pytest

from helpbot.core.incoming import Echo, Message, Sealed
from helpbot.ports import Homeserver, LoggedOut, RateLimited, Refused, Unreachable
from helpbot.testing.clock import FakeClock, settle
from helpbot.testing.homeserver import FakeHomeserver, FakePerson, FakeServer

TEXT = {"msgtype": "m.text", "body": "bonjour"}
ME = "@helpbot:test"


@pytest.fixture
def server(clock: FakeClock) -> FakeServer:
    return FakeServer(clock)


@pytest.fixture
def lea(server: FakeServer) -> FakePerson:
    return server.person("@lea:test", name="Léa Martin")


@pytest.fixture
def hs(server: FakeServer) -> FakeHomeserver:
    as_port: Homeserver = server.account(ME, name="helpbot")
    assert as_port.user_id == ME
    return server.account(ME)


async def in_room(hs: FakeHomeserver, lea: FakePerson, *, encrypted: bool = False) -> tuple[str, str]:
    """Bring both into a room; return it and the cursor from which on things happen."""
    room = lea.create_room(encrypted=encrypted, invite=[hs.user_id])
    await hs.join(room)
    return room, (await hs.sync("s0", wait_ms=0)).next


async def test_a_sync_waits_for_news_and_not_for_ever(hs, lea, clock: FakeClock) -> None:
    room, cursor = await in_room(hs, lea)
    waiting = asyncio.create_task(hs.sync(cursor, wait_ms=30_000))
    await clock.elapse(seconds=29)
    assert not waiting.done()
    await clock.elapse(seconds=1)
    assert waiting.result().empty

    waiting = asyncio.create_task(hs.sync(waiting.result().next, wait_ms=30_000))
    await settle()
    lea.say(room, "une question")
    (news,) = (await waiting).rooms
    assert [item.body for item in news.events] == ["une question"]
    assert clock.next_due() is None


async def test_a_lost_request_leaves_no_trace_and_a_lost_reply_does(hs, lea, server) -> None:
    room, _ = await in_room(hs, lea)
    server.lose_request("send")
    with pytest.raises(Unreachable):
        await hs.send(room, "m.room.message", TEXT, "t1")
    assert server.room(room).timeline() == []
    server.lose_reply("send", room=room)
    with pytest.raises(Unreachable):
        await hs.send(room, "m.room.message", TEXT, "t1")
    (seen,) = server.room(room).timeline()
    assert await hs.send(room, "m.room.message", TEXT, "t1") == seen.event_id
    assert len(server.room(room).timeline()) == 1
    assert [request.txn_id for request in server.requests if request.operation == "send"] == ["t1"] * 3


async def test_a_txn_id_is_remembered_for_a_day_and_by_device(hs, lea, server, clock: FakeClock) -> None:
    room, _ = await in_room(hs, lea)
    first = await hs.send(room, "m.room.message", TEXT, "t1")
    restarted, elsewhere = server.account(ME), server.account(ME, device="OTHER")
    assert await restarted.send(room, "m.room.message", TEXT, "t1") == first
    assert await elsewhere.send(room, "m.room.message", TEXT, "t1") != first
    clock.advance(hours=24)
    assert await restarted.find_sent(room, "t1", since=clock.now() - 25 * 3_600_000) == first
    assert await restarted.find_sent(room, "t1", since=clock.now()) is None
    assert await restarted.send(room, "m.room.message", TEXT, "t1") != first


async def test_limits_are_told_with_their_wait(hs, lea, server, clock: FakeClock) -> None:
    room, _ = await in_room(hs, lea)
    server.limit(retry_after_ms=2_500, times=2)
    for _ in range(2):
        with pytest.raises(RateLimited) as limited:
            await hs.send(room, "m.room.message", TEXT, "t1")
        assert limited.value.retry_after_ms == 2_500
    await hs.send(room, "m.room.message", TEXT, "t1")

    server.rate(per_second=0.2, burst=3)
    for number in range(3):
        await hs.send(room, "m.room.message", TEXT, f"burst {number}")
    with pytest.raises(RateLimited) as limited:
        await hs.send(room, "m.room.message", TEXT, "one more")
    clock.advance(ms=limited.value.retry_after_ms)
    await hs.send(room, "m.room.message", TEXT, "one more")


async def test_refusals_a_server_that_is_down_and_a_lost_session(hs, lea, server, clock: FakeClock) -> None:
    room, cursor = await in_room(hs, lea)
    server.refuse("send", "M_TOO_LARGE")
    with pytest.raises(Refused, match="M_TOO_LARGE"):
        await hs.send(room, "m.room.message", TEXT, "t1")
    waiting = asyncio.create_task(hs.sync(cursor, wait_ms=30_000))
    await settle()
    server.go_down()
    with pytest.raises(Unreachable):
        await waiting
    server.come_back()
    server.log_out(hs.user_id, "M_UNKNOWN_TOKEN")
    with pytest.raises(LoggedOut, match="M_UNKNOWN_TOKEN"):
        await hs.join(room)
    server.log_in(hs.user_id)
    assert (await hs.join(room)).room == room


async def test_a_slow_room_does_not_hold_another(hs, lea, server) -> None:
    slow, _ = await in_room(hs, lea)
    quick, _ = await in_room(hs, lea)
    gate = server.hold("send", room=slow)
    held = asyncio.create_task(hs.send(slow, "m.room.message", TEXT, "t1"))
    await settle()
    await hs.send(quick, "m.room.message", TEXT, "t2")
    assert (gate.waiting, held.done()) == (1, False)
    assert server.room(slow).timeline() == []
    gate.release()
    await held
    assert len(server.room(slow).timeline()) == 1


async def test_a_key_that_comes_late_opens_what_was_kept(hs, lea, server) -> None:
    room, cursor = await in_room(hs, lea, encrypted=True)
    lea.say(room, "lisible")
    server.withhold_keys(room)
    lea.say(room, "pas encore")
    batch = await hs.sync(cursor, wait_ms=0)
    readable, sealed = batch.rooms[0].events
    assert isinstance(readable, Message)
    assert readable.encrypted
    assert isinstance(sealed, Sealed)
    assert (batch.must_store, batch.withheld) == (True, ())
    assert "pas encore" not in sealed.raw
    assert await hs.unseal(sealed) == sealed

    server.release_keys()
    late = await hs.sync(batch.next, wait_ms=0)
    assert late.sessions == (sealed.session_id,)
    after_restart = server.account(ME)
    opened = await after_restart.unseal(sealed)
    assert isinstance(opened, Message)
    assert (opened.body, opened.event_id, opened.encrypted) == ("pas encore", sealed.event_id, True)


async def test_a_sync_asked_again_gives_its_keys_again(hs, lea) -> None:
    room, cursor = await in_room(hs, lea, encrypted=True)
    lea.say(room, "une question")
    first, again = [await hs.sync(cursor, wait_ms=0) for _ in range(2)]
    assert first == again
    assert first.sessions
    assert (await hs.sync(first.next, wait_ms=0)).sessions == ()


async def test_a_sender_may_refuse_the_key(hs, lea, server) -> None:
    room, cursor = await in_room(hs, lea, encrypted=True)
    server.withhold_keys(room, refused=True)
    lea.say(room, "rien que pour vos yeux")
    batch = await hs.sync(cursor, wait_ms=0)
    (sealed,) = batch.rooms[0].events
    assert batch.withheld == (sealed.session_id,)


async def test_people_see_edits_reactions_and_no_deleted_message(hs, lea, server) -> None:
    room, cursor = await in_room(hs, lea)
    question = lea.say(room, "Comment crééer un compte ?")
    gone = lea.say(room, "oups")
    answer = await hs.send(room, "m.room.message", TEXT | {"fr.helpbot": {"kind": "answer"}}, "t1")
    lea.say(room, "Comment créer un compte ?", edit=question)
    lea.redact(room, gone)
    taken_back = lea.react(room, answer, "👎")
    lea.redact(room, taken_back)
    lea.react(room, answer, "👍")
    with pytest.raises(Refused, match="M_DUPLICATE_ANNOTATION"):
        lea.react(room, answer, "👍")
    first, second = lea.timeline(room)
    assert (first.body, first.edited) == ("Comment créer un compte ?", True)
    assert second.reactions == {"👍": ("@lea:test",)}
    assert second.helpbot == {"kind": "answer"}
    items = (await hs.sync(cursor, wait_ms=0)).rooms[0].events
    assert Echo(answer, room, "t1") in items
    assert gone not in [item.event_id for item in items if isinstance(item, Message)]


async def test_people_see_what_answers_what(hs, lea) -> None:
    room, _ = await in_room(hs, lea)
    root = lea.say(room, "une question")
    lea.say(room, "en réponse", reply_to=root)
    follow_up = lea.say(room, "dans le fil", thread=root)
    lea.say(room, "en réponse, dans le fil", thread=root, reply_to=follow_up)
    told = [(seen.reply_to, seen.thread) for seen in lea.timeline(room)]
    assert told == [(None, None), (root, None), (None, root), (follow_up, root)]


async def test_a_malformed_event_is_left_out_and_counted(hs, lea) -> None:
    room, cursor = await in_room(hs, lea, encrypted=True)
    lea.send(room, "m.room.message", {"msgtype": "m.text", "body": 7})
    fine = lea.say(room, "une question")
    (news,) = (await hs.sync(cursor, wait_ms=0)).rooms
    assert [item.event_id for item in news.events] == [fine]
    assert hs.malformed == 1


async def test_only_what_the_store_does_not_know_of_a_room_is_news(hs, lea, server) -> None:
    room, cursor = await in_room(hs, lea)
    facts = await hs.join(room)
    lea.encrypt(room)
    (news,) = (await hs.sync(cursor, wait_ms=0)).rooms
    assert news.facts is not None
    assert news.facts.encrypted
    assert not facts.encrypted
    assert (await hs.sync(cursor, wait_ms=0)).rooms == (news,)  # it may have been lost on the way to disk
    restarted = server.account(ME)
    restarted.restore([news.facts])
    lea.invite(room, "@paul:test")
    assert (await restarted.sync(cursor, wait_ms=0)).empty


def test_the_same_story_gives_the_same_ids(clock: FakeClock) -> None:
    def story() -> list[str]:
        lea = FakeServer(clock).person("@lea:test")
        room = lea.create_room(version="12")
        return [room, lea.say(room, "un"), lea.say(room, "deux")]

    assert story() == story()
    assert ":" not in story()[0]  # version 12: the id names no server
