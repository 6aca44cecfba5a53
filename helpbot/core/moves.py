"""Rooms that were replaced by others (client-server API, "Room upgrades"), and where each goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from helpbot.core.ids import RoomId


class MoveState(StrEnum):
    """How far the bot has followed."""

    WAITING = "waiting"
    """It is not in the new room yet."""
    DONE = "done"
    REFUSED = "refused"
    """The new room does not name the old one: anybody may point anywhere, so it is not believed."""


@dataclass(frozen=True, slots=True)
class Move:
    """A room that the bot is in was replaced by another."""

    old: RoomId
    new: RoomId
    via: str
    """The server of who replaced it: it is in the new room."""
    state: MoveState = MoveState.WAITING
    attempts: int = 0
    not_before: int = 0


def where_now(room: RoomId, moved: Mapping[RoomId, RoomId]) -> RoomId:
    """Return where a room goes on, over any number of replacements; itself where it was not replaced."""
    passed = {room}
    while (after := moved.get(room)) is not None and after not in passed:
        passed.add(after)
        room = after
    return room
