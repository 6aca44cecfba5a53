"""A decision to rows: ticket, timers, outbox and help record, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from helpbot.core.effects import (
    Edit,
    Effect,
    HandFiles,
    JobKind,
    Kind,
    Reacted,
    Record,
    RedactAll,
    RedactSlot,
    Schedule,
    Send,
)
from helpbot.core.files import as_file, may_pass_on
from helpbot.core.habits import noticed
from helpbot.core.helplog import help_record
from helpbot.core.ids import EventId, RoomId, TicketId, UserId, txn_id
from helpbot.core.notices import NothingToVerify, Notice, Relayed, RelayedMore, Taken
from helpbot.core.notices.files import FileMayNot, FollowUpFile
from helpbot.core.notices.peers import PeerAnswered, PeerSolved
from helpbot.core.notices.trust import VerifyWithOperator
from helpbot.core.notices.twins import SolvedBefore
from helpbot.core.records import FILE_TEXT, LEAVE, Job, OutboxRow, Priority
from helpbot.core.routing import learned
from helpbot.core.tickets import Decision, Ticket
from helpbot.flow import twins
from helpbot.flow.facts import goes_on_in, own_hours, room_facts
from helpbot.flow.setting import Setting
from helpbot.ports import Tx
from helpbot.texts import Text

HELD_SLOT = "held/"
"""What the slot of a file begins with that waits for whoever takes the question."""
_PRIORITY = {Kind.OFFER: Priority.OFFER, Kind.STATUS: Priority.STATUS, Kind.GREETING: Priority.GREETING}


@dataclass(slots=True)
class Written:
    """What a transaction leaves for the other steps to pick up."""

    rows: list[OutboxRow] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    next_due: int | None = None
    """When the earliest of the timers set is due."""
    report: bool = False
    survey: bool = False
    """Somebody asked what the FAQ lacks."""
    publish: bool = False
    """A change of the FAQ's files waits to be written."""
    first_reply: str = ""
    """The kind of the first reply to a question, where one was given."""
    erased: bool = False
    """Somebody was erased: the journal and the freed pages are to be seen to."""
    left: list[RoomId] = field(default_factory=list)
    """Direct messages of who was erased."""

    def wake_at(self, due: int) -> None:
        """Note that something is to be done at a moment."""
        self.next_due = due if self.next_due is None else min(due, self.next_due)


class Writer:
    """Carries out effects for one cause, inside one transaction."""

    def __init__(self, tx: Tx, setting: Setting, cause: str, now: int) -> None:
        self._tx = tx
        self._setting = setting
        self._cause = cause
        self.now = now
        self._remark: tuple[RoomId, Notice] | None = None
        self.written = Written()

    def remark(self, room: RoomId, notice: Notice) -> None:
        """Put one more line under the first thing that is said in a room."""
        self._remark = (room, notice)

    def remark_left(self) -> Notice | None:
        """Take back a remark that nothing was said above."""
        left, self._remark = self._remark, None
        return left[1] if left else None

    def carry_out(self, decision: Decision) -> Ticket:
        """Store the ticket and all effects of a decision; returns the ticket with its id."""
        ticket = self._tx.save_ticket(decision.ticket)
        for effect in decision.effects:
            self._effect(ticket, effect)
        if ticket.ended and (ticket.plan is not None or ticket.entry is None):
            self._tx.drop_held(ticket.id)
        if ticket.twins:
            for follows in twins.follow(self._tx, self._setting, ticket, decision.effects, self.now):
                self.carry_out(follows)
        return ticket

    def _effect(self, ticket: Ticket, effect: Effect) -> None:
        match effect:
            case Send():
                self._send(ticket, effect)
            case HandFiles():
                self._hand_files(ticket, effect)
            case Edit():
                self._edit(ticket, effect)
            case RedactSlot(slot):
                self._redact(ticket, slot)
            case RedactAll():
                self._redact(ticket, None)
            case Schedule(job, due):
                of_all = job is JobKind.DIGEST  # one for all questions
                of = TicketId(0) if of_all else ticket.id
                self._tx.schedule(Job(of, job, due, 0 if of_all else ticket.epoch))
                self.written.wake_at(due)
            case Record():
                self._record(ticket)
            case Reacted():
                self._note_reaction(effect)
            case _:
                assert_never(effect)

    def _note_reaction(self, effect: Reacted) -> None:
        row = self._tx.listed(effect.user)
        if row is None:
            return
        habits = None
        if not row.chosen.no_habits:
            clock = own_hours(self._setting.policy, row.volunteer).calendar
            habits = noticed(row.habits, effect.asked, self.now, clock)
        self._tx.note_reaction(effect.user, learned(row.usual_minutes, effect.minutes), habits)

    def say(
        self,
        room: RoomId,
        notice: Notice,
        kind: Kind,
        *,
        purpose: str,
        slot: str = "",
        reply_to: EventId | None = None,
        thread: EventId | None = None,
        mentions: tuple[UserId, ...] = (),
        about: UserId | None = None,
    ) -> None:
        """Send something that belongs to no ticket; `slot` says what a reply to it is about.

        `about`: whose words it carries, that it may be found when they want to be forgotten.
        """
        content = self._content(notice, kind, None, room, None, mentions)
        _relate(content, reply_to, thread)
        priority = _PRIORITY.get(kind, Priority.ANSWER)
        self._add(room, content, priority, purpose, kind=kind, slot=slot, about=about)

    def leave(self, room: RoomId) -> None:
        """Leave a room, after all that is still to be said there."""
        self._add(room, {}, Priority.ANSWER, "leave", event_type=LEAVE)

    def send_file(
        self,
        room: RoomId,
        name: str,
        text: str,
        *,
        mimetype: str,
        slot: str = "",
        caption: Notice | None = None,
        kind: Kind = Kind.COMMAND,
    ) -> None:
        """Send a text as a file. It waits in the outbox with its text, and is uploaded when it is sent.

        `slot`: by which it is found again when its reader asks to be forgotten.
        """
        words = self._content(caption, kind, None, room, None, ()) if caption else {"body": name}
        content = {
            "m.mentions": {},
            "fr.helpbot": {"kind": kind.value, "question": None, "entry": None, "ticket": None},
            **words,
            "msgtype": "m.file",
            "filename": name,
            "info": {"mimetype": mimetype, "size": len(text.encode())},
            FILE_TEXT: text,
        }
        self._add(room, content, _PRIORITY.get(kind, Priority.ANSWER), f"file/{name}", kind=kind, slot=slot)

    def decline_verification(self, room: RoomId, request: EventId, user: UserId) -> None:
        """Cancel a verification that somebody asked for in a room, so that their dialog closes."""
        policy = self._setting.policy
        known = user in policy.referents or user in policy.operators
        notice: Notice = VerifyWithOperator() if known else NothingToVerify()
        content = {
            "code": "m.user",
            "reason": self._setting.catalogue.render(notice).body,
            "m.relates_to": {"rel_type": "m.reference", "event_id": request},
        }
        self._add(
            room, content, Priority.ANSWER, "cancel-verification", event_type="m.key.verification.cancel"
        )
        self.say(room, notice, Kind.STATUS, purpose="NothingToVerify", reply_to=request)

    def redact_row(self, row: OutboxRow) -> None:
        """Delete one message of ours, or keep it from being sent."""
        self._add(
            row.room,
            {},
            Priority.ANSWER,
            f"redact/{row.txn_id}",
            event_type="m.room.redaction",
            redacts_txn=row.txn_id,
            ticket=row.ticket,
            slot=row.slot,
        )

    def send_elsewhere(self, row: OutboxRow, room: RoomId) -> None:
        """Send what one room does not take to another, as an answer to nothing there."""
        content = {key: value for key, value in row.content.items() if key != "m.relates_to"}
        content["fr.helpbot"] = {**content["fr.helpbot"], "question": None}
        columns = {"kind": row.kind, "ticket": row.ticket, "slot": row.slot, "about": row.about}
        self._add(room, content, row.priority, f"elsewhere/{row.slot}/{row.ticket or 0}", **columns)

    def take_back(self, row: OutboxRow) -> None:
        """Delete a message of a question whose time is over, when nothing else waits; forget what it said."""
        self._tx.loosen(row.id)
        purpose, kind = f"redact/{row.txn_id}", "m.room.redaction"
        self._add(row.room, {}, Priority.REACTION, purpose, event_type=kind, redacts_txn=row.txn_id)

    def _send(self, ticket: Ticket, send: Send) -> None:
        content = self._content(
            send.notice, send.kind, ticket, send.room, send.entry, tuple(m for m in send.mentions if m)
        )
        if send.file is not None:
            content = as_file(content, send.file)
        if not (ticket.moved and ticket.question in (send.reply_to, send.thread)):
            _relate(content, send.reply_to, send.thread)
        self._add(
            send.room,
            content,
            _PRIORITY.get(send.kind, Priority.ANSWER),
            f"{send.slot}/{ticket.id}",  # one cause may concern two questions of a room
            kind=send.kind,
            ticket=ticket.id,
            slot=send.slot,
            reply_slot=send.reply_slot or "",
            about=_about(ticket, send.notice),
        )
        if send.kind is Kind.OFFER and send.mentions:
            self._tx.note_noticed(send.mentions, self.now)

    def hold_file(self, ticket: Ticket, event: EventId, file: Mapping[str, Any], caption: str) -> None:
        """Keep a file of the asker for whoever takes the question."""
        row = OutboxRow(
            txn_id(self._cause, f"{HELD_SLOT}{event}"),
            ticket.room,
            "m.room.message",
            {**file, "body": caption},
            Priority.ANSWER,
            self.now,
            ticket.id,
            f"{HELD_SLOT}{event}",
        )
        self._tx.hold(row)

    def _hand_files(self, ticket: Ticket, hand: HandFiles) -> None:
        """Pass on what the asker sent before somebody took the question; where it may not go, say so."""
        for row in self._tx.held(ticket.id):
            event = EventId(row.slot.removeprefix(HELD_SLOT))
            caption = row.content.pop("body")
            if may_pass_on(row.content, room_facts(self._tx, ticket.room), room_facts(self._tx, hand.room)):
                send = Send(
                    f"follow/{event}",
                    hand.room,
                    FollowUpFile(ticket.ref, hand.asker, caption),
                    Kind.RELAY,
                    reply_slot=hand.reply_slot,
                    mentions=(hand.to,),
                    file=row.content,
                )
            else:
                send = Send(f"kept/{event}", ticket.room, FileMayNot(), Kind.STATUS, reply_to=event)
            self._send(ticket, send)

    def _edit(self, ticket: Ticket, edit: Edit) -> None:
        original = self._tx.slot_row(ticket.id, edit.slot)
        if original is None:
            return
        if original.room in self._setting.policy.moved:
            self._say_on(ticket, edit, original.room)
            return
        content = self._content(edit.notice, edit.kind, ticket, original.room, edit.entry, ())
        last = self._tx.last_content(ticket.id, edit.slot) or {}
        shown = last.get("m.new_content", last)
        if shown.get("body") == content["body"]:
            return
        content = as_file(content, original.content)
        # Editing again must not ring again; and what is not sent yet is not worth sending any more.
        content["m.mentions"] = {}
        self.written.cancelled += self._tx.cancel_edits(ticket.id, edit.slot)
        outer = {
            **content,
            "body": f"* {content['body']}",
            "formatted_body": f"* {content['formatted_body']}",
            "m.new_content": content,
            "m.relates_to": {"rel_type": "m.replace"},
        }
        at_asker = original.room == ticket.room
        told = Priority.TOLD if edit.kind is Kind.STATUS else Priority.ANSWER
        self._add(
            original.room,
            outer,
            told if at_asker else Priority.STATUS,
            f"edit/{edit.slot}/{ticket.id}",
            kind=edit.kind,
            ticket=ticket.id,
            slot=edit.slot,
            edits_slot=True,
            about=original.about or _about(ticket, edit.notice),
        )

    def _say_on(self, ticket: Ticket, edit: Edit, before: RoomId) -> None:
        """Say to the asker, in the room that replaced theirs, what no message in the old one can show.

        What helpers still need was said again when their room was replaced; the rest is history.
        """
        room = goes_on_in(self._tx, self._setting.policy, before)
        if room != before and room == ticket.room:
            self._send(ticket, Send(edit.slot, room, edit.notice, edit.kind, entry=edit.entry))

    def _redact(self, ticket: Ticket, slot: str | None) -> None:
        rows = [r for r in self._tx.ticket_messages(ticket.id) if slot is None or r.slot == slot]
        self.written.cancelled += self._tx.cancel_unsent(ticket.id, slot)
        if slot is None:
            rows += self._tx.digests_of(ticket.id)
        for row in rows:
            self.redact_row(row)

    def _record(self, ticket: Ticket) -> None:
        if ticket.ended_at is None:
            return
        policy = self._setting.policy
        record = help_record(
            ticket,
            ended_at=ticket.ended_at,
            level=policy.room(ticket.room).level,
            hours=policy.hours,
            referents=policy.referents,
            alias=self._setting.alias,
        )
        self._tx.save_record(record)

    def _content(
        self,
        notice: Notice,
        kind: Kind,
        ticket: Ticket | None,
        room: RoomId | None,
        entry: str | None,
        mentions: tuple[UserId, ...],
    ) -> dict[str, Any]:
        text = self._setting.catalogue.render(notice)
        # What is relayed or offered there is for others to read.
        if self._remark is not None and room == self._remark[0] and kind not in (Kind.RELAY, Kind.OFFER):
            more = self._setting.catalogue.render(self._remark[1])
            text = Text(f"{text.body}\n\n{more.body}", text.html + more.html)
            self._remark = None
        in_room = ticket is not None and room == ticket.room
        return {
            "msgtype": "m.text" if mentions else "m.notice",
            "body": text.body,
            "format": "org.matrix.custom.html",
            "formatted_body": text.html,
            "m.mentions": {"user_ids": list(mentions)} if mentions else {},
            "fr.helpbot": {
                "kind": kind.value,
                "question": ticket.question if ticket is not None and in_room else None,
                "entry": entry,
                "ticket": ticket.ref if ticket is not None else None,
            },
        }

    def _add(
        self, room: RoomId, content: dict[str, Any], priority: Priority, purpose: str, **columns: Any
    ) -> None:
        event_type = columns.pop("event_type", "m.room.message")
        if room in self._setting.policy.moved and event_type == "m.room.message":
            before, room = room, goes_on_in(self._tx, self._setting.policy, room)
            if room != before:  # nothing there can be answered from here
                content.pop("m.relates_to", None)
        row = OutboxRow(
            txn_id=txn_id(self._cause, f"{room}/{purpose}"),
            room=room,
            event_type=event_type,
            content=content,
            priority=priority,
            created_at=self.now,
            **columns,
        )
        stored = self._tx.add_outbox(row)
        if stored is not None:
            self.written.rows.append(stored)


_OF_HELPER = (Taken, Relayed, RelayedMore, PeerAnswered, PeerSolved)


def _about(ticket: Ticket, notice: Notice) -> UserId | None:
    """Return the helper whose words or first name a notice carries."""
    if isinstance(notice, SolvedBefore):
        return notice.helper
    return ticket.helper if isinstance(notice, _OF_HELPER) else None


def _relate(content: dict[str, Any], reply_to: EventId | None, thread: EventId | None) -> None:
    if thread is not None:
        content["m.relates_to"] = {
            "rel_type": "m.thread",
            "event_id": thread,
            "is_falling_back": False,
            "m.in_reply_to": {"event_id": reply_to or thread},
        }
    elif reply_to is not None:
        content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
