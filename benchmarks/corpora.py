"""FAQs and labelled questions of our own making, thinned out in the ways that real FAQs are.

Four trades: the shipped FAQ (its own held-out variants are the questions; its fixed redirections and the
entries left out are what it cannot answer), and three small made-up ones in `corpora/`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from helpbot.adapters.faqfiles.load import load_faq
from helpbot.core.faq import Faq, FaqEntry
from helpbot.core.matching.evaluate import Labelled

HERE = Path(__file__).parent
NAMES = ("shipped", "banque", "universite", "mairie")
UNANSWERABLE = 0.27
"""Share of questions without an answer, near misses mostly: what teachers' chats look like."""


@dataclass(frozen=True)
class Corpus:
    name: str
    faq: Faq
    questions: tuple[Labelled, ...]


def load(name: str) -> Corpus:
    """Read one corpus."""
    if name == "shipped":
        faq = load_faq(HERE.parent / "faq")
        far = tuple(Labelled(text, None) for r in faq.redirects if not r.urgent for text in r.when)
        return Corpus(name, Faq(faq.entries), far)
    raw = yaml.safe_load((HERE / "corpora" / f"{name}.yaml").read_text(encoding="utf-8"))
    told = yaml.safe_load((HERE / "corpora" / "answers.yaml").read_text(encoding="utf-8"))[name]
    entries = tuple(
        FaqEntry(e["id"], name, e["q"], told[e["id"]], tuple(e.get("v", ()))) for e in raw["entries"]
    )
    questions = [Labelled(text, e["id"]) for e in raw["entries"] for text in e.get("t", ())]
    return Corpus(name, Faq(entries), (*questions, *(Labelled(text, None) for text in raw["none"])))


def simulate(
    corpus: Corpus, variants: int | str, seed: int, *, gone: float = 0.2, at_most: int = 10_000
) -> Corpus:
    """Give a FAQ with fewer variants (a number, or "mixed": many have none) and some entries left out.

    Variants that are not kept become questions, those of entries left out become near misses.
    """
    rng = random.Random(seed)
    entries = rng.sample(corpus.faq.entries, min(at_most, len(corpus.faq.entries)))
    known = {e.id for e in entries}
    kept: list[FaqEntry] = []
    left_out: set[str] = set()
    inside: list[Labelled] = []
    outside: list[Labelled] = []
    for entry in entries:
        pool = list(entry.variants)
        rng.shuffle(pool)
        keep = variants if isinstance(variants, int) else rng.choice((0, 0, 0, 1, 2, 4))
        if rng.random() < gone:
            left_out.add(entry.id)
            outside += [Labelled(text, None) for text in pool[:3]]
        else:
            kept.append(replace(entry, variants=tuple(pool[:keep])))
            inside += [Labelled(text, entry.id) for text in pool[keep : keep + 3]]
    if corpus.name != "shipped":
        inside, outside = [], []  # their questions were written apart
    for asked in corpus.questions:
        if asked.entry is None or asked.entry in left_out:
            outside.append(Labelled(asked.text, None))
        elif asked.entry in known:
            inside.append(asked)
    rng.shuffle(outside)
    wanted = int(len(inside) * UNANSWERABLE / (1 - UNANSWERABLE))
    return Corpus(f"{corpus.name}/{variants}", Faq(tuple(kept)), (*inside, *outside[:wanted]))
