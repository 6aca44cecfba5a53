"""Colleagues in the room: which question their message belongs to, and what follows when it answers it.

Only a reply to a question that the bot follows (or to what the bot said about it) and messages in its
thread are looked at, never anything else of the room; of those, nothing but who wrote them is kept.
"""

from __future__ import annotations

from helpbot.core import tickets
from helpbot.core.effects import Kind
from helpbot.core.ids import UserId
from helpbot.core.incoming import Message, Reaction
from helpbot.core.notices import peers as say
from helpbot.core.records import HELPER_SLOTS
from helpbot.core.tickets import Outcome, Ticket
from helpbot.flow.desk import Desk
from helpbot.flow.setting import NameNeeded
from helpbot.ports import Tx

COUNTED, OBJECTS = "counted", "objects"
"""What the store remembers of a person: they were told, they said no."""


def followed(tx: Tx, event: Message) -> Ticket | None:
    """Return somebody else's question in this room under which a message stands; None: under none."""
    ticket = _under(tx, event)
    mine = ticket is None or ticket.asker == event.sender or ticket.room != event.room
    return None if mine else ticket


def _under(tx: Tx, event: Message) -> Ticket | None:
    for target in (event.reply_to, event.thread):
        if target is None:
            continue
        sent = tx.sent_message(target)
        if sent is not None:
            helpers = sent.slot.startswith(HELPER_SLOTS)
            return None if helpers or sent.ticket is None else tx.ticket(sent.ticket)
        ticket = tx.ticket_of(target)
        if ticket is not None:
            return ticket
    return tx.ticket_in_thread(event.room, event.thread) if event.thread is not None else None


def answered(desk: Desk, event: Message) -> None:
    """A colleague answered somebody's question in its room."""
    ticket = followed(desk.tx, event)
    if ticket is None:
        return
    kept = not _objects(desk, event)
    decision = tickets.peer_answers(ticket, event.sender, desk.facts(ticket), kept=kept)
    if decision.effects:
        desk.carry(decision)
        _tell_once(desk, event, decision.ticket)


def marked(desk: Desk, event: Reaction) -> None:
    """The asker marked a message of somebody else: the answer to the one question that waits there."""
    here = [t for t in desk.tx.open_tickets(event.sender) if t.room == event.room]
    waiting = [t for t in here if t.state is not tickets.State.ANSWERED] or here
    if len(waiting) != 1:
        return
    known = desk.setting.names.authors
    if event.target not in known:
        raise NameNeeded(event.sender, event.room, event.target)
    author = known[event.target]
    policy = desk.setting.policy
    if not author or author == desk.setting.me.user or policy.ignores(author):
        return
    if author == event.sender:
        desk.carry(tickets.found(waiting[0], desk.facts(waiting[0])))
        return
    kept = desk.tx.told_at(desk.setting.alias(author), OBJECTS) is None
    decision = tickets.peer_marked(waiting[0], author, desk.facts(waiting[0]), kept=kept)
    desk.carry(decision)
    if decision.ticket.outcome is Outcome.PEER and kept:
        _tell(desk, event, author)


def object_to_it(desk: Desk, event: Message, *, objects: bool) -> None:
    """Count somebody's unasked answers no more, those of before included; or count them again."""
    person = desk.setting.alias(event.sender)
    if not objects:
        desk.tx.unsay(person, OBJECTS)
        desk.privately(event, say.CountedAgain())
        return
    desk.tx.note_told(person, OBJECTS, desk.now)
    desk.tx.uncount(person)
    for ticket in desk.tx.helped_by(event.sender):
        if ticket.outcome is Outcome.PEER:
            desk.tx.save_ticket(tickets.without_helper(ticket))
    desk.privately(event, say.NotCounted())


def _objects(desk: Desk, event: Message) -> bool:
    return desk.tx.told_at(desk.setting.alias(event.sender), OBJECTS) is not None


def _tell_once(desk: Desk, event: Message, ticket: Ticket) -> None:
    if ticket.outcome is Outcome.PEER and ticket.helper is not None:
        _tell(desk, event, event.sender)


def _tell(desk: Desk, event: Message | Reaction, user: UserId) -> None:
    """Tell a colleague that their answer is counted: once, in their direct message where there is one."""
    person = desk.setting.alias(user)
    if desk.tx.told_at(person, COUNTED) is not None:
        return
    desk.tx.note_told(person, COUNTED, desk.now)
    notice = say.PeerCounted(desk.setting.policy.help_log_months)
    direct = desk.tx.direct_room(user)
    if direct is not None:
        desk.writer.say(direct.room, notice, Kind.STATUS, purpose="PeerCounted")
    else:
        desk.tell(event, notice)
