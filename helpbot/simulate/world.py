"""Who lives in the made-up académie and what they ask: drawn from a seed, before any policy is chosen."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from helpbot.core.hours import Calendar, OpenHours
from helpbot.core.ids import UserId
from helpbot.core.spans import DAY, MINUTE
from helpbot.simulate.behaviour import Behaviour, Range
from helpbot.simulate.days import Days, Spans

THEMES = ("apps", "pix", "ent", "rgpd", "tchap", "image", "crcn", "calendrier")
DEMAND = (0.20, 0.18, 0.16, 0.13, 0.11, 0.09, 0.07, 0.06)
"""How often each theme is asked for. Volunteers declare them in the same proportions."""
LEVELS = ("ecole", "college", "lycee")
LEVEL_SHARES = (0.4, 0.35, 0.25)
OPEN = "lun-ven 8h-18h"
OWN_HOURS = (
    "lun-ven 8h-12h",
    "lun-ven 13h-18h",
    "lun-ven 12h-14h et 16h30-18h",
    "lun, mar, jeu, ven 8h30-16h30",
    "mar, mer, ven 9h-17h",
    "lun, mer, jeu 10h-18h",
)
"""What people who declare hours of their own write to `!dispo`."""
OWN_HOURS_ECOLE = (
    "lun-ven 11h30-13h30 et 16h30-18h",
    "lun, mar, jeu, ven 12h-13h30 et 16h30-18h",
    "lun, mar, jeu, ven 16h30-18h ; mer 8h-18h",
)
DRAIN_DAYS = 45
"""What was asked on the last day is still followed for so many days."""
_LESSONS = tuple((start, start + 55) for start in (480, 540, 605, 665, 810, 870, 935, 990))
_ECOLE = ((510, 690), (810, 990))
_REACHABLE = (465, 1110)
_HOURS_OF_DAY = (
    (7 * 60 + 30, 8 * 60, 6), (480, 600, 17), (600, 630, 9), (630, 720, 12), (720, 840, 20),
    (840, 960, 12), (960, 1080, 14), (1080, 1380, 10),
)  # fmt: skip
"""When questions are asked: from minute, to minute, weight."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is played."""

    name: str
    teachers: int = 3000
    schools: int = 60
    volunteers: int = 120
    load: float = 1.0
    """Weekly questions × 3, over what the volunteers' caps allow in a week: up to 1 is adequate capacity."""
    start: date = date(2026, 9, 1)
    weeks: int = 10
    fatigue: bool = True
    holiday_questions: float = 0.1
    """How many questions a school-holiday week brings, over those of a school week."""


@dataclass(frozen=True, slots=True)
class Person:
    """A volunteer. What the bot knows of them, and below the line what it does not."""

    user: UserId
    school: str
    level: str
    themes: frozenset[str]
    cap_day: int
    cap_week: int
    hours: OpenHours
    declared: tuple[Spans, ...]
    """The same hours as minutes of each weekday: what the auditor reads."""
    pauses: tuple[tuple[int, int], ...]
    leaves_at: int

    skill: dict[str, float]
    free: tuple[Spans, ...]
    """When they could look at their phone, on school days."""
    pace: float
    attention: float
    willing: float


@dataclass(frozen=True, slots=True)
class Question:
    """Something asked, with all that is not for a policy to decide."""

    index: int
    at: int
    asker: UserId
    school: str
    level: str
    theme: str
    known: bool
    """The bot knows the theme."""


@dataclass(frozen=True, slots=True)
class World:
    """People and questions of one scenario and seed."""

    scenario: Scenario
    behaviour: Behaviour
    seed: int
    calendar: Calendar
    days: Days
    open_hours: OpenHours
    people: tuple[Person, ...]
    questions: tuple[Question, ...]
    weekly_questions: float


def make_world(scenario: Scenario, behaviour: Behaviour, calendar: Calendar, seed: int) -> World:
    """Draw the people and the questions of a scenario."""
    # A week before, for what the last 7 days mean on the first day.
    days = Days.of(calendar, scenario.start - timedelta(7), 7 + 7 * scenario.weeks + DRAIN_DAYS)
    rng = random.Random(f"{seed}/schools")
    schools = [(f"school-{n}", rng.choices(LEVELS, LEVEL_SHARES)[0]) for n in range(scenario.schools)]
    sizes = [rng.lognormvariate(0, 0.5) for _ in schools]
    people = _people(scenario, behaviour, calendar, days, schools, sizes, random.Random(f"{seed}/people"))
    weekly = scenario.load * capacity(scenario, days, people) / 3
    asking = random.Random(f"{seed}/questions")
    return World(
        scenario,
        behaviour,
        seed,
        calendar,
        days,
        OpenHours.parse(OPEN, calendar),
        people,
        _questions(scenario, behaviour, days, schools, sizes, people, weekly, asking),
        weekly,
    )


def capacity(scenario: Scenario, days: Days, people: tuple[Person, ...]) -> float:
    """Return how many asks the caps allow in a school week, on average, of those who are there."""
    school = [days.midnights[d] for d in range(7, 7 + 7 * scenario.weeks) if days.school[d]]
    there = sum(
        p.cap_week
        for p in people
        for at in school
        if at < p.leaves_at and not any(start <= at < end for start, end in p.pauses)
    )
    return there / max(1, len(school))


def _people(
    scenario: Scenario,
    behaviour: Behaviour,
    calendar: Calendar,
    days: Days,
    schools: list[tuple[str, str]],
    sizes: list[float],
    rng: random.Random,
) -> tuple[Person, ...]:
    common = OpenHours.parse(OPEN, calendar)
    own = [OpenHours.parse(text, calendar) for text in OWN_HOURS]
    around = [OpenHours.parse(text, calendar) for text in OWN_HOURS_ECOLE]
    found = []
    for n in range(scenario.volunteers):
        school, level = rng.choices(schools, sizes)[0]
        small = level == "ecole"
        chose = rng.random() < (behaviour.own_hours_ecole if small else behaviour.own_hours)
        hours = rng.choice(around if small else own) if chose else common
        themes = _themes(behaviour, rng)
        found.append(
            Person(
                user=UserId(f"@v{n}:example.org"),
                school=school,
                level=level,
                themes=frozenset(themes),
                cap_day=rng.choice((1, 2)),
                cap_week=rng.choices((1, 2, 3, 4), behaviour.cap_week)[0],
                hours=hours,
                declared=hours.week,
                pauses=_pauses(behaviour, days, rng),
                leaves_at=_leaves(behaviour, days, rng),
                skill={theme: _between(behaviour.expertise, rng) for theme in themes},
                free=_free(behaviour, level, hours.week if chose else None, rng),
                pace=behaviour.reaction_minutes * rng.lognormvariate(0, behaviour.reaction_people),
                attention=_between(behaviour.attention, rng),
                willing=_between(behaviour.willing, rng),
            )
        )
    return tuple(found)


def _between(bounds: Range, rng: random.Random) -> float:
    return rng.uniform(*bounds)


def _themes(behaviour: Behaviour, rng: random.Random) -> list[str]:
    many = rng.choices((1, 2, 3, 4), behaviour.themes)[0]
    chosen: list[str] = []
    while len(chosen) < many:
        theme = rng.choices(THEMES, DEMAND)[0]
        if theme not in chosen:
            chosen.append(theme)
    return chosen


def _pauses(behaviour: Behaviour, days: Days, rng: random.Random) -> tuple[tuple[int, int], ...]:
    """Draw a pause for some of the stretches of twelve weeks."""
    pauses = []
    for begin in range(0, len(days.midnights), 84):
        if rng.random() < behaviour.pause_a_term:
            first = begin + rng.randrange(84)
            last = first + rng.choice((7, 14, 21))
            if first < len(days.midnights):
                pauses.append((days.midnights[first], days.midnights[min(last, len(days.midnights) - 1)]))
    return tuple(pauses)


def _leaves(behaviour: Behaviour, days: Days, rng: random.Random) -> int:
    """Draw the moment at which somebody stops, mostly after the end."""
    day = int(rng.random() * 365 / behaviour.leaves_a_year) if behaviour.leaves_a_year else 10**6
    return days.midnights[day] if day < len(days.midnights) else days.midnights[-1] + 10_000 * DAY


def _free(
    behaviour: Behaviour, level: str, chosen: tuple[Spans, ...] | None, rng: random.Random
) -> tuple[Spans, ...]:
    """Draw a timetable and return what it leaves of each day."""
    share = getattr(behaviour, f"class_{level}")
    lessons = _ECOLE if level == "ecole" else _LESSONS
    week: list[Spans] = []
    for weekday in range(7):
        taught = []
        for start, end in lessons:
            inside = chosen is not None and any(a <= start and end <= b for a, b in chosen[weekday])
            afternoon_off = weekday == 2 and start >= 780
            chance = 0.0 if afternoon_off else share * (behaviour.class_declared if inside else 1)
            if rng.random() < chance:
                taught.append((start, end))
        week.append(_without(taught))
    return tuple(week)


def _without(taught: list[tuple[int, int]]) -> Spans:
    spans, at = [], _REACHABLE[0]
    for start, end in taught:
        if at < start:
            spans.append((at, start))
        at = end
    return (*spans, (at, _REACHABLE[1]))


def _questions(
    scenario: Scenario,
    behaviour: Behaviour,
    days: Days,
    schools: list[tuple[str, str]],
    sizes: list[float],
    people: tuple[Person, ...],
    weekly: float,
    rng: random.Random,
) -> tuple[Question, ...]:
    drawn = []
    school_weights, day_weights = list(accumulate(sizes)), [w for *_, w in _HOURS_OF_DAY]
    for day in range(7, 7 + 7 * scenario.weeks):
        rate = weekly / 5
        if not days.school[day]:
            weekend = days.weekday(day) >= 5
            rate *= 0.05 if weekend else scenario.holiday_questions
        at = rng.expovariate(1)
        while at < rate:
            begin, end, _ = rng.choices(_HOURS_OF_DAY, day_weights)[0]
            minute = rng.uniform(begin, end)
            school, level = rng.choices(schools, cum_weights=school_weights)[0]
            # One asker in fifty is a volunteer too: never to be asked their own question.
            asker = f"@t{rng.randrange(scenario.teachers)}:example.org"
            if rng.random() < 0.02:
                helper = rng.choice(people)
                asker, school, level = helper.user, helper.school, helper.level
            theme = rng.choices(THEMES, DEMAND)[0]
            known = rng.random() < behaviour.theme_known
            if days.school[day]:
                minute = _after_class(behaviour, level, days.weekday(day), minute, rng)
            moment = days.midnights[day] + int(minute * MINUTE)
            drawn.append((moment, UserId(asker), school, level, theme, known))
            at += rng.expovariate(1)
    return tuple(Question(n, *one) for n, one in enumerate(sorted(drawn)))


def _after_class(behaviour: Behaviour, level: str, weekday: int, minute: float, rng: random.Random) -> float:
    """Return when a question that comes to mind at this minute is asked: mostly not while teaching."""
    teaches = rng.random() < getattr(behaviour, f"class_{level}")
    waits = rng.random() >= behaviour.asks_in_class
    pause = rng.uniform(0, 15)
    if not teaches or not waits or (weekday == 2 and minute >= 780):
        return minute
    lessons = _ECOLE if level == "ecole" else _LESSONS
    return next((end + pause for start, end in lessons if start <= minute < end), minute)
