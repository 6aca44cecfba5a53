"""Rule 7 of the conversation over all pairs of kinds of rooms, and all that an author may have agreed to."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, combinations, product

import pytest

from helpbot.core.confidentiality import (
    HANDED_ON,
    NOTHING,
    PUBLISHED,
    Agreed,
    Exposure,
    exposure,
    may_show,
    told,
)
from helpbot.core.ids import RoomId, UserId
from helpbot.core.incoming import Access, RoomFacts


def _subsets(kinds: Iterable[Exposure]) -> list[frozenset[Exposure]]:
    every = list(kinds)
    return [frozenset(c) for n in range(len(every) + 1) for c in combinations(every, n)]


ROOMS = [
    RoomFacts(RoomId(f"!{n}:t"), encrypted=encrypted, access=access, public=public, direct_with=direct)
    for n, (encrypted, access, public, direct) in enumerate(
        product((True, False), Access, (True, False), (None, UserId("@vera:t")))
    )
]
AGREED = [NOTHING, *(told(kinds) for kinds in _subsets(Exposure))]
PAIRS = [(a, b) for a in ROOMS for b in ROOMS if a is not b]


def readers(room: RoomFacts) -> set[str]:
    """Who can read a room beside the agents in it, said once more in other words."""
    found = set()
    if not room.encrypted:
        found.add("servers")
    if room.access is Access.UNRESTRICTED:
        found.add("guests")
    if room.public:
        found.add("anyone")
    return found


def test_nobody_reads_more_than_the_author_agreed_to() -> None:
    assert len(PAIRS) * len(AGREED) == 24 * 23 * 9
    for (source, target), agreed in product(PAIRS, AGREED):
        new = readers(target) - readers(source)
        allowed = agreed.handed_on and new <= {kind.value for kind in agreed.exposures}
        assert may_show(source, target, agreed) is allowed, (source, target, agreed)


def test_where_it_was_written_it_stands() -> None:
    assert all(may_show(room, room, agreed) for room in ROOMS for agreed in AGREED)


def test_no_word_no_leaving() -> None:
    assert not any(may_show(a, b, NOTHING) for a, b in PAIRS)
    assert not any(may_show(a, b, Agreed(exposures=frozenset(Exposure))) for a, b in PAIRS)


def test_what_is_published_may_stand_anywhere() -> None:
    assert all(may_show(a, b, PUBLISHED) for a, b in PAIRS)


def test_agreeing_to_more_never_allows_less() -> None:
    for (source, target), one, more in product(PAIRS, AGREED, AGREED):
        if one.exposures <= more.exposures and one.handed_on <= more.handed_on:
            assert may_show(source, target, one) <= may_show(source, target, more)


def test_in_two_steps_it_goes_no_further_than_in_one() -> None:
    for a, b, c in product(ROOMS, repeat=3):
        if may_show(a, b, HANDED_ON) and may_show(b, c, HANDED_ON):
            assert may_show(a, c, HANDED_ON)


def test_an_encrypted_direct_message_with_an_agent_takes_everything() -> None:
    direct = RoomFacts(RoomId("!dm:t"), encrypted=True, direct_with=UserId("@lea:t"), access=Access.DIRECT)
    assert exposure(direct) == frozenset()
    assert all(may_show(room, direct, HANDED_ON) for room in ROOMS)


@pytest.mark.parametrize(
    ("room", "kinds"),
    [
        (RoomFacts(RoomId("!a:t"), encrypted=True), set()),
        (RoomFacts(RoomId("!a:t")), {Exposure.SERVERS}),
        (RoomFacts(RoomId("!a:t"), encrypted=True, access=Access.UNRESTRICTED), {Exposure.GUESTS}),
        (RoomFacts(RoomId("!a:t"), public=True), {Exposure.SERVERS, Exposure.ANYONE}),
    ],
)
def test_kinds_of_rooms(room: RoomFacts, kinds: set[Exposure]) -> None:
    assert set(chain(exposure(room))) == kinds
