"""FAQs and labelled questions of our own making, thinned out in the ways that real FAQs are.

Nineteen FAQs: the shipped FAQ (its own held-out variants are the questions; its fixed redirections and the
entries left out are what it cannot answer), eight small made-up ones, unlike in style, three of public
services as a few people would ask them, four more as a crowd would (a grammar an entry, its first choices
said most often), and three put together from what is done and to what (`grids.yaml`), whose near misses share
every word with some entry.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from helpbot.adapters.faqfiles.load import load_faq
from helpbot.core.faq import Faq, FaqEntry
from helpbot.core.matching.evaluate import Labelled

HERE = Path(__file__).parent
MADE_UP = ("banque", "universite", "mairie", "boutique", "depannage", "sante", "transport", "locataire")
PEOPLE = ("impots", "permis", "prestations")
"""What people typed stands in one list an entry: some of it becomes variants, the rest questions."""
CROWDS = ("assurance", "emploi", "mobile", "colis")
"""As PEOPLE, drawn from a grammar an entry: many wordings share most of their words."""
GRIDS = ("commune", "logiciel", "rh")
NAMES = ("shipped", *MADE_UP, *PEOPLE, *CROWDS, *GRIDS)
UNANSWERABLE = 0.27
"""Share of questions without an answer, near misses mostly: what teachers' chats look like."""
PHRASINGS = 8
"""Of an entry put together from a grid: its question, four variants, three questions asked of it."""
WORDINGS = 9
"""Of an entry worded by a crowd: more than its variants, so that three are left to ask."""
_CHOICE = re.compile(r"\(([^()]*)\)")


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
    if name in GRIDS:
        return _grid(name)
    raw = yaml.safe_load((HERE / "faqs" / f"{name}.yaml").read_text(encoding="utf-8"))
    if name in (*PEOPLE, *CROWDS):
        entries = tuple(FaqEntry(e["id"], name, e["q"], e["a"], tuple(_asked(e))) for e in raw["entries"])
        return Corpus(name, Faq(entries), tuple(Labelled(text, None) for text in _texts(raw["none"])))
    told = yaml.safe_load((HERE / "faqs" / "answers.yaml").read_text(encoding="utf-8")).get(name, {})
    entries = tuple(
        FaqEntry(e["id"], name, e["q"], e.get("a") or told[e["id"]], tuple(_texts(e.get("v"))))
        for e in raw["entries"]
    )
    questions = [Labelled(text, e["id"]) for e in raw["entries"] for text in _texts(e.get("t"))]
    return Corpus(name, Faq(entries), (*questions, *(Labelled(text, None) for text in _texts(raw["none"]))))


@cache
def _grids() -> dict[str, Any]:
    """Read what the FAQs of the grids are put together from."""
    read: dict[str, Any] = yaml.safe_load((HERE / "faqs" / "grids.yaml").read_text(encoding="utf-8"))
    return read


def _grid(name: str) -> Corpus:
    """Put a FAQ together from what is done and to what, half of the pairs having an entry."""
    rng = random.Random(name)
    grid, frames = _grids()["grids"][name], _grids()["frames"]
    kept: list[FaqEntry] = []
    inside: list[Labelled] = []
    outside: list[Labelled] = []
    for d, do in enumerate(grid["do"]):
        for w, what in enumerate(grid["what"]):
            texts = [frames[0].format(do=do[0], what=what[0])]
            while len(texts) < PHRASINGS:
                text = rng.choice(frames).format(do=rng.choice(do), what=rng.choice(what))
                if text not in texts:
                    texts.append(text)
            if rng.random() < 0.5:
                outside += [Labelled(text, None) for text in texts[1:3]]
            else:
                kept.append(FaqEntry(f"{d}-{w}", name, texts[0], "", tuple(texts[1:5])))
                inside += [Labelled(text, f"{d}-{w}") for text in texts[5:]]
    return Corpus(name, Faq(tuple(kept)), (*inside, *outside))


def _asked(entry: dict[str, str]) -> list[str]:
    """Give what people typed for an entry, or what its grammar says most."""
    return _texts(entry["p"]) if "p" in entry else _crowd(entry["id"], entry["g"])


def _crowd(name: str, grammar: str) -> list[str]:
    """Draw wordings from a grammar: `(a|b|)` is a choice, whole wordings are cut at " / "."""
    rng = random.Random(name)
    whole = grammar.split(" / ")
    found: dict[str, None] = {}
    for _ in range(20 * WORDINGS):
        text = _CHOICE.sub(lambda choice: _usual(choice[1].split("|"), rng), rng.choice(whole))
        found.setdefault(" ".join(text.split()).replace("' ", "'"))
        if len(found) == WORDINGS:
            break
    return list(found)


def _usual(ways: Sequence[str], rng: random.Random) -> str:
    """Draw one of several ways to say a thing: the second half as often as the first, and so on."""
    return rng.choices(ways, [1 / rank for rank in range(1, len(ways) + 1)])[0]


def _texts(written: list[str] | str | None) -> list[str]:
    """Read a list of texts, or one text cut at " | "."""
    return written.split(" | ") if isinstance(written, str) else list(written or ())


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
    if corpus.name in (*MADE_UP, *GRIDS):
        inside, outside = [], []  # their questions were written apart
    for asked in corpus.questions:
        if asked.entry is None or asked.entry in left_out:
            outside.append(Labelled(asked.text, None))
        elif asked.entry in known:
            inside.append(asked)
    rng.shuffle(outside)
    wanted = int(len(inside) * UNANSWERABLE / (1 - UNANSWERABLE))
    return Corpus(f"{corpus.name}/{variants}", Faq(tuple(kept)), (*inside, *outside[:wanted]))
