"""Invitations to give back, and to offer what one answers well: privately, once a term, never in public."""

from __future__ import annotations

from helpbot.core.effects import Kind
from helpbot.core.growth import ANSWERED_WELL, OFTEN, term_of
from helpbot.core.ids import UserId
from helpbot.core.notices.growth import GiveBack, ThemeFits
from helpbot.core.tickets import Outcome, State, Ticket
from helpbot.flow.desk import Desk

_HUMAN = (Outcome.VOLUNTEER, Outcome.PEER, Outcome.REFERENT)


def after_yes(desk: Desk, ticket: Ticket) -> None:
    """Invite, after a ✅ on a colleague's answer, whoever was helped often or answered well."""
    if ticket.state is State.SOLVED and ticket.outcome in _HUMAN and ticket.theme:
        _give_back(desk, ticket.asker, ticket.theme)
        if ticket.helper is not None:
            _offer_theme(desk, ticket.helper, ticket.theme)


def _give_back(desk: Desk, asker: UserId, theme: str) -> None:
    """Invite an asker whom colleagues helped often this term to offer the theme of this question."""
    direct = desk.tx.direct_room(asker)
    if direct is None or desk.is_volunteer(asker):
        return
    term, since = _term(desk)
    person = desk.setting.alias(asker)
    if desk.tx.times_helped(person, since=since) >= OFTEN and _once(desk, person, f"invited/{term}"):
        notice = GiveBack(theme, desk.setting.index.faq.theme_title(theme))
        desk.writer.say(direct.room, notice, Kind.STATUS, purpose="give-back")


def _offer_theme(desk: Desk, helper: UserId, theme: str) -> None:
    """Ask a volunteer who answered well on a theme that they do not offer whether they would."""
    row, direct = desk.tx.listed(helper), desk.tx.direct_room(helper)
    if row is None or row.stopped or direct is None or theme in row.volunteer.themes:
        return
    term, since = _term(desk)
    person = desk.setting.alias(helper)
    solved = desk.tx.times_solved(person, theme, since=since)
    if solved >= ANSWERED_WELL and _once(desk, person, f"fits/{theme}/{term}"):
        notice = ThemeFits(theme, desk.setting.index.faq.theme_title(theme))
        desk.writer.say(direct.room, notice, Kind.STATUS, purpose="theme-fits")


def _term(desk: Desk) -> tuple[str, int]:
    """Return the name of the present term and when it began."""
    calendar = desk.setting.policy.calendar
    term, first = term_of(calendar.local(desk.now).date())
    return term, calendar.moment(first, 0)


def _once(desk: Desk, person: str, what: str) -> bool:
    """Note that somebody is told something; False when they were before."""
    if desk.tx.told_at(person, what) is not None:
        return False
    desk.tx.note_told(person, what, desk.now)
    return True
