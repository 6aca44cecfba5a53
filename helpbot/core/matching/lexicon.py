"""Which words of a question an entry accounts for, and which it does not.

The kernel says how alike two texts are; this says what is missing, which tells a near miss from an answer.
Words that only frame a question (« comment obtenir », « combien coûte ») count for little here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import numpy as np

from helpbot.core import french
from helpbot.core.matching.evidence import Evidence
from helpbot.core.matching.kinds import kinds
from helpbot.core.matching.slips import SLIP_LENGTH
from helpbot.core.matching.spelling import SLIP, TYPO_LENGTH, Spelling
from helpbot.core.matching.vectors import Floats, Narrow, Reading, Space, least, sums

ANSWER_CHARS = 400
FRAME_TOLD = 0.4
FRAME_STRANGE = 0.3
HEAVIEST = 4
"""Subject words of a phrasing that are looked at, the weightiest first: more than these is not short."""
SHOWN_WORDS = 5
ABOUT = 0.2
"""Share of an entry's phrasings from which on a class that they name is what it is about."""
Word = tuple[str, float, float, bool, int]
"""A stem of a question: its weight, its worth (less where it was misspelt), whether it frames, its kinds."""
KIND_SHARE = 0.12
"""Share of an entry's phrasings from which on a word lends it its kind: fifty say a word of any."""
CORE = 5
"""Words at the heart of an entry that are looked at: what most of its phrasings say, rare ones first."""


_YEAR = re.compile(r"(?:19|20)\d\d")
_CLASS = re.compile(r"cp|ce[12]|cm[12]|[3-6]e|cap|bts")


@cache
def frame_stems() -> frozenset[str]:
    """Give the stems of words that frame a question without naming its subject."""
    return frozenset(french.stem(w) for w in french.frame_words())


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's words as this FAQ knows them."""

    weights: dict[str, float]
    """Stem -> weight (rare is heavy), for stems that some entry uses."""
    credit: dict[str, float]
    """Stem -> 1, or less when a misspelt word was read as this one."""
    unknown: dict[str, float]
    """Stem -> weight, for words that no entry uses."""
    origin: dict[str, str]
    """Stem -> the word as it was typed."""
    total: float

    @property
    def unknown_share(self) -> float:
        """Give the part of the question's weight that the FAQ never speaks of."""
        return sum(self.unknown.values()) / self.total if self.total else 0.0


class Lexicon:
    """The words of every entry. Immutable once built."""

    __slots__ = (
        "_akin",
        "_answers",
        "_core",
        "_heaviest",
        "_kinds",
        "_lengths",
        "_said",
        "_space",
        "_spelling",
        "_subjects",
        "_told_by",
        "_told_scale",
        "_unknown",
        "richness",
        "rows_of",
        "usual_size",
    )

    def __init__(
        self, space: Space, readings: Sequence[Reading], groups: Sequence[int], answers: Sequence[str]
    ) -> None:
        self._space = space
        count = max(groups, default=-1) + 1
        sizes = np.bincount(np.array(groups, np.intp), minlength=count).tolist()
        ends = list(accumulate(sizes))
        self.rows_of = [range(end - size, end) for size, end in zip(sizes, ends, strict=True)]
        self._said = [_shares([readings[row].stems for row in rows]) for rows in self.rows_of]
        """Stem -> the share of the entry's phrasings that say it, one more counted that does not."""
        self._answers = [french.stems_told(a[:ANSWER_CHARS]) for a in answers]
        self.richness = [math.log(max(1, min(size, 12))) for size in sizes]
        """Logarithm of each entry's number of phrasings."""
        self.usual_size = sum(self.richness) / max(1, len(self.richness))
        """Mean logarithm of an entry's number of phrasings: who has more draws more than its due."""
        self._told_by = _postings(self._answers)
        told = np.array([len(a) for a in self._answers], np.float64)
        usual = max(1.0, float(told.mean())) if len(told) else 1.0
        self._told_scale = 1 / (0.5 + 0.5 * told / usual)  # a long answer has any word
        self._lengths = np.array([sum(map(self._weight, set(r.stems))) or 1.0 for r in readings])
        self._unknown = math.log(1 + count) + 1
        self._kinds = kinds()
        self._akin = [
            self._kinds_of(stem for stem, share in shares.items() if share >= KIND_SHARE)
            for shares in self._said
        ]
        self._core = [self._heart(shares) for shares in self._said]
        subjects = space.stem_weights(frame_stems())
        self._heaviest = space.heaviest(subjects, HEAVIEST)
        self._subjects = np.append(subjects, np.float32(0))
        self._spelling = Spelling(space, readings)

    def _heart(self, shares: dict[str, float]) -> tuple[tuple[str, float], ...]:
        """Give the words at the heart of an entry with their weights, the heaviest first."""
        weighed = [(stem, self._weight(stem) * share / self._unknown) for stem, share in shares.items()]
        return tuple(sorted(weighed, key=lambda of: (-of[1], of[0]))[:CORE])

    def _kinds_of(self, stems: Iterable[str]) -> int:
        """Give the kinds that some stems are of, one bit each."""
        found = 0
        for stem in stems:
            found |= self._kinds.get(stem, 0)
        return found

    def _weight(self, stem: str) -> float:
        return self._space.weight(stem) or 0.0

    def heard(self, reading: Reading) -> tuple[Reading, dict[str, tuple[str, float]]]:
        """Read a misspelt word as the FAQ's word that it must be: a slip away, same first letter.

        Also give, for each word that stays unknown, the known one most like it.
        """
        words, stems = list(reading.words), list(reading.stems)
        likest: dict[str, tuple[str, float]] = {}
        frame = french.frame_words()
        for at, (word, stem) in enumerate(zip(reading.words, reading.stems, strict=True)):
            if len(word) < TYPO_LENGTH or self._space.weight(stem) is not None:
                continue
            close, likeness = likest[word] = self._spelling.nearest(word)
            right = word in frame or len(word) < SLIP_LENGTH or not word.isalpha()
            if likeness >= SLIP and not right:  # « coute » is a word, not « courte » misspelt
                words[at], stems[at] = close, french.stem(close)
        return (Reading(tuple(words), tuple(stems)) if likest else reading), likest

    def asked(
        self, reading: Reading, likest: dict[str, tuple[str, float]], without: int | None = None
    ) -> Asked:
        """Weigh a question's words. `without`: an entry whose own words do not count as known."""
        weights: dict[str, float] = {}
        credit: dict[str, float] = {}
        unknown: dict[str, float] = {}
        origin: dict[str, str] = {}
        own = self._only_in(without) if without is not None else frozenset()
        for word, stem in zip(reading.words, reading.stems, strict=True):
            origin.setdefault(stem, word)
            weight = self._space.weight(stem)
            if weight is not None and stem not in own:
                weights[stem], credit[stem] = weight, 1.0
                continue
            close, likeness = "", 0.0
            if len(word) >= TYPO_LENGTH:
                close, likeness = likest.get(word) or self._spelling.nearest(word)
            close = french.stem(close)
            missing = self._unknown
            weight = self._space.weight(close)
            if weight is not None and close not in own:
                missing *= 1 - likeness
                if close not in weights:
                    weights[close], credit[close] = weight, likeness
                    origin.setdefault(close, word)
            unknown[stem] = missing
        total = sum(weights.values()) + sum(unknown.values())
        return Asked(weights, credit, unknown, origin, total)

    def _only_in(self, entry: int) -> frozenset[str]:
        lone = math.log((1 + len(self.rows_of)) / 2) + 1 - 1e-4
        return frozenset(s for s in self._said[entry] if self._weight(s) >= lone)

    def answers(self, entry: int) -> bool:
        """Tell whether an entry has an answer to read; a redirection has none."""
        return bool(self._answers[entry])

    def contradicts(self, reading: Reading, entry: int) -> bool:
        """Tell whether a question names a year, or a class, and the entry is about others."""
        said, answer = self._said[entry], self._answers[entry]
        for kind, least_share in ((_YEAR, 0.0), (_CLASS, ABOUT)):
            asked = {stem for stem in reading.stems if kind.fullmatch(stem)}
            if asked and not any(stem in said or stem in answer for stem in asked):
                told = [share for stem, share in said.items() if kind.fullmatch(stem)]
                if told and max(told) >= least_share:
                    return True
        return False

    def told(self, asked: Asked) -> Floats:
        """Give, for each entry, the share of a question's words that its answer has."""
        having: list[Narrow] = []
        worth: list[float] = []
        total, count, frame = 0.0, len(self._answers), frame_stems()
        for stem in (*asked.weights, *asked.unknown):
            entries = self._told_by.get(stem)
            weight = math.log((1 + count) / (1 + (0 if entries is None else len(entries)))) + 1
            weight *= FRAME_TOLD if stem in frame else 1.0
            total += weight
            if entries is not None:
                having.append(entries)
                worth.append(weight)
        if not having:
            return np.zeros(count)
        adds = np.repeat(worth, [len(entries) for entries in having])
        scores = sums(np.concatenate(having), adds, count)
        scores *= self._told_scale / max(total, 1e-9)
        return scores

    def evidence(self, asked: Asked, entries: Sequence[int]) -> list[Evidence]:
        """Tell how much of a question some entries account for."""
        if not entries:
            return []
        rows = [self.rows_of[entry] for entry in entries]
        worth = {stem: weight * asked.credit[stem] for stem, weight in asked.weights.items()}
        common = self._space.shared(worth)
        lengths = np.concatenate([self._lengths[r.start : r.stop] for r in rows])
        common = np.concatenate([common[r.start : r.stop] for r in rows])
        starts = [0, *accumulate(len(r) for r in rows)][:-1]
        reverse = np.maximum.reduceat(common / lengths, starts).tolist()
        either = lengths + asked.total - common  # never less than `common`, which is part of both
        alike = common / either
        ends = [*starts[1:], len(alike)]
        best = [a + int(alike[a:b].argmax()) for a, b in zip(starts, ends, strict=True)]
        weighed = self._weighed(asked, worth)
        kinds_asked = self._kinds_of([word[0] for word in weighed])
        unsaid = self._unsaid(asked, [r.start + at - a for r, at, a in zip(rows, best, starts, strict=True)])
        return [
            self._explained(asked, weighed, kinds_asked, entry, rival, row)
            for entry, rival, row in zip(
                entries,
                _rivals(entries),
                zip(
                    reverse,
                    alike[best].tolist(),
                    common[best].tolist(),
                    lengths[best].tolist(),
                    unsaid,
                    strict=True,
                ),
                strict=True,
            )
        ]

    def _apart(self, weighed: list[Word], entry: int, rival: int) -> tuple[float, float, float, float, float]:
        """Give the heaviest word that only the entry has, that only its rival has, and its lead.

        Then the first two again, where one of its kind is as good as the word.
        """
        own, other = self._said[entry], self._said[rival]
        akin, akin_other = self._akin[entry], self._akin[rival]
        claimed = disclaimed = balance = kind_claimed = kind_disclaimed = 0.0
        for stem, weight, worth, _, kind in weighed:
            mine = theirs = 0.0
            if worth:  # else no entry says it
                mine, theirs = own.get(stem, 0.0), other.get(stem, 0.0)
                balance += worth * (mine - theirs)
                if mine and not theirs:
                    if worth > claimed:
                        claimed = worth
                elif theirs and not mine and worth > disclaimed:
                    disclaimed = worth
            ours: float = mine or (kind and kind & akin)
            if theirs or (kind and kind & akin_other):
                if not ours and weight > kind_disclaimed:
                    kind_disclaimed = weight
            elif ours and weight > kind_claimed:
                kind_claimed = weight
        return claimed, disclaimed, balance, kind_claimed, kind_disclaimed

    def _said_of_core(self, asked: Asked, entry: int, kinds_asked: int) -> tuple[float, float, float]:
        """Give the heaviest word at an entry's heart that a question does not say, and how much it says.

        Then the heaviest of which it says none of its kind either.
        """
        heart = said = missing = foreign = 0.0
        credited, kind = asked.credit.get, self._kinds.get
        for stem, weight in self._core[entry]:
            heart += weight
            if credit := credited(stem):
                said += weight * credit
                missing = max(missing, weight * (1 - credit))
                continue
            if weight > missing:
                missing = weight
            if weight > foreign and not kind(stem, 0) & kinds_asked:
                foreign = weight
        return missing, said / heart if heart else 0.0, foreign

    def _unsaid(self, asked: Asked, rows: Sequence[int]) -> list[float]:
        """Give the weight of the heaviest subject word of each phrasing that the question does not say."""
        said = self._space.stem_ids(asked.weights)
        said.add(len(self._subjects) - 1)  # what stands where there is no other
        heaviest = [
            next((at for at in own if at not in said), -1) for own in self._heaviest[list(rows)].tolist()
        ]
        weights: list[float] = self._subjects[heaviest].tolist()
        return weights

    def _weighed(self, asked: Asked, worth: dict[str, float]) -> list[Word]:
        """Give each word of the question, what tells first."""
        frame, kind = frame_stems(), self._kinds.get
        said = [(s, weight, worth[s], s in frame, kind(s, 0)) for s, weight in asked.weights.items()]
        said.sort(key=lambda word: -word[1] * (0.5 if word[3] else 1.0))
        return said + [(s, w, 0.0, s in frame, kind(s, 0)) for s, w in asked.unknown.items()]

    def _explained(
        self,
        asked: Asked,
        weighed: list[Word],
        kinds_asked: int,
        entry: int,
        rival: int,
        row: tuple[float, float, float, float, float],
    ) -> Evidence:
        reverse, overlap, common, length, unsaid = row
        told, covered, akin = self._answers[entry], self._said[entry], self._akin[entry]
        cover = wide = subject = subject_all = missing = 0.0
        contrast = frame_contrast = unphrased = frame_missing = frame_share = strange = 0.0
        in_kind = foreign = frame_foreign = 0.0
        explained: list[str] = []
        for stem, weight, worth, framing, kind in weighed:
            inside, in_answer = worth > 0 and stem in covered, stem in told
            if inside or in_answer:
                explained.append(stem)
                wide += worth
                cover += worth if inside else 0.0
            elif not framing and weight > missing:
                missing = weight
            if not inside:
                known = worth > 0
                if framing:
                    frame_share += weight
                    if weight > frame_missing:
                        frame_missing = weight
                    if known and weight > frame_contrast:
                        frame_contrast = weight
                else:
                    if weight > unphrased:
                        unphrased = weight
                    if known and weight > contrast:
                        contrast = weight
                if not known and not in_answer:
                    strange += weight * (FRAME_STRANGE if framing else 1.0)
                if kind and kind & akin:
                    in_kind += weight
                elif weight > (frame_foreign if framing else foreign) and not in_answer:
                    if framing:
                        frame_foreign = weight
                    else:
                        foreign = weight
            if not framing:
                subject_all += weight
                subject += worth if inside else 0.0
        total = asked.total or 1.0
        heaviest = self._unknown
        claimed, disclaimed, balance, kind_claimed, kind_disclaimed = self._apart(weighed, entry, rival)
        core_missing, core_cover, core_foreign = self._said_of_core(asked, entry, kinds_asked)
        values = (
            wide / total,
            subject / subject_all if subject_all else 0.5,
            float(not subject),
            missing / heaviest,
            reverse,
            overlap,
            contrast / heaviest,
            frame_contrast / heaviest,
            unphrased / heaviest,
            frame_missing / heaviest,
            frame_share / total,
            strange / total,
            common / total,
            common / length,
            unsaid / heaviest,
            core_missing,
            core_cover,
            claimed / heaviest,
            disclaimed / heaviest,
            balance / total,
            in_kind / total,
            foreign / heaviest,
            frame_foreign / heaviest,
            core_foreign,
            kind_claimed / heaviest,
            kind_disclaimed / heaviest,
        )
        return Evidence(
            values, cover / total, tuple([asked.origin.get(s, s) for s in explained[:SHOWN_WORDS]])
        )


def _rivals(order: Sequence[int]) -> list[int]:
    """Give for each entry the best of the others; itself where it is alone."""
    return [order[1], *[order[0]] * (len(order) - 1)] if len(order) > 1 else list(order)


def _shares(phrasings: Sequence[Sequence[str]]) -> dict[str, float]:
    """Give the share of some phrasings that say each stem, one more counted that says none."""
    counts: dict[str, int] = {}
    for stems in phrasings:
        for stem in set(stems):
            counts[stem] = counts.get(stem, 0) + 1
    whole = len(phrasings) + 1
    return {stem: count / whole for stem, count in counts.items()}


def _postings(sets: Sequence[frozenset[str]]) -> dict[str, Narrow]:
    found: dict[str, list[int]] = {}
    for at, members in enumerate(sets):
        for stem in members:
            found.setdefault(stem, []).append(at)
    kind = least(len(sets))
    return {stem: np.array(at, kind) for stem, at in found.items()}
