"""What volunteers say of themselves, and what everybody may know of who helps."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from helpbot.core import notices, tickets
from helpbot.core import volunteering as core
from helpbot.core.commands import Command
from helpbot.core.habits import after_class, in_class
from helpbot.core.hours import OpenHours, told
from helpbot.core.ids import UserId
from helpbot.core.incoming import Message
from helpbot.core.notices import volunteering as say
from helpbot.core.offerwords import is_asked
from helpbot.core.records import Listed, SentMessage
from helpbot.core.routing import Refusal
from helpbot.core.spans import DAY, WEEK
from helpbot.core.tickets import Ticket
from helpbot.core.when import Stretch, fold, read_stretch
from helpbot.flow.desk import Desk
from helpbot.flow.facts import own_hours

WHY_MS = 30 * DAY
_BACK = {"fin", "finie", "non", "annuler", "retour", "off", "terminee", "reprise", "stop", "plus"}
_USUAL = {
    "normal",
    "normale",
    "normales",
    "defaut",
    "par defaut",
    "habituel",
    "habituelles",
    "comme tout le monde",
}
_HABITS = re.compile(r"((?P<no>sans|pas d|oublie\w*|efface\w*)|avec)\b.*\bhabitudes?$")
_SHORT = 60
_USER = re.compile(r"@[^\s:]+:[^\s,;]+")


def volunteer(desk: Desk, event: Message, command: Command) -> None:
    """Take down what somebody offers; without a word show what is known of them."""
    row = desk.tx.listed(event.sender)
    if not command.rest and row is not None and not row.stopped:
        _answer(desk, event, _card(desk, event, row, "shown"))
        return
    titles = theme_titles(desk)
    said = core.read_declaration(command.rest, titles)
    known = tuple(theme for theme, _ in titles)
    if said.empty:
        _answer(desk, event, say.VolunteerNothing(said.unknown, known))
        return
    if desk.setting.policy.calendar.zone is None:  # the operator switched holidays off
        said = replace(said, zone="")
    new = row is None or row.stopped
    base = Listed(event.sender, row.seed if row else None) if row is None or row.stopped else row
    before = base.volunteer.themes if not new else ()
    row = replace(base, chosen=core.declared(base.chosen, said, before), noticed=True, stopped=False)
    desk.tx.save_listed(row, desk.now)
    card = _card(desk, event, row, "welcome" if new else "themes", unknown=said.unknown)
    _answer(desk, event, replace(card, known=known) if said.unknown else card)


def available(desk: Desk, event: Message, command: Command) -> None:
    """Take down somebody's hours; without a word they are back from a pause."""
    row = _own_row(desk, event)
    if row is None:
        return
    if not command.rest:
        _save(
            desk,
            event,
            replace(row, away_from=0, away_until=0),
            "back" if row.away_until > desk.now else "shown",
        )
        return
    if habits := _HABITS.match(fold(command.rest)):
        chosen = replace(row.chosen, no_habits=habits["no"] is not None)
        _save(desk, event, replace(row, chosen=chosen, habits=None), "habits")
        return
    if fold(command.rest) in _USUAL:
        _save(desk, event, replace(row, chosen=replace(row.chosen, hours="")), "hours")
        return
    try:
        calendar = desk.setting.policy.calendar
        hours = OpenHours.parse(command.rest, calendar, calendar.local(desk.now).date())
    except ValueError as error:
        _answer(desk, event, say.NotUnderstood(str(error)))
        return
    _save(desk, event, replace(row, chosen=replace(row.chosen, hours=str(hours))), "hours")


def away(desk: Desk, event: Message, command: Command) -> None:
    """Take down a pause or an absence."""
    row = _own_row(desk, event)
    if row is None:
        return
    if fold(command.rest) in _BACK:
        _save(desk, event, replace(row, away_from=0, away_until=0), "back")
        return
    calendar = own_hours(desk.setting.policy, row.volunteer).calendar
    try:
        stretch: Stretch = read_stretch(command.rest, calendar.local(desk.now), calendar)
    except ValueError as error:
        _answer(desk, event, say.NotUnderstood(str(error)))
        return
    start, end = stretch.moments(calendar, desk.now)
    apart = row.away_until > desk.now and (start >= row.away_until or end <= row.away_from)
    if apart and row.away_from <= desk.now:  # the pause that goes on must not end by what is planned after it
        until = calendar.local(row.away_until - 1).date().isoformat()
        _answer(desk, event, say.AwayAlready(until))
        return
    if start <= desk.now:  # nobody waits for whoever has just left; what they hold they may still answer
        for ticket in _asked(desk, event.sender):
            desk.carry(tickets.passed(ticket, event.sender, desk.facts(ticket, people=True)))
    _save(desk, event, replace(row, away_from=start, away_until=end), "away_instead" if apart else "away")


def load(desk: Desk, event: Message, command: Command) -> None:
    """Take down how much somebody takes."""
    row = _own_row(desk, event)
    if row is None:
        return
    try:
        chosen = replace(row.chosen, load=core.read_load(command.rest))
    except ValueError as error:
        _answer(desk, event, say.NotUnderstood(str(error)))
        return
    most = desk.setting.policy.plan.caps
    beyond = any(n > cap for n, cap in zip(chosen.load, (most.day, most.week, most.open), strict=True))
    _save(desk, event, replace(row, chosen=chosen), "load_most" if beyond else "load")


def stop(desk: Desk, event: Message, _command: Command) -> None:
    """Somebody leaves: their offers end, what they hold is asked of others."""
    row = _own_row(desk, event)
    if row is None:
        return
    held = 0
    desk.tx.save_listed(replace(row, stopped=True, habits=None), desk.now)
    for ticket in desk.tx.offered_to(event.sender):
        held += ticket.helper == event.sender and ticket.state is tickets.State.CLAIMED
        desk.carry(tickets.left(ticket, event.sender, desk.facts(ticket, people=True)))
    _answer(desk, event, say.VolunteerStopped(held))


def hand_over(desk: Desk, event: Message, command: Command) -> None:
    """Offer a held question to a volunteer whom its holder names."""
    held = desk.tx.claims_of(event.sender)
    sent = desk.tx.sent_message(event.reply_to) if event.reply_to else None
    if sent is not None and sent.ticket in {t.id for t in held}:
        held = [t for t in held if t.id == sent.ticket]
    named = [u for u in event.mentions or () if u != desk.setting.me.user]
    named = named or [UserId(u) for u in _USER.findall(command.rest)]
    if not named and not command.rest and _pass_offer(desk, event, sent):
        return
    if len(held) != 1 or len(named) != 1:
        why = "nothing" if not held else "nobody" if len(named) != 1 else "which"
        _answer(desk, event, say.NotHandedOver(why))
        return
    [ticket], [to] = held, named
    facts = desk.facts(ticket, people=True)
    colleague = next((v for v in facts.volunteers if v.user == to), None)
    if colleague is None:
        _answer(desk, event, say.NotHandedOver("not_a_volunteer"))
        return
    decision = tickets.handed_over(ticket, event.sender, colleague, facts)
    if isinstance(decision, Refusal):
        _answer(desk, event, say.NotHandedOver(decision.value))
        return
    desk.carry(decision)
    _answer(desk, event, say.HandedOver(ticket.ref))


def _pass_offer(desk: Desk, event: Message, sent: SentMessage | None) -> bool:
    """Take a bare `!passe` for « je passe » on the one offer that waits; False where none or several do."""
    asked = _asked(desk, event.sender)
    if sent is not None:
        asked = [t for t in asked if t.id == sent.ticket]
    if len(asked) != 1:
        return False
    desk.carry(tickets.passed(asked[0], event.sender, desk.facts(asked[0], people=True)))
    desk.note(event, notices.OfferPassed(asked[0].ref))
    return True


def _asked(desk: Desk, user: UserId) -> list[Ticket]:
    """Return the questions that somebody was offered and has said nothing of yet."""
    return [ticket for ticket in desk.tx.offered_to(user) if is_asked(ticket, user)]


def talents(desk: Desk, event: Message, _command: Command) -> None:
    """Show which themes are carried by how many."""
    rows = desk.tx.volunteers()
    lines = []
    for theme, _ in theme_titles(desk):
        carriers = [r for r in rows if theme in r.volunteer.themes]
        names = ", ".join(_names(desk, carriers))
        lines.append((theme, core.band(len(carriers)), names))
    desk.note(event, say.Talents(tuple(lines)))


def who(desk: Desk, event: Message, command: Command) -> None:
    """Tell how many help on a theme, and who of them said that they may be named."""
    titles = theme_titles(desk)
    themes = core.read_themes(command.rest, titles)
    if not themes:
        desk.note(event, say.WhoUnknown(tuple(theme for theme, _ in titles)))
        return
    carriers = [r for r in desk.tx.volunteers() if themes[0] in r.volunteer.themes]
    names = tuple(_names(desk, carriers))
    desk.note(event, say.WhoKnows(themes[0], core.band(len(carriers)), names))


def why(desk: Desk, event: Message, _command: Command) -> None:
    """Tell a volunteer why the last question was offered to them."""
    ticket = desk.tx.last_offer(event.sender, since=desk.now - WHY_MS)
    offer = next((o for o in ticket.offers if o.user == event.sender), None) if ticket else None
    if ticket is None or offer is None:
        desk.privately(event, say.WhyNothing())
        return
    reason = offer.why
    nearness = reason.nearness.name.casefold() if reason and not offer.unasked else "unasked"
    load = (reason.asked_week, reason.offered_week, reason.asked_month) if reason else (0, 0, 0)
    desk.privately(event, say.WhyMe(ticket.ref, ticket.theme or "", nearness, *load))


def my_questions(desk: Desk, event: Message, _command: Command) -> None:
    """List what somebody asked, and what waits for their own answer."""
    calendar = desk.setting.policy.calendar
    asked = tuple(
        (t.ref, calendar.local(t.asked_at).date().isoformat(), t.state.value, _short(t.text))
        for t in desk.tx.asked_by(event.sender, limit=10)
    )
    helping = tuple((t.ref, _short(t.text)) for t in desk.tx.claims_of(event.sender))
    desk.privately(event, say.MyQuestions(asked, helping))


def theme_titles(desk: Desk) -> tuple[tuple[str, str], ...]:
    """Return the FAQ's themes as (theme, title) pairs."""
    faq = desk.setting.index.faq
    return tuple(
        (t, faq.theme_title(t)) for t in dict.fromkeys((*faq.themes, *(e.theme for e in faq.entries)))
    )


def _names(desk: Desk, rows: list[Listed]) -> list[str]:
    names = desk.setting.names
    found = (
        names.full_name(r.user) if r.chosen.full_name else names.first_name(r.user)
        for r in rows
        if r.chosen.shown
    )
    return sorted(name for name in found if name)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else line[: _SHORT - 1].rstrip() + "…"


def _own_row(desk: Desk, event: Message) -> Listed | None:
    """Return the sender's line of the directory; None, having said so, when they are no volunteer."""
    row = desk.tx.listed(event.sender)
    if row is None or row.stopped:
        _answer(desk, event, say.NotVolunteering())
        return None
    return row


def _save(desk: Desk, event: Message, row: Listed, lead: str) -> None:
    desk.tx.save_listed(replace(row, noticed=True), desk.now)
    _answer(desk, event, _card(desk, event, row, lead))


def _card(
    desk: Desk, event: Message, row: Listed, lead: str, *, unknown: tuple[str, ...] = ()
) -> say.VolunteerCard:
    policy, listed = desk.setting.policy, row.volunteer
    hours = own_hours(policy, listed)
    caps = policy.plan.caps.lowered(core.caps_of(row.chosen.load))
    asks = desk.tx.asks_of(row.user, desk.now - WEEK)
    away = (row.away_from, row.away_until)
    at_work = (tickets.State.ASKED, tickets.State.CLAIMED)
    busy = sum(t.state in at_work for t in desk.tx.offered_to(row.user)) >= caps.open
    calendar = hours.calendar
    # What was learned of somebody is told to nobody else.
    habits = None if _with_others(desk, event) else row.habits
    free = partial(after_class, habits, calendar)
    next_at = core.next_ask(hours, policy.hours, away, asks, caps, desk.now, free)
    away_from = away_until = ""
    if row.away_until > desk.now:
        away_from = told(calendar, row.away_from, desk.now) if row.away_from > desk.now else ""
        last = calendar.local(row.away_until - 1)
        whole = calendar.local(row.away_until).date() != last.date()
        away_until = last.date().isoformat() if whole else told(calendar, row.away_until, desk.now)
    return say.VolunteerCard(
        lead,
        listed.themes,
        row.chosen.learning,
        str(hours),
        caps.day,
        caps.week,
        caps.open,
        listed.level,
        listed.school,
        listed.academie,
        row.chosen.shown,
        row.chosen.full_name,
        away_from,
        away_until,
        told(calendar, next_at, desk.now) if next_at is not None and next_at > desk.now else "",
        unknown,
        never=next_at is None,
        busy=busy,
        in_class=in_class(habits),
        no_habits=row.chosen.no_habits,
    )


def _with_others(desk: Desk, event: Message) -> bool:
    return event.room == desk.setting.policy.volunteers_room


def _answer(desk: Desk, event: Message, notice: notices.Notice) -> None:
    """Answer in the volunteers' room where it was asked there, else privately."""
    if _with_others(desk, event):
        desk.note(event, notice)
    else:
        desk.privately(event, notice)


HANDLERS = {
    "volontaire": volunteer,
    "dispo": available,
    "pause": away,
    "absent": away,
    "charge": load,
    "stop": stop,
    "passe": hand_over,
    "talents": talents,
    "qui": who,
    "pourquoi": why,
    "mesquestions": my_questions,
}
