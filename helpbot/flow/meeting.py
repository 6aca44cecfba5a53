"""Meeting a question that the FAQ does not know with its twin: solved before, or open now."""

from __future__ import annotations

from dataclasses import replace

from helpbot.core import tickets
from helpbot.core.effects import Kind
from helpbot.core.notices.twins import SolvedBefore
from helpbot.core.sameness import quoted, same_question
from helpbot.core.tickets import Decision, Outcome, Reply, Ticket
from helpbot.flow.desk import Desk
from helpbot.flow.facts import room_facts
from helpbot.flow.twins import RECENT_MS
from helpbot.ports import Tx


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
