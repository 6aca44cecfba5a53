"""One item from the inbox on the desk, with its transaction and all that a handler of it may use."""

from __future__ import annotations

from dataclasses import replace

from helpbot.core import commands, tickets
from helpbot.core import notices as say
from helpbot.core.effects import Kind
from helpbot.core.ids import RoomId, UserId
from helpbot.core.incoming import Message, Reaction
from helpbot.core.records import HELPER_SLOTS, InboxItem, SentMessage
from helpbot.core.tickets import Decision, Ticket
from helpbot.flow.facts import load_facts, room_facts
from helpbot.flow.setting import DirectNeeded, Setting
from helpbot.flow.write import Writer
from helpbot.ports import Tx


class Desk:
    """One item on the desk. Handlers read through `tx`, and write through `carry`, `note` and `tell`."""

    def __init__(self, tx: Tx, setting: Setting, item: InboxItem, now: int) -> None:
        self.tx = tx
        self.setting = setting
        self.item = item
        self.now = now
        self.writer = Writer(tx, setting, item.event.event_id, now)

    def carry(self, decision: Decision) -> None:
        """Write a decision on a ticket, with all its effects."""
        self.writer.carry_out(decision)

    def note(self, event: Message, notice: say.Notice, *, slot: str = "") -> None:
        """Answer a command where it was given. `slot`: by which the answer is found again."""
        self.tell(event, notice, kind=Kind.COMMAND, slot=slot)

    def tell(
        self, event: Message | Reaction, notice: say.Notice, *, kind: Kind = Kind.STATUS, slot: str = ""
    ) -> None:
        """Say something small where the event stands, as an answer to it."""
        thread = event.thread if isinstance(event, Message) else None
        about = event.event_id if isinstance(event, Message) else event.target
        purpose = type(notice).__name__
        self.writer.say(event.room, notice, kind, purpose=purpose, slot=slot, reply_to=about, thread=thread)

    def privately(self, event: Message, notice: say.Notice) -> None:
        """Answer what concerns one person in their direct message, wherever it was asked (rule 9).

        Where there is none one is opened; where that is refused they are asked to write.
        """
        if self.direct(event):
            self.note(event, notice)
            return
        room = self.begin_direct(event)
        if room is not None:
            self.writer.say(room, notice, Kind.COMMAND, purpose=type(notice).__name__)

    def begin_direct(self, event: Message) -> RoomId | None:
        """Return the direct message with whoever wrote; None, having asked them to write, without one.

        Raises `DirectNeeded` where it is to be opened first.
        """
        if self.direct(event):
            return event.room
        direct = self.tx.direct_room(event.sender)
        refused = self.setting.names.without_direct
        if direct is None and event.sender in refused:
            refused.discard(event.sender)
            self.note(event, say.WriteToMe())
            return None
        if direct is None:
            raise DirectNeeded(event.sender)
        self._begin(event, direct.room)
        return direct.room

    def _begin(self, event: Message, room: RoomId) -> None:
        """Say who speaks in a direct message that was just opened, and where one asked that it is there."""
        row = self.tx.room(room)
        if row is None or row.greeted:
            return
        self.tx.save_room(replace(row, greeted=True))
        self.writer.say(room, say.GreetingDirect(self.setting.me.name), Kind.GREETING, purpose="greeting")
        self.note(event, say.LookInDirect())

    def facts(self, ticket: Ticket, *, people: bool = False) -> tickets.Facts:
        """Return what a decision on a ticket needs; volunteers only when `people` may be asked."""
        room = self.item.event.room
        return load_facts(self.tx, self.setting, ticket, self.now, people=people, here=room)

    def ticket(self, sent: SentMessage | None) -> Ticket | None:
        """Return the ticket that a message of ours belongs to."""
        return self.tx.ticket(sent.ticket) if sent is not None and sent.ticket is not None else None

    def direct(self, event: Message | Reaction) -> bool:
        """Whether an event stands in a direct message."""
        return self.in_direct(event.room)

    def in_direct(self, room: RoomId) -> bool:
        """Whether a room is a direct message."""
        return room_facts(self.tx, room).direct_with is not None

    def is_volunteer(self, user: UserId) -> bool:
        """Whether somebody opted in to helping."""
        row = self.tx.listed(user)
        return row is not None and not row.stopped

    def may_help(self, user: UserId) -> bool:
        """Whether somebody may answer a question by its reference: a volunteer or a referent."""
        return user in self.setting.policy.referents or self.is_volunteer(user)

    def allowed(self, event: Message, who: commands.Who) -> bool:
        """Whether somebody may use such a command here."""
        if who is commands.Who.ANYONE:
            return True
        policy = self.setting.policy
        return event.room == policy.review_room or (event.sender in policy.referents and self.direct(event))


def on_helpers_side(sent: SentMessage, ticket: Ticket) -> bool:
    """Whether a message of ours stands on the helpers' side of a question."""
    return sent.slot.startswith(HELPER_SLOTS) and (sent.room != ticket.room or sent.slot.startswith("offer/"))


def offer_slot(ticket: Ticket, sent: SentMessage) -> str:
    """Return the slot of the offer itself, also for an answer to a reminder or a follow-up."""
    return sent.slot if sent.slot.startswith("offer/") else ticket.helper_slot or sent.slot
