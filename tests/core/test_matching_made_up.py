"""FAQs of other trades, worded by a crowd, and of near twins: what was reached there stays reached."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from benchmarks import corpora
from benchmarks.matching import noisy
from helpbot.core.matching import FaqIndex
from helpbot.core.matching.evaluate import Outcome, Report, ask, measure

SEEDS = (76, 77, 78)
"""One draw of what has variants and what is left out moves coverage by two points, near misses by one."""


def asked(names: tuple[str, ...], variants: int | str, *, typed: bool = False) -> Report:
    """Ask some made-up FAQs with so many variants an entry; `typed`: with slips, greetings, abbreviations."""
    said: list[Outcome] = []
    for name, seed in itertools.product(names, SEEDS):
        part = corpora.simulate(corpora.load(name), variants, seed=seed)
        rng = random.Random(seed)
        questions = [replace(q, text=noisy(q.text, rng)) if typed else q for q in part.questions]
        said += ask(FaqIndex.build(part.faq), questions)
    return measure(said)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "variants", "first", "options", "coverage", "false"),
    [
        (corpora.CROWDS, 4, 0.86, 0.92, 0.57, 0.055),
        (corpora.CROWDS, "mixed", 0.76, 0.84, 0.40, 0.05),
        (corpora.CROWDS, 0, 0.71, 0.82, 0.27, 0.025),
        (corpora.GRIDS, 4, 0.80, 0.92, 0.38, 0.065),
    ],
)
def test_what_was_reached(
    names: tuple[str, ...], variants: int | str, first: float, options: float, coverage: float, false: float
) -> None:
    report = asked(names, variants)
    assert report.accuracy_at_1 is not None
    assert report.answer_or_option is not None
    assert report.precision is not None
    assert report.coverage is not None
    assert report.false_answers is not None
    assert report.accuracy_at_1 >= first
    assert report.answer_or_option >= options
    assert report.precision >= 0.945
    assert report.coverage >= coverage
    assert report.false_answers <= false


@pytest.mark.slow
@pytest.mark.parametrize("variants", [4, "mixed"])
def test_slips_and_politeness_cost_little(variants: int | str) -> None:
    plain, typed = asked(corpora.CROWDS, variants), asked(corpora.CROWDS, variants, typed=True)
    assert plain.accuracy_at_1 is not None
    assert typed.accuracy_at_1 is not None
    assert plain.coverage is not None
    assert typed.coverage is not None
    assert typed.accuracy_at_1 >= plain.accuracy_at_1 - 0.05
    assert typed.coverage >= plain.coverage - 0.05
    assert typed.precision is not None
    assert typed.precision >= 0.94
