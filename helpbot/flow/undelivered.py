"""An answer that the homeserver refuses is not lost: the asker's direct message, else word to its author.

Their room was upgraded or lets the bot write no more; what is decided now could not be known when the answer
was passed on.
"""

from __future__ import annotations

from dataclasses import replace

from helpbot.core.records import OutboxRow
from helpbot.flow.confidential import goes_privately, is_answer, tell_of_answer
from helpbot.flow.facts import goes_on_in
from helpbot.flow.setting import Setting
from helpbot.flow.write import Writer, Written
from helpbot.ports import Tx


def not_taken(tx: Tx, row: OutboxRow, *, setting: Setting, now: int) -> Written:
    """Set a refused message aside; where it is somebody's answer, find another way, or say that it stayed."""
    writer = Writer(tx, setting, f"not-taken/{row.txn_id}", now)
    ticket = tx.ticket(row.ticket) if row.ticket is not None else None
    if row.room in setting.policy.moved and row.event_type == "m.room.message":
        room = goes_on_in(tx, setting.policy, row.room)
        if room != row.room:
            tx.cancel_row(row.id)
            if row.edits_slot:
                row = replace(row, content=row.content["m.new_content"])
            if not row.edits_slot or (ticket is not None and ticket.room == room):
                writer.send_elsewhere(row, room)
            return writer.written  # to helpers, what stands in a room that was replaced is history
    if ticket is None or not is_answer(row):
        # Nobody need look at what a replaced room does not take; but a moderator can delete there for us.
        history = row.room in setting.policy.moved and row.event_type == "m.room.message"
        (tx.cancel_row if history else tx.park_outbox)(row.id)
    elif not goes_privately(tx, row, ticket, writer):
        tx.park_outbox(row.id)
        tell_of_answer(ticket, writer, setting)
    return writer.written
