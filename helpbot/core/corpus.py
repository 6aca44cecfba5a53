"""Questions as a corpus for IRAMUTEQ: without a person, small groups without what tells them apart.

The format is ALCESTE's, as IRAMUTEQ's manual has it (P. Ratinaud): a line `**** *name_value …`, then the
text. Nobody stands in it, not even as a pseudonym: who asked several things would be known by them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from helpbot.core.disclosure import FEW
from helpbot.core.masking import mask

VARIABLES = ("mois", "niveau", "issue", "theme")
"""In the order in which they are left out where a group is too small."""
UNTOLD = "nc"
"""The value of a variable that is not told (« non communiqué »)."""
_ADDRESS = re.compile(r"@[^\s:@]+:[^\s,;!?)]+|https?://\S+")
_SPACES = re.compile(r"\s+")
_RESERVED = str.maketrans(dict.fromkeys('*_$§"«»[]<>|#', " ") | {"’": "'", "…": "..."})


@dataclass(frozen=True, slots=True)
class CorpusText:
    """A question, with what is known of it."""

    text: str
    asker: str
    """A pseudonym: counted, never told."""
    month: str
    """`2026-11`."""
    level: str
    outcome: str
    theme: str

    @property
    def values(self) -> tuple[str, ...]:
        """The values of `VARIABLES`."""
        return tuple(value(v) for v in (self.month, self.level, self.outcome, self.theme))


@dataclass(frozen=True, slots=True)
class Corpus:
    """What may be given away."""

    lines: tuple[str, ...]
    texts: int
    left_out: bool
    """Some questions of fewer than five people are not in it."""


def corpus(texts: Iterable[CorpusText]) -> Corpus:
    """Return the corpus. Texts of a group of fewer than five people lose the variables that tell it apart.

    First the month, then the level, the outcome, the theme; texts that stay fewer than five people's are left
    out. The order is that of the words, so that it tells nothing of time or persons.
    """
    rest = [(t, clean(t.text)) for t in texts]
    rest = [(t, words) for t, words in rest if words]
    told: list[tuple[tuple[str, ...], str]] = []
    for dropped in range(len(VARIABLES) + 1):
        rest = list(_take_large(rest, dropped, told))
    lines = [line for values, words in sorted(told) for line in (_head(values), words)]
    return Corpus(tuple(lines), len(told), left_out=bool(rest))


def _take_large(
    rest: Sequence[tuple[CorpusText, str]], dropped: int, told: list[tuple[tuple[str, ...], str]]
) -> Iterator[tuple[CorpusText, str]]:
    """Tell the groups of enough people, `dropped` variables left out; yield the texts of the others."""
    groups: dict[tuple[str, ...], list[tuple[CorpusText, str]]] = defaultdict(list)
    for text, words in rest:
        groups[(UNTOLD,) * dropped + text.values[dropped:]].append((text, words))
    for values, members in groups.items():
        if len({text.asker for text, _ in members}) >= FEW:
            told += [(values, words) for _, words in members]
        else:
            yield from members


def _head(values: Iterable[str]) -> str:
    return " ".join(("****", *(f"*{n}_{v}" for n, v in zip(VARIABLES, values, strict=True))))


def value(text: str) -> str:
    """Return a word as the value of a variable: letters and digits without accents; `nc` for none."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^a-z0-9]", "", plain) or UNTOLD


def clean(text: str) -> str:
    """Return a text on one line without what IRAMUTEQ reads as its own signs, masked once more.

    It was masked before it was stored; rules may have learned since. Matrix ids and links go.
    """
    words = mask(_ADDRESS.sub(" ", text)).text.replace("[…]", " ")
    words = _SPACES.sub(" ", words.translate(_RESERVED)).strip()
    return words.lstrip("-").strip() if any(c.isalnum() for c in words) else ""
