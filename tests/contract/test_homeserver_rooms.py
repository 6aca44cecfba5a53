"""The contract of `Homeserver`: coming, going, and what is known of a room."""

from __future__ import annotations

import pytest
from worlds import Follower, World, react, room_with_bot, say

from helpbot.core.ids import RoomId
from helpbot.core.incoming import Access, Membership, Replacement, RoomFacts, RoomNews
from helpbot.ports import Refused

TEXT = {"msgtype": "m.text", "body": "bonjour"}


def last_news(seen: Follower, room: RoomId) -> RoomNews:
    return [news for news in seen.news if news.room == room][-1]


async def test_an_invitation_says_who_invites_and_whether_to_talk_in_private(world: World) -> None:
    lea = await world.teacher("lea")
    seen = await Follower.start(world)
    room = await lea.create_room(invite=[world.bot.user_id])
    direct = await lea.create_room(direct=True, invite=[world.bot.user_id])
    await seen.until(lambda seen: {room, direct} <= seen.memberships.keys())
    for place, is_direct in ((room, False), (direct, True)):
        news = last_news(seen, place)
        assert news.membership is Membership.INVITE
        assert news.inviter == lea.user_id
        assert news.invited_direct is is_direct
        assert news.events == ()


async def test_declining_and_being_invited_again(world: World) -> None:
    lea = await world.teacher("lea")
    seen = await Follower.start(world)
    room = await lea.create_room(invite=[world.bot.user_id])
    await seen.until(lambda seen: room in seen.memberships)
    await world.bot.leave(room)
    await world.bot.leave(room)
    await seen.until(lambda seen: seen.memberships[room] is Membership.LEAVE)
    await lea.invite(room, world.bot.user_id)
    await seen.until(lambda seen: seen.memberships[room] is Membership.INVITE)
    await seen.join(room)
    await seen.until(lambda seen: seen.memberships[room] is Membership.JOIN)


async def test_an_invitation_can_be_taken_back(world: World) -> None:
    lea = await world.teacher("lea")
    seen = await Follower.start(world)
    room = await lea.create_room(invite=[world.bot.user_id])
    await seen.until(lambda seen: room in seen.memberships)
    await lea.kick(room, world.bot.user_id)
    await seen.until(lambda seen: seen.memberships[room] is Membership.LEAVE)
    with pytest.raises(Refused):
        await world.bot.join(room)


async def test_kicked_and_invited_again(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    await say(lea, room, "avant")
    await seen.until_said(room, "avant")
    await lea.kick(room, world.bot.user_id)
    await seen.until(lambda seen: seen.memberships[room] is Membership.LEAVE)
    with pytest.raises(Refused):
        await world.bot.send(room, "m.room.message", TEXT, "t1")
    await say(lea, room, "en son absence")
    await lea.invite(room, world.bot.user_id)
    facts = await seen.join(room)
    assert facts.encrypted is world.encrypted
    await say(lea, room, "de retour")
    await seen.until_said(room, "avant", "de retour")
    answer = await world.bot.send(room, "m.room.message", TEXT, "t2")
    read = await lea.reads(room, answer)
    assert read is not None
    assert read["body"] == "bonjour"


async def test_kicked_while_away(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    await lea.kick(room, world.bot.user_id)
    seen.hs = await world.restart()
    seen.hs.restore(seen.facts.values())
    await seen.until(lambda seen: seen.memberships[room] is Membership.LEAVE)


async def test_banned(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    await lea.ban(room, world.bot.user_id)
    await seen.until(lambda seen: seen.memberships[room] is Membership.LEAVE)
    await world.bot.leave(room)
    with pytest.raises(Refused):
        await world.bot.join(room)


async def test_leaving_and_joining_are_done_once(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    assert await world.bot.join(room) == seen.facts[room]
    await world.bot.leave(room)
    await seen.until(lambda seen: seen.memberships[room] is Membership.LEAVE)
    await world.bot.leave(room)


async def test_nobody_joins_uninvited(world: World) -> None:
    lea = await world.teacher("lea")
    room = await lea.create_room()
    with pytest.raises(Refused):
        await world.bot.join(room)
    with pytest.raises(Refused):
        await world.bot.join(RoomId("!nowhere:elsewhere.invalid"))
    forum = await lea.create_room(public=True)
    assert (await world.bot.join(forum)).public


@pytest.mark.parametrize("version", ["10", "11", "12"])
async def test_room_versions(world: World, version: str) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea, version=version)
    seen = await Follower.start(world)
    assert seen.facts[room].version == version
    question = await say(lea, room, "une question")
    await seen.until_said(room, "une question")
    answer = await world.bot.send(room, "m.room.message", TEXT, "t1")
    tap = await react(lea, room, answer, "✅")
    await seen.get(tap)
    deletion = await lea.redact(room, question)
    assert (await seen.get(deletion)).target == question
    await world.bot.redact(room, answer, "t2")
    assert await lea.reads(room, answer) is None


async def test_facts_are_known_from_the_join_on(world: World) -> None:
    lea = await world.teacher("lea")
    seen = await Follower.start(world)
    room = await lea.create_room(
        encrypted=world.encrypted, access=Access.UNRESTRICTED, invite=[world.bot.user_id]
    )
    expected = RoomFacts(room, encrypted=world.encrypted, version="10", access=Access.UNRESTRICTED)
    assert await seen.join(room) == expected
    await seen.until(lambda seen: seen.memberships[room] is Membership.JOIN)
    assert seen.facts[room] == expected


async def test_a_forum_is_public(world: World) -> None:
    lea = await world.teacher("lea")
    room = await lea.create_room(public=True, invite=[world.bot.user_id])
    facts = await world.bot.join(room)
    assert (facts.public, facts.encrypted, facts.access) == (True, False, Access.RESTRICTED)


async def test_a_room_that_anyone_reads_is_as_open_as_a_forum(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    assert not seen.facts[room].public
    await lea.set_state(room, "m.room.history_visibility", {"history_visibility": "world_readable"})
    await seen.until(lambda seen: seen.facts[room].public)
    await lea.set_state(room, "m.room.history_visibility", {"history_visibility": "invited"})
    await seen.until(lambda seen: not seen.facts[room].public)


async def test_a_forum_that_closes_is_one_no_more_also_after_a_restart(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea, public=True, encrypted=False)
    seen = await Follower.start(world)
    assert seen.facts[room].public
    seen.hs = await world.restart()
    seen.hs.restore(seen.facts.values())
    await lea.set_state(room, "m.room.join_rules", {"join_rule": "invite"})
    await seen.until(lambda seen: not seen.facts[room].public)


async def test_a_room_that_changes(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea, encrypted=False)
    seen = await Follower.start(world)
    assert not seen.facts[room].encrypted
    await lea.set_state(room, "im.vector.room.access_rules", {"rule": "unrestricted"})
    await seen.until(lambda seen: seen.facts[room].access is Access.UNRESTRICTED)
    await lea.set_state(room, "m.room.join_rules", {"join_rule": "public"})
    await seen.until(lambda seen: seen.facts[room].public)
    await lea.set_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    await seen.until(lambda seen: seen.facts[room].encrypted)


async def test_a_direct_message_is_one_as_long_as_there_are_two(world: World) -> None:
    lea, paul = await world.teacher("lea"), await world.teacher("paul")
    seen = await Follower.start(world)
    room = await lea.create_room(direct=True, encrypted=world.encrypted, invite=[world.bot.user_id])
    assert (await seen.join(room)).direct_with == lea.user_id
    await seen.until(lambda seen: seen.memberships[room] is Membership.JOIN)
    assert seen.facts[room].direct_with == lea.user_id
    await lea.invite(room, paul.user_id)
    await seen.until(lambda seen: seen.facts[room].direct_with is None)


async def test_a_direct_message_joined_after_a_restart(world: World) -> None:
    lea = await world.teacher("lea")
    seen = await Follower.start(world)
    room = await lea.create_room(direct=True, encrypted=world.encrypted, invite=[world.bot.user_id])
    await seen.until(lambda seen: room in seen.memberships)
    seen.hs = await world.restart()
    await seen.join(room)
    await seen.until(lambda seen: seen.facts[room].direct_with == lea.user_id)


async def test_a_direct_message_is_still_one_after_a_restart(world: World) -> None:
    lea = await world.teacher("lea")
    seen = await Follower.start(world)
    room = await lea.create_room(direct=True, encrypted=world.encrypted, invite=[world.bot.user_id])
    await seen.join(room)
    await seen.until(lambda seen: seen.memberships[room] is Membership.JOIN)
    seen.hs = await world.restart()
    seen.hs.restore(seen.facts.values())
    await say(lea, room, "une question")
    await seen.until_said(room, "une question")
    assert seen.facts[room].direct_with == lea.user_id


async def test_a_direct_message_is_known_as_one_without_database(world: World) -> None:
    lea = await world.teacher("lea")
    seen = await Follower.start(world)
    room = await lea.create_room(direct=True, encrypted=world.encrypted, invite=[world.bot.user_id])
    await seen.join(room)
    await seen.until(lambda seen: seen.memberships[room] is Membership.JOIN)
    await seen.step(wait_ms=0)
    await world.restart()
    seen = await Follower.start(world)
    assert seen.facts[room].direct_with == lea.user_id


async def test_tchap_s_rule_makes_a_direct_message_too(world: World) -> None:
    lea = await world.teacher("lea")
    seen = await Follower.start(world)
    room = await lea.create_room(access=Access.DIRECT, invite=[world.bot.user_id])
    assert (await seen.join(room)).access is Access.DIRECT
    await seen.until(lambda seen: seen.facts[room].direct_with == lea.user_id)


async def test_two_people_in_a_room_are_no_direct_message(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    assert seen.facts[room].direct_with is None


async def test_names(world: World) -> None:
    lea = await world.teacher("lea")
    assert await world.bot.profile_name(lea.user_id) == "lea"
    assert await world.bot.profile_name(world.bot.user_id) == world.bot.display_name


async def test_who_wrote_a_message_is_known_without_reading_it(world: World) -> None:
    lea = await world.teacher("lea")
    room = await room_with_bot(world, lea)
    event = await say(lea, room, "bonjour")
    assert await world.bot.author_of(room, event) == lea.user_id
    elsewhere = await lea.create_room()
    hidden = await say(lea, elsewhere, "entre nous")
    assert await world.bot.author_of(room, hidden) is None


async def test_who_made_a_room_administers_it_and_a_guest_does_not(world: World) -> None:
    lea, paul = await world.teacher("lea"), await world.teacher("paul")
    room = await room_with_bot(world, lea)
    await lea.invite(room, paul.user_id)
    await paul.join(room)
    assert await world.bot.administers(room, lea.user_id)
    assert not await world.bot.administers(room, paul.user_id)


async def test_a_direct_message_that_the_bot_opens(world: World) -> None:
    lea = await world.teacher("lea")
    facts = await world.bot.open_direct(lea.user_id)
    assert (facts.encrypted, facts.direct_with, facts.public) == (True, lea.user_id, False)
    await lea.join(facts.room)
    world.joined[facts.room] = facts
    seen = await Follower.start(world)
    event = await say(lea, facts.room, "bonjour")
    assert (await seen.get(event)).body == "bonjour"


def replacements(seen: Follower) -> dict[RoomId, Replacement]:
    return {news.room: news.replacement for news in seen.news if news.replacement is not None}


@pytest.mark.parametrize("version", ["10", "12"])
async def test_a_room_is_replaced_by_another(world: World, version: str) -> None:
    lea = await world.teacher("lea")
    old = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    assert await world.bot.replacement(old) is None
    new = await lea.upgrade(old, version)
    await seen.until(replacements)
    assert replacements(seen) == {old: Replacement(new, lea.user_id)}
    assert await world.bot.replacement(old) == Replacement(new, lea.user_id)
    with pytest.raises(Refused):
        await world.bot.send(old, "m.room.message", TEXT, "t1")
    with pytest.raises(Refused):  # nobody is invited by itself
        await world.bot.join(new, via="elsewhere.invalid")
    await lea.invite(new, world.bot.user_id)
    facts = await world.bot.join(new, via=lea.user_id.partition(":")[2])
    assert (facts.encrypted, facts.version, facts.direct_with) == (world.encrypted, version, None)
    assert await world.bot.predecessor(new) == old
    assert await world.bot.predecessor(old) is None


async def test_a_room_replaced_while_away_or_before_the_first_sync(world: World) -> None:
    lea = await world.teacher("lea")
    old = await room_with_bot(world, lea)
    seen = await Follower.start(world)
    new = await lea.upgrade(old, "10")
    for number in range(55):  # more than one sync gives: the tombstone is among the state
        await say(lea, old, f"message {number}")
    seen.hs = await world.restart()
    seen.hs.restore(seen.facts.values())
    await seen.until(replacements)
    assert replacements(seen) == {old: Replacement(new, lea.user_id)}
    fresh = await Follower.start(world)
    assert replacements(fresh) == {old: Replacement(new, lea.user_id)}


async def test_a_direct_message_stays_one_when_it_is_replaced(world: World) -> None:
    lea = await world.teacher("lea")
    old = await room_with_bot(world, lea, direct=True)
    new = await lea.upgrade(old, "10")
    await lea.invite(new, world.bot.user_id)
    facts = await world.bot.join(new, direct_with=lea.user_id)
    assert facts.direct_with == lea.user_id
    world.joined[new] = facts
    seen = await Follower.start(world)
    assert seen.facts[new].direct_with == lea.user_id
