"""How well an index answers labelled questions: what `helpbot faq eval` prints and the benchmarks compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from helpbot.core.matching.index import FaqIndex
from helpbot.core.matching.verdicts import Answer, Clarify, Redirect, Verdict


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question and the entry that answers it, or None when no entry does."""

    text: str
    entry: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said to a labelled question."""

    asked: Labelled
    decision: str
    entry: str | None
    confidence: float
    ranking: tuple[str, ...]
    options: tuple[str, ...] = ()

    @property
    def rank(self) -> int | None:
        """Where the right entry stands, from 1; None when it is not there."""
        wanted = self.asked.entry
        return self.ranking.index(wanted) + 1 if wanted in self.ranking else None

    @property
    def right(self) -> bool:
        """Whether it was answered, or redirected, as labelled."""
        return self.entry is not None and self.entry == self.asked.entry


@dataclass(frozen=True, slots=True)
class Point:
    """Answering only from this confidence on: the share answered, and the share of wrong ones among them."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Report:
    """The measures of a set of labelled questions. A share of nothing is None."""

    questions: int
    in_scope: int
    out_of_scope: int
    accuracy_at_1: float | None
    accuracy_at_3: float | None
    mrr: float | None
    precision: float | None
    coverage: float | None
    """Answered rightly or wrongly, among the questions that have an entry."""
    answer_or_option: float | None
    false_answers: float | None
    """Answered, among the questions that no entry answers."""
    decisions: tuple[tuple[str, int], ...]
    curve: tuple[Point, ...]


def ask(index: FaqIndex, questions: Iterable[Labelled]) -> list[Outcome]:
    """Give what an index says to each question."""
    return [outcome(asked, index.verdict(asked.text)) for asked in questions]


def outcome(asked: Labelled, verdict: Verdict) -> Outcome:
    """Give a verdict in the terms of the measures."""
    ranking = tuple(m.entry for m in verdict.candidates)
    first = verdict.candidates[0].score if verdict.candidates else 0.0
    match verdict:
        case Answer(match=match):
            return Outcome(asked, "answer", match.entry, match.score, ranking)
        case Redirect(id=known, score=score):
            return Outcome(asked, "redirect", known, score, (known, *ranking))
        case Clarify(options=options):
            return Outcome(asked, "clarify", None, first, ranking, tuple(m.entry for m in options))
        case _:
            return Outcome(asked, "route", None, first, ranking)


def measure(outcomes: Sequence[Outcome]) -> Report:
    """Give the measures of what was said."""
    inside = [o for o in outcomes if o.asked.entry is not None]
    outside = [o for o in outcomes if o.asked.entry is None]
    answered = [o for o in outcomes if o.decision == "answer" or (o.decision == "redirect" and o.asked.entry)]
    ranks = [o.rank for o in inside]
    names = ("answer", "clarify", "route", "redirect")
    return Report(
        questions=len(outcomes),
        in_scope=len(inside),
        out_of_scope=len(outside),
        accuracy_at_1=_share(sum(r == 1 for r in ranks), len(inside)),
        accuracy_at_3=_share(sum(r is not None and r <= 3 for r in ranks), len(inside)),
        mrr=_share(sum(1 / r for r in ranks if r), len(inside)),
        precision=_share(sum(o.right for o in answered), len(answered)),
        coverage=_share(sum(o.decision in {"answer", "redirect"} for o in inside), len(inside)),
        answer_or_option=_share(sum(o.right or o.asked.entry in o.options for o in inside), len(inside)),
        false_answers=_share(sum(o.decision == "answer" for o in outside), len(outside)),
        decisions=tuple((name, sum(o.decision == name for o in outcomes)) for name in names),
        curve=tuple(risk_coverage(outcomes)),
    )


def risk_coverage(outcomes: Sequence[Outcome]) -> list[Point]:
    """Give risk against coverage when the best entry is answered from each confidence on."""
    ranked = sorted(outcomes, key=lambda o: -o.confidence)
    inside = sum(o.asked.entry is not None for o in outcomes)
    points: list[Point] = []
    wrong = covered = 0
    for count, one in enumerate(ranked, 1):
        first = one.entry or (one.ranking[0] if one.ranking else None)
        wrong += first is None or first != one.asked.entry
        covered += one.asked.entry is not None
        last = count == len(ranked) or ranked[count].confidence < one.confidence
        if last and inside:
            points.append(Point(one.confidence, covered / inside, wrong / count))
    step = max(1, len(points) // 50)
    return points[::step]


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
