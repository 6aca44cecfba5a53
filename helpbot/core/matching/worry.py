"""Danger told in no word of danger: « il sursaute depuis que son oncle habite chez eux ».

A weight for each word that tells a worry from an everyday question, learned offline on messages of our own
making (`benchmarks/train_worry.py`, into `worry.json`). It only speaks where the rules of `danger.py` are
silent and no entry is near.
"""

from __future__ import annotations

import json
import math
import re
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from operator import add
from zlib import crc32

from helpbot.core import french

INSTEAD = frozenset({"CHILD", "KIN"})
"""All words for a pupil are read as one, all for a relative too; other groups stand beside their words."""
SCALE = 100
WHY = 3
_NOBODY = re.compile(
    r"\b(?:s ?'?il (?:vous|te) plait|quelqu'un|est[- ]ce qu[ei']|qu'est[- ]ce qu[ei']"
    r"|il (?:n'y a|y a|y avait|y aura|y en a|faut|faudrait|fait|fera|reste|manque|pleut|parait|s'agit))\b"
)
"""« il », « un » and « s' » that stand for nobody: pronouns weigh here, as worries are about somebody."""


@dataclass(frozen=True, slots=True)
class Worry:
    """How much a text sounds like danger (log-odds, 0 is as likely as not), and which danger it would be."""

    odds: float
    said: int
    """How many different words were weighed, or could have been."""
    id: str
    words: tuple[str, ...]
    """The words that weigh most, the weightiest first."""


@dataclass(frozen=True, slots=True)
class _Weights:
    kinds: tuple[str, ...]
    base: tuple[float, ...]
    """For each kind of danger; the last is none."""
    keys: array[int]
    values: array[int]
    """As many a key as there are kinds and none, in hundredths."""
    groups: dict[str, tuple[str, ...]]
    """By stem, the groups of words of one meaning that it belongs to."""


@cache
def _weights() -> _Weights:
    raw = json.loads(files("helpbot.core.matching").joinpath("worry.json").read_text(encoding="utf-8"))
    rows = sorted((crc32(feature.encode()), weights) for feature, weights in raw["weights"].items())
    return _Weights(
        tuple(raw["kinds"]),
        tuple(raw["base"]),
        array("I", [key for key, _ in rows]),
        array("h", [weight for _, weights in rows for weight in weights]),
        grouped(raw["groups"]),
    )


def grouped(groups: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Give the groups of each stem, from the words of each group."""
    found: dict[str, tuple[str, ...]] = {}
    for group, words in groups.items():
        for stem in {french.stem(word) for word in words.split()}:
            found[stem] = (*found.get(stem, ()), group)
    return found


def features(text: str, groups: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Give the features of a text, stems and groups, and of each the word it was read from."""
    found: dict[str, str] = {}
    said = _NOBODY.sub(" ", french.strip_politeness(text))
    for word in french.words(said):
        stem = french.stem(word)
        mine = groups.get(stem, ())
        if INSTEAD.isdisjoint(mine):
            found[stem] = word
        for group in mine:
            found[group] = word
    return found


def worry(question: str) -> Worry:
    """Weigh a question."""
    learned = _weights()
    found = features(question, learned.groups)
    width = len(learned.base)
    shrunk = SCALE * math.sqrt(len(found) or 1)
    sums = [0] * width
    said: list[tuple[int, str]] = []
    for feature, word in found.items():
        key = crc32(feature.encode())
        at = bisect_left(learned.keys, key)
        if at == len(learned.keys) or learned.keys[at] != key:
            continue
        weights = learned.values[at * width : (at + 1) * width]
        sums = list(map(add, sums, weights))
        said.append((max(weights[:-1]) - weights[-1], word))
    logits = [base + total / shrunk for base, total in zip(learned.base, sums, strict=True)]
    *grave, none = logits
    most = max(grave)
    odds = most + math.log(sum(math.exp(each - most) for each in grave)) - none
    words = tuple(word for weight, word in sorted(said, reverse=True)[:WHY] if weight > 0)
    return Worry(odds, len(found), learned.kinds[grave.index(most)], words)
