"""Whether two people ask the same thing, and what a helper answered, out of the copy that was relayed."""

from __future__ import annotations

from helpbot.core import french

ALIKE = 0.8
"""Shared part (Jaccard) of the stems of two questions from which they are taken for the same."""
LEAST_STEMS = 2
"""A question of fewer words that tell something is like too many others."""


def same_question(one: str, two: str) -> bool:
    """Tell whether two questions ask the same thing, in nearly the same words."""
    first, second = frozenset(french.stems(one)), frozenset(french.stems(two))
    if min(len(first), len(second)) < LEAST_STEMS:
        return False
    return len(first & second) >= ALIKE * len(first | second)


def quoted(body: str) -> str:
    """Return the words that a relayed message quotes, empty when there are none."""
    lines = (line for line in body.splitlines() if line.startswith(">"))
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines).strip()
