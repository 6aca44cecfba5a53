"""Ours beside SQLite full-text search, BM25 with French stems and a keyword bot, in one run.

    PYTHONPATH=. python benchmarks/matching.py                     # table on stdout
    PYTHONPATH=. python benchmarks/matching.py --svg curve.svg     # and the risk-coverage curves

The questions are of our own making (corpora.py): phrasings held out, near misses by leaving entries out.
`coverage at .95` lets each contender pick, in hindsight, the threshold that serves it best; ours is also
shown with the one that it ships.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks import corpora
from helpbot.core import french
from helpbot.core.faq import Faq
from helpbot.core.matching import FaqIndex
from helpbot.core.matching.evaluate import Labelled, Outcome, Point, measure, outcome, risk_coverage

PRECISION = 0.95
Ranked = list[tuple[str, float]]
Contender = Callable[[Faq], Callable[[str], Ranked]]


def keyword_bot(faq: Faq) -> Callable[[str], Ranked]:
    """The usual `!faq` bot: words of each entry's title, counted in the message."""
    words = [set(re.findall(r"\w{4,}", e.question.lower())) for e in faq.entries]

    def ask(text: str) -> Ranked:
        said = set(re.findall(r"\w{4,}", text.lower()))
        return _ranked(faq, [float(len(w & said)) for w in words])

    return ask


def full_text(faq: Faq) -> Callable[[str], Ranked]:
    """SQLite FTS5, one text an entry, its own bm25."""
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE faq USING fts5(body, tokenize='unicode61 remove_diacritics 2')")
    base.executemany("INSERT INTO faq(body) VALUES (?)", [(" ".join(e.phrasings),) for e in faq.entries])

    def ask(text: str) -> Ranked:
        said = " OR ".join(f'"{w}"' for w in re.findall(r"\w+", text))
        if not said:
            return []
        sql = "SELECT rowid, -bm25(faq) FROM faq WHERE faq MATCH ? ORDER BY 2 DESC LIMIT 10"
        return [(faq.entries[row - 1].id, score) for row, score in base.execute(sql, (said,))]

    return ask


def bm25(faq: Faq, k1: float = 1.2, b: float = 0.75) -> Callable[[str], Ranked]:
    """BM25 over our own French stems, one text an entry."""
    texts = [Counter(s for p in e.phrasings for s in french.stems(p)) for e in faq.entries]
    sizes = [sum(t.values()) for t in texts]
    usual = sum(sizes) / max(1, len(sizes))
    df = Counter(s for t in texts for s in t)
    idf = {s: math.log(1 + (len(texts) - n + 0.5) / (n + 0.5)) for s, n in df.items()}

    def ask(text: str) -> Ranked:
        scores = [0.0] * len(texts)
        for stem in set(french.stems(text)):
            for at, (words, size) in enumerate(zip(texts, sizes, strict=True)):
                if times := words.get(stem):
                    scores[at] += idf[stem] * times * (k1 + 1) / (times + k1 * (1 - b + b * size / usual))
        return _ranked(faq, scores)

    return ask


def _ranked(faq: Faq, scores: Sequence[float]) -> Ranked:
    order = sorted(range(len(scores)), key=lambda i: -scores[i])[:10]
    return [(faq.entries[i].id, scores[i]) for i in order if scores[i] > 0]


def said(contender: Contender, part: corpora.Corpus, questions: Sequence[Labelled]) -> list[Outcome]:
    ask = contender(part.faq)
    out = []
    for asked in questions:
        ranked = ask(asked.text)
        first = ranked[0][1] if ranked else 0.0
        out.append(Outcome(asked, "route", None, first, tuple(e for e, _ in ranked)))
    return out


OTHERS: dict[str, Contender] = {"keyword bot": keyword_bot, "SQLite FTS5": full_text, "BM25, stems": bm25}
GREETINGS = ("bonjour, ", "bjr ", "salut, qqn sait ", "Bonjour à tous, petite question : ")
THANKS = (" svp", " merci d'avance !", " ? merci", " bonne journée")
SHORT = {
    "mot de passe": "mdp",
    "comment": "cmt",
    "problème": "pb",
    "combien": "cb",
    "pour ": "pr ",
    "c'est": "c",
}


def noisy(text: str, rng: random.Random) -> str:
    """Type as in a chat: greetings, abbreviations, no accents, a slip in one word of five."""
    for long, short in SHORT.items():
        text = text.replace(long, short)
    words = [_slip(w, rng) if rng.random() < 0.2 and len(w) > 4 else w for w in text.split()]
    return rng.choice(GREETINGS) + french.fold(" ".join(words)) + rng.choice(THANKS)


def _slip(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return rng.choice((word[:at] + word[at + 1 :], swapped, word[:at] + word[at] + word[at:]))


@dataclass(frozen=True)
class Line:
    setting: str
    contender: str
    outcomes: list[Outcome]
    ms: float

    @property
    def curve(self) -> list[Point]:
        return risk_coverage(self.outcomes)

    def __str__(self) -> str:
        report = measure(self.outcomes)
        hindsight = max((p.coverage for p in _fine(self.outcomes) if p.risk <= 1 - PRECISION), default=0.0)
        text = f"{self.setting:22} {self.contender:12} first {report.accuracy_at_1:.3f}"
        text += f"  three {report.accuracy_at_3:.3f}  coverage at .95 {hindsight:.2f}  {self.ms:5.2f} ms"
        if self.contender == "helpbot":
            text += f"  as shipped: precision {report.precision:.3f} coverage {report.coverage:.2f}"
            text += f" out-of-scope answered {report.false_answers:.3f}"
            text += f" answer or option {report.answer_or_option:.3f}"
        return text


def _fine(outcomes: list[Outcome]) -> list[Point]:
    """Give every point of the curve, in the share of in-scope questions answered rightly."""
    ranked = sorted(outcomes, key=lambda o: -o.confidence)
    inside = sum(o.asked.entry is not None for o in outcomes)
    right, points = 0, []
    for count, one in enumerate(ranked, 1):
        right += bool(one.ranking) and one.ranking[0] == one.asked.entry
        if count == len(ranked) or ranked[count].confidence < one.confidence:
            points.append(Point(one.confidence, right / max(1, inside), 1 - right / count))
    return points


def compare(mode: int | str, *, noise: bool, seeds: Sequence[int]) -> list[Line]:
    lines: dict[str, list[Outcome]] = {}
    spent: dict[str, float] = {}
    for name in corpora.NAMES:
        for seed in seeds:
            part = corpora.simulate(corpora.load(name), mode, seed, at_most=150)
            rng = random.Random(seed)
            asked = [Labelled(noisy(q.text, rng), q.entry) if noise else q for q in part.questions]
            index = FaqIndex.build(part.faq)
            started = time.perf_counter()
            ours = [outcome(q, index.verdict(q.text)) for q in asked]
            spent["helpbot"] = spent.get("helpbot", 0) + time.perf_counter() - started
            lines.setdefault("helpbot", []).extend(ours)
            for title, contender in OTHERS.items():
                started = time.perf_counter()
                lines.setdefault(title, []).extend(said(contender, part, asked))
                spent[title] = spent.get(title, 0) + time.perf_counter() - started
    setting = f"variants {mode}{', noisy' if noise else ''}"
    return [Line(setting, t, o, spent[t] * 1000 / len(o)) for t, o in lines.items()]


COLOURS = {"helpbot": "#0b6e4f", "BM25, stems": "#c8553d", "SQLite FTS5": "#3d5a80", "keyword bot": "#8d99ae"}


def svg(lines: list[Line]) -> str:
    """Draw risk (wrong among answered) against coverage (share of answerable questions answered)."""
    wide, high, left, top = 640, 400, 60, 20
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high + 60}">',
        "<style>text { font: 13px sans-serif }</style>",
        f'<rect width="{wide}" height="{high + 60}" fill="white"/>',
    ]

    def x(share: float) -> float:
        return left + share * (wide - left - 20)

    def y(risk: float) -> float:
        return top + (1 - min(1, risk / 0.6)) * (high - top)

    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1):
        out.append(f'<text x="{x(tick):.0f}" y="{high + 20}" text-anchor="middle">{tick:.0%}</text>')
        if tick <= 0.6:
            out.append(f'<path d="M{left} {y(tick):.0f}H{wide - 20}" stroke="#ddd"/>')
            out.append(f'<text x="{left - 8}" y="{y(tick) + 4:.0f}" text-anchor="end">{tick:.0%}</text>')
    out.append(f'<path d="M{left} {y(0.05):.0f}H{wide - 20}" stroke="#888" stroke-dasharray="4 4"/>')
    out.append(f'<text x="{wide / 2:.0f}" y="{high + 44}" text-anchor="middle">coverage</text>')
    out.append(f'<text x="{left + 4}" y="{top + 4}">risk: wrong among answered (dashes: 5%)</text>')
    for at, line in enumerate(lines):
        colour = COLOURS[line.contender]
        points = " ".join(f"{x(p.coverage):.1f},{y(p.risk):.1f}" for p in line.curve)
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out.append(
            f'<text x="{wide - 130}" y="{high - 80 + 18 * at}" fill="{colour}">{line.contender}</text>'
        )
    return "\n".join([*out, "</svg>", ""])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--svg", type=Path)
    options = parser.parse_args()
    for mode, noise in ((4, False), (4, True), ("mixed", False), (0, False)):
        lines = compare(mode, noise=noise, seeds=range(100, 100 + options.seeds))
        print(*lines, sep="\n", flush=True)
        if options.svg and mode == 4 and not noise:
            options.svg.write_text(svg(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
