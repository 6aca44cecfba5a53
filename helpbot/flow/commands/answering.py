"""Helping with a question by its reference, from wherever one reads of it."""

from __future__ import annotations

from helpbot.core import notices as say
from helpbot.core import tickets
from helpbot.core.commands import Command
from helpbot.core.confidentiality import may_show
from helpbot.core.effects import Send
from helpbot.core.incoming import Message
from helpbot.core.notices.digest import AnswerPassedOn, NoSuchQuestion, TakenByRef
from helpbot.core.records import digest_slot
from helpbot.core.tickets import Ticket
from helpbot.flow.desk import Desk
from helpbot.flow.facts import room_facts


def answer(desk: Desk, event: Message, command: Command) -> None:
    """`!reponse REF …`: the words are relayed to the asker."""
    ticket, text = _meant(desk, event, command)
    if ticket is None:
        return
    if not text:
        desk.note(event, NoSuchQuestion())
        return
    decision = tickets.helper_says(
        ticket,
        event.sender,
        event.event_id,
        text,
        _slot(ticket, event),
        event.room,
        desk.facts(ticket),
        private=desk.direct(event),
    )
    desk.carry(decision)
    if any(isinstance(e, Send) and e.slot.startswith("relay/") for e in decision.effects):
        desk.note(event, AnswerPassedOn(ticket.ref))
    elif not decision.effects:  # else it was said why it is not passed on
        desk.note(event, say.AlreadyTaken(ticket.ref))


def take(desk: Desk, event: Message, command: Command) -> None:
    """`!prendre REF`: the sender takes the question."""
    ticket, _ = _meant(desk, event, command)
    if ticket is None:
        return
    slot, private = _slot(ticket, event), desk.direct(event)
    facts = desk.facts(ticket)
    decision = tickets.claimed(ticket, event.sender, slot, event.room, facts, private=private)
    if decision.ticket.helper != event.sender:
        desk.note(event, say.AlreadyTaken(ticket.ref))
        return
    desk.carry(decision)
    # Its words belong to the question: taken back with it, and asked about again before they go out.
    slot = digest_slot([ticket.id])
    desk.note(event, TakenByRef(ticket.ref, ticket.text), slot=slot)


def _meant(desk: Desk, event: Message, command: Command) -> tuple[Ticket | None, str]:
    """Return the question of a reference and the words after it; None, having said why."""
    if not desk.may_help(event.sender):
        desk.note(event, say.NotAVolunteer())
        return None, ""
    ref, _, text = command.rest.strip().partition(" ")
    ticket = desk.tx.ticket_by_ref(ref.strip(" :.,").upper()) if ref else None
    if ticket is None or ticket.sensitive or ticket.plan is None:
        desk.note(event, NoSuchQuestion())
        return None, ""
    if not may_show(room_facts(desk.tx, ticket.room), room_facts(desk.tx, event.room)):
        desk.note(event, say.WriteToMe())  # what the asker adds would be shown here
        return None, ""
    return ticket, text.strip(" :")


def _slot(ticket: Ticket, event: Message) -> str:
    own = next((o.slot for o in ticket.offers if o.user == event.sender), "")
    return own or (tickets.POST if ticket.posted else f"offer/{event.sender}")


HANDLERS = {"reponse": answer, "prendre": take}
