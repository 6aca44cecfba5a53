"""Who waits to hear what the FAQ lacks: working it out takes longer than a transaction (survey.py)."""

from __future__ import annotations

import json

from helpbot.core.ids import EventId, RoomId
from helpbot.ports import Tx

ASKED = "faq_gaps_asked"


def ask_for_gaps(tx: Tx, room: RoomId, event: EventId) -> None:
    """Remember that somebody wants to know what the FAQ lacks."""
    known = json.loads(tx.remembered(ASKED) or "[]")
    tx.remember(ASKED, json.dumps([*known, [room, event]]))
