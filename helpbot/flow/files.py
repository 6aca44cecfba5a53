"""Pictures and files between an asker and a helper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpbot.core import addressing, tickets
from helpbot.core import notices as say
from helpbot.core.files import may_pass_on
from helpbot.core.incoming import Message
from helpbot.core.notices.files import FileForWhom, FileKept, FileLater, FileMayNot
from helpbot.core.records import SentMessage
from helpbot.core.tickets import State, Ticket
from helpbot.flow.desk import Desk, offer_slot, on_helpers_side
from helpbot.flow.facts import room_facts

MOST_HELD = 5
"""Files of one question that wait for whoever takes it."""


def pass_on(desk: Desk, event: Message) -> None:
    """Pass on a file that answers a message of a question; say what to do with any other."""
    target = event.reply_to or event.thread
    sent = desk.tx.sent_message(target) if target else None
    ticket = desk.ticket(sent)
    if ticket is None and event.thread is not None:
        ticket = desk.tx.ticket_in_thread(event.room, event.thread)
    if event.file is None:
        desk.note(event, say.NotAText())
    elif ticket is not None and sent is not None and on_helpers_side(sent, ticket):
        _of_helper(desk, event, ticket, sent)
    elif ticket is not None and event.sender == ticket.asker and not ticket.ended:
        _of_asker(desk, event, ticket)
    elif ticket is None and desk.direct(event) and desk.tx.offered_to(event.sender):
        desk.note(event, FileForWhom())
    else:
        desk.note(event, say.NotAText())


def _of_helper(desk: Desk, event: Message, ticket: Ticket, sent: SentMessage) -> None:
    if not desk.is_volunteer(event.sender):
        desk.tell(event, say.NotAVolunteer())
        return
    facts = desk.facts(ticket)
    if event.file is None or not may_pass_on(event.file, room_facts(desk.tx, event.room), facts.origin.room):
        desk.tell(event, FileMayNot())
        return
    decision = tickets.helper_says(
        ticket,
        event.sender,
        event.event_id,
        addressing.question_of(event, desk.setting.me),
        offer_slot(ticket, sent),
        event.room,
        facts,
        private=desk.direct(event),
        file=event.file,
    )
    if not decision.effects:
        desk.tell(event, say.AlreadyTaken(ticket.ref))
    desk.carry(decision)


def _of_asker(desk: Desk, event: Message, ticket: Ticket) -> None:
    if event.file is None:
        return
    text = addressing.question_of(event, desk.setting.me)
    if ticket.helper is None or ticket.state not in (State.CLAIMED, State.ANSWERED):
        _hold(desk, event, ticket, event.file, text)
        return
    room = next((o.room for o in ticket.offers if o.user == ticket.helper), None)
    facts = desk.facts(ticket)
    if room is None:
        return  # they sit in the same room and see it
    if not may_pass_on(event.file, facts.origin.room, room_facts(desk.tx, room)):
        desk.tell(event, FileMayNot())
        return
    desk.carry(tickets.asker_says(ticket, event.event_id, text, facts, file=event.file))


def _hold(desk: Desk, event: Message, ticket: Ticket, file: Mapping[str, Any], caption: str) -> None:
    """Keep a file for whoever takes the question."""
    if len(desk.tx.held(ticket.id)) >= MOST_HELD:
        desk.tell(event, FileLater(ticket.ref))
        return
    desk.writer.hold_file(ticket, event.event_id, file, caption)
    desk.tell(event, FileKept(ticket.ref))


def of_question(desk: Desk, event: Message) -> None:
    """Keep the picture or file that a question was written under, where colleagues are to be asked."""
    ticket = desk.tx.ticket_of(event.event_id)
    if event.file is not None and ticket is not None and not ticket.ended:
        desk.writer.hold_file(ticket, event.event_id, event.file, "")
