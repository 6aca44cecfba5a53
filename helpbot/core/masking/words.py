"""The signs that stand for what was masked, and the word lists of the rules."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib import resources

MASK = "[…]"
PUPIL = "[élève]"


@cache
def words(section: str) -> frozenset[str]:
    """Return the words of one section of words.txt; read when first asked for."""
    found: set[str] = set()
    here = False
    text = (resources.files("helpbot.core.masking") / "words.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            here = line == f"[{section}]"
        elif here and not line.startswith("#"):
            found.update(line.split())
    return frozenset(found)


def fold(word: str) -> str:
    """Return a word without capitals and accents, as the lists have it."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))
