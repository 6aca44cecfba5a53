"""Words for people: what a group is about, and a question as it would be printed.

People type without accents and with greetings; what is shown is spelt as most of the others spell it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from helpbot.core import french
from helpbot.core.matching.lexicon import frame_stems

LABEL_WORDS = 3
LEAST_SHARE = 0.25
"""A word in the label is said by at least this part of the group."""
ACCENTED_SHARE = 0.3
"""« eleve » is written « élève » by most people who have the time; « la » is seldom « là »."""
LONGEST_AMBIGUOUS = 2
"""Letters. « a », « ou » and « la » are words of their own beside « à », « où » and « là »: left as typed."""
_WORD = re.compile(r"[^\W_]+")
_NBSP = "\u00a0"


class Wording:
    """How the words of these texts are spelt, and how telling each is."""

    __slots__ = ("_entries", "_having", "_printed", "_spelt", "_told")

    def __init__(
        self, texts: Sequence[str], faq: Sequence[Sequence[str]], *, bare: Sequence[str] = ()
    ) -> None:
        """Learn from texts and a FAQ's phrasings; `bare` are summaries, whose accents are gone."""
        self._spelt: dict[str, Counter[str]] = {}
        self._told: dict[str, Counter[str]] = {}
        self._printed: dict[str, Counter[str]] = {}
        for entry in faq:
            later = _WORD.findall(entry[0])[1:]  # the first word of a printed question has its capital anyhow
            for written in later:
                self._printed.setdefault(french.fold(written), Counter())[written] += 1
        for text in (*texts, *(phrasing for entry in faq for phrasing in entry)):
            for written in _WORD.findall(text.lower()):
                self._spelt.setdefault(french.fold(written), Counter())[written] += 1
        for text in (*texts, *bare):
            for word in french.content_words(text):
                self._told.setdefault(french.stem(word), Counter())[word] += 1
        self._entries = 1 + len(faq)
        self._having = Counter(s for entry in faq for s in {s for p in entry for s in french.stems(p)})

    def spelt(self, folded: str) -> str:
        """Return a folded word as it is mostly written, accents being often left out."""
        known = self._spelt.get(folded)
        if not known:
            return folded
        accented = max(((n, w) for w, n in known.items() if w != folded), default=(0, folded))
        return accented[1] if accented[0] >= ACCENTED_SHARE * known.total() else folded

    def word(self, stem: str) -> str:
        """Return the word that mostly stands for a stem in the questions."""
        known = self._told.get(stem)
        return self.spelt(max(known.items(), key=lambda kv: (kv[1], kv[0]))[0]) if known else stem

    def subjects(self, text: str) -> frozenset[str]:
        """Return the stems of a text that name a subject; all of them when none does."""
        found = frozenset(s for s in french.stems(text) if len(s) > 1)
        return found - frame_stems() or found

    def label(self, texts: Iterable[str]) -> str:
        """Return the most telling words of a group, joined by commas: class-based TF-IDF."""
        said = [self.subjects(text) for text in texts]
        counts = Counter(stem for stems in said for stem in stems)
        least = max(2, LEAST_SHARE * len(said)) if len(said) > 1 else 1
        rare = {s: math.log(1 + self._entries / (1 + self._having[s])) for s in counts}
        ranked = sorted((s for s in counts if counts[s] >= least), key=lambda s: (-counts[s] * rare[s], s))
        telling = ranked[:LABEL_WORDS] or sorted(counts, key=lambda s: (-rare[s], s))[:LABEL_WORDS]
        return ", ".join(self.word(stem) for stem in telling)

    def reworded(self, text: str) -> str:
        """Return a question without what is said around it, spelt as the others spell it.

        Names keep their capitals: as the FAQ prints them (Pix, ENT), else as they were typed.
        """
        core = " ".join(french.strip_politeness(text).split()).strip(" ?!.,;:")
        first, *others = _WORD.findall(text.lower() if text.isupper() else text) or [""]
        typed = {french.fold(word): word for word in (first.lower(), *others)}
        spelt = _WORD.sub(lambda m: self._as_printed(m[0], typed.get(m[0], m[0])), core)
        return f"{spelt[:1].upper()}{spelt[1:]}{_NBSP}?" if spelt else ""

    def _as_printed(self, folded: str, typed: str) -> str:
        printed = self._printed.get(folded)
        usual = printed.most_common(1)[0][0] if printed else folded
        if not usual.islower():
            return usual
        if len(folded) <= LONGEST_AMBIGUOUS:
            return typed.lower()
        return self.spelt(folded) if typed.islower() else typed
