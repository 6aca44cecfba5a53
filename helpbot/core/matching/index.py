"""The FAQ, learned once and asked many times. Immutable after `build`; safe to share between threads."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from helpbot.core import faq as values
from helpbot.core import french
from helpbot.core.faq import Faq
from helpbot.core.matching import calibrate, danger
from helpbot.core.matching.confidence import Candidate, consider, learned, ranked
from helpbot.core.matching.evidence import Evidence
from helpbot.core.matching.lexicon import Lexicon
from helpbot.core.matching.ridge import Ridge
from helpbot.core.matching.vectors import Reading, Space, read
from helpbot.core.matching.verdicts import Answer, Clarify, Match, Redirect, Route, Verdict
from helpbot.core.matching.worry import worry

Floats = NDArray[np.float64]

SHOWN = 10
OPTIONS = 3
ALONE_AT = 0.25
"""From here on a single option is proposed: below, 1 of 55 was right, and 29 questions had no answer."""
FAR_BEHIND = 50
REDIRECT_AT = 0.5
"""A fixed sentence that names who to turn to costs less than a wrong answer."""
URGENT_AT = 0.55
URGENT_EVERYDAY_AT = 0.9
"""« cours sur le harcèlement », « mourir de rire » are no alarm, until they read almost like a phrasing."""
CALM_AT = -1.0
"""Log-odds below which a text tells no danger by its words, however like a phrasing it is."""
WORRY_AT, WORRY_PER_WORD, WORRY_LEAST = 1.2, 0.2, -1.7
"""Log-odds from which a text without a word of danger is taken for one: less the more it says, to a least.
A short question in the words of another world (« murs noirs ») is no worry for a word or two."""
WORRY_NEAR, WORRY_LESSON = 8.0, 1.3
"""How much more is asked beside an entry at 1, and where a lesson is near: one worry in twenty names one."""
SAME_WORDS = 0.9
FEW_VARIED = 0.1
"""Share of entries with a variant up to which…"""
BARE_AT = 0.88
"""… so sure is needed: what tells entries apart is hardly known (.93 right from .83 on, .96 from here on)."""
MOSTLY_VARIED = 0.8
"""Share of entries with a variant from which…"""
VARIED_AT = 0.865
"""… so sure is asked for: two answers in a hundred fewer, and a third of the near misses answered."""
WELL_VARIED = 8
"""Variants an entry, on average, from which the shipped threshold does: they tell near misses apart."""
LEAST_WORDS = 2
FEW_WORDS = 2
STRANGER = 0.9
"""Of two words one that no entry has: what is asked is mostly something else (« tgv retard »)."""
THEME_LEAD = 1.5
THEME_AT = 0.12


@dataclass(frozen=True, slots=True)
class FaqIndex:
    """What was learned from a FAQ's phrasings, and from what is known of danger."""

    faq: Faq
    answer_at: float
    clarify_at: float
    _space: Space
    _ridge: Ridge
    _lexicon: Lexicon
    _names: tuple[str, ...]
    """Entries first, then the redirections that have phrasings, then what entries never answer, by theirs."""

    @classmethod
    def build(cls, faq: Faq, *, answer_at: float | None = None, clarify_at: float | None = None) -> FaqIndex:
        """Learn from a FAQ. Thresholds given here replace the calibrated ones."""
        shift = len(faq.entries)
        phrasings = [(i, p) for i, e in enumerate(faq.entries) for p in e.phrasings]
        phrasings += [(shift + i, p) for i, r in enumerate(faq.redirects) for p in r.when]
        refused = [e for e in faq.entries if e.never]
        last = shift + len(faq.redirects)
        phrasings += [(last + i, p) for i, e in enumerate(refused) for p in e.never]
        labels = [i for i, _ in phrasings]
        readings = [read(p) for _, p in phrasings]
        space, ridge = Space(readings, labels), Ridge(labels)
        told = [*(e.answer for e in faq.entries), *("" for _ in (*faq.redirects, *refused))]
        lexicon = Lexicon(space, readings, labels, told)
        if answer_at is None:
            own = calibrate.left_out(
                lexicon.rows_of[:shift],
                lambda row, gone: consider(space, ridge, lexicon, readings[row], gone)[1],
            )
            answer_at = calibrate.raised(max(learned().answer_at, _asked_of(faq)), list(own))
        if clarify_at is None:
            clarify_at = min(learned().clarify_at, answer_at)
        danger.alarm("")  # reads its rules now rather than at the first question
        worry("")
        names = (*(e.id for e in faq.entries), *(r.id for r in faq.redirects), *(e.id for e in refused))
        return cls(faq, answer_at, clarify_at, space, ridge, lexicon, names)

    def redirect(self, redirect_id: str) -> values.Redirect:
        """Give the redirection of that id: the FAQ's own, or the built-in one for danger."""
        for known in (*self.faq.redirects, *danger.built_in()):
            if known.id == redirect_id:
                return known
        raise KeyError(redirect_id)

    def theme_of(self, question: str) -> str | None:
        """Give the theme that a question belongs to, when the FAQ can tell."""
        scores, _ = self._considered(read(question))
        return self._theme(scores)

    def verdict(self, question: str, *, before: str | None = None) -> Verdict:
        """Decide what to do with a question. `before` is what the same person asked just before."""
        reading = own = read(question)
        if before and french.is_follow_up(question):
            reading = read(f"{french.strip_politeness(before)} {question}")
        scores, measured = self._considered(reading)
        found = ranked(measured)
        candidates = self._candidates(found, scores)
        alarm = danger.alarm(question)
        if alarm and not self._answered_all_the_same(alarm, found):
            return Redirect(alarm.id, urgent=True, candidates=candidates, why=(alarm.words,))
        if turned := self._redirected(question, found, candidates):
            return turned
        refused = self._refused(found)
        sure = candidates and candidates[0].score >= self.answer_at and candidates[0].entry not in refused
        if sure and not self._doubtful(question, own, before, found):
            return Answer(candidates[0], candidates)
        if not (before and reading is not own) and (worried := self._worried(question, candidates)):
            return worried
        if options := self._options(tuple(m for m in candidates if m.entry not in refused)):
            return Clarify(options, candidates)
        return Route(self._theme(scores), candidates)

    def likeness(self, question: str) -> Floats:
        """Give the cosine between a question and each phrasing of the entries, in their order."""
        rows = sum(map(len, self._lexicon.rows_of[: len(self.faq.entries)]))
        reading = read(question)
        if not reading.stems:
            return np.zeros(rows)
        return self._space.similarities(self._space.vector(reading))[:rows]

    def measured(self, question: str, gone: int | None = None) -> list[Candidate]:
        """Give the measures of the likeliest entries: for calibration and its training."""
        return consider(self._space, self._ridge, self._lexicon, read(question), gone)[1]

    def left_out(self) -> list[list[Candidate]]:
        """Give the measures of some phrasings whose entry is left out: for calibration's training."""
        texts = [p for e in self.faq.entries for p in e.phrasings]
        own = self._lexicon.rows_of[: len(self.faq.entries)]
        return list(calibrate.left_out(own, lambda row, gone: self.measured(texts[row], gone)))

    def _considered(self, reading: Reading) -> tuple[dict[int, float], list[Candidate]]:
        return consider(self._space, self._ridge, self._lexicon, reading)

    def _answered_all_the_same(self, alarm: danger.Alarm, found: list[tuple[float, Candidate]]) -> bool:
        """Tell whether an entry is written for just this: a referent knew what the words mean here."""
        if not found or found[0][1].at >= len(self.faq.entries) or found[0][0] < self.answer_at:
            return False
        return not alarm.sure or found[0][1].evidence.overlap >= SAME_WORDS

    def _redirected(
        self, question: str, found: list[tuple[float, Candidate]], candidates: tuple[Match, ...]
    ) -> Redirect | None:
        """Give the redirection that the question asks for, when no entry answers better."""
        shift = len(self.faq.entries)
        if not found or found[0][1].at < shift:
            return None
        confidence, best = found[0]
        if best.at >= shift + len(self.faq.redirects):
            return None
        known = self.faq.redirects[best.at - shift]
        if confidence < (_urgent_at(question) if known.urgent else REDIRECT_AT):
            return None
        return Redirect(known.id, known.urgent, candidates, round(confidence, 4), best.evidence.words)

    def _worried(self, question: str, candidates: tuple[Match, ...]) -> Redirect | None:
        """Give the redirection of a danger that no rule knows: the nearer an entry, the surer it must be."""
        near = candidates[0].score if candidates else 0.0
        heard = worry(question)
        at = max(WORRY_LEAST, WORRY_AT - WORRY_PER_WORD * heard.said) + WORRY_NEAR * near
        if heard.odds < at + (WORRY_LESSON if danger.is_everyday(question) else 0.0):
            return None
        return Redirect(heard.id, urgent=True, candidates=candidates, why=heard.words)

    def _refused(self, found: list[tuple[float, Candidate]]) -> set[str]:
        """Give the entries of which the question is more likely one that they never answer."""
        last = len(self.faq.entries) + len(self.faq.redirects)
        ahead: set[str] = set()
        answered: set[str] = set()
        for _, candidate in found:
            if candidate.at < last:
                answered.add(self._names[candidate.at])
            elif self._names[candidate.at] not in answered:
                ahead.add(self._names[candidate.at])
        return ahead

    def _doubtful(
        self, question: str, own: Reading, before: str | None, found: list[tuple[float, Candidate]]
    ) -> bool:
        """Tell whether the likeliest entry is not answered all the same: too little is said, or else."""
        likeliest = next(c for _, c in found if c.at < len(self.faq.entries))
        if likeliest.evidence.overlap >= SAME_WORDS:
            return False
        leans = _leans(question, own, before, likeliest.evidence)
        return leans or self._lexicon.contradicts(own, likeliest.at)

    def _candidates(
        self, found: list[tuple[float, Candidate]], scores: dict[int, float]
    ) -> tuple[Match, ...]:
        """Give entries only, those looked at closely first, then by kernel score to make up the number."""
        shift = len(self.faq.entries)
        matches = [Match(self._names[c.at], round(p, 4), c.evidence.words) for p, c in found if c.at < shift]
        taken = {m.entry for m in matches}
        floor = min((m.score for m in matches), default=0.0)
        for at, score in scores.items():
            if len(matches) >= SHOWN:
                break
            if at < shift and self._names[at] not in taken:
                likely = min(floor, max(0.0, score / 10))
                matches.append(Match(self._names[at], round(likely, 4)))
        return tuple(matches[:SHOWN])

    def _options(self, candidates: tuple[Match, ...]) -> tuple[Match, ...]:
        """Give what to propose: at most three, with a word in common, none far behind the first."""
        if not candidates or candidates[0].score < self.clarify_at:
            return ()
        least = candidates[0].score / FAR_BEHIND
        options = tuple(m for m in candidates[:OPTIONS] if m.why and m.score >= least)
        return () if len(options) == 1 and options[0].score < ALONE_AT else options

    def _theme(self, scores: dict[int, float]) -> str | None:
        totals: dict[str, float] = {}
        entries = self.faq.entries
        for at, score in islice(((at, s) for at, s in scores.items() if at < len(entries)), SHOWN):
            theme = entries[at].theme
            totals[theme] = totals.get(theme, 0.0) + max(0.0, score)
        most = sorted(totals.items(), key=lambda kv: -kv[1])
        if not most or most[0][1] < THEME_AT:
            return None
        if len(most) > 1 and most[0][1] < THEME_LEAD * most[1][1]:
            return None
        return most[0][0]


def _asked_of(faq: Faq) -> float:
    """Give how sure a FAQ must at least be, by how many variants its entries have."""
    counts = [len(entry.variants) for entry in faq.entries]
    varied, all_of_them = sum(map(bool, counts)), len(counts)
    if varied <= FEW_VARIED * all_of_them:
        return BARE_AT
    if varied >= MOSTLY_VARIED * all_of_them and sum(counts) < WELL_VARIED * all_of_them:
        return VARIED_AT
    return 0.0


def _urgent_at(question: str) -> float:
    """Give how surely a question must be like an urgent phrasing."""
    calm = danger.is_everyday(question) or worry(question).odds < CALM_AT
    return URGENT_EVERYDAY_AT if calm else URGENT_AT


def _leans(question: str, reading: Reading, before: str | None, evidence: Evidence) -> bool:
    """Tell whether a question says too little to be answered.

    One word; two, one of which the entry lacks altogether; or « et pour un collègue ? ».
    """
    if len(reading.stems) <= FEW_WORDS and evidence.missing >= STRANGER:
        return True
    return len(reading.stems) < LEAST_WORDS or (not before and french.is_follow_up(question))
