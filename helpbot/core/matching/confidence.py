"""From what is known of a question and an entry to the probability that the entry answers it.

A logistic regression over measures that mean the same in any FAQ puts the entries in order; boosted trees
look at the first few of them again, with what the regression made of them. Both are in `confidence.json`,
learned by `benchmarks/train_confidence.py` on FAQs and phrasings of our own making.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from helpbot.core.matching.evidence import WORD_MEASURES, Evidence
from helpbot.core.matching.lexicon import Asked, Lexicon
from helpbot.core.matching.ridge import Ridge
from helpbot.core.matching.trees import Trees
from helpbot.core.matching.vectors import Floats, Places, Reading, Space

CONSIDERED = 5
"""Entries whose words are looked at, best kernel scores first."""
TOLD = 2
"""And so many more whose answers have the question's words."""
MEASURES = (
    *WORD_MEASURES,
    "score", "lead", "cover_lead", "overlap_lead", "told_lead", "told_few", "unknown", "length", "phrasings",
    "richer", "alike", "alike_lead", "crowd", "score_share", "rivals", "slipped", "size",
)  # fmt: skip


COMPARED = ("logit", "gap", "best_other")
"""What the trees read besides: the regression's log-odds, their lead over the best other's, and those."""
NOTHING = -9.0
"""Log-odds of the best other entry where there is none."""
AGAIN = 3
"""Entries that the trees look at again, likeliest first."""


@dataclass(frozen=True, slots=True)
class Learned:
    """The weights of the measures, the trees, and the thresholds calibrated with them."""

    weights: Floats
    bias: float
    trees: Trees
    share: float
    """How much the regression's log-odds count beside those of the trees."""
    answer_at: float
    clarify_at: float


@cache
def learned() -> Learned:
    """Give the shipped weights and thresholds."""
    raw = json.loads(files("helpbot.core.matching").joinpath("confidence.json").read_text(encoding="utf-8"))
    return Learned(
        np.array([raw["weights"][name] for name in MEASURES], np.float64),
        float(raw["bias"]),
        Trees.of(raw["trees"], (*MEASURES, *COMPARED)),
        float(raw["share"]),
        float(raw["answer_at"]),
        float(raw["clarify_at"]),
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry looked at closely."""

    at: int
    measures: tuple[float, ...]
    evidence: Evidence


def consider(
    space: Space, ridge: Ridge, lexicon: Lexicon, reading: Reading, gone: int | None = None
) -> tuple[dict[int, float], list[Candidate]]:
    """Give the kernel scores of the entries near a question, best first, and the best of them measured.

    `gone`: an entry to leave out, to see what is said of its own phrasings without it.
    """
    likest: dict[str, tuple[str, float]] = {}
    typed = reading
    if gone is None:
        reading, likest = lexicon.heard(reading)
    similar = space.similarities(space.vector(reading))
    if gone is not None:
        similar[lexicon.rows_of[gone].start : lexicon.rows_of[gone].stop] = 0
    scores = ridge.scores(space, similar)
    asked = lexicon.asked(reading, likest, gone)
    told = lexicon.told(asked)
    order = [at for at, score in scores.items() if score > 0 and at != gone][:CONSIDERED]
    order += [at for at in _most(told, TOLD + 1) if at != gone and at not in order][:TOLD]
    found = lexicon.evidence(asked, order)
    alike = [float(similar[lexicon.rows_of[at].start : lexicon.rows_of[at].stop].max()) for at in order]
    slipped = _repaired(typed, reading, asked)
    kernel = [scores.get(at, 0.0) for at in order]
    return scores, _measured(lexicon, asked, found, order, kernel, told, alike, slipped)


def _repaired(typed: Reading, heard: Reading, asked: Asked) -> float:
    """Give the share of a question in words that were read as others than those typed."""
    if typed.stems == heard.stems:
        return 0.0
    read = {after for before, after in zip(typed.stems, heard.stems, strict=True) if before != after}
    return sum(asked.weights.get(stem, 0.0) for stem in read) / (asked.total or 1.0)


def _measured(
    lexicon: Lexicon,
    asked: Asked,
    found: list[Evidence],
    order: list[int],
    kernel: list[float],
    told: Floats,
    alike: list[float],
    slipped: float,
) -> list[Candidate]:
    """Give each entry's measures, those that compare it with the others included."""
    said = told[order].tolist() if order else []
    length = math.log(1 + min(len(asked.weights) + len(asked.unknown), 12))
    unknown = asked.unknown_share
    most = sum(k for k in kernel if k > 0) + 1e-6
    heads = sum(sorted(alike)[-5:])
    size_of_all = math.log(1 + len(lexicon.rows_of))
    leads = zip(
        order,
        found,
        kernel,
        _leads(kernel),
        _leads([e.phrased for e in found]),
        _leads([e.overlap for e in found]),
        _leads(said),
        alike,
        _leads(alike),
        strict=True,
    )
    candidates = []
    for at, evidence, score, lead, cover_lead, overlap_lead, told_lead, head, head_lead in leads:
        size = len(lexicon.rows_of[at])
        richness = lexicon.richness[at]
        if not lexicon.answers(at):
            told_lead = 0.0
        measures = (
            *evidence.values,
            score,
            lead,
            cover_lead,
            overlap_lead,
            told_lead,
            told_lead / max(1, size),
            unknown,
            length,
            richness,
            richness - lexicon.usual_size,
            head,
            head_lead,
            min(4.0, (heads - head) / (4 * head + 1e-6)),
            max(0.0, score) / most,
            float(sum([h > 0.8 * head for h in alike]) - 1),
            slipped,
            size_of_all,
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


def ranked(candidates: Sequence[Candidate]) -> list[tuple[float, Candidate]]:
    """Give each entry with the probability that it answers the question, the likeliest first."""
    if not candidates:
        return []
    known = learned()
    rows = np.array([c.measures for c in candidates])
    logits = rows @ known.weights + known.bias
    order = np.argsort(-logits, kind="stable")
    again, rest = order[:AGAIN], order[AGAIN:]
    sure = known.share * logits[again] + (1 - known.share) * known.trees.logits(compared(rows, logits, again))
    floor = float(sure.min())  # what was not looked at again stays behind
    found = [*zip(sure.tolist(), again.tolist(), strict=True)]
    found += [(min(floor, logit), at) for logit, at in zip(logits[rest].tolist(), rest.tolist(), strict=True)]
    found.sort(key=lambda of: -of[0])
    return [(_logistic(logit), candidates[at]) for logit, at in found]


def compared(rows: Floats, logits: Floats, again: Places) -> Floats:
    """Give the measures of some entries with what the regression makes of each and of the best other one."""
    order = np.argsort(-logits, kind="stable")
    second = float(logits[order[1]]) if len(order) > 1 else NOTHING
    others = np.where(again == order[0], second, logits[order[0]])
    seen = np.empty((len(again), rows.shape[1] + 3))
    seen[:, :-3] = rows[again]
    seen[:, -3] = own = logits[again]
    seen[:, -2] = own - others
    seen[:, -1] = others
    return seen


def _logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
