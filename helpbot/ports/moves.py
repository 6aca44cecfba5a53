"""Rooms that were replaced by others. Part of `Tx`; times are Unix milliseconds."""

from __future__ import annotations

from typing import Protocol

from helpbot.core.ids import RoomId
from helpbot.core.moves import Move
from helpbot.core.tickets import Ticket


class MovesTx(Protocol):
    """Rooms that were replaced by others."""

    def moves(self) -> list[Move]:
        """Return every room that was replaced, by its id, followed or not."""
        ...

    def save_move(self, move: Move) -> None:
        """Insert or replace what is known of a room that was replaced."""
        ...

    def tickets_in(self, room: RoomId) -> list[Ticket]:
        """Return every question that stands in a room, ended or not, oldest first."""
        ...

    def forget_room_choices(self, room: RoomId) -> None:
        """Delete what administrators chose for a room."""
        ...
