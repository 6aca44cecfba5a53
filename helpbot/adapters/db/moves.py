"""Rooms that were replaced by others."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa

from helpbot.adapters.db import codec
from helpbot.adapters.db.arrivals import CHOICES
from helpbot.adapters.db.prepared import upsert
from helpbot.adapters.db.queries import Area, Param, select
from helpbot.adapters.db.tables import replaced_rooms, state, tickets
from helpbot.core.ids import RoomId
from helpbot.core.moves import Move, MoveState
from helpbot.core.tickets import Ticket

_MOVES = select(replaced_rooms, order=replaced_rooms.c.old)
_SAVE = upsert(replaced_rooms)
_TICKETS_IN = select(tickets, where=tickets.c.room == Param("in_room"), order=tickets.c.id)


class Moves(Area):
    """Rooms that were replaced by others."""

    def moves(self) -> list[Move]:
        """Return every room that was replaced, by its id, followed or not."""
        return [
            Move(RoomId(r.old), RoomId(r.new), r.via, MoveState(r.state), r.attempts, r.not_before)
            for r in self._rows(_MOVES)
        ]

    def save_move(self, move: Move) -> None:
        """Insert or replace what is known of a room that was replaced."""
        self._do(_SAVE, asdict(move) | {"state": move.state.value})

    def tickets_in(self, room: RoomId) -> list[Ticket]:
        """Return every question that stands in a room, ended or not, oldest first."""
        return [codec.ticket_from(r) for r in self._rows(_TICKETS_IN, in_room=room)]

    def forget_room_choices(self, room: RoomId) -> None:
        """Delete what administrators chose for a room."""
        self._connection.execute(sa.delete(state).where(state.c.key == f"{CHOICES}{room}"))
