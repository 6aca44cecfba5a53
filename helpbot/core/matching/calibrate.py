"""What a FAQ shows of itself: held-out phrasings and left-out entries may raise the shipped threshold.

Each phrasing in a sample is asked of the FAQ without it (its entry should still come first), then without
its whole entry (nothing should be answered). The threshold never goes below the shipped one.

This is a safety valve, not a tuning knob: authors vary their phrasings on purpose, so what they show is much
harder than what people ask (measured: .78 here where the truth was .99); between .75 and 1 it says little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from helpbot.core.matching.confidence import Candidate, Left, probability

SAMPLE = 60
UNANSWERABLE = 0.27
"""Share of questions without an answer that is reckoned with."""
PRECISION = 0.75
CEILING = 0.985
PRIOR = 6.0
"""So many right answers are taken for granted, so that a small FAQ is not judged on one mishap."""


def raised(
    shipped: float,
    entries: Sequence[Sequence[int]],
    ask: Callable[[int, Left], list[Candidate]],
) -> float:
    """Give the threshold at which this FAQ's own phrasings are answered rightly, the shipped one or above.

    `entries` lists the phrasings of each entry; `ask` measures a phrasing with something left out.
    """
    rows = [(row, entry) for entry, own in enumerate(entries) for row in own]
    sample = [rows[i * len(rows) // SAMPLE] for i in range(SAMPLE)] if len(rows) > SAMPLE else rows
    inside = [_best(ask(row, Left(row)), entry) for row, entry in sample if len(entries[entry]) > 1]
    outside = [_best(ask(row, Left(row, entry)), None) for row, entry in sample[::2]]
    return _threshold(shipped, inside, outside)


def _threshold(shipped: float, inside: list[tuple[float, bool]], outside: list[tuple[float, bool]]) -> float:
    """Give the least threshold from the shipped one on where precision holds, as far as these show."""
    if not inside:
        return shipped
    worth = UNANSWERABLE / (1 - UNANSWERABLE) * len(inside) / max(1, len(outside))
    seen = sorted([(p, 1.0, right) for p, right in inside] + [(p, worth, False) for p, _ in outside])
    count = PRIOR + sum(w for p, w, _ in seen if p >= shipped)
    wrong = sum(w for p, w, right in seen if p >= shipped and not right)
    at = shipped
    for confidence, weight, right in seen:
        if confidence < shipped:
            continue
        if wrong <= (1 - PRECISION) * count or at >= CEILING:
            break
        count -= weight
        wrong -= 0.0 if right else weight
        at = confidence
    return min(max(shipped, round(at + 1e-4, 4)) if at > shipped else shipped, CEILING)


def _best(found: list[Candidate], entry: int | None) -> tuple[float, bool]:
    if not found:
        return 0.0, False
    confidence, at = max((probability(c), c.at) for c in found)
    return confidence, at == entry
