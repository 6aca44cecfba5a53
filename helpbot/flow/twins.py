"""Finding the twin of a question, and passing on to it what its twin got."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from helpbot.core import tickets
from helpbot.core.effects import Effect, Kind, Send
from helpbot.core.ids import RoomId, UserId
from helpbot.core.incoming import RoomFacts
from helpbot.core.notices.twins import SolvedBefore
from helpbot.core.sameness import quoted, same_question
from helpbot.core.spans import DAY
from helpbot.core.tickets import Decision, Outcome, Reply, State, Ticket
from helpbot.flow.facts import load_facts, room_facts
from helpbot.flow.setting import Setting
from helpbot.ports import Tx

if TYPE_CHECKING:
    from helpbot.flow.desk import Desk
    from helpbot.flow.write import Writer

RECENT_MS = 30 * DAY


def meet(desk: Desk, ticket: Ticket, reply: Reply) -> bool:
    """Answer a question that the FAQ does not know by its twin, solved or open; False where there is none."""
    return _solved_before(desk, ticket, reply) or _join(desk, ticket, reply)


def _join(desk: Desk, ticket: Ticket, reply: Reply) -> bool:
    here, policy = room_facts(desk.tx, ticket.room), desk.setting.policy
    for known, text in desk.tx.open_texts():
        if not same_question(ticket.text, text):
            continue
        first = desk.tx.ticket(known)
        if first is None:
            continue
        there, school = room_facts(desk.tx, first.room), policy.room(first.room).school
        one_school = bool(school) and school == policy.room(ticket.room).school
        if not tickets.may_join(ticket, first, here, there, one_school=one_school):
            continue
        mine = replace(ticket, theme=reply.theme, revision=reply.revision)
        desk.carry(tickets.join(mine, first, desk.facts(ticket)))
        desk.carry(tickets.joined_by_another(first, desk.facts(first)))
        return True
    return False


def _solved_before(desk: Desk, ticket: Ticket, reply: Reply) -> bool:
    here = room_facts(desk.tx, ticket.room)
    for solved in desk.tx.shared_answers(desk.now - RECENT_MS):
        if not tickets.may_show_again(solved, ticket, here, room_facts(desk.tx, solved.room)):
            continue
        text = _answer(desk.tx, solved)
        if not text or solved.helper is None:
            continue
        day = desk.setting.policy.calendar.local(solved.answered_at or solved.asked_at).date().isoformat()
        shown = replace(reply, kind=Kind.ANSWER, notice=SolvedBefore(text, day, solved.helper))
        decision = tickets.ask(ticket, shown, desk.facts(ticket))
        desk.carry(Decision(replace(decision.ticket, outcome=Outcome.TWIN), decision.effects))
        return True
    return False


def _answer(tx: Tx, solved: Ticket) -> str:
    """Return what was relayed to a question, as it stands now; files are left out."""
    slots = dict.fromkeys(r.slot for r in tx.ticket_messages(solved.id) if r.slot.startswith("relay/"))
    said = []
    for slot in slots:
        content = tx.last_content(solved.id, slot) or {}
        said.append(quoted(str(content.get("m.new_content", content).get("body", ""))))
    return "\n".join(text for text in said if text)


def follow(tx: Tx, setting: Setting, writer: Writer, first: Ticket, effects: Iterable[Effect]) -> None:
    """Give those who wait for the same answer what came of a question."""
    relays = [e for e in effects if isinstance(e, Send) and e.slot.startswith("relay/")]
    in_room = first.state is State.ANSWERED and first.outcome is Outcome.PEER
    over = not relays and (first.ended or in_room)
    for twin in tx.unended():
        if not tickets.waits_for(twin, first.id):
            continue
        facts = load_facts(tx, setting, twin, writer.now, people=False)
        place = _place(tx, twin, first) if relays else None
        if place is not None:
            for relay in relays:
                answered = tickets.twin_answered(twin, relay, facts, helper=first.helper, room=place)
                twin = writer.carry_out(answered)
        if (over or (relays and place is None)) and twin.state is State.OPEN:
            writer.carry_out(tickets.twin_left(twin, facts))


def _place(tx: Tx, twin: Ticket, first: Ticket) -> RoomId | None:
    """Return where a twin's asker may read the answer: where they asked, else in their direct message."""
    direct = tx.direct_room(twin.asker)
    for place in (room_facts(tx, twin.room), direct):
        if place is not None and may_pass_on(tx, first, place):
            return place.room
    return None


def may_pass_on(tx: Tx, first: Ticket, target: RoomFacts) -> bool:
    """Tell whether the answer to a question may stand where a twin of it was asked."""
    source = room_facts(tx, tickets.helpers_room(first) or first.room)
    return tickets.may_pass_on(first, source, room_facts(tx, first.room), target)


def may_still_show(tx: Tx, ticket: Ticket, helper: UserId, now: int) -> bool:
    """Tell whether an answer of somebody's, that was given to another, may stand where a ticket was asked."""
    here = room_facts(tx, ticket.room)
    same = [s for s in tx.shared_answers(now - RECENT_MS) if s.helper == helper]
    same = [s for s in same if same_question(ticket.text, s.text)]
    return bool(same) and all(tickets.may_show_again(s, ticket, here, room_facts(tx, s.room)) for s in same)
