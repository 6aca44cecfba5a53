"""The seams to the world, as Protocols. Adapters and their test doubles fulfil them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.incoming import Batch, Message, Page, Reaction, RoomFacts, Sealed
from helpbot.core.records import (
    Backlog,
    HelpRecord,
    InboxItem,
    Job,
    Load,
    OutboxRow,
    RoomRow,
    Seed,
    SentMessage,
    Totals,
)
from helpbot.core.tickets import Ticket

T = TypeVar("T")


class HomeserverError(Exception):
    """Anything that the homeserver or the way to it refused. `str()` is one sentence for the operator."""


class RateLimited(HomeserverError):
    """`M_LIMIT_EXCEEDED`: the same request may be made again after `retry_after_ms`."""

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(f"the homeserver asks to wait {retry_after_ms} ms")
        self.retry_after_ms = retry_after_ms


class Unreachable(HomeserverError):
    """No answer, or a 5xx: it may or may not have happened; try again later, with the same txn id."""


class Refused(HomeserverError):
    """A final no to this one request (forbidden, not in the room, too large, bad content)."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(f"{code}: {what}")
        self.code = code


class LoggedOut(HomeserverError):
    """The account cannot be used: `M_UNKNOWN_TOKEN` (soft or not), expired, deactivated, wrong password.

    `code` is Matrix's errcode; `hint` says what the operator should do. Retrying does not help.
    """

    def __init__(self, code: str, what: str, hint: str) -> None:
        super().__init__(f"{what} ({code}); {hint}")
        self.code = code
        self.hint = hint


class Homeserver(Protocol):
    """One account on one homeserver, encryption included.

    Every method raises `RateLimited`, `Unreachable`, `Refused` or `LoggedOut`, and nothing else,
    for what the server or the network does. Malformed events from others never raise: they are
    left out and counted.
    """

    @property
    def user_id(self) -> UserId:
        """Our own full id."""
        ...

    @property
    def display_name(self) -> str:
        """Our own display name, or the localpart where there is none."""
        ...

    def restore(self, rooms: Iterable[RoomFacts]) -> None:
        """Tell it what the store knows of the joined rooms, before the first sync after a start."""
        ...

    async def sync(self, since: str | None, *, wait_ms: int, own: bool = True) -> Batch:
        """Return the news after the cursor `since`, waiting up to `wait_ms` for some.

        Without `own`, events of our own may be left out: each would cost a sync that tells nothing new.

        To-device messages are handled and their keys stored, in one transaction of the crypto
        store, before it returns; events are decrypted where possible and else given as `Sealed`.
        Key upkeep (uploads, queries, claims) is done here. Without a cursor (a fresh start) the
        timelines are left out, since all of it is history; invitations are still given.
        """
        ...

    async def messages(self, room: RoomId, *, start: str, stop: str | None) -> Page:
        """Return a page of the room's past going back from `start`, until `stop` or our own join."""
        ...

    async def unseal(self, sealed: Sealed) -> Message | Reaction | None:
        """Try to decrypt again what was kept. None when its key is still missing."""
        ...

    async def send(self, room: RoomId, event_type: str, content: dict[str, Any], txn_id: str) -> EventId:
        """Send an event, encrypted where the room is (reactions never are), and return its id.

        The same `txn_id` again gives the same event id.
        """
        ...

    async def redact(self, room: RoomId, target: EventId, txn_id: str) -> EventId:
        """Delete an event of ours (or any, where we may) and return the redaction's id."""
        ...

    async def find_sent(self, room: RoomId, txn_id: str, *, since: int) -> EventId | None:
        """Read the room back to the time `since` (ms) for what this device sent with `txn_id`."""
        ...

    async def profile_name(self, user: UserId) -> str:
        """Return somebody's display name, empty where there is none or it is hidden."""
        ...

    async def join(self, room: RoomId) -> RoomFacts:
        """Join and return the room's facts, its encryption state known for sure."""
        ...

    async def leave(self, room: RoomId) -> None:
        """Leave, or decline an invitation. No error when it is already so."""
        ...

    async def close(self) -> None:
        """Close connections and the crypto store."""
        ...


class Tx(Protocol):
    """One transaction: named queries, nothing else. Times are Unix milliseconds.

    Lives only inside `Store.run`.
    """

    # cursor and rooms
    def cursor(self) -> str | None:
        """Return Matrix's `next_batch` up to which everything is stored."""
        ...

    def set_cursor(self, cursor: str) -> None:
        """Move the cursor; same transaction as the inbox."""
        ...

    def room(self, room: RoomId) -> RoomRow | None:
        """Return what is known of a room."""
        ...

    def save_room(self, row: RoomRow) -> None:
        """Insert or replace a room."""
        ...

    def joined_rooms(self) -> list[RoomFacts]:
        """Return the facts of every joined room."""
        ...

    def invitations(self, now: int) -> list[RoomRow]:
        """Return invitations that wait for our answer, and rooms that we entered by one and did not greet."""
        ...

    def direct_room(self, user: UserId) -> RoomFacts | None:
        """Return the joined direct message with a person, the newest if there are several."""
        ...

    # inbox
    def add_inbox(self, item: InboxItem) -> bool:
        """Store what is addressed to the bot; False when it was stored before."""
        ...

    def knows_event(self, event: EventId) -> bool:
        """Whether an event was ever taken into the inbox."""
        ...

    def waiting_inbox(self, now: int) -> list[InboxItem]:
        """Return what waits for its decision and may be tried now, oldest first."""
        ...

    def finish_inbox(self, event: EventId) -> bool:
        """Mark as decided and empty its payload; False when it was decided or parked before."""
        ...

    def retry_inbox(self, event: EventId, *, attempts: int, not_before: int, park: bool) -> None:
        """Note a failed try; parked items wait for a person."""
        ...

    # sealed events
    def add_sealed(self, event: Sealed, now: int) -> None:
        """Keep the ciphertext of an event whose key is missing."""
        ...

    def sealed(self, sessions: Iterable[str] | None) -> list[Sealed]:
        """Return kept events of these sessions, or all of them for None."""
        ...

    def drop_sealed(self, events: Iterable[EventId]) -> None:
        """Forget events that were opened or are not for the bot."""
        ...

    # outbox
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

    def relays_of(self, source: EventId) -> list[OutboxRow]:
        """Return the copies that were relayed of somebody's message, without edits."""
        ...

    def cancel_unsent(self, ticket: TicketId, slot: str | None) -> list[int]:
        """Keep the unsent messages of a ticket (or of one slot of it) from being sent."""
        ...

    def cancel_edits(self, ticket: TicketId, slot: str) -> list[int]:
        """Keep unsent edits of a slot from being sent: a newer one follows."""
        ...

    # tickets
    def ticket(self, ticket: TicketId) -> Ticket | None:
        """Return a ticket."""
        ...

    def ticket_of(self, question: EventId) -> Ticket | None:
        """Return the ticket of a question's event."""
        ...

    def ticket_in_thread(self, room: RoomId, thread: EventId) -> Ticket | None:
        """Return the newest ticket that lives in a thread, or whose question is its root."""
        ...

    def tickets_pending(self, room: RoomId, asker: UserId, *, since: int, choices_only: bool) -> list[Ticket]:
        """Return the asker's tickets in a room that wait for a tap since a moment."""
        ...

    def last_ticket(self, room: RoomId, asker: UserId, *, since: int) -> Ticket | None:
        """Return the asker's newest question in a room since a moment."""
        ...

    def open_tickets(self, asker: UserId) -> list[Ticket]:
        """Return the asker's questions that have not ended, newest first."""
        ...

    def claims_of(self, helper: UserId) -> list[Ticket]:
        """Return the questions that a volunteer holds."""
        ...

    def offered_to(self, user: UserId) -> list[Ticket]:
        """Return the questions in which a volunteer has an open offer or a claim."""
        ...

    def save_ticket(self, ticket: Ticket) -> Ticket:
        """Insert (id 0) or update a ticket with its offers; returns it with its id."""
        ...

    def late_plans(self, now: int) -> list[TicketId]:
        """Return tickets that are being asked or claimed and have no timer (the auditor)."""
        ...

    # timers
    def schedule(self, job: Job) -> None:
        """Set the ticket's timer of that kind, in place of an earlier one."""
        ...

    def due_jobs(self, now: int) -> list[Job]:
        """Return the timers that are due, oldest first."""
        ...

    def next_wake(self) -> int | None:
        """Return when the next timer is due or the next undecided item may be tried again."""
        ...

    def finish_job(self, job: Job) -> None:
        """Remove a timer, unless it was set anew meanwhile."""
        ...

    # volunteers and records
    def seed_volunteers(self, seeds: Iterable[Seed]) -> None:
        """Make the seeded part of the directory what the configuration says."""
        ...

    def volunteers(self) -> list[tuple[Seed, bool]]:
        """Return the directory, with whether each had their first notice."""
        ...

    def note_noticed(self, users: Iterable[UserId], now: int) -> None:
        """Note that volunteers were told that they are, and how to stop."""
        ...

    def loads(self, *, day_since: int, week_since: int) -> dict[UserId, Load]:
        """Return how often each volunteer was asked."""
        ...

    def save_record(self, record: HelpRecord) -> None:
        """Insert or replace the record of an ended question."""
        ...

    def totals(self, *, since: int, timezone: str) -> Totals:
        """Return the counts of a report."""
        ...

    # upkeep
    def backlog(self) -> Backlog:
        """Count what waits and what was set aside."""
        ...

    def forget(
        self,
        *,
        sealed_before: int,
        inbox_before: int,
        unsolved_before: int,
        solved_before: int,
        sensitive_before: int,
        help_log_before: int,
    ) -> dict[str, int]:
        """Delete what is past its time; returns table → rows."""
        ...


class Store(Protocol):
    """The database. One transaction at a time."""

    async def run(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one transaction and return what it returns; on any error nothing is kept."""
        ...

    async def checkpoint(self) -> None:
        """Do the database's own slow upkeep beside the transactions that go on."""
        ...

    async def close(self) -> None:
        """Finish the transaction in hand and close."""
        ...


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> int:
        """Unix time in milliseconds, UTC."""
        ...

    async def sleep_until(self, at: int) -> None:
        """Return at or after the Unix time `at` (ms)."""
        ...
