"""Learn the weights of `helpbot/core/matching/confidence.json`. Needs scikit-learn, which the bot does not.

PYTHONPATH=. python benchmarks/train_confidence.py            # prints the held-out measures, corpus by corpus
PYTHONPATH=. python benchmarks/train_confidence.py --write    # and writes the weights
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from benchmarks import corpora
from helpbot.core.matching import FaqIndex
from helpbot.core.matching.confidence import MEASURES

TARGET = 0.968
MODES: tuple[int | str, ...] = (4, "mixed", 2, 0, 10)
OUT = Path(__file__).parent.parent / "helpbot/core/matching/confidence.json"
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One question: the measures of its candidates, and which of them is right."""

    corpus: str
    mode: str
    in_scope: bool
    measures: Array
    right: NDArray[np.bool_]


def rows() -> list[Row]:
    out = []
    for name in corpora.NAMES:
        corpus = corpora.load(name)
        for mode in MODES:
            if mode == 10 and name != "shipped":
                continue
            for seed in range(3 if name == "shipped" else 8):
                part = corpora.simulate(
                    corpus, mode, seed, at_most=(90, 60, 150)[seed % 3] if name == "shipped" else 99
                )
                index = FaqIndex.build(part.faq, answer_at=0.5, clarify_at=0.1)
                ids = [e.id for e in part.faq.entries]
                for asked in part.questions:
                    found = index.measured(asked.text)
                    if found:
                        x = np.array([c.measures for c in found])
                        right = np.array([ids[c.at] == asked.entry for c in found])
                        out.append(Row(name, str(mode), asked.entry is not None, x, right))
    return out


def fit(data: list[Row]) -> tuple[Array, float]:
    x = np.concatenate([r.measures for r in data])
    y = np.concatenate([r.right for r in data])
    share = {
        name: 1 / sum(len(r.right) for r in data if r.corpus == name) for name in {r.corpus for r in data}
    }
    weight = np.concatenate([[share[r.corpus]] * len(r.right) for r in data])
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=0.02, max_iter=3000)
    model.fit(scaler.transform(x), y, sample_weight=weight * len(y) / weight.sum())
    weights = model.coef_[0] / scaler.scale_
    return weights, float(model.intercept_[0] - weights @ scaler.mean_)


def confidences(data: list[Row], model: tuple[Array, float]) -> list[Array]:
    return [1 / (1 + np.exp(-(r.measures @ model[0] + model[1]))) for r in data]


def threshold(data: list[Row], given: list[Array], target: float) -> float:
    ranked = sorted(
        ((p.max(), bool(r.right[p.argmax()])) for r, p in zip(data, given, strict=True)), reverse=True
    )
    wrong, best = 0, 1.0
    for count, (confidence, right) in enumerate(ranked, 1):
        wrong += not right
        if wrong <= count * (1 - target):
            best = float(confidence)
    return best


def measures(data: list[Row], given: list[Array], at: float) -> str:
    inside = sum(r.in_scope for r in data)
    first = sum(bool(r.right[p.argmax()]) for r, p in zip(data, given, strict=True))
    third = sum(bool(r.right[np.argsort(-p)[:3]].any()) for r, p in zip(data, given, strict=True))
    answered = [(r, p) for r, p in zip(data, given, strict=True) if p.max() >= at]
    right = sum(bool(r.right[p.argmax()]) for r, p in answered)
    false = sum(not r.in_scope for r, _ in answered)
    return (
        f"first {first / inside:.3f} three {third / inside:.3f} "
        f"precision {right / max(1, len(answered)):.3f} "
        f"coverage {right / inside:.2f} out-of-scope answered {false / max(1, len(data) - inside):.3f}"
    )


def main() -> None:
    data = rows()
    print(f"{len(data)} questions")
    for held in corpora.NAMES:
        rest = [r for r in data if r.corpus != held]
        model = fit(rest)
        at = threshold(rest, confidences(rest, model), TARGET)
        for mode in dict.fromkeys(r.mode for r in data if r.corpus == held):
            part = [r for r in data if r.corpus == held and r.mode == mode]
            print(f"{held:10} {mode:5} at {at:.2f} {measures(part, confidences(part, model), at)}")
    model = fit(data)
    given = confidences(data, model)
    at = threshold(data, given, TARGET)
    print("all", f"{at:.3f}", measures(data, given, at))
    print({name: round(float(w), 2) for name, w in zip(MEASURES, model[0], strict=True)}, round(model[1], 2))
    if "--write" in sys.argv:
        weights = {name: round(float(w), 4) for name, w in zip(MEASURES, model[0], strict=True)}
        shown = {
            "weights": weights,
            "bias": round(model[1], 4),
            "answer_at": round(at, 3),
            "clarify_at": 0.035,
        }
        OUT.write_text(json.dumps(shown, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
