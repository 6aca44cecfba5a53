"""What a person is given of their data: every row about them, whole, without what is other people's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from helpbot.core.erasure import mentions, others_masked
from helpbot.core.ids import UserId
from helpbot.core.register import TABLES, Column, Holds, Table

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
_TIME = re.compile(r"(?:^|_)(?:at|due|before|from|until)$")


def readable(holdings: Rows, user: UserId, person: str, *, other: str, words: str) -> dict[str, list[Any]]:
    """Return table → rows about a person, times as ISO 8601 and JSON opened.

    `other` takes the place of other people's ids and pseudonyms, `words` of what others wrote that was not
    written to this person. `person` is their pseudonym.
    """
    asked = {row["id"] for row in holdings.get("tickets", ()) if row["asker"] == user}
    found: dict[str, list[Any]] = {}
    for table in TABLES:
        for row in holdings.get(table.name, ()):
            own = _own(table, row, user, person, asked)
            shown = {c.name: _shown(c, row[c.name], user, person, other=other) for c in table.columns}
            if not own:
                hidden = (c.name for c in table.holding(Holds.WORDS) if row[c.name])
                shown |= dict.fromkeys(hidden, words)
            found.setdefault(table.name, []).append(shown)
    return found


def _own(table: Table, row: Mapping[str, Any], user: UserId, person: str, asked: set[int]) -> bool:
    """Tell whether the words of a row are theirs, or were written to them."""
    match table.name:
        case "tickets":
            return bool(row["asker"] == user)
        case "inbox":
            return _sender(row["payload"]) == user
        case "outbox":
            named = any(mentions(row["slot"], name) for name in (user, person))
            return named or row["about"] == user or row["ticket"] in asked
    return True


def _sender(payload: str) -> str:
    found = json.loads(payload) if payload else {}
    return str(found.get("sender", "")) if isinstance(found, dict) else ""


def _shown(column: Column, value: Any, user: UserId, person: str, *, other: str) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0 and _TIME.search(column.name):
        return datetime.fromtimestamp(value / 1000, UTC).isoformat().replace("+00:00", "Z")
    if not isinstance(value, str) or not value:
        return value
    if column.holds in (Holds.USER, Holds.ALIAS):
        return value if value in (user, person) else other
    if column.holds in (Holds.MENTIONS, Holds.WORDS):
        value = others_masked(value, user, other)
    if value[0] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
