"""One transaction: named queries over the tables. The same expressions on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from helpbot.adapters.db import codec
from helpbot.adapters.db.prepared import Prepared, Values, insert_once, one_of, upsert
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
from helpbot.core.tickets import ENDED, OfferState, State, Ticket

WAITING, DONE, PARKED = 0, 1, 2
UNSENT, SENT, ASIDE, CANCELLED = 0, 1, 2, 3

_ENDED = [s.value for s in ENDED]
_PEOPLE_AT_WORK = (State.ASKED.value, State.CLAIMED.value)


_Param = sa.bindparam


def _select(*what: Any, where: Any = None, order: Any = None, limit: int | None = None) -> Prepared:
    def make(_insert: Any) -> sa.ClauseElement:
        query = sa.select(*what)
        if where is not None:
            query = query.where(*(where if isinstance(where, tuple) else (where,)))
        if order is not None:
            query = query.order_by(*(order if isinstance(order, tuple) else (order,)))
        return query.limit(limit) if limit else query

    return Prepared(make)


def _update(table: sa.Table, *where: Any, **values: Any) -> Prepared:
    return Prepared(lambda _insert: sa.update(table).where(*where).values(values))


_JOINED = rooms.c.membership == Membership.JOIN.value
_GET_CURSOR = _select(state.c.value, where=state.c.key == "cursor")
_SET_STATE = upsert(state)
_ROOM = _select(rooms, where=rooms.c.room == _Param("room"))
_SAVE_ROOM = upsert(rooms)
_JOINED_ROOMS = _select(rooms, where=_JOINED)
_UNGREETED = _JOINED & ~rooms.c.greeted & rooms.c.inviter.is_not(None)
_INVITATIONS = _select(
    rooms,
    where=(
        sa.or_(rooms.c.membership == Membership.INVITE.value, _UNGREETED),
        rooms.c.not_before <= _Param("now"),
    ),
    order=rooms.c.room,
)
_DIRECT_ROOM = _select(
    rooms,
    where=(rooms.c.direct_with == _Param("user"), _JOINED),
    order=(rooms.c.encrypted.desc(), rooms.c.room),
    limit=1,
)
_ADD_INBOX = insert_once(
    inbox, "event_id", ("event_id", "payload", "received_at", "attempts", "not_before", "state")
)
_KNOWS_EVENT = _select(inbox.c.state, where=inbox.c.event_id == _Param("event"))
_FINISH_INBOX = Prepared(
    lambda _insert: (
        sa.update(inbox)
        .where(inbox.c.event_id == _Param("event"), inbox.c.state == WAITING)
        .values(state=DONE, payload="")
        .returning(inbox.c.event_id)
    )
)
_RETRY_INBOX = _update(
    inbox,
    inbox.c.event_id == _Param("event"),
    attempts=_Param("new_attempts"),
    not_before=_Param("new_not_before"),
    state=_Param("new_state"),
)
_ADD_SEALED = insert_once(sealed, "event_id", tuple(c.name for c in sealed.c))
_OUTBOX_COLUMNS = (
    "txn_id", "room", "event_type", "content", "priority", "ticket", "slot", "kind", "edits_slot",
    "redacts_txn", "reply_slot", "created_at", "state", "attempts",
)  # fmt: skip
_ADD_OUTBOX = insert_once(outbox, "txn_id", _OUTBOX_COLUMNS)
_UNSENT = _select(outbox, where=outbox.c.state == UNSENT, order=outbox.c.id)
_BY_TXN = _select(outbox, where=outbox.c.txn_id == _Param("txn"))
_CONFIRM = _update(
    outbox,
    outbox.c.txn_id == _Param("txn"),
    outbox.c.event_id.is_(None),
    event_id=_Param("event"),
    sent_at=_Param("now"),
    state=SENT,
)
_SENT_MESSAGE = _select(
    outbox.c.ticket,
    outbox.c.slot,
    outbox.c.kind,
    outbox.c.room,
    where=outbox.c.event_id == _Param("event"),
)
_OF_SLOT = (outbox.c.ticket == _Param("of_ticket"), outbox.c.slot == _Param("of_slot"))
_SLOT_ROW = _select(
    outbox,
    where=(*_OF_SLOT, ~outbox.c.edits_slot, outbox.c.event_type == "m.room.message"),
    order=outbox.c.id.desc(),
    limit=1,
)
_LAST_CONTENT = _select(outbox.c.content, where=_OF_SLOT, order=outbox.c.id.desc(), limit=1)
_TICKET = _select(tickets, where=tickets.c.id == _Param("of_id"))
_TICKET_OF = _select(tickets, where=tickets.c.question == _Param("event"))
_IN_THREAD = _select(
    tickets,
    where=(
        tickets.c.room == _Param("in_room"),
        sa.or_(tickets.c.thread == _Param("root"), tickets.c.question == _Param("root")),
    ),
    order=tickets.c.id.desc(),
    limit=1,
)
_BY_ASKER = (
    tickets.c.room == _Param("in_room"),
    tickets.c.asker == _Param("of_asker"),
    tickets.c.pending_at >= _Param("since"),
)
_PENDING = _select(tickets, where=(*_BY_ASKER, tickets.c.pending != ""), order=tickets.c.id.desc())
_CHOICES = _select(tickets, where=(*_BY_ASKER, tickets.c.pending == "choice"), order=tickets.c.id.desc())
_LAST_TICKET = _select(tickets, where=_BY_ASKER, order=tickets.c.id.desc(), limit=1)
_LIVING = ~one_of(tickets.c.state, _ENDED)
_OPEN_TICKETS = _select(
    tickets,
    where=(tickets.c.asker == _Param("of_asker"), _LIVING),
    order=tickets.c.id.desc(),
)
_CLAIMS = _select(
    tickets,
    where=(tickets.c.helper == _Param("of_helper"), tickets.c.state == State.CLAIMED.value),
    order=tickets.c.id,
)
_OFFERED = Prepared(
    lambda _insert: (
        sa.select(tickets)
        .join(offers, offers.c.ticket == tickets.c.id)
        .where(
            offers.c.volunteer == _Param("of_volunteer"),
            one_of(offers.c.state, (OfferState.OPEN.value, OfferState.CLAIMED.value)),
            _LIVING,
        )
        .order_by(tickets.c.id)
    )
)
_TICKET_COLUMNS = tuple(c.name for c in tickets.c if c.name != "id")
_NEW_TICKET = Prepared(
    lambda _insert: sa.insert(tickets).values({n: _Param(n) for n in _TICKET_COLUMNS}).returning(tickets.c.id)
)
_CHANGE_TICKET = _update(
    tickets, tickets.c.id == _Param("of_id"), **{n: _Param(f"new_{n}") for n in _TICKET_COLUMNS}
)
_SAVE_OFFER = upsert(offers)
_SCHEDULE = upsert(jobs)
_DUE_JOBS = _select(jobs, where=jobs.c.due <= _Param("now"), order=(jobs.c.due, jobs.c.ticket))
_NEXT_JOB = _select(sa.func.min(jobs.c.due))
_NEXT_ITEM = _select(
    sa.func.min(inbox.c.not_before), where=(inbox.c.state == WAITING, inbox.c.not_before > 0)
)
_FINISH_JOB = Prepared(
    lambda _insert: sa.delete(jobs).where(
        jobs.c.ticket == _Param("of_ticket"),
        jobs.c.kind == _Param("of_kind"),
        jobs.c.due == _Param("of_due"),
        jobs.c.epoch == _Param("of_epoch"),
    )
)
_SEED_VOLUNTEER = upsert(
    volunteers, ("user", "themes", "hours", "zone", "school", "academie", "level", "seeded")
)
_VOLUNTEERS = _select(volunteers, order=volunteers.c.user)
_SAVE_RECORD = upsert(help_log)


def _count(table: sa.Table, *where: Any) -> Any:
    return sa.select(sa.func.count()).select_from(table).where(*where).scalar_subquery()


_BACKLOG = _select(
    _count(inbox, inbox.c.state == WAITING).label("inbox_waiting"),
    _count(inbox, inbox.c.state == PARKED).label("inbox_parked"),
    _count(outbox, outbox.c.state == UNSENT).label("outbox_waiting"),
    _count(outbox, outbox.c.state == ASIDE).label("outbox_parked"),
    _count(sealed).label("sealed"),
    _count(jobs).label("timers"),
)


class SqlTx:
    """The `Tx` port on one SQLAlchemy connection."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._rooms: dict[RoomId, RoomRow | None] = {}  # asked for again and again in one transaction

    def _rows(self, query: Prepared, **values: Any) -> list[Any]:
        return query.run(self._connection, values).all()

    def _row(self, query: Prepared, **values: Any) -> Any:
        return query.run(self._connection, values).first()

    def _do(self, query: Prepared, values: Values) -> None:
        query.run(self._connection, values)

    def _all(self, query: sa.Select[Any]) -> Any:
        return self._connection.execute(query).all()

    # --- cursor and rooms

    def cursor(self) -> str | None:
        """Return Matrix's `next_batch` up to which everything is stored."""
        row = self._row(_GET_CURSOR)
        return row[0] if row else None

    def set_cursor(self, cursor: str) -> None:
        """Move the cursor; same transaction as the inbox."""
        self._do(_SET_STATE, {"key": "cursor", "value": cursor})

    def room(self, room: RoomId) -> RoomRow | None:
        """Return what is known of a room."""
        if room not in self._rooms:
            row = self._row(_ROOM, room=room)
            self._rooms[room] = codec.room_row(row) if row else None
        return self._rooms[room]

    def save_room(self, row: RoomRow) -> None:
        """Insert or replace a room."""
        self._do(_SAVE_ROOM, codec.room_values(row))
        self._rooms[row.facts.room] = row

    def joined_rooms(self) -> list[RoomFacts]:
        """Return the facts of every joined room."""
        return [codec.room_facts(r) for r in self._rows(_JOINED_ROOMS)]

    def invitations(self, now: int) -> list[RoomRow]:
        """Return invitations that wait for our answer, and rooms that we entered by one and did not greet."""
        return [codec.room_row(r) for r in self._rows(_INVITATIONS, now=now)]

    def direct_room(self, user: UserId) -> RoomFacts | None:
        """Return a joined direct message with a person; an encrypted one before any other."""
        row = self._row(_DIRECT_ROOM, user=user)
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
        return self._row(_ADD_INBOX, **values) is not None

    def knows_event(self, event: EventId) -> bool:
        """Whether an event was ever taken into the inbox."""
        return self._row(_KNOWS_EVENT, event=event) is not None

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

    def finish_inbox(self, event: EventId) -> bool:
        """Mark as decided and empty its payload; False when it was decided or parked before."""
        return self._row(_FINISH_INBOX, event=event) is not None

    def retry_inbox(self, event: EventId, *, attempts: int, not_before: int, park: bool) -> None:
        """Note a failed try; parked items wait for a person."""
        values = {
            "event": event,
            "new_attempts": attempts,
            "new_not_before": not_before,
            "new_state": PARKED if park else WAITING,
        }
        self._do(_RETRY_INBOX, values)

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
        self._row(_ADD_SEALED, **values)

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

    def _ticket(self, query: Prepared, **values: Any) -> Ticket | None:
        row = self._row(query, **values)
        return codec.ticket_from(row) if row else None

    def _tickets(self, query: Prepared, **values: Any) -> list[Ticket]:
        return [codec.ticket_from(r) for r in self._rows(query, **values)]

    def ticket(self, ticket: TicketId) -> Ticket | None:
        """Return a ticket."""
        return self._ticket(_TICKET, of_id=ticket)

    def ticket_of(self, question: EventId) -> Ticket | None:
        """Return the ticket of a question's event."""
        return self._ticket(_TICKET_OF, event=question)

    def ticket_in_thread(self, room: RoomId, thread: EventId) -> Ticket | None:
        """Return the newest ticket that lives in a thread, or whose question is its root."""
        return self._ticket(_IN_THREAD, in_room=room, root=thread)

    def tickets_pending(self, room: RoomId, asker: UserId, *, since: int, choices_only: bool) -> list[Ticket]:
        """Return the asker's tickets in a room that wait for a tap since a moment."""
        query = _CHOICES if choices_only else _PENDING
        return self._tickets(query, in_room=room, of_asker=asker, since=since)

    def last_ticket(self, room: RoomId, asker: UserId, *, since: int) -> Ticket | None:
        """Return the asker's newest question in a room since a moment."""
        return self._ticket(_LAST_TICKET, in_room=room, of_asker=asker, since=since)

    def open_tickets(self, asker: UserId) -> list[Ticket]:
        """Return the asker's questions that have not ended, newest first."""
        return self._tickets(_OPEN_TICKETS, of_asker=asker)

    def claims_of(self, helper: UserId) -> list[Ticket]:
        """Return the questions that a volunteer holds."""
        return self._tickets(_CLAIMS, of_helper=helper)

    def offered_to(self, user: UserId) -> list[Ticket]:
        """Return the questions in which a volunteer has an open offer or a claim."""
        return self._tickets(_OFFERED, of_volunteer=user)

    def save_ticket(self, ticket: Ticket) -> Ticket:
        """Insert (id 0) or update a ticket with its offers; returns it with its id."""
        values = codec.ticket_row(ticket)
        if ticket.id:
            new = {f"new_{name}": value for name, value in values.items()}
            self._do(_CHANGE_TICKET, {"of_id": ticket.id, **new})
        else:
            ticket = replace(ticket, id=TicketId(self._row(_NEW_TICKET, **values)[0]))
        for offer in ticket.offers:
            offered = {"ticket": ticket.id, "volunteer": offer.user, "at": offer.at}
            self._do(_SAVE_OFFER, {**offered, "state": offer.state.value})
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
        self._do(_SCHEDULE, values)

    def due_jobs(self, now: int) -> list[Job]:
        """Return the timers that are due, oldest first."""
        rows = self._rows(_DUE_JOBS, now=now)
        return [Job(TicketId(r.ticket), JobKind(r.kind), r.due, r.epoch) for r in rows]

    def next_wake(self) -> int | None:
        """Return when the next timer is due or the next undecided item may be tried again."""
        times = (self._row(_NEXT_JOB)[0], self._row(_NEXT_ITEM)[0])
        return min((t for t in times if t is not None), default=None)

    def finish_job(self, job: Job) -> None:
        """Remove a timer, unless it was set anew meanwhile."""
        same = {"of_ticket": job.ticket, "of_kind": job.kind.value}
        self._do(_FINISH_JOB, {**same, "of_due": job.due, "of_epoch": job.epoch})

    # --- volunteers and records

    def seed_volunteers(self, seeds: Iterable[Seed]) -> None:
        """Make the seeded part of the directory what the configuration says."""
        kept: list[str] = []
        for seed in seeds:
            kept.append(seed.user)
            self._do(
                _SEED_VOLUNTEER,
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
            for r in self._rows(_VOLUNTEERS)
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
        self._do(_SAVE_RECORD, {c.name: getattr(record, c.name) for c in help_log.c})

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

    def backlog(self) -> Backlog:
        """Count what waits and what was set aside."""
        return Backlog(*self._row(_BACKLOG))

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
            "inbox": sa.delete(inbox).where(inbox.c.state != WAITING, inbox.c.received_at < inbox_before),
            "outbox": sa.delete(outbox).where(sa.or_(outbox.c.ticket.in_(ids), loose)),
            "offers": sa.delete(offers).where(offers.c.ticket.in_(ids)),
            "jobs": sa.delete(jobs).where(jobs.c.ticket.in_(ids)),
            "tickets": sa.delete(tickets).where(tickets.c.id.in_(ids)),
            "help_log": sa.delete(help_log).where(help_log.c.ended_at < help_log_before),
        }
        return {name: self._connection.execute(query).rowcount for name, query in gone.items()}
