"""« Vouliez-vous dire… »: the nearest of the names that exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a French hint that names the nearest known name, or an empty string."""
    near = difflib.get_close_matches(name, list(known), 1, 0.6)
    return f"vouliez-vous dire « {near[0]} » ?" if near else ""
