"""Slips of the finger: how far a typed word is from a known one."""

from __future__ import annotations

SLIP_LENGTH = 5
LONG_WORD = 9


def is_slip(typed: str, known: str) -> bool:
    """Tell whether a slip leads from one word to the other."""
    return slips(typed, known) is not None


def slips(typed: str, known: str) -> int | None:
    """Give how many slips (a letter more, less, other, or two swapped) lead from one word to the other.

    One may, two in a long word; None when it takes more. The first letter is right: people rarely miss it.
    """
    if typed[:1] != known[:1] or len(typed) < SLIP_LENGTH:
        return None
    allowed = 2 if len(typed) >= LONG_WORD else 1
    if abs(len(typed) - len(known)) > allowed:
        return None
    start, end = 1, 0
    least = min(len(typed), len(known))
    while start < least and typed[start] == known[start]:
        start += 1
    while end < least - start and typed[-1 - end] == known[-1 - end]:
        end += 1
    a, b = typed[start : len(typed) - end], known[start : len(known) - end]
    if len(a) <= 1 and len(b) <= 1:
        return max(len(a), len(b))
    if abs(len(a) - len(b)) == max(len(a), len(b)):  # letters more, or less
        found = max(len(a), len(b))
    elif len(a) == len(b) == 2 and a == b[::-1]:
        found = 1
    else:
        found = _distance(a, b, allowed) if allowed > 1 else 2
    return found if found <= allowed else None


def _distance(a: str, b: str, allowed: int) -> int:
    """Give the Damerau-Levenshtein distance, or anything above `allowed` once it is exceeded."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > allowed:
            return allowed + 1
    return row[-1]
