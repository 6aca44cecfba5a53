"""Learn `helpbot/core/matching/worry.json`. Needs scikit-learn, which the bot does not.

PYTHONPATH=. python benchmarks/train_worry.py            # prints what is found and what alarms, held out
PYTHONPATH=. python benchmarks/train_worry.py --write    # and writes the weights

Worries: the urgent phrasings of `faq/redirects.yaml`, `questions/urgent.txt` and, told without a word of
danger, `questions/urgent_told.tsv`. All else of ours is none: the FAQ, the made-up FAQs, what teachers ask.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from benchmarks import corpora
from helpbot.adapters.faqfiles.load import load_faq
from helpbot.core.matching.danger import alarm
from helpbot.core.matching.worry import SCALE, features, grouped

HERE = Path(__file__).parent
QUESTIONS = HERE / "questions"
OUT = HERE.parent / "helpbot/core/matching/worry.json"
KINDS = ("enfant-en-danger", "danger-immediat", "detresse", "harcelement", "violence-ecole")
NONE = len(KINDS)
STRENGTH = 10.0
"""Of scikit-learn's C: 3 finds as much at the same false alarms, 30 no more."""
URGENT_COUNTS, NEAR_COUNTS = 3.0, 4.0
LEAST = 0.05
"""Weights below it, of all kinds, are left out."""


def groups() -> dict[str, str]:
    """Give the groups of words of one meaning."""
    read: dict[str, str] = yaml.safe_load((HERE / "worry_words.yaml").read_text(encoding="utf-8"))
    return {group: words.strip() for group, words in read.items()}


def lines(name: str) -> list[str]:
    """Give the lines of a file of questions."""
    return (QUESTIONS / name).read_text(encoding="utf-8").splitlines()


def labelled(name: str) -> Iterator[dict[str, Any]]:
    """Give the questions of a file that says which entry each expects."""
    return map(json.loads, lines(name))


def worries() -> Iterator[tuple[str, int, str]]:
    """Give the urgent messages: text, kind, where from. Of `urgent.txt`, what the rules make of it."""
    for known in load_faq(HERE.parent / "faq").redirects:
        if known.urgent:
            yield from ((text, KINDS.index(known.id), "phrasings") for text in known.when)
    for line in lines("urgent_told.tsv"):
        kind, text = line.split("\t")
        yield text, KINDS.index(kind), "told"
    for text in lines("urgent.txt"):
        if found := alarm(text):
            yield text, KINDS.index(found.id), "urgent.txt"
    for row in labelled("teachers_fresh.jsonl"):
        if row["entry"] in KINDS:
            yield row["text"], KINDS.index(row["entry"]), "fresh"


def everyday() -> Iterator[tuple[str, str]]:
    """Give the messages that are no emergency: text, where from."""
    faq = load_faq(HERE.parent / "faq")
    urgent = {known.id for known in faq.redirects if known.urgent}
    yield from ((text, "faq") for entry in faq.entries for text in entry.phrasings)
    yield from ((text, "redirects") for known in faq.redirects if not known.urgent for text in known.when)
    for name in ("everyday.txt", "everyday_told.txt", "everyday_asked.txt", "near_misses.txt"):
        yield from ((text, name) for text in lines(name))
    for name in ("teachers.jsonl", "teachers_long.jsonl", "teachers_fresh.jsonl"):
        yield from ((row["text"], name) for row in labelled(name) if row["entry"] not in urgent)
    for name in corpora.NAMES[1:]:
        corpus = corpora.load(name)
        yield from ((text, "made up") for entry in corpus.faq.entries for text in entry.phrasings)
        yield from ((asked.text, "made up") for asked in corpus.questions)


def matrix(texts: list[str], known: dict[str, tuple[str, ...]]) -> tuple[csr_matrix, dict[str, int]]:
    """Give a row a text, of length one, and the column of each feature."""
    names: dict[str, int] = {}
    rows, columns, values = [], [], []
    for at, text in enumerate(texts):
        found = list(features(text, known))
        for feature in found:
            rows.append(at)
            columns.append(names.setdefault(feature, len(names)))
            values.append(1 / len(found) ** 0.5)
    shape = (len(texts), len(names))
    made = csr_matrix((values, (rows, columns)), shape=shape)
    made.indices, made.indptr = made.indices.astype(np.int32), made.indptr.astype(np.int32)
    return made, names


def fitted(x: csr_matrix, y: NDArray[np.int64], weights: NDArray[np.float64]) -> LogisticRegression:
    """Learn all kinds of danger and none together."""
    return LogisticRegression(C=STRENGTH, max_iter=300).fit(x, y, sample_weight=weights)


def odds(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the log-odds of any danger against none."""
    grave: NDArray[np.float64] = np.logaddexp.reduce(scores[:, :NONE], axis=1) - scores[:, NONE]
    return grave


def main() -> None:
    """Learn, say how well, and write if asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--write", action="store_true")
    write: bool = asked.parse_args().write
    known = grouped(groups())
    calm = dict(everyday())
    urgent = [(text, kind, source) for text, kind, source in worries() if text not in calm]
    texts = [text for text, _, _ in urgent] + list(calm)
    kinds = np.array([kind for _, kind, _ in urgent] + [NONE] * len(calm))
    sources = np.array([source for _, _, source in urgent] + list(calm.values()))
    counts = np.where(
        kinds == NONE, np.where(np.char.startswith(sources, "everyday"), NEAR_COUNTS, 1.0), URGENT_COUNTS
    )
    x, names = matrix(texts, known)
    held = np.zeros((len(texts), NONE + 1))
    for learn, hold in StratifiedKFold(5, shuffle=True, random_state=0).split(x, sources):
        held[hold] = fitted(x[learn], kinds[learn], counts[learn]).decision_function(x[hold])
    grave = odds(held)
    for source in dict.fromkeys(sources):
        mine = sources == source
        told = ", ".join(f"{(grave[mine] >= at).mean():.3f}" for at in (1.0, 0.5, 0.0, -0.5, -1.0))
        print(f"{source:18} {mine.sum():6} at odds of 1, .5, 0, -.5, -1: {told}")
    right = (held[:, :NONE].argmax(axis=1) == kinds)[(kinds != NONE) & (grave >= 0)]
    print(f"the kind is right for {right.mean():.2f} of those found")
    if write:
        written(fitted(x, kinds, counts), names)


def written(model: LogisticRegression, names: dict[str, int]) -> None:
    """Write the weights, one word a line."""
    weights = np.round(model.coef_.T * SCALE).astype(int).tolist()
    heavy = abs(model.coef_).max(axis=0) >= LEAST
    kept = {name: weights[at] for name, at in sorted(names.items()) if heavy[at]}
    base = np.round(model.intercept_, 3).tolist()
    head = json.dumps({"kinds": KINDS, "base": base, "groups": groups()})
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(each)}" for name, each in kept.items())
    OUT.write_text(f'{head[:-1]}, "weights": {{\n{lines}\n}}}}\n', encoding="utf-8")
    print(f"{len(kept)} words")


if __name__ == "__main__":
    main()
