"""What state events make of a room."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from helpbot.adapters.matrix.rooms import STATE_TYPES, Room, is_own_join
from helpbot.core.ids import RoomId, UserId
from helpbot.core.incoming import Access, RoomFacts

ROOM, ME, LEA = RoomId("!r:test"), UserId("@helpbot:test"), UserId("@lea:test")


def state(kind: str, content: Any, key: Any = "", **more: Any) -> dict[str, Any]:
    return {"type": kind, "state_key": key, "content": content, **more}


def room_of(*events: dict[str, Any]) -> Room:
    room = Room.new(ROOM)
    for event in events:
        room.apply(event, ME)
    return room


def join_of_mine(prev: dict[str, Any] | None) -> dict[str, Any]:
    unsigned = {} if prev is None else {"prev_content": prev, "prev_sender": LEA}
    return state("m.room.member", {"membership": "join"}, ME, unsigned=unsigned)


def test_facts() -> None:
    room = room_of(
        state("m.room.create", {"room_version": "11"}),
        state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}),
        state("m.room.join_rules", {"join_rule": "public"}),
        state("im.vector.room.access_rules", {"rule": "unrestricted"}),
    )
    assert room.facts == RoomFacts(
        ROOM, encrypted=True, version="11", access=Access.UNRESTRICTED, public=True
    )


def member(user: str, membership: str) -> dict[str, Any]:
    return state("m.room.member", {"membership": membership}, user)


def test_an_external_guest_makes_it_a_room_of_guests() -> None:
    guest = "@invite:agent.externe.tchap.example"
    room = room_of(state("im.vector.room.access_rules", {"rule": "restricted"}), member(LEA, "join"))
    assert room.facts.access is Access.RESTRICTED
    room.apply(member(guest, "invite"), ME)
    assert room.facts.access is Access.UNRESTRICTED
    room.apply(state("im.vector.room.access_rules", {"rule": "restricted"}), ME)
    assert room.facts.access is Access.UNRESTRICTED
    room.apply(member(guest, "leave"), ME)
    assert room.facts.access is Access.RESTRICTED
    named = room_of(state("im.vector.room.access_rules", {"rule": "direct"}))
    named.summarise({"m.joined_member_count": 2, "m.heroes": [guest]})
    named.settle(None)
    assert (named.facts.direct_with, named.facts.access) == (guest, Access.UNRESTRICTED)


def test_what_anyone_reads_without_coming_in_is_public() -> None:
    world = state("m.room.history_visibility", {"history_visibility": "world_readable"})
    room = room_of(state("m.room.join_rules", {"join_rule": "invite"}), world)
    assert room.facts.public
    room.apply(state("m.room.history_visibility", {"history_visibility": "shared"}), ME)
    assert not room.facts.public


def test_half_of_what_opens_a_room_is_not_known_after_a_start() -> None:
    room = Room(ROOM, RoomFacts(ROOM, public=True))
    room.apply(state("m.room.join_rules", {"join_rule": "invite"}), ME)
    assert (room.facts.public, room.unsure) == (True, True), "it may be the history that is open"
    room.know_all()
    assert (room.facts.public, room.unsure) == (False, False)


def test_encryption_is_never_taken_back() -> None:
    assert room_of(state("m.room.encryption", {}), state("m.room.encryption", {})).facts.encrypted


def test_two_people_alone_are_no_direct_message() -> None:
    room = room_of(join_of_mine({"membership": "invite"}))
    room.summarise({"m.joined_member_count": 2, "m.invited_member_count": 0, "m.heroes": [LEA]})
    room.settle(None)
    assert room.facts.direct_with is None


def test_a_direct_invitation_makes_one_until_a_third_comes() -> None:
    room = room_of(join_of_mine({"membership": "invite", "is_direct": True}))
    room.settle(None)
    assert room.facts.direct_with == LEA
    room.summarise({"m.joined_member_count": 2, "m.invited_member_count": 1})
    room.settle(None)
    assert room.facts.direct_with is None
    room.summarise({"m.joined_member_count": 2, "m.invited_member_count": 0})
    room.settle(None)
    assert room.facts.direct_with == LEA


def test_a_direct_message_that_the_other_left_is_none_until_they_come_back() -> None:
    room = room_of(join_of_mine({"membership": "invite", "is_direct": True}), member(LEA, "join"))
    room.settle(LEA)
    assert room.facts.direct_with == LEA
    room.apply(member(LEA, "leave"), ME)
    room.settle(LEA)
    assert room.facts.direct_with is None, "what is said there reaches nobody, whatever our account data says"
    room.apply(member(LEA, "invite"), ME)
    room.settle(LEA)
    assert room.facts.direct_with == LEA


def test_so_do_our_account_data_and_tchap() -> None:
    room = room_of()
    room.settle(LEA)
    assert room.facts.direct_with == LEA
    rule = state("im.vector.room.access_rules", {"rule": "direct"})
    room = room_of(rule, state("m.room.member", {"membership": "join"}, LEA))
    room.settle(None)
    assert (room.facts.direct_with, room.facts.access) == (LEA, Access.DIRECT)


def test_own_joins() -> None:
    assert is_own_join(join_of_mine(None), ME)
    assert is_own_join(join_of_mine({"membership": "invite"}), ME)
    assert is_own_join(join_of_mine({"membership": "leave"}), ME)
    assert not is_own_join(join_of_mine({"membership": "join", "displayname": "Avant"}), ME)
    assert not is_own_join(state("m.room.member", {"membership": "join"}, LEA), ME)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
_CONTENT = st.dictionaries(
    st.sampled_from(["membership", "rule", "join_rule", "room_version", "is_direct", "displayname"]),
    st.sampled_from(["join", "invite", "direct", "public"]) | _JSON,
)


@given(
    st.sampled_from(STATE_TYPES),
    _CONTENT | _JSON,
    st.sampled_from(["", ME, LEA]) | _JSON,
    st.dictionaries(st.sampled_from(["prev_content", "prev_sender"]), _CONTENT | _JSON) | _JSON,
    st.dictionaries(st.sampled_from(["m.joined_member_count", "m.heroes"]), _JSON) | _JSON,
)
def test_nothing_raises(kind: str, content: Any, key: Any, unsigned: Any, summary: Any) -> None:
    event = state(kind, content, key, unsigned=unsigned)
    room = room_of(event)
    is_own_join(event, ME)
    room.summarise(summary)
    room.settle(None)
