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

import numpy as np

from helpbot.core.matching.lexicon import Evidence, Lexicon
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
) -> tuple[Floats, list[Candidate]]:
    """Give every entry's kernel score, and the best of them measured."""
    if left is None:
        reading = lexicon.spelt(reading)
    similar = space.similarities(space.vector(reading))
    gone = None
    if left is not None:
        gone = left.entry
        similar[lexicon.rows_of[gone] if gone is not None else left.row] = 0
    scores = ridge.scores(space, similar)
    asked = lexicon.asked(reading, gone)
    told = lexicon.told(asked)
    order = [i for i in best(scores, CONSIDERED + 1) if i != gone][:CONSIDERED]
    order += [i for i in best(told, TOLD + 1) if i != gone and i not in order and told[i] > 0][:TOLD]
    skipped = left.row if left is not None else None
    found = [lexicon.evidence(asked, at, skipped) for at in order]
    length = math.log(1 + min(len(asked.weights) + len(asked.unknown), 12))
    kernel = [float(scores[at]) for at in order]
    said = [float(told[at]) for at in order]
    covers = [e.cover for e in found]
    overlaps = [e.overlap for e in found]
    candidates = []
    for k, (at, evidence) in enumerate(zip(order, found, strict=False)):
        size = len(lexicon.rows_of[at]) - (skipped is not None and skipped in lexicon.rows_of[at])
        lead = said[k] - _best_other(said, k) if lexicon.answers(at) else 0.0
        measures = (
            kernel[k],
            kernel[k] - _best_other(kernel, k),
            evidence.cover_with_answer,
            evidence.subject,
            evidence.frame_only,
            evidence.missing,
            evidence.reverse,
            covers[k] - _best_other(covers, k),
            overlaps[k] - _best_other(overlaps, k),
            lead,
            lead / max(1, size),
            asked.unknown_share,
            length,
            math.log(max(1, min(size, 12))),
            math.log(max(1, min(size, 12))) - lexicon.usual_size,
        )
        candidates.append(Candidate(at, measures, evidence))
    return scores, candidates


def best(scores: Floats, count: int) -> list[int]:
    """Give the places of the highest scores, best first; the first of equals first."""
    if count >= len(scores):
        near = np.arange(len(scores))
    else:
        near = np.sort(np.argpartition(-scores, count)[:count])
    return [int(i) for i in near[np.argsort(-scores[near], kind="stable")]]


def _best_other(values: Sequence[float], at: int) -> float:
    return max((v for k, v in enumerate(values) if k != at), default=0.0)


def probability(candidate: Candidate) -> float:
    """Give the probability that this entry answers the question."""
    known = learned()
    logit = known.bias + sum(w * x for w, x in zip(known.weights, candidate.measures, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
