"""What is asked of the homeserver in a sync and in a room's past: everything else costs for nothing."""

from __future__ import annotations

import json
from typing import Any

from helpbot.adapters.matrix.rooms import STATE_TYPES, TOMBSTONE
from helpbot.adapters.matrix.verifier import VERIFICATION
from helpbot.core.ids import UserId

_TIMELINE_TYPES = ("m.room.message", "m.room.encrypted", "m.reaction", "m.room.redaction")
_TIMELINE_LIMIT = 50
_NOTHING = {"not_types": ["*"]}
_STATE = [*STATE_TYPES, TOMBSTONE]


def _room_filter(limit: int) -> dict[str, Any]:
    return {
        "presence": _NOTHING,
        "account_data": {"types": ["m.direct"]},
        "room": {
            "account_data": _NOTHING,
            "ephemeral": _NOTHING,
            "state": {"lazy_load_members": True, "types": _STATE},
            "timeline": {
                "limit": limit,
                "lazy_load_members": True,
                "types": [*_TIMELINE_TYPES, f"{VERIFICATION}*", *_STATE],
            },
        },
    }


SYNC_FILTER = _room_filter(_TIMELINE_LIMIT)
FIRST_FILTER = json.dumps(_room_filter(1), separators=(",", ":"))
PAGE_TYPES = {"lazy_load_members": True, "types": [*_TIMELINE_TYPES, "m.room.member"]}
PAGE_FILTER = json.dumps(PAGE_TYPES, separators=(",", ":"))


def without_events_of(user: UserId) -> dict[str, Any]:
    """Return the filter of a sync that leaves out what somebody said themselves."""
    lean = _room_filter(_TIMELINE_LIMIT)
    lean["room"]["timeline"]["not_senders"] = [user]
    return lean
