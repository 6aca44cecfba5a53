"""What a person may ask of their data, by the data register (core/register): every table alike."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from helpbot.adapters.db import codec
from helpbot.adapters.db.prepared import upsert
from helpbot.adapters.db.queries import CANCELLED, DONE, SENT, UNSENT, Area
from helpbot.adapters.db.tables import (
    help_log,
    inbox,
    metadata,
    outbox,
    proposals,
    rooms,
    state,
    tickets,
    told,
)
from helpbot.core.erasure import Erasure, mentions, users_in, without
from helpbot.core.ids import RoomId, UserId
from helpbot.core.incoming import Membership
from helpbot.core.records import OutboxRow
from helpbot.core.register import TABLES, Column, Erased, Holds, Table
from helpbot.core.tickets import Ticket

_SET_STATE = upsert(state)
_UNTIL, _UNFINISHED = "erased_until", "erasing"
_MESSAGES = (outbox.c.event_type == "m.room.message", outbox.c.state.in_((UNSENT, SENT)))
_TEXTS = (Holds.MENTIONS, Holds.WORDS)
_KEPT_ROWS = {told.name: told.c.what != "objects"}
"""An objection outlives the erasure, under its pseudonym: without it the person would be counted again."""
_MOMENTS = ("asked_at", "first_reply_at", "claimed_at", "answered_at", "ended_at")


class Rights(Area):
    """What a person may ask of their data: to have it, to have it gone."""

    # --- finding

    def holdings(self, user: UserId, person: str) -> dict[str, tuple[dict[str, Any], ...]]:
        """Return every row about a person, as it stands; `person` is their pseudonym."""
        asked = self._asked(user)
        found = {table.name: tuple(self._rows_about(table, user, person, asked)) for table in TABLES}
        return {name: rows for name, rows in found.items() if rows}

    def _rows_about(
        self, table: Table, user: UserId, person: str, asked: list[int]
    ) -> Iterator[dict[str, Any]]:
        sql = metadata.tables[table.name]
        where = [sql.c[c.name] == user for c in table.holding(Holds.USER)]
        where += [sql.c[c.name] == person for c in table.holding(Holds.ALIAS)]
        where += [sql.c[c.name].in_(asked) for c in table.holding(Holds.TICKET)]
        if table.name == tickets.name:
            where.append(tickets.c.id.in_(asked))
        sure = sa.or_(sa.false(), *where)
        texts = [sql.c[c.name] for c in table.holding(*_TEXTS)]
        maybe = [t.contains(name, autoescape=True) for t in texts for name in (user, person)]
        query = sa.select(sql, sure.label("sure")).where(sa.or_(sure, *maybe)).order_by(*sql.primary_key)
        for row in self._all(query):
            values = row._asdict()
            if values.pop("sure") or any(
                mentions(values[t.name] or "", name) for t in texts for name in (user, person)
            ):
                yield values

    def _asked(self, user: UserId) -> list[int]:
        return [row[0] for row in self._all(sa.select(tickets.c.id).where(tickets.c.asker == user))]

    def every_user(self) -> set[UserId]:
        """Return every Matrix id that stands anywhere in the database."""
        found: set[UserId] = set()
        for table in TABLES:
            sql = metadata.tables[table.name]
            for column in table.holding(Holds.USER):
                ids = self._all(sa.select(sql.c[column.name]).distinct())
                found |= {UserId(row[0]) for row in ids if row[0] and row[0].startswith("@")}
            for column in table.holding(*_TEXTS):
                text = sql.c[column.name]
                rows = self._connection.execute(sa.select(text).where(text.contains("@")))
                for row in rows:
                    found |= users_in(row[0])
        return found

    def all_asked_by(self, asker: UserId) -> list[Ticket]:
        """Return every question of somebody, ended or not, oldest first."""
        return self._tickets_where(tickets.c.asker == asker)

    def all_helped_by(self, helper: UserId) -> list[Ticket]:
        """Return every question that has somebody as its helper, oldest first."""
        return self._tickets_where(tickets.c.helper == helper)

    def _tickets_where(self, where: sa.ColumnElement[bool]) -> list[Ticket]:
        rows = self._all(sa.select(tickets).where(where).order_by(tickets.c.id))
        return [codec.ticket_from(row) for row in rows]

    def messages_about(self, helper: UserId) -> list[OutboxRow]:
        """Return the messages that carry a helper's words or first name, edits included, sent or not."""
        drafts = self._all(sa.select(proposals.c.id).where(proposals.c.helper == helper))
        ours = [outbox.c.about == helper]
        for row in drafts:  # their words as a proposal for the FAQ, on its card and in what is asked of it
            ours += [outbox.c.slot.like(f"{kind}/{row.id}/%") for kind in ("card", "credit", "asked")]
            ours += [outbox.c.slot == f"{kind}/{row.id}" for kind in ("card", "credit", "asked")]
        return self._messages(sa.or_(*ours))

    def messages_in(self, slot: str) -> list[OutboxRow]:
        """Return the messages of a slot that belongs to no question, sent or not."""
        return self._messages((outbox.c.slot == slot) & outbox.c.ticket.is_(None))

    def _messages(self, where: sa.ColumnElement[bool]) -> list[OutboxRow]:
        rows = self._all(sa.select(outbox).where(where, *_MESSAGES).order_by(outbox.c.id))
        return [codec.outbox_row(row) for row in rows]

    def direct_rooms(self, user: UserId) -> list[RoomId]:
        """Return the joined direct messages with a person."""
        where = (rooms.c.direct_with == user, rooms.c.membership == Membership.JOIN.value)
        return [RoomId(row[0]) for row in self._all(sa.select(rooms.c.room).where(*where))]

    # --- erasing

    def erase(self, user: UserId | None, person: str, token: str) -> list[int]:
        """Erase a person by the data register; returns the messages that are not to be sent any more."""
        self._unlink_log(person)
        cancelled: list[int] = []
        asked: list[int] = []
        if user is not None:
            asked = self._asked(user)
            cancelled = self._cancel_addressed_to(user, person, asked)
            self._drop_inbox_of(user)
        for table in TABLES:
            for column in table.columns:
                self._erase_column(table, column, user, person, asked, token)
        return cancelled

    def _erase_column(
        self, table: Table, column: Column, user: UserId | None, person: str, asked: list[int], token: str
    ) -> None:
        sql = metadata.tables[table.name]
        at = sql.c[column.name]
        if column.holds in _TEXTS:
            for name in (user, person):
                if name:
                    self._replace(sql, at, name, token)
            return
        theirs = {
            Holds.USER: at == user if user else None,
            Holds.ALIAS: at == person,
            Holds.TICKET: at.in_(asked) if asked else None,
        }.get(column.holds)
        if theirs is None:
            return
        match column.erased:
            case Erased.ROW:
                kept = _KEPT_ROWS.get(table.name)
                self._connection.execute(sa.delete(sql).where(theirs if kept is None else theirs & kept))
            case Erased.BLANK:
                words = (c for c in table.columns if c.erased is Erased.BLANK and c.holds is Holds.WORDS)
                empty = {c.name: c.empty for c in words} | {column.name: _empty(column)}
                self._connection.execute(sa.update(sql).where(theirs).values(empty))
            case Erased.TOKEN:
                # A pseudonym becomes nobody's, the same for all: one person at most for reports.
                nobody = "" if column.holds is Holds.ALIAS else token
                self._connection.execute(sa.update(sql).where(theirs).values({column.name: nobody}))

    def _replace(self, table: sa.Table, column: sa.Column[Any], name: str, token: str) -> None:
        keys = list(table.primary_key)
        query = sa.select(*keys, column.label("text")).where(column.contains(name, autoescape=True))
        for row in self._all(query):
            changed = without(row.text, name, token)
            if changed != row.text:
                where = (key == row[number] for number, key in enumerate(keys))
                self._connection.execute(sa.update(table).where(*where).values({column.name: changed}))

    def _cancel_addressed_to(self, user: UserId, person: str, asked: list[int]) -> list[int]:
        """Keep what would still be sent to a person, or about them, from being sent, its edits included."""
        shown = [f",{ticket}," for ticket in asked]
        gone: list[int] = []
        waiting = self._all(sa.select(outbox).where(outbox.c.state == UNSENT).order_by(outbox.c.id))
        slots: set[tuple[int | None, str]] = set()
        for row in waiting:
            where = (row.ticket, row.slot)
            named = any(mentions(row.content, n) or mentions(row.slot, n) for n in (user, person))
            among = row.slot.startswith("digest/") and any(number in row.slot for number in shown)
            theirs = row.event_type == "m.room.message" and (named or among or row.about == user)
            if theirs or (row.edits_slot and where in slots):
                gone.append(row.id)
                if not row.edits_slot:
                    slots.add(where)
        if gone:
            where_gone = outbox.c.id.in_(gone)
            self._connection.execute(
                sa.update(outbox).where(where_gone).values(state=CANCELLED, content="{}", about=None)
            )
        return gone

    def _drop_inbox_of(self, user: UserId) -> None:
        query = sa.select(inbox.c.event_id, inbox.c.payload).where(
            inbox.c.payload.contains(user, autoescape=True)
        )
        theirs = [r.event_id for r in self._all(query) if json.loads(r.payload).get("sender") == user]
        where = inbox.c.event_id.in_(theirs)
        self._connection.execute(sa.update(inbox).where(where).values(state=DONE, payload=""))

    def _unlink_log(self, person: str) -> None:
        """Leave of a person's questions in the log only what counts: no number, no moment that leads back.

        Durations and the month stay, and with them the reports: what would vanish from them would tell,
        beside an earlier report, what this one person asked.
        """
        log = help_log.c
        rows = self._all(sa.select(help_log).where(log.asker == person).order_by(log.ticket))
        lowest = self._connection.execute(sa.select(sa.func.min(log.ticket))).scalar() or 0
        number = min(lowest, 0)
        for row in rows:
            if row.ticket < 0:
                continue
            number -= 1
            values = row._asdict()
            moved = {n: values[n] - row.asked_at for n in _MOMENTS if values[n] is not None}
            begun = _month_began(row.asked_at)
            times = {n: begun + passed for n, passed in moved.items()}
            self._connection.execute(
                sa.update(help_log).where(log.ticket == row.ticket).values(ticket=number, **times)
            )

    # --- what is remembered of it

    def erased_until(self) -> int:
        """Return up to when this database knows the erasures."""
        return int(self._state(_UNTIL) or 0)

    def note_erased(self, erasure: Erasure, *, journal: bool) -> None:
        """Note that a person was erased; with `journal`, that it must still be written there."""
        self._do(_SET_STATE, {"key": _UNTIL, "value": str(max(erasure.at, self.erased_until()))})
        waiting = self.unfinished_erasures() or []
        if journal:
            waiting.append(erasure)
        text = codec.dump([[e.person, e.at] for e in waiting])
        self._do(_SET_STATE, {"key": _UNFINISHED, "value": text})

    def unfinished_erasures(self) -> list[Erasure] | None:
        """Return what is to be written in the journal before the freed pages are overwritten."""
        text = self._state(_UNFINISHED)
        return None if text is None else [Erasure(person, at) for person, at in json.loads(text)]

    def finish_erasures(self, written: Iterable[Erasure]) -> None:
        """Note that these stand in the journal and that nothing of them is left in the file."""
        done = set(written)
        left = [[e.person, e.at] for e in self.unfinished_erasures() or [] if e not in done]
        if left:
            self._do(_SET_STATE, {"key": _UNFINISHED, "value": codec.dump(left)})
        else:
            self._connection.execute(sa.delete(state).where(state.c.key == _UNFINISHED))

    def _state(self, key: str) -> str | None:
        row = self._connection.execute(sa.select(state.c.value).where(state.c.key == key)).first()
        return row[0] if row else None


def _empty(column: Column) -> str | None:
    return None if metadata.tables[column.table].c[column.name].nullable else column.empty


def _month_began(at: int) -> int:
    """Return a moment (Unix ms) that says no more of another one than its month (UTC)."""
    month = datetime.fromtimestamp(at / 1000, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return int(month.timestamp()) * 1000
