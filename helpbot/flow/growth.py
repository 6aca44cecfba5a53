"""The invitation to give back: privately, once a term, never in public."""

from __future__ import annotations

from helpbot.core.effects import Kind
from helpbot.core.growth import OFTEN, term_of
from helpbot.core.notices.growth import GiveBack
from helpbot.core.tickets import Outcome, State, Ticket
from helpbot.flow.desk import Desk

_HUMAN = (Outcome.VOLUNTEER, Outcome.PEER, Outcome.REFERENT)


def invite(desk: Desk, ticket: Ticket) -> None:
    """Invite an asker whom colleagues helped often this term to offer the theme of this question."""
    if ticket.state is not State.SOLVED or ticket.outcome not in _HUMAN or not ticket.theme:
        return
    direct = desk.tx.direct_room(ticket.asker)
    if direct is None or desk.is_volunteer(ticket.asker):
        return
    calendar = desk.setting.policy.calendar
    term, first = term_of(calendar.local(desk.now).date())
    person, invited = desk.setting.alias(ticket.asker), f"invited/{term}"
    helped = desk.tx.times_helped(person, since=calendar.moment(first, 0))
    if helped < OFTEN or desk.tx.told_at(person, invited) is not None:
        return
    desk.tx.note_told(person, invited, desk.now)
    title = desk.setting.index.faq.theme_title(ticket.theme)
    desk.writer.say(direct.room, GiveBack(ticket.theme, title), Kind.STATUS, purpose="give-back")
