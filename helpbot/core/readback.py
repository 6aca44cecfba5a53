"""After a loss: which of our words of before stand in the rooms already.

A database that is older than the rooms (a restored backup, a new device after the old one was lost) would
answer everything a second time. What happened since is therefore decided again, in its order, and each
message that comes of it is looked for among those that stand in its room. The text cannot be compared:
the key to our own words is lost with the device that said them. But what an event relates to is never
encrypted, and the same cause makes a message that relates to the same thing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from helpbot.core.effects import Kind
from helpbot.core.ids import EventId
from helpbot.core.incoming import Spoken
from helpbot.core.records import OutboxRow
from helpbot.core.spans import HOUR, MINUTE

FIRST_REPLIES = frozenset(
    kind.value for kind in (Kind.ANSWER, Kind.CLARIFY, Kind.REDIRECT, Kind.ROUTE, Kind.LATE)
)
"""One of these answers a question; which of them may differ when the FAQ has changed since."""
BEFORE_MS, AFTER_MS = MINUTE, HOUR
"""How far from its cause a message may stand that relates to nothing and cannot be read."""


def about(content: Mapping[str, Any]) -> str:
    """Return what a message relates to and how, as one text; empty when it stands alone."""
    relation = content.get("m.relates_to")
    return json.dumps(relation, sort_keys=True) if isinstance(relation, Mapping) and relation else ""


def about_redaction(target: EventId) -> str:
    """Return the same for a redaction of ours."""
    return json.dumps({"redacts": target})


def said_already(row: OutboxRow, relates: str, spoken: Iterable[Spoken]) -> Spoken | None:
    """Return the event that a row to be sent stands for, None when it was never said.

    `relates` is what the row relates to; `spoken` what we said in its room and no row stands for yet,
    oldest first.
    """
    meta = row.content.get("fr.helpbot")
    kind, ticket = (meta.get("kind"), meta.get("ticket")) if isinstance(meta, Mapping) else ("", "")
    unread: Spoken | None = None
    for said in spoken:
        if said.about != relates:
            continue
        if not said.readable:
            near = row.created_at - BEFORE_MS <= said.at <= row.created_at + AFTER_MS
            if unread is None and (relates or near):
                unread = said
        elif said.ticket == (ticket or "") and _same_kind(said.kind, kind or ""):
            return said
    return unread


def _same_kind(one: str, other: str) -> bool:
    return one == other or (one in FIRST_REPLIES and other in FIRST_REPLIES)
