"""One transaction: named queries over the tables. The same expressions on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from helpbot.adapters.db import codec
from helpbot.adapters.db.tables import (
    help_log,
    inbox,
    jobs,
    offers,
    outbox,
    rooms,
    sealed,
    state,
    tickets,
    volunteers,
)
from helpbot.core.effects import JobKind
from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.incoming import Membership, RoomFacts, Sealed
from helpbot.core.records import (
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
from helpbot.core.tickets import ENDED, OfferState, State, Ticket

WAITING, DONE, PARKED = 0, 1, 2
UNSENT, SENT, ASIDE, CANCELLED = 0, 1, 2, 3

_ENDED = [s.value for s in ENDED]
_PEOPLE_AT_WORK = (State.ASKED.value, State.CLAIMED.value)


@cache
def _insert_of(dialect: str) -> Any:
    """Both dialects' inserts have `on_conflict_do_…`, without a common base that says so.

    Only the one in use is imported: the other would cost 2 MB of memory.
    """
    return import_module(f"sqlalchemy.dialects.{dialect}").insert


class SqlTx:
    """The `Tx` port on one SQLAlchemy connection."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._insert = _insert_of(connection.dialect.name)

    def _all(self, query: sa.Select[Any]) -> Any:
        return self._connection.execute(query).all()

    def _first(self, query: sa.Select[Any]) -> Any:
        return self._connection.execute(query.limit(1)).first()

    def _upsert(self, table: sa.Table, values: dict[str, Any]) -> None:
        keys = [c.name for c in table.primary_key]
        insert = self._insert(table).values(values)
        rest = {k: insert.excluded[k] for k in values if k not in keys}
        self._connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=rest))

    def _insert_once(self, table: sa.Table, values: dict[str, Any], unique: str) -> int | None:
        """Insert unless the unique key is there; returns the new row's key, None for a repeat."""
        query = self._insert(table).values(values).on_conflict_do_nothing(index_elements=[unique])
        result = self._connection.execute(query)
        if not result.rowcount:
            return None
        key = result.inserted_primary_key
        return key[0] if key else None

    # --- cursor and rooms

    def cursor(self) -> str | None:
        """Return Matrix's `next_batch` up to which everything is stored."""
        row = self._first(sa.select(state.c.value).where(state.c.key == "cursor"))
        return row[0] if row else None

    def set_cursor(self, cursor: str) -> None:
        """Move the cursor; same transaction as the inbox."""
        self._upsert(state, {"key": "cursor", "value": cursor})

    def room(self, room: RoomId) -> RoomRow | None:
        """Return what is known of a room."""
        row = self._first(sa.select(rooms).where(rooms.c.room == room))
        return codec.room_row(row) if row else None

    def save_room(self, row: RoomRow) -> None:
        """Insert or replace a room."""
        self._upsert(rooms, codec.room_values(row))

    def joined_rooms(self) -> list[RoomFacts]:
        """Return the facts of every joined room."""
        joined = rooms.c.membership == Membership.JOIN.value
        return [codec.room_facts(r) for r in self._all(sa.select(rooms).where(joined))]

    def invitations(self, now: int) -> list[RoomRow]:
        """Return invitations that wait for our answer, and rooms that we entered by one and did not greet."""
        invited = rooms.c.membership == Membership.INVITE.value
        ungreeted = (rooms.c.membership == Membership.JOIN.value) & ~rooms.c.greeted
        waits = sa.or_(invited, ungreeted & rooms.c.inviter.is_not(None))
        query = sa.select(rooms).where(waits, rooms.c.not_before <= now).order_by(rooms.c.room)
        return [codec.room_row(r) for r in self._all(query)]

    def direct_room(self, user: UserId) -> RoomFacts | None:
        """Return a joined direct message with a person; an encrypted one before any other."""
        query = sa.select(rooms).where(
            rooms.c.direct_with == user, rooms.c.membership == Membership.JOIN.value
        )
        row = self._first(query.order_by(rooms.c.encrypted.desc(), rooms.c.room))
        return codec.room_facts(row) if row else None

    # --- inbox

    def add_inbox(self, item: InboxItem) -> bool:
        """Store what is addressed to the bot; False when it was stored before."""
        values = {
            "event_id": item.event.event_id,
            "payload": codec.inbox_payload(item),
            "received_at": item.received_at,
            "attempts": 0,
            "not_before": 0,
            "state": WAITING,
        }
        return self._insert_once(inbox, values, "event_id") is not None

    def knows_event(self, event: EventId) -> bool:
        """Whether an event was ever taken into the inbox."""
        return self._first(sa.select(inbox.c.state).where(inbox.c.event_id == event)) is not None

    def waiting_inbox(self, now: int) -> list[InboxItem]:
        """Return what waits for its decision and may be tried now, oldest first."""
        query = (
            sa.select(inbox.c.payload, inbox.c.received_at, inbox.c.attempts)
            .where(inbox.c.state == WAITING, inbox.c.not_before <= now)
            .order_by(inbox.c.received_at, sa.literal_column("rowid" if self._sqlite else "ctid"))
        )
        return [codec.inbox_item(*r) for r in self._all(query)]

    @property
    def _sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"

    def finish_inbox(self, event: EventId) -> None:
        """Mark as decided and empty its payload."""
        query = sa.update(inbox).where(inbox.c.event_id == event)
        self._connection.execute(query.values(state=DONE, payload=""))

    def retry_inbox(self, event: EventId, *, attempts: int, not_before: int, park: bool) -> None:
        """Note a failed try; parked items wait for a person."""
        query = sa.update(inbox).where(inbox.c.event_id == event)
        new_state = PARKED if park else WAITING
        self._connection.execute(query.values(attempts=attempts, not_before=not_before, state=new_state))

    # --- sealed events

    def add_sealed(self, event: Sealed, now: int) -> None:
        """Keep the ciphertext of an event whose key is missing."""
        values = {
            "event_id": event.event_id,
            "room": event.room,
            "sender": event.sender,
            "at": event.at,
            "session_id": event.session_id,
            "raw": event.raw,
            "seen_at": now,
        }
        self._insert_once(sealed, values, "event_id")

    def sealed(self, sessions: Iterable[str] | None) -> list[Sealed]:
        """Return kept events of these sessions, or all of them for None."""
        query = sa.select(sealed).order_by(sealed.c.at)
        if sessions is not None:
            query = query.where(sealed.c.session_id.in_(list(sessions)))
        return [
            Sealed(EventId(r.event_id), RoomId(r.room), UserId(r.sender), r.at, r.session_id, r.raw)
            for r in self._all(query)
        ]

    def drop_sealed(self, events: Iterable[EventId]) -> None:
        """Forget events that were opened or are not for the bot."""
        self._connection.execute(sa.delete(sealed).where(sealed.c.event_id.in_(list(events))))

    # --- outbox

    def add_outbox(self, row: OutboxRow) -> OutboxRow | None:
        """Store what is to be sent and return it with its id; None when that txn id is known."""
        key = self._insert_once(outbox, codec.outbox_values(row), "txn_id")
        return None if key is None else replace(row, id=key)

    def unsent(self) -> list[OutboxRow]:
        """Return what is still to be sent, in order."""
        query = sa.select(outbox).where(outbox.c.state == UNSENT).order_by(outbox.c.id)
        return [codec.outbox_row(r) for r in self._all(query)]

    def outbox_by_txn(self, txn_id: str) -> OutboxRow | None:
        """Return the row of a transaction id."""
        row = self._first(sa.select(outbox).where(outbox.c.txn_id == txn_id))
        return codec.outbox_row(row) if row else None

    def confirm(self, txn_id: str, event: EventId, now: int) -> None:
        """Note that an event stands in its room; a second time changes nothing."""
        query = sa.update(outbox).where(outbox.c.txn_id == txn_id, outbox.c.event_id.is_(None))
        self._connection.execute(query.values(event_id=event, sent_at=now, state=SENT))

    def note_try(self, row_id: int, *, attempts: int, now: int) -> None:
        """Note a try of unknown outcome."""
        first = sa.func.coalesce(outbox.c.first_try_at, now)
        query = sa.update(outbox).where(outbox.c.id == row_id)
        self._connection.execute(query.values(attempts=attempts, first_try_at=first))

    def park_outbox(self, row_id: int) -> None:
        """Set aside what cannot be sent, for a person to look at."""
        query = sa.update(outbox).where(outbox.c.id == row_id, outbox.c.state == UNSENT)
        self._connection.execute(query.values(state=ASIDE))

    def sent_message(self, event: EventId) -> SentMessage | None:
        """Return what our message was, by its event id."""
        columns = (outbox.c.ticket, outbox.c.slot, outbox.c.kind, outbox.c.room)
        row = self._first(sa.select(*columns).where(outbox.c.event_id == event))
        return SentMessage(*row) if row else None

    def slot_event(self, ticket: TicketId, slot: str) -> EventId | None:
        """Return the event id of the ticket's message in a slot, when it was sent."""
        row = self.slot_row(ticket, slot)
        return row.event_id if row else None

    def _of_slot(self, ticket: TicketId, slot: str) -> sa.Select[Any]:
        return sa.select(outbox).where(outbox.c.ticket == ticket, outbox.c.slot == slot)

    def slot_row(self, ticket: TicketId, slot: str) -> OutboxRow | None:
        """Return the first message (no edit) in a slot."""
        plain = (~outbox.c.edits_slot, outbox.c.event_type == "m.room.message")
        row = self._first(self._of_slot(ticket, slot).where(*plain).order_by(outbox.c.id))
        return codec.outbox_row(row) if row else None

    def last_content(self, ticket: TicketId, slot: str) -> dict[str, Any] | None:
        """Return the content last written for a slot, edit or not."""
        row = self._first(self._of_slot(ticket, slot).order_by(outbox.c.id.desc()))
        return json.loads(row.content) if row else None

    def ticket_messages(self, ticket: TicketId) -> list[OutboxRow]:
        """Return every message of a ticket, edits included, sent or not."""
        query = sa.select(outbox).where(
            outbox.c.ticket == ticket,
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

    # --- tickets

    def _ticket(self, *where: sa.ColumnElement[bool]) -> Ticket | None:
        row = self._first(sa.select(tickets).where(*where).order_by(tickets.c.id.desc()))
        return codec.ticket_from(row) if row else None

    def ticket(self, ticket: TicketId) -> Ticket | None:
        """Return a ticket."""
        return self._ticket(tickets.c.id == ticket)

    def ticket_of(self, question: EventId) -> Ticket | None:
        """Return the ticket of a question's event."""
        return self._ticket(tickets.c.question == question)

    def ticket_in_thread(self, room: RoomId, thread: EventId) -> Ticket | None:
        """Return the newest ticket that lives in a thread, or whose question is its root."""
        in_thread = sa.or_(tickets.c.thread == thread, tickets.c.question == thread)
        return self._ticket(tickets.c.room == room, in_thread)

    def tickets_pending(self, room: RoomId, asker: UserId, *, since: int, choices_only: bool) -> list[Ticket]:
        """Return the asker's tickets in a room that wait for a tap since a moment."""
        waits = tickets.c.pending == "choice" if choices_only else tickets.c.pending != ""
        query = sa.select(tickets).where(
            tickets.c.room == room, tickets.c.asker == asker, tickets.c.pending_at >= since, waits
        )
        return [codec.ticket_from(r) for r in self._all(query.order_by(tickets.c.id.desc()))]

    def last_ticket(self, room: RoomId, asker: UserId, *, since: int) -> Ticket | None:
        """Return the asker's newest question in a room since a moment."""
        return self._ticket(tickets.c.room == room, tickets.c.asker == asker, tickets.c.pending_at >= since)

    def open_tickets(self, asker: UserId) -> list[Ticket]:
        """Return the asker's questions that have not ended, newest first."""
        query = sa.select(tickets).where(tickets.c.asker == asker, tickets.c.state.not_in(_ENDED))
        return [codec.ticket_from(r) for r in self._all(query.order_by(tickets.c.id.desc()))]

    def claims_of(self, helper: UserId) -> list[Ticket]:
        """Return the questions that a volunteer holds."""
        query = sa.select(tickets).where(tickets.c.helper == helper, tickets.c.state == State.CLAIMED.value)
        return [codec.ticket_from(r) for r in self._all(query.order_by(tickets.c.id))]

    def offered_to(self, user: UserId) -> list[Ticket]:
        """Return the questions in which a volunteer has an open offer or a claim."""
        live = offers.c.state.in_((OfferState.OPEN.value, OfferState.CLAIMED.value))
        query = (
            sa.select(tickets)
            .join(offers, offers.c.ticket == tickets.c.id)
            .where(offers.c.volunteer == user, live, tickets.c.state.not_in(_ENDED))
        )
        return [codec.ticket_from(r) for r in self._all(query.order_by(tickets.c.id))]

    def save_ticket(self, ticket: Ticket) -> Ticket:
        """Insert (id 0) or update a ticket with its offers; returns it with its id."""
        values = codec.ticket_row(ticket)
        if ticket.id:
            query = sa.update(tickets).where(tickets.c.id == ticket.id).values(values)
            self._connection.execute(query)
        else:
            key = self._connection.execute(sa.insert(tickets).values(values)).inserted_primary_key
            ticket = replace(ticket, id=TicketId(key[0] if key else 0))
        for offer in ticket.offers:
            self._upsert(
                offers,
                {"ticket": ticket.id, "volunteer": offer.user, "at": offer.at, "state": offer.state.value},
            )
        return ticket

    def late_plans(self, now: int) -> list[TicketId]:
        """Return tickets that are being asked or claimed and have no timer (the auditor)."""
        timer = sa.exists().where(
            jobs.c.ticket == tickets.c.id,
            jobs.c.kind.in_((JobKind.ASK.value, JobKind.CLAIM_SILENCE.value)),
            jobs.c.epoch == tickets.c.epoch,
        )
        query = sa.select(tickets.c.id).where(tickets.c.state.in_(_PEOPLE_AT_WORK), ~timer)
        return [TicketId(r.id) for r in self._all(query.where(tickets.c.asked_at < now))]

    # --- timers

    def schedule(self, job: Job) -> None:
        """Set the ticket's timer of that kind, in place of an earlier one."""
        values = {"ticket": job.ticket, "kind": job.kind.value, "due": job.due, "epoch": job.epoch}
        self._upsert(jobs, values)

    def due_jobs(self, now: int) -> list[Job]:
        """Return the timers that are due, oldest first."""
        query = sa.select(jobs).where(jobs.c.due <= now).order_by(jobs.c.due, jobs.c.ticket)
        return [Job(TicketId(r.ticket), JobKind(r.kind), r.due, r.epoch) for r in self._all(query)]

    def next_wake(self) -> int | None:
        """Return when the next timer is due or the next undecided item may be tried again."""
        timer = self._first(sa.select(sa.func.min(jobs.c.due)))
        later = sa.select(sa.func.min(inbox.c.not_before))
        item = self._first(later.where(inbox.c.state == WAITING, inbox.c.not_before > 0))
        return min((t for t in (timer[0], item[0]) if t is not None), default=None)

    def finish_job(self, job: Job) -> None:
        """Remove a timer, unless it was set anew meanwhile."""
        same = (jobs.c.ticket == job.ticket, jobs.c.kind == job.kind.value)
        self._connection.execute(
            sa.delete(jobs).where(*same, jobs.c.due == job.due, jobs.c.epoch == job.epoch)
        )

    # --- volunteers and records

    def seed_volunteers(self, seeds: Iterable[Seed]) -> None:
        """Make the seeded part of the directory what the configuration says."""
        kept: list[str] = []
        for seed in seeds:
            kept.append(seed.user)
            self._upsert(
                volunteers,
                {
                    "user": seed.user,
                    "themes": codec.dump(sorted(seed.themes)),
                    "hours": seed.hours,
                    "zone": seed.zone,
                    "school": seed.school,
                    "academie": seed.academie,
                    "level": seed.level,
                    "seeded": True,
                },
            )
        gone = sa.delete(volunteers).where(volunteers.c.seeded, volunteers.c.user.not_in(kept))
        self._connection.execute(gone)

    def volunteers(self) -> list[tuple[Seed, bool]]:
        """Return the directory, with whether each had their first notice."""
        return [
            (
                Seed(
                    UserId(r.user),
                    tuple(json.loads(r.themes)),
                    r.hours,
                    r.zone,
                    r.school,
                    r.academie,
                    r.level,
                ),
                r.noticed_at is not None,
            )
            for r in self._all(sa.select(volunteers).order_by(volunteers.c.user))
        ]

    def note_noticed(self, users: Iterable[UserId], now: int) -> None:
        """Note that volunteers were told that they are, and how to stop."""
        query = sa.update(volunteers).where(
            volunteers.c.user.in_(list(users)), volunteers.c.noticed_at.is_(None)
        )
        self._connection.execute(query.values(noticed_at=now))

    def loads(self, *, day_since: int, week_since: int) -> dict[UserId, Load]:
        """Return how often each volunteer was asked."""
        held = offers.c.state.in_((OfferState.OPEN.value, OfferState.CLAIMED.value))
        live = held & tickets.c.state.in_(_PEOPLE_AT_WORK)
        query = (
            sa.select(
                offers.c.volunteer,
                sa.func.sum(sa.case((offers.c.at >= day_since, 1), else_=0)),
                sa.func.sum(sa.case((offers.c.at >= week_since, 1), else_=0)),
                sa.func.sum(sa.case((live, 1), else_=0)),
            )
            .select_from(offers.outerjoin(tickets, tickets.c.id == offers.c.ticket))
            .where(sa.or_(offers.c.at >= week_since, live))
            .group_by(offers.c.volunteer)
        )
        return {UserId(r[0]): Load(r[1], r[2], r[3]) for r in self._all(query)}

    def save_record(self, record: HelpRecord) -> None:
        """Insert or replace the record of an ended question."""
        self._upsert(help_log, {c.name: getattr(record, c.name) for c in help_log.c})

    def totals(self, *, since: int, timezone: str) -> Totals:
        """Return the counts of a report."""
        zone = ZoneInfo(timezone)
        ended: dict[str, int] = {}
        themes: dict[str, dict[str, int]] = {}
        months: dict[str, dict[str, int]] = {}
        feedback = {"yes": 0, "no": 0, "none": 0}
        claim, answer = [], []
        for r in self._all(sa.select(help_log).where(help_log.c.ended_at >= since)):
            ended[r.outcome] = ended.get(r.outcome, 0) + 1
            by_theme = themes.setdefault(r.theme or "", {})
            by_theme[r.outcome] = by_theme.get(r.outcome, 0) + 1
            month = datetime.fromtimestamp(r.asked_at / 1000, UTC).astimezone(zone).strftime("%Y-%m")
            by_month = months.setdefault(month, {})
            by_month[r.outcome] = by_month.get(r.outcome, 0) + 1
            feedback["none" if r.feedback is None else "yes" if r.feedback else "no"] += 1
            if r.claimed_at is not None:
                claim.append(r.claimed_at - r.asked_at)
            if r.answered_at is not None and r.helper is not None:
                answer.append(r.answered_at - r.asked_at)
        count = sa.select(tickets.c.state, sa.func.count()).group_by(tickets.c.state)
        states = {r[0]: r[1] for r in self._all(count)}
        return Totals(ended, states, themes, feedback, tuple(claim), tuple(answer), months)

    # --- upkeep

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
        """Delete what is past its time; returns table → rows.

        A ticket goes whole, with its messages, offers and timers, when its text must.
        """
        solved = tickets.c.state == State.SOLVED.value
        sensitive = solved & (tickets.c.text == "")
        old = sa.select(tickets.c.id).where(
            sa.or_(
                solved & (tickets.c.asked_at < solved_before),
                ~solved & (tickets.c.asked_at < unsolved_before),
                sensitive & (tickets.c.asked_at < sensitive_before),
            )
        )
        ids = [r.id for r in self._all(old)]
        oldest_kept = min(unsolved_before, solved_before)
        loose = outbox.c.ticket.is_(None) & (outbox.c.created_at < oldest_kept) & (outbox.c.state != UNSENT)
        gone = {
            "sealed": sa.delete(sealed).where(sealed.c.seen_at < sealed_before),
            "inbox": sa.delete(inbox).where(inbox.c.state == DONE, inbox.c.received_at < inbox_before),
            "outbox": sa.delete(outbox).where(sa.or_(outbox.c.ticket.in_(ids), loose)),
            "offers": sa.delete(offers).where(offers.c.ticket.in_(ids)),
            "jobs": sa.delete(jobs).where(jobs.c.ticket.in_(ids)),
            "tickets": sa.delete(tickets).where(tickets.c.id.in_(ids)),
            "help_log": sa.delete(help_log).where(help_log.c.ended_at < help_log_before),
        }
        return {name: self._connection.execute(query).rowcount for name, query in gone.items()}
