"""A term of questions that the FAQ did not answer, made from a seed: what is missing is known.

Some topics come back, a few of them often and most of them seldom, among questions that were asked once.
Colleagues greet, leave accents out and slip on the keys.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import yaml

from helpbot.core.gaps import Unanswered

BANK = yaml.safe_load((Path(__file__).parent / "terms.yaml").read_text("utf-8"))
DAY = 86_400_000
START = 1_788_220_800_000
"""1 September 2026, in milliseconds."""
BEFORE = ("bonjour ", "bjr ", "bonjour à tous, ", "slt ", "re ", "désolée de déranger, ")
AFTER = (" svp", " merci", " ?", " merci d'avance", " quelqu'un sait ?", " ???")


@dataclass(frozen=True)
class Term:
    """Questions in the order in which they came, and which topic each is about (None: asked once)."""

    asked: tuple[Unanswered, ...]
    topics: dict[str, str | None]
    """The reference of a question -> its topic."""


def make_term(seed: int, *, topics: int = 10, alone: int = 20) -> Term:
    """Make a term in which so many topics are missing, three to twenty questions on each."""
    rng = random.Random(seed)
    told: list[tuple[str, str | None]] = []
    for topic in rng.sample(sorted(BANK["topics"]), topics):
        count = rng.choice((3, 3, 4, 4, 5, 6, 8, 12, 20))
        phrasings = rng.sample(BANK["topics"][topic], min(count, len(BANK["topics"][topic])))
        told += [(text, topic) for text in phrasings]
        told += [(rng.choice(phrasings), topic) for _ in range(count - len(phrasings))]
    told += [(text, None) for text in rng.sample(BANK["alone"], alone)]
    rng.shuffle(told)
    asked = tuple(
        Unanswered(
            text=typed(text, rng),
            at=START + number * 3 * DAY // 5,
            asker=f"p{rng.randrange(60)}",
            ref=f"q{number}",
            refused=rng.random() < 0.2,
        )
        for number, (text, _) in enumerate(told)
    )
    return Term(asked, {f"q{number}": topic for number, (_, topic) in enumerate(told)})


def typed(text: str, rng: random.Random) -> str:
    """Type a question as a colleague would."""
    if rng.random() < 0.3:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    if len(text) > 5 and rng.random() < 0.25:
        at = rng.randrange(1, len(text) - 2)
        swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        text = rng.choice((swapped, text[:at] + text[at + 1 :]))
    if rng.random() < 0.4:
        text = rng.choice(BEFORE) + text
    if rng.random() < 0.5:
        text += rng.choice(AFTER)
    return text
