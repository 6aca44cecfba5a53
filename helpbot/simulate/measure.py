"""What a play was worth: figures, and the auditor that counts what must never happen."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from helpbot.core.spans import DAY
from helpbot.simulate.play import Ask, Played
from helpbot.simulate.world import World

OPEN_DAY = 600
"""Open minutes of one day, 8 h to 18 h."""
OPENS, LAST_ASK = 480, 1080 - 15
KINDS = ("cap_day", "cap_week", "cap_open", "open_hours", "own_hours", "holidays", "pauses", "opt_outs")


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of one policy in one world. Times are open minutes since the question; None: never."""

    policy: str
    fatigue: bool
    questions: int
    answered: float
    """Share of questions that got an answer at all."""
    answered_day: float
    """Share answered within 600 open minutes."""
    solved: float
    """Share that got a right answer."""
    claim_median: float | None
    claim_p90: float | None
    answer_median: float | None
    contacts: float
    """Asks a question."""
    gini: float
    """Inequality of asks divided by what each person offered, 0 to 1."""
    busiest: int
    """Most asks of one person within 7 days."""
    stopped: float
    """Share of volunteers who stopped before the end."""
    violations: dict[str, int]

    @property
    def violated(self) -> int:
        """All violations together."""
        return sum(self.violations.values())


def measure(played: Played) -> Result:
    """Return the figures of a play."""
    world, stories = played.world, played.stories
    hours = world.open_hours

    def spent(at: int | None, asked: int) -> float:
        return math.inf if at is None else hours.open_minutes_between(asked, at)

    claims = [spent(s.claimed_at, s.question.at) for s in stories]
    answers = [spent(s.answered_at, s.question.at) for s in stories]
    many = max(1, len(stories))
    end = world.days.midnights[7 + 7 * world.scenario.weeks]
    return Result(
        policy=played.policy,
        fatigue=played.fatigue,
        questions=len(stories),
        answered=sum(a < math.inf for a in answers) / many,
        answered_day=sum(a <= OPEN_DAY for a in answers) / many,
        solved=sum(s.solved for s in stories) / many,
        claim_median=quantile(claims, 0.5),
        claim_p90=quantile(claims, 0.9),
        answer_median=quantile(answers, 0.5),
        contacts=sum(s.contacts for s in stories) / many,
        gini=gini(shares(played)),
        busiest=_busiest(played.asks),
        stopped=sum(at < end for at in played.left_at) / max(1, len(played.left_at)),
        violations=audit(world, played.asks, played.left_at),
    )


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return a quantile (the lower one of two); None when it lies among those that never came."""
    if not values:
        return None
    found = sorted(values)[math.ceil(share * len(values)) - 1]
    return None if found == math.inf else found


def shares(played: Played) -> list[float]:
    """Return each person's asks divided by what they offered: their weekly cap, while they were there."""
    world = played.world
    days, last = world.days, 7 + 7 * world.scenario.weeks
    counts = Counter(ask.person for ask in played.asks)
    found = []
    for n, person in enumerate(world.people):
        there = sum(
            days.school[day]
            and days.midnights[day] < played.left_at[n]
            and not any(start <= days.midnights[day] < end for start, end in person.pauses)
            for day in range(7, last)
        )
        if there >= 5:
            found.append(counts[n] / (person.cap_week * there / 5))
    return found


def gini(values: Sequence[float]) -> float:
    """Return the Gini coefficient: 0 when all are equal, near 1 when one has everything."""
    total = sum(values)
    if not total:
        return 0.0
    ranked = sorted(values)
    weighted = sum(rank * value for rank, value in enumerate(ranked, 1))
    return 2 * weighted / (len(ranked) * total) - (len(ranked) + 1) / len(ranked)


def _by_person(asks: Sequence[Ask]) -> dict[int, list[Ask]]:
    found: dict[int, list[Ask]] = {}
    for ask in asks:
        found.setdefault(ask.person, []).append(ask)
    return found


def _busiest(asks: Sequence[Ask]) -> int:
    most = 0
    for mine in _by_person(asks).values():
        moments = [ask.at for ask in mine]
        for n, at in enumerate(moments):
            most = max(most, n + 1 - bisect_left(moments, at - 7 * DAY))
    return most


def audit(world: World, asks: Sequence[Ask], left_at: Sequence[int]) -> dict[str, int]:
    """Count the asks that broke a promise, told from the dates and what people said."""
    found = dict.fromkeys(KINDS, 0)
    for n, mine in _by_person(asks).items():
        person, moments = world.people[n], [ask.at for ask in mine]
        for count, ask in enumerate(mine):
            day, minute = world.days.where(ask.at)
            midnight = world.days.midnights[day]
            spans = person.declared[world.days.weekday(day)]
            found["cap_day"] += count - bisect_left(moments, midnight) >= person.cap_day
            found["cap_week"] += count - bisect_left(moments, ask.at - 7 * DAY) >= person.cap_week
            found["cap_open"] += ask.held >= 1
            found["open_hours"] += not OPENS <= minute < LAST_ASK or world.days.weekday(day) > 4
            found["own_hours"] += not any(start <= minute < end for start, end in spans)
            found["holidays"] += not world.days.school[day] and world.days.weekday(day) < 5
            found["pauses"] += any(start <= ask.at < end for start, end in person.pauses)
            found["opt_outs"] += ask.at >= left_at[n]
    return found
