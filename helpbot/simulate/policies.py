"""Whom to ask: the policies that are compared.

Each drives the same tickets (`core.tickets`): all wait, remind, pass on and give up alike. What differs
is the directory that the ticket is shown: ours gets the bot's, the others get a list in the order that they
would ask in.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from helpbot.core.hours import Calendar, OpenHours
from helpbot.core.ids import UserId
from helpbot.core.routing import WEEKS, Caps, Volunteer, refusal
from helpbot.core.tickets import Plan
from helpbot.simulate.roster import Roster, direct_room
from helpbot.simulate.world import Question, World

EVERYBODY = 10**6
_ENOUGH = 8
"""More people than the waves of one plan can ask."""


@dataclass(slots=True)
class Turn:
    """The moment at which a policy is asked whom to ask."""

    world: World
    roster: Roster
    question: Question
    offered: frozenset[UserId]
    now: int

    @property
    def theme(self) -> str | None:
        """The theme as far as the bot knows it."""
        return self.question.theme if self.question.known else None

    def pool(self) -> list[int]:
        """Return those who may answer at all: opted in, the theme, not the asker, not asked before."""
        people = self.world.people
        return [
            n
            for n in self.roster.pool(self.theme, self.now)
            if people[n].user not in self.offered and people[n].user != self.question.asker
        ]

    def available(self) -> list[int]:
        """Return those of the pool who are within the hours that they gave, and not on a pause."""
        roster, people = self.roster, self.world.people
        return [
            n
            for n in self.pool()
            if roster.is_open(people[n].hours, self.now) and not roster.away_until(n, self.now)
        ]


Order = Callable[[Turn], list[int]]


@dataclass(frozen=True, slots=True)
class Policy:
    """A way of finding a helper."""

    name: str
    order: Order | None = None
    """Who is asked first; None: the bot's own `core.routing`."""
    plan: Plan = field(default_factory=Plan)
    minds_hours: bool = True
    """Keeps to the open hours of the bot."""
    learns: bool = False
    """Waits as long as each person usually takes, as ours does, rather than 20 minutes for everybody."""

    def volunteers(self, turn: Turn) -> tuple[Volunteer, ...]:
        """Return the directory as the ticket is to see it."""
        if self.order is None:
            return tuple(turn.roster.volunteer(n, turn.now) for n in turn.roster.pool(turn.theme, turn.now))
        ranked = self.order(turn)
        if self.plan.waves != (EVERYBODY,):
            ranked = ranked[:_ENOUGH]
        hours = _always(turn.world.calendar)
        seen = [_as_ranked(turn, n, rank, hours, learns=self.learns) for rank, n in enumerate(ranked)]
        if not seen and turn.pool():
            # Somebody may be free later: the ticket looks again, as it does for ours.
            seen = [_as_ranked(turn, turn.pool()[0], EVERYBODY, hours)]
        return tuple(seen)


def _as_ranked(turn: Turn, n: int, rank: int, hours: OpenHours, *, learns: bool = False) -> Volunteer:
    """Return somebody whom `core.routing` puts at this rank, as though they had been asked so often.

    Whoever is at rank `EVERYBODY` is busy for now.
    """
    person = turn.world.people[n]
    return Volunteer(
        person.user,
        person.themes,
        hours,
        direct=direct_room(n, person),
        noticed=True,
        asked_week=0 if rank < EVERYBODY else EVERYBODY,
        asked_month=rank * WEEKS * EVERYBODY,
        usual_minutes=turn.roster.usual[n] if learns else None,
    )


def _always(calendar: Calendar) -> OpenHours:
    key = str(calendar.timezone)
    if key not in _ALWAYS:
        _ALWAYS[key] = OpenHours.parse("toujours", Calendar(calendar.timezone))
    return _ALWAYS[key]


_ALWAYS: dict[str, OpenHours] = {}


def everybody(turn: Turn) -> list[int]:
    """All at once, at any hour."""
    return turn.pool()


def at_random(turn: Turn) -> list[int]:
    """Anybody with the theme; whether they are free is not looked at."""
    people = turn.pool()
    random.Random(f"{turn.world.seed}/{turn.question.index}/{turn.now}").shuffle(people)
    return people


def _ring(turn: Turn, people: list[int]) -> list[int]:
    """Begin with whoever was asked longest ago; at first in the order of the list."""
    asks = turn.roster.asks
    return sorted(people, key=lambda n: (asks[n][-1] if asks[n] else 0, n))


def round_robin(turn: Turn) -> list[int]:
    """Each in turn; whether they are free is not looked at."""
    return _ring(turn, turn.pool())


def round_robin_aware(turn: Turn) -> list[int]:
    """Each in turn, among those who are within their hours."""
    return _ring(turn, turn.available())


def least_loaded(turn: Turn) -> list[int]:
    """Whoever holds least and was asked least in 7 days, among those who are within their hours."""
    roster = turn.roster
    people = turn.available()
    random.Random(f"{turn.world.seed}/{turn.question.index}/{turn.now}").shuffle(people)
    return sorted(people, key=lambda n: (roster.open[n], roster.asked_week(n, turn.now)))


def _under_caps(turn: Turn, people: list[int]) -> list[int]:
    """Leave those whom ours might ask."""
    roster, now, asker, plan = turn.roster, turn.now, turn.question.asker, Plan()

    def free(n: int) -> bool:
        known = roster.volunteer(n, now)
        theme, offered = turn.theme, turn.offered
        return not refusal(known, theme=theme, asker=asker, offered=offered, caps=plan.caps, now=now)

    return [n for n in people if free(n)]


def round_robin_capped(turn: Turn) -> list[int]:
    """Each in turn, among those who are within their hours and under their caps."""
    return _under_caps(turn, round_robin_aware(turn))


def least_loaded_capped(turn: Turn) -> list[int]:
    """Whoever holds least and was asked least, among the same."""
    return _under_caps(turn, least_loaded(turn))


def best_expert(turn: Turn) -> list[int]:
    """Whoever solves most, known without error: the true skill, which nobody has in life."""
    theme, people = turn.theme, turn.world.people

    def skill(n: int) -> float:
        skills = people[n].skill
        return skills[theme] if theme is not None else sum(skills.values()) / len(skills)

    return sorted(turn.pool(), key=lambda n: -skill(n))


_NO_CAPS = Caps(10**9, 10**9, 10**9)
_PATIENT = Plan(caps=Caps(EVERYBODY, EVERYBODY, EVERYBODY))

POLICIES = (
    Policy("ping-all", everybody, Plan(waves=(EVERYBODY,), caps=_NO_CAPS), minds_hours=False),
    Policy("random", at_random, _PATIENT),
    Policy("round-robin", round_robin, _PATIENT),
    Policy("round-robin-aware", round_robin_aware, _PATIENT),
    Policy("least-loaded-aware", least_loaded, _PATIENT),
    Policy("round-robin-learned", round_robin_aware, _PATIENT, learns=True),
    Policy("least-loaded-learned", least_loaded, _PATIENT, learns=True),
    Policy("round-robin-capped", round_robin_capped, _PATIENT),
    Policy("least-loaded-capped", least_loaded_capped, _PATIENT, learns=True),
    Policy("best-expert", best_expert, _PATIENT),
    Policy("ours"),
)
"""All that are compared. Those with `aware` know own hours and pauses; `learned` also waits as long as each
person usually takes; `capped` also keeps everybody's caps, as ours does."""
OURS = POLICIES[-1]
ROUND_ROBIN = "round-robin-aware"
