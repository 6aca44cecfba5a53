"""Who may read what: rule 7 of the conversation, in this file and nowhere else.

A text goes only where its author agreed. A room is compared with the one that the text was written in by
who else could read there; the author's word can add to that, never the bot. Relays, offers, digests, twins
and proposals ask `may_show` when they decide, and what goes out is asked again before it does
(`flow/confidential.py`): a room may have opened meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from helpbot.core.incoming import Access, RoomFacts


class Exposure(StrEnum):
    """Somebody beside the agents in a room who can read it."""

    SERVERS = "servers"
    """It is not encrypted: whoever runs a server of the room."""
    GUESTS = "guests"
    """External guests sit in it, or may."""
    ANYONE = "anyone"
    """Anyone may come in, or read without coming in: a forum."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the author of a text said yes to, beyond the room that they wrote it in."""

    handed_on: bool = False
    """It may leave the room, for readers of the same kind."""
    exposures: frozenset[Exposure] = frozenset()
    """And be read by these as well."""


NOTHING = Agreed()
"""It stays where it was written."""
HANDED_ON = Agreed(handed_on=True)
"""The asker's yes to asking colleagues; what a colleague writes for the asker alone."""
PUBLISHED = Agreed(handed_on=True, exposures=frozenset(Exposure))
"""A yes to the FAQ, which everybody reads."""


def told(exposures: frozenset[Exposure]) -> Agreed:
    """Return what somebody agrees to who answers after having been told where it will be read."""
    return Agreed(handed_on=True, exposures=exposures)


def exposure(room: RoomFacts) -> frozenset[Exposure]:
    """Return who beside its agents can read a room."""
    return frozenset(
        kind
        for kind, there in (
            (Exposure.SERVERS, not room.encrypted),
            (Exposure.GUESTS, room.access is Access.UNRESTRICTED),
            (Exposure.ANYONE, room.public),
        )
        if there
    )


def may_show(source: RoomFacts, target: RoomFacts, agreed: Agreed = HANDED_ON) -> bool:
    """Tell whether a text written in `source` may stand in `target`, given what its author agreed to."""
    if source.room == target.room:
        return True
    return agreed.handed_on and exposure(target) <= exposure(source) | agreed.exposures
