"""What a FAQ shows of itself: its own phrasings, asked without their entry, may raise the shipped threshold.

Nothing should be answered then. Where entries are near twins, one of those that stay looks like the answer
far more often than elsewhere, and just there people's near misses are answered too. So the threshold is
where one in twelve of them would be answered, and never below the shipped one: people's near misses are
farther from the FAQ than an entry's own phrasings, and about half as many of them are answered then.
Phrasings held out of an entry that stays were tried: authors vary them on purpose, so what they show is
harder than what people ask.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from helpbot.core.matching.confidence import Candidate, ranked
from helpbot.core.matching.vectors import Floats

SAMPLE = 200
FEWEST = 20
"""Fewer phrasings than these show nothing."""
SHARE = 0.92
"""So many of the phrasings without their entry stay below the threshold."""
CEILING = 4.2
"""Log-odds from which on everything is answered, whatever the FAQ shows: a phrasing typed as it stands."""


def left_out(
    entries: Sequence[Sequence[int]], ask: Callable[[int, int], list[Candidate]]
) -> Iterator[list[Candidate]]:
    """Ask some phrasings of a FAQ without their entry.

    `entries` lists the phrasings of each entry; `ask` measures a phrasing without an entry.
    """
    rows = [(row, entry) for entry, own in enumerate(entries) for row in own]
    sample = [rows[i * len(rows) // SAMPLE] for i in range(SAMPLE)] if len(rows) > SAMPLE else rows
    for row, entry in sample:
        yield ask(row, entry)


def raised(shipped: float, found: Sequence[list[Candidate]]) -> float:
    """Give the threshold for a FAQ: the shipped one, or what its left-out entries show if higher."""
    best = [ranked(candidates)[0][0] for candidates in found if candidates]
    logits = np.array([math.log(p / (1 - p)) for p in best])
    at = 1 / (1 + math.exp(-shown(logits)))
    return max(shipped, round(at, 4))


def shown(logits: Floats) -> float:
    """Give the log-odds below which a FAQ shows that it should not answer."""
    if len(logits) < FEWEST:
        return -CEILING
    return min(float(np.quantile(logits, SHARE)), CEILING)
