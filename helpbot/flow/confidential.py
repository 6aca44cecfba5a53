"""What goes out is asked again whether it may (rule 7): a room may have opened since it was decided.

Asked of what carries one person's words to another room: offers, what is relayed, what another was answered
before, digests, cards of proposals. All else is said without asking. What may not go is cancelled, and
whoever waits for it hears something else.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from helpbot.core import proposals, tickets
from helpbot.core.confidentiality import HANDED_ON, may_show
from helpbot.core.effects import Kind
from helpbot.core.ids import UserId
from helpbot.core.notices import Notice, WriteToMe
from helpbot.core.notices.trust import NotProposed, NotRelayed, RoomHasOpened
from helpbot.core.proposals import ProposalId
from helpbot.core.records import OutboxRow, carries_words, digest_tickets, given_before
from helpbot.core.tickets import Ticket, agreed_in_answering, helpers_room
from helpbot.flow import digest, twins
from helpbot.flow.cards import Hand
from helpbot.flow.facts import load_facts, room_facts
from helpbot.flow.proposals import carry
from helpbot.flow.setting import Setting
from helpbot.flow.write import Writer, Written
from helpbot.ports import Tx

log = logging.getLogger("helpbot.confidential")

_ANSWER, _DIGEST, _CARD = "relay/", "digest/", "card/"
_OF_SEVERAL = (_DIGEST, _CARD)


def is_asked_again(row: OutboxRow) -> bool:
    """Tell whether a message holds somebody's words for another room. Without a look-up: all pass here."""
    if row.edits_slot and given_before(row):  # what another was answered gives way to something else
        return False
    return carries_words(row) or (bool(row.kind) and row.slot.startswith(_OF_SEVERAL))


def kept_back(tx: Tx, row: OutboxRow, *, setting: Setting, now: int) -> Written | None:
    """Cancel a message that may not be shown where it was to go, and say so; None when it may go."""
    writer = Writer(tx, setting, f"kept/{row.txn_id}", now)
    if row.slot.startswith(_DIGEST):
        goes = _digest(tx, row, writer, setting)
    elif row.slot.startswith(_CARD):
        goes = _card(tx, row, writer, setting)
    else:
        goes = _of_a_ticket(tx, row, writer, setting)
    if goes:
        return None
    log.warning("a room has opened: a message is not shown there", extra={"ticket": row.ticket})
    return replace(writer.written, cancelled=[*writer.written.cancelled, row.id])


# --- of one question


def _of_a_ticket(tx: Tx, row: OutboxRow, writer: Writer, setting: Setting) -> bool:
    ticket = tx.ticket(row.ticket) if row.ticket is not None else None
    if ticket is None:
        return True
    if row.about is not None and given_before(row):
        return _given_before(tx, row, ticket, row.about, writer, setting)
    if may_go(tx, row, ticket):
        return not (row.room in setting.policy.moved and goes_privately(tx, row, ticket, writer))
    tx.cancel_row(row.id)
    if not row.slot.startswith(_ANSWER) or row.edits_slot:
        return False
    tell_of_answer(ticket, writer, setting)
    return False


def is_answer(row: OutboxRow) -> bool:
    """Tell whether a message passes somebody's answer on."""
    return row.kind == Kind.RELAY and row.slot.startswith(_ANSWER) and not row.edits_slot


def goes_privately(tx: Tx, row: OutboxRow, ticket: Ticket, writer: Writer) -> bool:
    """Send an answer to the asker's direct message instead; False where there is none that may show it.

    Their room does not take it, or was replaced by one that more people can read.
    """
    direct = tx.direct_room(ticket.asker)
    if not is_answer(row) or direct is None or direct.room == row.room:
        return False
    if not may_go(tx, replace(row, room=direct.room), ticket):
        return False
    tx.cancel_row(row.id)
    writer.send_elsewhere(row, direct.room)
    return True


def tell_of_answer(ticket: Ticket, writer: Writer, setting: Setting) -> None:
    """Say to who gave an answer, and to the referents, that it does not reach the asker."""
    helper = helpers_room(ticket)
    if helper is not None and ticket.helper is not None:
        mention = (ticket.helper,)
        writer.say(helper, NotRelayed(ticket.ref), Kind.STATUS, purpose="kept", mentions=mention)
    if setting.policy.review_room is not None:
        writer.say(setting.policy.review_room, RoomHasOpened(ticket.ref), Kind.STATUS, purpose="review")


def may_go(tx: Tx, row: OutboxRow, ticket: Ticket) -> bool:
    """Tell whether the words of a row may be shown in the room where it goes, as the rooms are now."""
    target, asked_in = room_facts(tx, row.room), room_facts(tx, ticket.room)
    if not row.slot.startswith(_ANSWER):
        return may_show(asked_in, target, HANDED_ON)
    first = tx.ticket(ticket.twin) if ticket.twin is not None else None
    if first is not None:  # the words were written for another
        return twins.may_pass_on(tx, first, target)
    written_in = room_facts(tx, helpers_room(ticket) or ticket.room)
    agreed = agreed_in_answering(ticket, asked_in) if row.room == ticket.room else HANDED_ON
    return may_show(written_in, target, agreed)


def _given_before(
    tx: Tx, row: OutboxRow, ticket: Ticket, helper: UserId, writer: Writer, setting: Setting
) -> bool:
    if twins.may_still_show(tx, ticket, helper, writer.now):
        return True
    tx.cancel_row(row.id)
    facts = load_facts(tx, setting, ticket, writer.now, people=False)
    writer.carry_out(tickets.not_shown_again(ticket, facts))
    return False


# --- of several questions


def _digest(tx: Tx, row: OutboxRow, writer: Writer, setting: Setting) -> bool:
    """Say a digest again without the questions that may not be shown in its room any more."""
    posts = [t for t in map(tx.ticket, digest_tickets(row.slot)) if t is not None]
    room = room_facts(tx, row.room)
    shown = [t for t in posts if may_show(room_facts(tx, t.room), room)]
    if len(shown) == len(posts):
        return True
    notice: Notice | None = None
    ringing = tuple(UserId(u) for u in row.content["m.mentions"].get("user_ids", ()))
    if row.kind == Kind.COMMAND:  # one question, to who takes it by its reference
        notice = WriteToMe()
    elif ringing:  # the referents, who are told of those as well, without words
        notice = digest.for_referents(tx, setting, posts, room)
    elif shown:
        notice = digest.for_volunteers(tx, setting, shown, room)
    if notice is not None and setting.catalogue.render(notice).body == row.content["body"]:
        return True  # no word of those stood in it
    tx.cancel_row(row.id)
    if notice is not None:
        kind = Kind(row.kind)
        slot = "" if kind is Kind.COMMAND else row.slot
        writer.say(row.room, notice, kind, purpose="kept", slot=slot, mentions=ringing)
    return False


def _card(tx: Tx, row: OutboxRow, writer: Writer, setting: Setting) -> bool:
    """Take a proposal back that was made from what may not be shown to the referents any more."""
    proposal = tx.proposal(ProposalId(int(row.slot.split("/")[1])))
    if proposal is None:
        return True
    room = room_facts(tx, row.room)
    asked = [t for t in map(tx.ticket, proposal.tickets) if t is not None]
    kept = [t for t in asked if not may_show(room_facts(tx, t.room), room)]
    if not kept:
        return True
    tx.cancel_row(row.id)
    carry(Hand(tx, setting, writer, writer.now), proposals.withdrawn(proposal, writer.now))
    writer.say(row.room, NotProposed(kept[0].ref), Kind.STATUS, purpose="kept")
    return False
