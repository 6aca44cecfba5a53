"""The digest of each school morning, and the referents, last and grouped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from helpbot.core import tickets
from helpbot.core.confidentiality import may_show
from helpbot.core.effects import JobKind, Kind
from helpbot.core.ids import RoomId, TicketId
from helpbot.core.incoming import RoomFacts
from helpbot.core.notices.digest import Digest, ForReferents, Waiting
from helpbot.core.records import Job, digest_slot
from helpbot.core.tickets import Ticket
from helpbot.core.volunteering import band
from helpbot.flow.facts import load_facts, room_facts
from helpbot.flow.setting import Setting
from helpbot.flow.write import Writer
from helpbot.ports import Tx

SHORT = 160


def send_digest(tx: Tx, setting: Setting, writer: Writer, now: int) -> None:
    """Tell of what found nobody: the volunteers' room without a ping, then the referents; plan the next."""
    policy = setting.policy
    if not policy.hours.is_open(now):  # late, or the hours were changed
        _plan(tx, writer, policy.hours.next_open(now))
        return
    posts = [t for t in tx.unowned() if tickets.waits_for_anybody(t)]
    row = tx.room(policy.volunteers_room) if policy.volunteers_room else None
    room = row.facts if row else None
    to_volunteers, to_referents = [], []
    for ticket in posts:
        shown = room is not None and may_show(room_facts(tx, ticket.room), room)
        facts = load_facts(tx, setting, ticket, now, people=False)
        decision, referents = tickets.told_again(ticket, facts, shown=shown)
        writer.carry_out(decision)
        if referents:
            to_referents.append(ticket)
        if shown:
            to_volunteers.append(ticket)
    if to_volunteers and room is not None:
        slot = digest_slot(t.id for t in to_volunteers)
        notice = for_volunteers(tx, setting, to_volunteers, room)
        writer.say(room.room, notice, Kind.STATUS, purpose="digest", slot=slot)
    if to_referents:
        _to_referents(tx, setting, writer, to_referents)
    if posts:
        tomorrow = policy.calendar.local(now).date() + timedelta(1)
        _plan(tx, writer, policy.hours.next_open(policy.calendar.moment(tomorrow, 0)))


def _plan(tx: Tx, writer: Writer, due: int) -> None:
    tx.schedule(Job(TicketId(0), JobKind.DIGEST, due, 0))
    writer.written.wake_at(due)


def _to_referents(tx: Tx, setting: Setting, writer: Writer, posts: list[Ticket]) -> None:
    """Show them in the review room, where each may be seen there; without one, to each referent directly."""
    policy = setting.policy
    directs = [d for u in sorted(policy.referents) if (d := tx.direct_room(u)) is not None]
    rooms = [room_facts(tx, policy.review_room)] if policy.review_room else directs
    for room in rooms:
        notice = for_referents(tx, setting, posts, room)
        here = (room.direct_with,) if room.direct_with else tuple(sorted(policy.referents))
        purpose = f"referents/{room.room}"
        slot = digest_slot(t.id for t in posts)
        writer.say(room.room, notice, Kind.STATUS, purpose=purpose, slot=slot, mentions=here)


def for_volunteers(tx: Tx, setting: Setting, posts: Iterable[Ticket], room: RoomFacts) -> Digest:
    """Return the morning's digest of questions, each of which may be shown in a room."""
    return Digest(tuple(_waiting(tx, setting, t, room) for t in posts))


def for_referents(tx: Tx, setting: Setting, posts: list[Ticket], room: RoomFacts) -> ForReferents:
    """Return what the referents are told; a question that may not be shown in the room has no words in it."""
    return ForReferents(tuple(_waiting(tx, setting, t, room) for t in posts), _thin(tx, setting, posts))


def _waiting(tx: Tx, setting: Setting, ticket: Ticket, where: RoomFacts) -> Waiting:
    line = " ".join(ticket.text.split())
    short = line if len(line) <= SHORT else line[: SHORT - 1].rstrip() + "…"
    text = short if may_show(room_facts(tx, RoomId(ticket.room)), where) else ""
    return Waiting(ticket.ref, _title(setting, ticket.theme), text)


def _thin(tx: Tx, setting: Setting, posts: list[Ticket]) -> tuple[str, ...]:
    rows = tx.volunteers()
    themes = dict.fromkeys(t.theme for t in posts if t.theme)
    thin = (t for t in themes if band(sum(t in r.volunteer.themes for r in rows)) != "many")
    return tuple(_title(setting, theme) for theme in thin)


def _title(setting: Setting, theme: str | None) -> str:
    return setting.index.faq.theme_title(theme) if theme else ""
