"""Learn `helpbot/core/matching/confidence.json`. Needs scikit-learn, which the bot does not.

PYTHONPATH=. python benchmarks/train_confidence.py            # prints the held-out measures, corpus by corpus
PYTHONPATH=. python benchmarks/train_confidence.py --write    # and writes the weights (--quick: only that)

Held out: each FAQ is judged by what was learned from all the others, threshold included.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from benchmarks import corpora
from benchmarks.matching import noisy
from helpbot.core.matching import FaqIndex, calibrate
from helpbot.core.matching.confidence import AGAIN, COMPARED, MEASURES, Candidate, compared
from helpbot.core.matching.trees import Trees

TARGET = 0.96
SHARE = 0.3
"""How much the regression counts beside the trees: alone they are sharper, together they err less."""
MODES: dict[int | str, float] = {4: 1.5, "mixed": 1.2, 2: 1.0, 0: 0.7, 10: 0.8}
"""Variants an entry, and how much the questions asked so count."""
KINDS = {"shipped": 1.5, **dict.fromkeys(corpora.CROWDS, 2.0), **dict.fromkeys(corpora.PEOPLE, 1.0)}
KINDS |= dict.fromkeys(corpora.MADE_UP, 0.7) | dict.fromkeys(corpora.GRIDS, 0.6)
MORE_IS_BETTER = (
    "score", "lead", "cover", "subject", "reverse", "cover_lead", "overlap_lead", "told_lead", "told_few",
    "overlap", "row_cover", "row_reverse", "alike", "alike_lead", "score_share", "core_cover", "claimed",
    "balance", "in_kind", "kind_claimed", "logit", "gap",
)  # fmt: skip
LESS_IS_BETTER = (
    "frame_only", "missing", "contrast", "frame_contrast", "unphrased", "frame_missing", "frame_share",
    "strange", "row_missing", "crowd", "rivals", "slipped", "core_missing", "disclaimed",
    "foreign", "frame_foreign", "core_foreign", "kind_disclaimed",
)  # fmt: skip
"""What may only raise, and only lower, a confidence: it holds in any FAQ, and keeps trees from guessing."""
DEPTH, TREES, PACE, LEAST_LEAF = 3, 100, 0.08, 100
NOISY = 0.2
OUT = Path(__file__).parent.parent / "helpbot/core/matching/confidence.json"
Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """One question: the measures of its candidates, and which of them is right."""

    faq: int
    in_scope: bool
    noisy: bool
    measures: Array
    right: Flags


@dataclass(frozen=True)
class Thinned:
    """One FAQ as it was asked: its corpus, its variants, and what it shows of itself."""

    corpus: str
    mode: str
    own: tuple[Array, ...]
    """Measures of its phrasings' candidates where their own entry is left out."""


@dataclass(frozen=True)
class Model:
    weights: Array
    bias: float
    trees: Trees
    raw: dict[str, Any]

    def best(self, rows: Sequence[Array]) -> tuple[Array, list[NDArray[np.intp]]]:
        """Give the log-odds of the best candidate of each row, and the order of those looked at again."""
        logits = [r @ self.weights + self.bias for r in rows]
        again = [np.argsort(-z, kind="stable")[:AGAIN] for z in logits]
        seen = [compared(r, z, at) for r, z, at in zip(rows, logits, again, strict=True)]
        trees = self.trees.logits(np.concatenate(seen))
        heads, orders, start = [], [], 0
        for z, at in zip(logits, again, strict=True):
            sure = SHARE * z[at] + (1 - SHARE) * trees[start : start + len(at)]
            start += len(at)
            order = np.argsort(-sure, kind="stable")
            heads.append(float(sure[order[0]]))
            orders.append(at[order])
        return np.array(heads), orders


def gathered() -> tuple[list[Thinned], list[Row]]:
    """Thin every FAQ in every way, ask it its questions, and measure."""
    faqs: list[Thinned] = []
    rows: list[Row] = []
    for name, mode, seed in _plans():
        at_most = (150, 60, 90)[seed % 3] if name == "shipped" else 99
        part = corpora.simulate(corpora.load(name), mode, seed, at_most=at_most)
        index = FaqIndex.build(part.faq, answer_at=0.5, clarify_at=0.1)
        ids, rng = dict(enumerate(e.id for e in part.faq.entries)), random.Random(seed)
        for asked in part.questions:
            for slips in (False, True) if rng.random() < NOISY else (False,):
                found = index.measured(noisy(asked.text, rng) if slips else asked.text)
                if found:
                    right = np.array([ids.get(c.at) == asked.entry is not None for c in found])
                    rows.append(Row(len(faqs), asked.entry is not None, slips, _measures(found), right))
        own = tuple(_measures(found) for found in index.left_out() if found)
        faqs.append(Thinned(name, str(mode), own))
    return faqs, rows


def _plans() -> Iterator[tuple[str, int | str, int]]:
    for name in corpora.NAMES:
        for mode in MODES:
            if mode != 10 or name == "shipped":
                for seed in range(3 if name == "shipped" or name in corpora.MADE_UP else 5):
                    yield name, mode, seed


def _measures(found: Sequence[Candidate]) -> Array:
    return np.array([c.measures for c in found])


def weights_of(faqs: Sequence[Thinned], rows: Sequence[Row]) -> Array:
    """Give how much each question counts: each corpus as much as its kind says, however many it has."""
    asked: dict[str, int] = {}
    for row in rows:
        asked[faqs[row.faq].corpus] = asked.get(faqs[row.faq].corpus, 0) + 1
    share = {str(mode): worth for mode, worth in MODES.items()}
    found = [KINDS[faqs[r.faq].corpus] * share[faqs[r.faq].mode] / asked[faqs[r.faq].corpus] for r in rows]
    return np.array(found) * len(found) / sum(found)


def fit(faqs: Sequence[Thinned], rows: Sequence[Row]) -> Model:
    worth = weights_of(faqs, rows)
    weights, bias = _regression(rows, worth)
    x, y, w = [], [], []
    for row, own in zip(rows, worth, strict=True):
        logits = row.measures @ weights + bias
        again = np.argsort(-logits, kind="stable")[:AGAIN]
        x.append(compared(row.measures, logits, again))
        y.append(row.right[again])
        w += [float(own)] * len(again)
    names = (*MEASURES, *COMPARED)
    trees = HistGradientBoostingClassifier(
        max_depth=DEPTH,
        max_iter=TREES,
        learning_rate=PACE,
        min_samples_leaf=LEAST_LEAF,
        l2_regularization=5,
        max_bins=64,
        early_stopping=False,
        random_state=0,
        monotonic_cst=[(n in MORE_IS_BETTER) - (n in LESS_IS_BETTER) for n in names],
    ).fit(np.concatenate(x), np.concatenate(y), sample_weight=np.array(w))
    raw = written(trees, names)
    return Model(weights, bias, Trees.of(raw, names), raw)


def _regression(rows: Sequence[Row], worth: Array) -> tuple[Array, float]:
    x = np.concatenate([r.measures for r in rows])
    y = np.concatenate([r.right for r in rows])
    sizes = [len(r.right) for r in rows]
    each = np.repeat(worth / np.array(sizes), sizes)
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=0.05, solver="newton-cholesky")
    model.fit(scaler.transform(x), y, sample_weight=each * len(y) / each.sum())
    weights = model.coef_[0] / scaler.scale_
    return weights, float(model.intercept_[0] - weights @ scaler.mean_)


def written(model: HistGradientBoostingClassifier, names: Sequence[str]) -> dict[str, Any]:
    """Write trees out as full binary ones: below a leaf both ways lead to it."""
    features, thresholds, leaves = [], [], []
    for (tree,) in model._predictors:  # noqa: SLF001  (no other way to read what was learned)
        nodes = tree.nodes
        floor = [0]
        for _ in range(DEPTH):
            below = []
            for at in floor:
                leaf = bool(nodes[at]["is_leaf"])
                features.append(0 if leaf else int(nodes[at]["feature_idx"]))
                thresholds.append(0.0 if leaf else round(float(nodes[at]["num_threshold"]), 6))
                below += [at, at] if leaf else [int(nodes[at]["left"]), int(nodes[at]["right"])]
            floor = below
        leaves.append([round(float(nodes[at]["value"]), 5) for at in floor])
    return {
        "depth": DEPTH,
        "bias": round(float(np.ravel(model._baseline_prediction)[0]), 5),  # noqa: SLF001
        "columns": list(names),
        "features": features,
        "thresholds": thresholds,
        "leaves": leaves,
    }


def raises(model: Model, faqs: Sequence[Thinned]) -> Array:
    """Give the log-odds below which each FAQ, by what it shows of itself, may not answer."""
    return np.array([calibrate.shown(model.best(f.own)[0]) for f in faqs])


@dataclass(frozen=True)
class Judged:
    """Questions: the log-odds of the best entry, whether it is right, and the FAQ's own threshold."""

    logits: Array
    right: Flags
    three: Flags
    own: Array

    @classmethod
    def by(cls, model: Model, faqs: Sequence[Thinned], rows: Sequence[Row]) -> Judged:
        logits, orders = model.best([r.measures for r in rows])
        right = np.array([r.right[o[0]] for r, o in zip(rows, orders, strict=True)])
        three = np.array([r.right[o].any() for r, o in zip(rows, orders, strict=True)])
        return cls(logits, right, three, raises(model, faqs)[[r.faq for r in rows]])


def threshold(judged: Judged, worth: Array) -> float:
    """Give the least log-odds from which on the questions answered are answered rightly often enough."""
    kept = judged.logits >= judged.own
    order = np.argsort(-judged.logits[kept])
    every = worth[kept][order].cumsum()
    wrong = (worth[kept] * ~judged.right[kept])[order].cumsum()
    good = np.flatnonzero(wrong <= every * (1 - TARGET))
    return float(judged.logits[kept][order][good[-1]])


def told(judged: Judged, rows: Sequence[Row], at: float) -> str:
    inside = np.array([r.in_scope for r in rows])
    answered = judged.logits >= np.maximum(at, judged.own)
    right = judged.right[answered].sum()
    return (
        f"first {judged.right.sum() / inside.sum():.3f} three {judged.three.sum() / inside.sum():.3f} "
        f"precision {right / max(1, answered.sum()):.3f} coverage {right / inside.sum():.2f} "
        f"out-of-scope answered {(answered & ~inside).sum() / max(1, (~inside).sum()):.3f} "
        f"own threshold {np.median(judged.own):.2f}"
    )


def held_out(faqs: Sequence[Thinned], rows: Sequence[Row]) -> None:
    for held in corpora.NAMES:
        rest = [r for r in rows if faqs[r.faq].corpus != held]
        model = fit(faqs, rest)
        at = threshold(Judged.by(model, faqs, rest), weights_of(faqs, rest))
        for mode in dict.fromkeys(f.mode for f in faqs if f.corpus == held):
            for slips in (False, True):
                part = [
                    r for r in rows
                    if faqs[r.faq].corpus == held and faqs[r.faq].mode == mode and r.noisy == slips
                ]  # fmt: skip
                shown = told(Judged.by(model, faqs, part), part, at)
                print(f"{held:11} {mode + ('~' if slips else ''):6} at {at:.2f} {shown}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    faqs, rows = gathered()
    print(f"{len(faqs)} FAQs, {len(rows)} questions", flush=True)
    if not options.quick:
        held_out(faqs, rows)
    model = fit(faqs, rows)
    judged = Judged.by(model, faqs, rows)
    at = threshold(judged, weights_of(faqs, rows))
    print("all", f"{at:.3f}", told(judged, rows, at))
    if options.write:
        shown = {
            "weights": {n: round(float(w), 4) for n, w in zip(MEASURES, model.weights, strict=True)},
            "bias": round(model.bias, 4),
            "share": SHARE,
            "answer_at": round(1 / (1 + float(np.exp(-at))), 3),
            "clarify_at": 0.08,
            "trees": model.raw,
        }
        OUT.write_text(json.dumps(shown) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
