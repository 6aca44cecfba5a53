"""The FAQ, learned once and asked many times. Immutable after `build`; safe to share between threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpbot.core import faq as values
from helpbot.core import french
from helpbot.core.faq import Faq
from helpbot.core.matching import danger
from helpbot.core.matching.ridge import Ridge
from helpbot.core.matching.vectors import Floats, Reading, Space, read
from helpbot.core.matching.verdicts import Answer, Clarify, Match, Redirect, Route, Verdict

ANSWER_AT = 0.60
CLARIFY_AT = 0.25
SHOWN = 10
OPTIONS = 3


@dataclass(frozen=True, slots=True)
class FaqIndex:
    """What was learned from a FAQ's phrasings, and from what is known of danger."""

    faq: Faq
    answer_at: float
    clarify_at: float
    _space: Space
    _ridge: Ridge
    _names: tuple[str, ...]
    """Entries first, then the redirections that have phrasings."""
    _themes: tuple[str, ...]

    @classmethod
    def build(cls, faq: Faq, *, answer_at: float | None = None, clarify_at: float | None = None) -> FaqIndex:
        """Learn from a FAQ. Thresholds given here replace the calibrated ones."""
        phrasings = [(i, p) for i, e in enumerate(faq.entries) for p in e.phrasings]
        shift = len(faq.entries)
        phrasings += [(shift + i, p) for i, r in enumerate(faq.redirects) for p in r.when]
        labels = np.array([i for i, _ in phrasings], np.intp)
        space = Space([read(p) for _, p in phrasings], labels.tolist())
        ridge = Ridge.learn(space, labels, shift + len(faq.redirects))
        return cls(
            faq,
            ANSWER_AT if answer_at is None else answer_at,
            CLARIFY_AT if clarify_at is None else clarify_at,
            space,
            ridge,
            (*(e.id for e in faq.entries), *(r.id for r in faq.redirects)),
            tuple(e.theme for e in faq.entries),
        )

    def redirect(self, redirect_id: str) -> values.Redirect:
        """Give the redirection of that id: the FAQ's own, or the built-in one for danger."""
        for known in (*self.faq.redirects, *danger.built_in()):
            if known.id == redirect_id:
                return known
        raise KeyError(redirect_id)

    def theme_of(self, question: str) -> str | None:
        """Give the theme that a question belongs to, when the FAQ can tell."""
        return self._theme(self._scores(read(question)))

    def verdict(self, question: str, *, before: str | None = None) -> Verdict:
        """Decide what to do with a question. `before` is what the same person asked just before."""
        reading = read(question)
        if before and french.is_follow_up(question):
            reading = read(f"{french.strip_politeness(before)} {question}")
        scores = self._scores(reading)
        candidates = self._candidates(scores, reading)
        if alarm := danger.alarm(question):
            return Redirect(alarm.id, urgent=True, candidates=candidates, why=(alarm.words,))
        entries = len(self.faq.entries)
        best = int(np.argmax(scores)) if len(scores) else 0
        if entries <= best < len(scores) and scores[best] >= self.answer_at:
            known = self.faq.redirects[best - entries]
            return Redirect(known.id, known.urgent, candidates, _unit(scores[best]))
        if candidates and candidates[0].score >= self.answer_at:
            return Answer(candidates[0], candidates)
        options = tuple(m for m in candidates[:OPTIONS] if m.score >= self.clarify_at)
        if options:
            return Clarify(options, candidates)
        return Route(self._theme(scores), candidates)

    def _scores(self, reading: Reading) -> Floats:
        similar = self._space.similarities(self._space.vector(reading))
        return self._ridge.scores(self._space, similar)

    def _candidates(self, scores: Floats, reading: Reading) -> tuple[Match, ...]:
        own = scores[: len(self.faq.entries)]
        return tuple(Match(self._names[i], _unit(own[i]), reading.words[:5]) for i in _best(own, SHOWN))

    def _theme(self, scores: Floats) -> str | None:
        totals: dict[str, float] = {}
        for at in _best(scores[: len(self._themes)], SHOWN):
            theme = self._themes[at]
            totals[theme] = totals.get(theme, 0.0) + max(0.0, float(scores[at]))
        ranked = sorted(totals.items(), key=lambda kv: -kv[1])
        if not ranked or ranked[0][1] < 0.15:
            return None
        if len(ranked) > 1 and ranked[0][1] < 1.5 * ranked[1][1]:
            return None
        return ranked[0][0]


def _unit(score: float) -> float:
    return round(min(1.0, max(0.0, float(score))), 4)


def _best(scores: Floats, count: int) -> Sequence[int]:
    return [int(i) for i in np.argsort(-scores, kind="stable")[:count]]
