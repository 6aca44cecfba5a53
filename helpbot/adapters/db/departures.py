"""What goes out: the outbox, and what our messages were."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from helpbot.adapters.db import codec
from helpbot.adapters.db.prepared import insert_once
from helpbot.adapters.db.queries import (
    ASIDE,
    CANCELLED,
    HELD,
    SENT,
    UNSENT,
    Area,
    Param,
    select,
    update,
)
from helpbot.adapters.db.tables import (
    outbox,
)
from helpbot.core.ids import EventId, TicketId
from helpbot.core.records import (
    OutboxRow,
    SentMessage,
)

_OUTBOX_COLUMNS = (
    "txn_id", "room", "event_type", "content", "priority", "ticket", "slot", "kind", "edits_slot",
    "redacts_txn", "reply_slot", "about", "created_at", "state", "attempts",
)  # fmt: skip
_ADD_OUTBOX = insert_once(outbox, "txn_id", _OUTBOX_COLUMNS)
_UNSENT = select(outbox, where=outbox.c.state == UNSENT, order=outbox.c.id)
_BY_TXN = select(outbox, where=outbox.c.txn_id == Param("txn"))
_CONFIRM = update(
    outbox,
    outbox.c.txn_id == Param("txn"),
    outbox.c.event_id.is_(None),
    event_id=Param("event"),
    sent_at=Param("now"),
    state=SENT,
    # What belongs to no question is never edited: once it stands in its room, its words need not stay here.
    content=sa.case((outbox.c.ticket.is_(None), "{}"), else_=outbox.c.content),
)
_SENT_MESSAGE = select(
    outbox.c.ticket,
    outbox.c.slot,
    outbox.c.kind,
    outbox.c.room,
    where=outbox.c.event_id == Param("event"),
)
_OF_SLOT = (outbox.c.ticket == Param("of_ticket"), outbox.c.slot == Param("of_slot"))
_SLOT_ROW = select(
    outbox,
    where=(*_OF_SLOT, ~outbox.c.edits_slot, outbox.c.event_type == "m.room.message"),
    order=outbox.c.id.desc(),
    limit=1,
)
_LAST_CONTENT = select(outbox.c.content, where=_OF_SLOT, order=outbox.c.id.desc(), limit=1)


class Departures(Area):
    """What goes out: the outbox, and what our messages were."""

    def add_outbox(self, row: OutboxRow) -> OutboxRow | None:
        """Store what is to be sent and return it with its id; None when that txn id is known."""
        new = self._row(_ADD_OUTBOX, **codec.outbox_values(row))
        return None if new is None else replace(row, id=new[0])

    def unsent(self) -> list[OutboxRow]:
        """Return what is still to be sent, in order."""
        return [codec.outbox_row(r) for r in self._rows(_UNSENT)]

    def outbox_by_txn(self, txn_id: str) -> OutboxRow | None:
        """Return the row of a transaction id."""
        row = self._row(_BY_TXN, txn=txn_id)
        return codec.outbox_row(row) if row else None

    def confirm(self, txn_id: str, event: EventId, now: int) -> None:
        """Note that an event stands in its room; a second time changes nothing."""
        self._do(_CONFIRM, {"txn": txn_id, "event": event, "now": now})

    def note_try(self, row_id: int, *, attempts: int, now: int) -> None:
        """Note a try of unknown outcome."""
        first = sa.func.coalesce(outbox.c.first_try_at, now)
        query = sa.update(outbox).where(outbox.c.id == row_id)
        self._connection.execute(query.values(attempts=attempts, first_try_at=first))

    def park_outbox(self, row_id: int) -> None:
        """Set aside what cannot be sent, for a person to look at."""
        query = sa.update(outbox).where(outbox.c.id == row_id, outbox.c.state == UNSENT)
        self._connection.execute(query.values(state=ASIDE))

    def drop_outbox(self, row_id: int) -> None:
        """Be done with what turned out to be unneeded."""
        query = sa.update(outbox).where(outbox.c.id == row_id, outbox.c.state == UNSENT)
        self._connection.execute(query.values(state=CANCELLED, content="{}"))

    def sent_message(self, event: EventId) -> SentMessage | None:
        """Return what our message was, by its event id."""
        row = self._row(_SENT_MESSAGE, event=event)
        return SentMessage(*row) if row else None

    def slot_event(self, ticket: TicketId, slot: str) -> EventId | None:
        """Return the event id of the ticket's message in a slot, when it was sent."""
        row = self.slot_row(ticket, slot)
        return row.event_id if row else None

    def slot_row(self, ticket: TicketId, slot: str) -> OutboxRow | None:
        """Return the newest message (no edit) in a slot."""
        row = self._row(_SLOT_ROW, of_ticket=ticket, of_slot=slot)
        return codec.outbox_row(row) if row else None

    def last_content(self, ticket: TicketId, slot: str) -> dict[str, Any] | None:
        """Return the content last written for a slot, edit or not."""
        row = self._row(_LAST_CONTENT, of_ticket=ticket, of_slot=slot)
        return json.loads(row.content) if row else None

    def ticket_messages(self, ticket: TicketId) -> list[OutboxRow]:
        """Return every message of a ticket, edits included, sent or not."""
        query = sa.select(outbox).where(
            outbox.c.ticket == ticket,
            outbox.c.event_type == "m.room.message",
            outbox.c.state.in_((UNSENT, SENT)),
        )
        return [codec.outbox_row(r) for r in self._all(query.order_by(outbox.c.id))]

    def loosen(self, row_id: int) -> None:
        """Keep of a message only where it stands: of no question, without its words, until it is deleted."""
        bare = {"ticket": None, "slot": "", "content": "{}", "about": None, "reply_slot": ""}
        self._connection.execute(sa.update(outbox).where(outbox.c.id == row_id).values(bare))

    def digests_of(self, ticket: TicketId) -> list[OutboxRow]:
        """Return the messages that show a ticket among others, sent or not."""
        query = sa.select(outbox).where(
            outbox.c.slot.like(f"digest/%,{ticket},%"),
            outbox.c.event_type == "m.room.message",
            outbox.c.state.in_((UNSENT, SENT)),
        )
        return [codec.outbox_row(r) for r in self._all(query.order_by(outbox.c.id))]

    def relays_of(self, source: EventId) -> list[OutboxRow]:
        """Return the copies that were relayed of somebody's message, without edits."""
        slots = (f"relay/{source}", f"follow/{source}")
        query = sa.select(outbox).where(outbox.c.slot.in_(slots), ~outbox.c.edits_slot)
        return [codec.outbox_row(r) for r in self._all(query.order_by(outbox.c.id))]

    def cancel_unsent(self, ticket: TicketId, slot: str | None) -> list[int]:
        """Keep the unsent messages of a ticket (or of one slot of it) from being sent."""
        where = [outbox.c.ticket == ticket, outbox.c.state == UNSENT]
        if slot is not None:
            where.append(outbox.c.slot == slot)
        ids = [r.id for r in self._all(sa.select(outbox.c.id).where(*where))]
        if ids:
            self._connection.execute(
                sa.update(outbox).where(outbox.c.id.in_(ids)).values(state=CANCELLED, content="{}")
            )
        return ids

    def hold(self, row: OutboxRow) -> None:
        """Keep a file of an asker for whoever takes the question; a second time changes nothing."""
        self._row(_ADD_OUTBOX, **codec.outbox_values(row) | {"state": HELD})

    def held(self, ticket: TicketId) -> list[OutboxRow]:
        """Return what is kept for whoever takes a question, in the order in which it came."""
        query = sa.select(outbox).where(outbox.c.ticket == ticket, outbox.c.state == HELD)
        return [codec.outbox_row(r) for r in self._all(query.order_by(outbox.c.id))]

    def drop_held(self, ticket: TicketId | None = None, *, slot: str = "") -> None:
        """Forget what is kept for a question, or the one file of a slot."""
        which = outbox.c.slot == slot if ticket is None else outbox.c.ticket == ticket
        query = sa.update(outbox).where(which, outbox.c.state == HELD)
        self._connection.execute(query.values(state=CANCELLED, content="{}"))

    def cancel_row(self, row_id: int) -> None:
        """Keep one unsent message from being sent, and forget its words."""
        query = sa.update(outbox).where(outbox.c.id == row_id, outbox.c.state == UNSENT)
        self._connection.execute(query.values(state=CANCELLED, content="{}"))

    def cancel_edits(self, ticket: TicketId, slot: str) -> list[int]:
        """Keep unsent edits of a slot from being sent: a newer one follows."""
        where = (outbox.c.ticket == ticket, outbox.c.state == UNSENT, outbox.c.slot == slot)
        unsure = outbox.c.attempts > 0  # it may stand in the room already: let it come to its end
        query = sa.select(outbox.c.id).where(*where, outbox.c.edits_slot, ~unsure)
        ids = [r.id for r in self._all(query)]
        if ids:
            self._connection.execute(
                sa.update(outbox).where(outbox.c.id.in_(ids)).values(state=CANCELLED, content="{}")
            )
        return ids
