"""What an event that cannot be read still says: whom it answers, and whom it names in clear.

Its text is unknown, so in a room of many nobody can tell whether it is meant for the bot. To complain
about every unreadable word there would be noise for colleagues who talk with each other, and would
show that the bot looks at their messages. So one is taken as ours only where its outside says so: a
direct message, an answer to one of our messages, a thread that we follow, a mention left in clear.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from helpbot.core.ids import EventId, UserId
from helpbot.core.incoming import Sealed


@dataclass(frozen=True, slots=True)
class Outside:
    """The readable part of an encrypted event."""

    reply_to: EventId | None = None
    thread: EventId | None = None
    edits: bool = False
    mentions: frozenset[UserId] = frozenset()


def outside(sealed: Sealed) -> Outside:
    """Return what can be read of it without its key; whatever is malformed is left out."""
    content = _at(json.loads(sealed.raw), "content")
    relation = _at(content, "m.relates_to")
    target, kind = relation.get("event_id"), relation.get("rel_type")
    answered = _at(relation, "m.in_reply_to").get("event_id")
    users = _at(content, "m.mentions").get("user_ids")
    return Outside(
        reply_to=EventId(answered) if isinstance(answered, str) else None,
        thread=EventId(target) if kind == "m.thread" and isinstance(target, str) else None,
        edits=kind == "m.replace",
        mentions=frozenset(UserId(u) for u in users if isinstance(u, str))
        if isinstance(users, list)
        else frozenset(),
    )


def _at(value: object, name: str) -> Mapping[str, object]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}
