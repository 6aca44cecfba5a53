"""Finding one person's id in a text, and what is remembered of an erasure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from helpbot.core.ids import UserId

_ANY_USER = re.compile(r"@[a-z0-9._=/+-]+:[A-Za-z0-9.-]+[A-Za-z0-9](?::\d+)?", re.IGNORECASE)
"""A Matrix id as it stands in a text (specification, "User identifiers"): the server may carry a port."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """Somebody was forgotten: all that is kept of it, outside the database and its backups."""

    person: str
    """A pseudonym."""
    at: int
    """Unix ms."""


def users_in(text: str) -> set[UserId]:
    """Return the Matrix ids that stand in a text."""
    return {UserId(found) for found in _ANY_USER.findall(text)}


def mentions(text: str, name: str) -> bool:
    """Tell whether an id or pseudonym stands in a text as a whole: `@lea:x` is not in `@lea:x.fr`."""
    return name in text and _whole(name).search(text) is not None


def without(text: str, name: str, token: str) -> str:
    """Return a text with a whole id or pseudonym replaced by a token."""
    return _whole(name).sub(token, text)


def others_masked(text: str, user: UserId, mask: str) -> str:
    """Return a text with every Matrix id but one replaced."""
    return _ANY_USER.sub(lambda found: found[0] if found[0] == user else mask, text)


def _whole(name: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(name)}(?![A-Za-z0-9-]|[.:][A-Za-z0-9])")
