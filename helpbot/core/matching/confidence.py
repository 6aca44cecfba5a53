"""From what is known of a question and an entry to the probability that the entry answers it.

A logistic regression over a dozen measures that mean the same in any FAQ. Its weights are in
`confidence.json`, learned by `benchmarks/train_confidence.py` on FAQs and phrasings of our own making.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from operator import mul

import numpy as np

from helpbot.core.matching.lexicon import Asked, Evidence, Lexicon
from helpbot.core.matching.ridge import Ridge
from helpbot.core.matching.vectors import Floats, Reading, Space

CONSIDERED = 5
"""Entries whose words are looked at, best kernel scores first."""
TOLD = 2
"""And so many more whose answers have the question's words."""
MEASURES = (
    "score", "lead", "cover", "subject", "frame_only", "missing", "reverse",
    "cover_lead", "overlap_lead", "told_lead", "told_few", "unknown", "length", "phrasings", "richer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Learned:
    """The weights of the measures, and the thresholds calibrated with them."""

    weights: tuple[float, ...]
    bias: float
    answer_at: float
    clarify_at: float


@cache
def learned() -> Learned:
    """Give the shipped weights and thresholds."""
    raw = json.loads(files("helpbot.core.matching").joinpath("confidence.json").read_text(encoding="utf-8"))
    weights = tuple(float(raw["weights"][name]) for name in MEASURES)
    return Learned(weights, float(raw["bias"]), float(raw["answer_at"]), float(raw["clarify_at"]))


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry looked at closely."""

    at: int
    measures: tuple[float, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Left:
    """What to leave out when a FAQ is asked one of its own phrasings."""

    row: int
    entry: int | None = None
    """The whole entry, to see what is said of a question that no entry answers."""


def consider(
    space: Space, ridge: Ridge, lexicon: Lexicon, reading: Reading, left: Left | None = None
) -> tuple[dict[int, float], list[Candidate]]:
    """Give the kernel scores of the entries near a question, best first, and the best of them measured."""
    gone = left.entry if left is not None else None
    skipped = left.row if left is not None else None
    likest: dict[str, tuple[str, float]] = {}
    if left is None:
        reading, likest = lexicon.heard(reading)
    similar = space.similarities(space.vector(reading))
    if gone is not None:
        similar[lexicon.rows_of[gone].start : lexicon.rows_of[gone].stop] = 0
    elif skipped is not None:
        similar[skipped] = 0
    scores = ridge.scores(space, similar)
    asked = lexicon.asked(reading, likest, gone)
    told = lexicon.told(asked)
    order = [at for at, score in scores.items() if score > 0 and at != gone][:CONSIDERED]
    order += [at for at in _most(told, TOLD + 1) if at != gone and at not in order][:TOLD]
    found = lexicon.evidence(asked, order, skipped)
    return scores, _measured(
        lexicon, asked, found, order, [scores.get(at, 0.0) for at in order], told, skipped
    )


def _measured(
    lexicon: Lexicon,
    asked: Asked,
    found: list[Evidence],
    order: list[int],
    kernel: list[float],
    told: Floats,
    skipped: int | None,
) -> list[Candidate]:
    """Give each entry's measures, those that compare it with the others included."""
    said = told[order].tolist() if order else []
    length = math.log(1 + min(len(asked.weights) + len(asked.unknown), 12))
    unknown = asked.unknown_share
    leads = zip(
        order,
        found,
        kernel,
        _leads(kernel),
        _leads([e.cover for e in found]),
        _leads([e.overlap for e in found]),
        _leads(said),
        strict=True,
    )
    candidates = []
    for at, evidence, score, lead, cover_lead, overlap_lead, told_lead in leads:
        rows = lexicon.rows_of[at]
        size = len(rows) - (skipped is not None and skipped in rows)
        richness = math.log(max(1, min(size, 12)))
        if not lexicon.answers(at):
            told_lead = 0.0
        measures = (
            score,
            lead,
            evidence.cover_with_answer,
            evidence.subject,
            evidence.frame_only,
            evidence.missing,
            evidence.reverse,
            cover_lead,
            overlap_lead,
            told_lead,
            told_lead / max(1, size),
            unknown,
            length,
            richness,
            richness - lexicon.usual_size,
        )
        candidates.append(Candidate(at, measures, evidence))
    return candidates


def _most(values: Floats, count: int) -> list[int]:
    """Give the places of the highest values above 0, best first; the first of equals first."""
    near = np.argpartition(values, -count)[-count:] if count < len(values) else np.arange(len(values))
    ranked = sorted(zip((-values[near]).tolist(), near.tolist(), strict=True))
    return [at for value, at in ranked if value < 0]


def _leads(values: Sequence[float]) -> list[float]:
    """Give how far each value is above the best of the others; above 0 when there are none."""
    if len(values) < 2:
        return list(values)
    second, first = sorted(values)[-2:]
    return [value - (second if value == first else first) for value in values]


def probability(candidate: Candidate) -> float:
    """Give the probability that this entry answers the question."""
    known = learned()
    logit = known.bias + sum(map(mul, known.weights, candidate.measures))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
