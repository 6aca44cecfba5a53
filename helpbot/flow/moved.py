"""Rooms that are upgraded: the bot goes into the new one, and takes along what it keeps of the old one.

A tombstone is noted with the sync that tells it. Then the new room is joined, as if the tombstone's sender
invited to it, and asked whether it names the old one: only then it is followed, in one transaction. What is
refused stays as it was and is tried again, ever later, and whenever somebody invites the bot.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from helpbot.core import proposals, tickets
from helpbot.core.confidentiality import may_show
from helpbot.core.effects import Kind
from helpbot.core.ids import RoomId, server_of
from helpbot.core.incoming import Membership, Replacement, RoomFacts
from helpbot.core.moves import Move, MoveState
from helpbot.core.notices.rooms import RoomMoreOpen
from helpbot.core.records import RoomRow
from helpbot.core.roomchoices import Choices
from helpbot.core.spans import DAY, MINUTE
from helpbot.core.tickets import Ticket
from helpbot.flow.cards import Hand, show_card
from helpbot.flow.deliver import silent
from helpbot.flow.facts import room_facts
from helpbot.flow.setting import Policy, Setting
from helpbot.flow.write import Writer, Written
from helpbot.ports import Clock, Homeserver, RateLimited, Refused, Store, Tx, Unreachable

log = logging.getLogger("helpbot.moved")

UNREACHABLE_MS = 5_000
LOOKED_BACK = "replacements_looked_for"


# --- noted with what a sync tells


def note_replacement(tx: Tx, policy: Policy, room: RoomId, replacement: Replacement) -> None:
    """Note that a room was replaced by another, where its people may invite the bot at all."""
    known = next((m for m in tx.moves() if m.old == room), None)
    if replacement.room == room or (known is not None and known.new == replacement.room):
        return
    if known is not None and known.state is MoveState.DONE:
        log.warning("a room that was replaced, and followed, names another room now", extra={"room": room})
        return
    if not policy.trusts(replacement.by):
        log.warning("a room was replaced by somebody whose server is not trusted", extra={"room": room})
        return
    tx.save_move(Move(room, replacement.room, server_of(replacement.by)))


def note_invitation(tx: Tx, room: RoomId) -> None:
    """Try at once where the bot is invited to a room that replaces one of its own."""
    for move in _waiting(tx):
        if move.new == room:
            tx.save_move(replace(move, not_before=0))


def replaces(tx: Tx, policy: Policy, row: RoomRow) -> bool:
    """Whether an invitation is to a room that is about to be followed into; if so it is no new one."""
    invited = row.inviter is not None and policy.trusts(row.inviter)
    return invited and any(move.new == row.facts.room for move in _waiting(tx))


def came_in(tx: Tx, row: RoomRow) -> None:
    """Keep a room that the bot has come into; a direct message is the one in use, being the newest."""
    tx.save_room(replace(row, membership=Membership.JOIN))
    if row.facts.direct_with is not None:
        tx.use_direct(row.facts.direct_with, row.facts.room)


def moves_done(tx: Tx) -> dict[RoomId, RoomId]:
    """Return the rooms that were replaced → by which, as far as the bot has followed."""
    return {move.old: move.new for move in tx.moves() if move.state is MoveState.DONE}


def names_replaced(policy: Policy, moved: dict[RoomId, RoomId]) -> bool:
    """Whether the configuration names a room that goes on elsewhere."""
    return any(room in moved for room in (*policy.rooms, policy.review_room, policy.volunteers_room) if room)


async def look_back(store: Store, homeserver: Homeserver, setting: Setting) -> None:
    """Ask once of every room whether it was replaced before this version knew what to make of it.

    Raises `RateLimited`, `Unreachable`: to be asked again.
    """
    if await store.run(lambda tx: tx.remembered(LOOKED_BACK)):
        return
    found: list[tuple[RoomId, Replacement]] = []
    for facts in await store.run(lambda tx: tx.joined_rooms()):
        try:
            replacement = await homeserver.replacement(facts.room)
        except Refused:
            continue  # put out of it meanwhile
        if replacement is not None:
            found.append((facts.room, replacement))

    def note(tx: Tx) -> None:
        for room, replacement in found:
            note_replacement(tx, setting.policy, room, replacement)
        tx.remember(LOOKED_BACK, "1")

    await store.run(note)


def _waiting(tx: Tx) -> list[Move]:
    return [move for move in tx.moves() if move.state is MoveState.WAITING]


# --- followed, one at a time


@dataclass(frozen=True, slots=True)
class _Next:
    """A room to follow, and what is known of both."""

    move: Move
    old: RoomRow | None
    new: RoomRow | None

    @property
    def inside(self) -> bool:
        """Whether the bot is in the new room already."""
        return self.new is not None and self.new.membership is Membership.JOIN

    @property
    def invited(self) -> bool:
        """Whether somebody who may invites the bot to it."""
        return self.new is not None and self.new.inviter is not None


async def follow_one(store: Store, homeserver: Homeserver, clock: Clock, setting: Setting) -> Written | None:
    """Follow the next room into the one that replaced it, or put it off. None: nothing to do now."""
    now = clock.now()
    found = await store.run(partial(_next, policy=setting.policy, now=now))
    if found is None:
        return None
    move = found.move
    try:
        facts = await _come_in(homeserver, found)
        is_named = await homeserver.predecessor(move.new) == move.old
        if not is_named and not (found.inside or found.invited):
            await homeserver.leave(move.new)
    except Refused as no:
        if move.attempts == 0:
            what = "a room was replaced, and the new one does not let the bot in: invite it there"
            log.warning(what, extra={"room": move.old, "new": move.new, "code": no.code})
        return await _put_off(store, move, now + min(DAY, MINUTE * 2 ** min(move.attempts, 20)), failed=True)
    except Unreachable:
        return await _put_off(store, move, now + UNREACHABLE_MS, failed=False)
    except RateLimited as limited:
        return await _put_off(store, move, clock.now() + limited.retry_after_ms, failed=False)
    if not is_named:
        what = "a room was replaced by one that does not say so: it is not followed"
        log.warning(what, extra={"room": move.old, "new": move.new})
        await store.run(lambda tx: tx.save_move(replace(move, state=MoveState.REFUSED)))
        return Written()
    written, moved, chosen = await store.run(
        partial(_followed, setting=setting, move=move, facts=facts, now=now)
    )
    setting.policy = setting.policy.after(moved)
    setting.policy.chosen.clear()
    setting.policy.chosen.update(chosen)
    log.info("a room was replaced, and the bot followed", extra={"room": move.old, "new": move.new})
    return written


def _next(tx: Tx, policy: Policy, now: int) -> _Next | None:
    for move in _waiting(tx):
        if move.not_before > now:
            continue
        new = tx.room(move.new)
        stranger = new is not None and new.inviter is not None and not policy.trusts(new.inviter)
        if new is not None and new.membership is Membership.INVITE and stranger:
            continue  # declined like any other
        return _Next(move, tx.room(move.old), new)
    return None


async def _come_in(homeserver: Homeserver, found: _Next) -> RoomFacts:
    if found.new is not None and found.inside:
        return found.new.facts
    direct_with = found.old.facts.direct_with if found.old is not None else None
    return await homeserver.join(found.move.new, via=found.move.via, direct_with=direct_with)


async def _put_off(store: Store, move: Move, until: int, *, failed: bool) -> Written:
    later = replace(move, not_before=until, attempts=move.attempts + failed)
    await store.run(lambda tx: tx.save_move(later))
    return Written()


def _followed(
    tx: Tx, setting: Setting, move: Move, facts: RoomFacts, now: int
) -> tuple[Written, dict[RoomId, RoomId], dict[RoomId, Choices]]:
    """Take along what is kept of a room, all or nothing; the new one is not greeted as though it were new."""
    known = tx.room(move.new) or RoomRow(facts, Membership.JOIN)
    came_in(tx, replace(known, facts=facts, greeted=True, attempts=0, not_before=0))
    tx.save_move(replace(move, state=MoveState.DONE))
    _choices(tx, move)
    moved = moves_done(tx)
    after = replace(setting, policy=setting.policy.after(moved))
    writer = Writer(tx, after, f"moved/{move.old}", now)
    if may_show(room_facts(tx, move.old), facts):
        _questions(tx, move, writer)
        _proposals(tx, move)
    elif any(not ticket.ended for ticket in tx.tickets_in(move.old)):
        # What was agreed for the old room is no agreement for a more open one (rule 7).
        writer.say(move.new, RoomMoreOpen(), Kind.STATUS, purpose="more-open")
    if move.new == after.policy.review_room:
        _cards(Hand(tx, after, writer, now))
    return writer.written, moved, tx.room_choices()


def _choices(tx: Tx, move: Move) -> None:
    chosen = tx.room_choices()
    if move.old in chosen:
        tx.save_room_choices(move.new, {**chosen[move.old], **chosen.get(move.new, {})})
        tx.forget_room_choices(move.old)


def _questions(tx: Tx, move: Move, writer: Writer) -> None:
    for ticket in _concerned(tx, move.old):
        for slot in tickets.offered_in(ticket, move.old):
            row, content = tx.slot_row(ticket.id, slot), tx.last_content(ticket.id, slot)
            if row is not None and row.room == move.old and content:
                shown = silent(content.get("m.new_content", content))
                writer.send_elsewhere(replace(row, content=shown), move.new)
        tx.save_ticket(tickets.moved(ticket, move.old, move.new))


def _concerned(tx: Tx, room: RoomId) -> Iterator[Ticket]:
    """Give the questions that stand in a room, and those that are offered there."""
    standing = tx.tickets_in(room)
    yield from standing
    for ticket in tx.unended():
        if ticket.room != room and (ticket.posted or any(offer.room == room for offer in ticket.offers)):
            yield ticket


def _proposals(tx: Tx, move: Move) -> None:
    for proposal in tx.open_proposals():
        if proposal.place == move.old:
            tx.save_proposal(replace(proposal, place=move.new))


def _cards(hand: Hand) -> None:
    """Show again what waits for the referents: the cards in their old room take no tap any more."""
    for proposal in hand.tx.open_proposals():
        if proposal.state is proposals.State.REVIEW and proposal.origin is not proposals.Origin.REREAD:
            show_card(hand, proposal)
