"""What goes out is asked again whether it may (rule 7): a room may have opened since it was decided.

Only offers and what is relayed carry one person's words to another room; all else is said without asking.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from helpbot.core.confidentiality import HANDED_ON, may_show
from helpbot.core.effects import Kind
from helpbot.core.ids import RoomId
from helpbot.core.notices.trust import NotRelayed, RoomHasOpened
from helpbot.core.records import OutboxRow
from helpbot.core.tickets import Ticket, agreed_in_answering
from helpbot.flow.facts import room_facts
from helpbot.flow.setting import Setting
from helpbot.flow.write import Writer, Written
from helpbot.ports import Tx

log = logging.getLogger("helpbot.confidential")

ASKED_AGAIN = (Kind.OFFER.value, Kind.RELAY.value)
"""The kinds of messages that hold somebody's words for another room."""
_ANSWER = "relay/"


def kept_back(tx: Tx, row: OutboxRow, *, setting: Setting, now: int) -> Written | None:
    """Cancel a message that may not be shown where it was to go, and say so; None when it may go."""
    ticket = tx.ticket(row.ticket) if row.ticket is not None else None
    if ticket is None or _may_go(tx, row, ticket):
        return None
    log.warning("a room has opened: a message is not shown there", extra={"ticket": row.ticket})
    tx.cancel_row(row.id)
    writer = Writer(tx, setting, f"kept/{row.txn_id}", now)
    helper = _helpers_room(ticket)
    if row.slot.startswith(_ANSWER) and not row.edits_slot:
        if helper is not None and ticket.helper is not None:
            mention = (ticket.helper,)
            writer.say(helper, NotRelayed(ticket.ref), Kind.STATUS, purpose="kept", mentions=mention)
        if setting.policy.review_room is not None:
            writer.say(setting.policy.review_room, RoomHasOpened(ticket.ref), Kind.STATUS, purpose="review")
    return replace(writer.written, cancelled=[row.id])


def _may_go(tx: Tx, row: OutboxRow, ticket: Ticket) -> bool:
    target, asked_in = room_facts(tx, row.room), room_facts(tx, ticket.room)
    if not row.slot.startswith(_ANSWER):
        return may_show(asked_in, target, HANDED_ON)
    written_in = room_facts(tx, _helpers_room(ticket) or ticket.room)
    agreed = agreed_in_answering(ticket, asked_in) if row.room == ticket.room else HANDED_ON
    return may_show(written_in, target, agreed)


def _helpers_room(ticket: Ticket) -> RoomId | None:
    return next((o.room for o in ticket.offers if o.user == ticket.helper), None)
