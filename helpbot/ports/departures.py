"""What goes out: the outbox, and what our messages were. Part of `Tx`; times are Unix milliseconds."""

from __future__ import annotations

from typing import Any, Protocol

from helpbot.core.ids import EventId, TicketId
from helpbot.core.records import (
    OutboxRow,
    SentMessage,
)


class DeparturesTx(Protocol):
    """What goes out: the outbox, and what our messages were."""

    def add_outbox(self, row: OutboxRow) -> OutboxRow | None:
        """Store what is to be sent and return it with its id; None when that txn id is known."""
        ...

    def unsent(self) -> list[OutboxRow]:
        """Return what is still to be sent, in order."""
        ...

    def outbox_by_txn(self, txn_id: str) -> OutboxRow | None:
        """Return the row of a transaction id."""
        ...

    def confirm(self, txn_id: str, event: EventId, now: int) -> None:
        """Note that an event stands in its room; a second time changes nothing."""
        ...

    def note_try(self, row_id: int, *, attempts: int, now: int) -> None:
        """Note a try of unknown outcome."""
        ...

    def park_outbox(self, row_id: int) -> None:
        """Set aside what cannot be sent, for a person to look at."""
        ...

    def drop_outbox(self, row_id: int) -> None:
        """Be done with what turned out to be unneeded."""
        ...

    def sent_message(self, event: EventId) -> SentMessage | None:
        """Return what our message was, by its event id."""
        ...

    def slot_event(self, ticket: TicketId, slot: str) -> EventId | None:
        """Return the event id of the ticket's message in a slot, when it was sent."""
        ...

    def slot_row(self, ticket: TicketId, slot: str) -> OutboxRow | None:
        """Return the newest message (no edit) in a slot."""
        ...

    def last_content(self, ticket: TicketId, slot: str) -> dict[str, Any] | None:
        """Return the content last written for a slot, edit or not."""
        ...

    def ticket_messages(self, ticket: TicketId) -> list[OutboxRow]:
        """Return every message of a ticket, edits included, sent or not."""
        ...

    def loosen(self, row_id: int) -> None:
        """Keep of a message only where it stands: of no question, without its words, until it is deleted."""
        ...

    def digests_of(self, ticket: TicketId) -> list[OutboxRow]:
        """Return the messages that show a ticket among others, sent or not."""
        ...

    def relays_of(self, source: EventId) -> list[OutboxRow]:
        """Return the copies that were relayed of somebody's message, without edits."""
        ...

    def cancel_unsent(self, ticket: TicketId, slot: str | None) -> list[int]:
        """Keep the unsent messages of a ticket (or of one slot of it) from being sent."""
        ...

    def hold(self, row: OutboxRow) -> None:
        """Keep a file of an asker for whoever takes the question; a second time changes nothing."""
        ...

    def held(self, ticket: TicketId) -> list[OutboxRow]:
        """Return what is kept for whoever takes a question, in the order in which it came."""
        ...

    def drop_held(self, ticket: TicketId | None = None, *, slot: str = "") -> None:
        """Forget what is kept for a question, or the one file of a slot."""
        ...

    def cancel_row(self, row_id: int) -> None:
        """Keep one unsent message from being sent, and forget its words."""
        ...

    def cancel_edits(self, ticket: TicketId, slot: str) -> list[int]:
        """Keep unsent edits of a slot from being sent: a newer one follows."""
        ...
