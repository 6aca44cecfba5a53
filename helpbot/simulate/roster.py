"""The directory during a play: who was asked when, who holds what, who left, and how tired they are."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict

from helpbot.core.effects import Reacted
from helpbot.core.habits import Habits, noticed
from helpbot.core.hours import OpenHours
from helpbot.core.ids import RoomId, UserId
from helpbot.core.incoming import RoomFacts
from helpbot.core.routing import WEEKS, Caps, Volunteer, learned
from helpbot.core.spans import DAY, MINUTE
from helpbot.simulate.world import Person, World

ACADEMIE = "exemple"
_NEVER = 1 << 62


class Roster:
    """What changes about people while questions come. `people` are named by their place in the world."""

    def __init__(self, world: World, *, fatigue: bool) -> None:
        self.people = world.people
        self.days = world.days
        self.behaviour = world.behaviour
        self.fatigue = fatigue
        self.index = {person.user: n for n, person in enumerate(world.people)}
        self.asks: list[list[int]] = [[] for _ in world.people]
        self.open = [0] * len(world.people)
        self.left_at = [person.leaves_at for person in world.people]
        self.usual: list[float | None] = [None] * len(world.people)
        self.habits: list[Habits | None] = [None] * len(world.people)
        self._tired = [(0.0, 0)] * len(world.people)
        self._known: list[Volunteer | None] = [None] * len(world.people)
        self._stale_at = [0] * len(world.people)
        self._pools: dict[str | None, list[int]] = defaultdict(list)
        for n, person in enumerate(world.people):
            for theme in (None, *person.themes):
                self._pools[theme].append(n)
        self._opened: dict[int, bool] = {}
        self._opened_at = 0

    def pool(self, theme: str | None, now: int) -> list[int]:
        """Return those who declared a theme (all, without one) and have not stopped."""
        return [n for n in self._pools[theme] if self.left_at[n] > now]

    def asked_week(self, n: int, now: int) -> int:
        """Return how often somebody was asked in the last 7 days."""
        asks = self.asks[n]
        return len(asks) - bisect_left(asks, now - 7 * DAY)

    def away_until(self, n: int, now: int) -> int:
        """Return the end of the pause that somebody is in, else 0."""
        return next((end for start, end in self.people[n].pauses if start <= now < end), 0)

    def is_open(self, hours: OpenHours, now: int) -> bool:
        """Tell whether hours are open, looking once at hours that many share."""
        if now != self._opened_at:
            self._opened, self._opened_at = {}, now
        if id(hours) not in self._opened:
            self._opened[id(hours)] = hours.is_open(now)
        return self._opened[id(hours)]

    def volunteer(self, n: int, now: int) -> Volunteer:
        """Return a person as the bot knows them now."""
        known = self._known[n]
        if known is None or now >= self._stale_at[n]:
            known = self._known[n] = self._volunteer(n, now)
            self._stale_at[n] = self._next_change(n, now)
        return known

    def _volunteer(self, n: int, now: int) -> Volunteer:
        person = self.people[n]
        midnight = self.days.midnights[self.days.where(now)[0]]
        asks = self.asks[n]
        return Volunteer(
            user=person.user,
            themes=person.themes,
            hours=person.hours,
            school=person.school,
            academie=ACADEMIE,
            level=person.level,
            direct=direct_room(n, person),
            noticed=True,
            asked_day=len(asks) - bisect_left(asks, midnight),
            asked_week=self.asked_week(n, now),
            asked_month=len(asks) - bisect_left(asks, now - WEEKS * 7 * DAY),
            open_asks=self.open[n],
            caps=Caps(person.cap_day, person.cap_week, 1),
            away_until=self.away_until(n, now),
            usual_minutes=self.usual[n],
            habits=self.habits[n],
        )

    def _next_change(self, n: int, now: int) -> int:
        """Return when what the bot knows of somebody changes though nothing happens."""
        asks = self.asks[n]
        spans = (7 * DAY, WEEKS * 7 * DAY)
        leaving = [at + span for span in spans for at in asks[bisect_left(asks, now - span) :][:1]]
        moments = [edge for pause in self.people[n].pauses for edge in pause if edge > now]
        midnight = self.days.midnights[min(self.days.where(now)[0] + 1, len(self.days.midnights) - 1)]
        return min([*moments, *(at + 1 for at in leaving), midnight if asks else _NEVER, _NEVER])

    def note_open(self, user: UserId, change: int) -> None:
        """Note that somebody holds one ask more or less."""
        n = self.index[user]
        self.open[n] += change
        self._stale_at[n] = 0

    def note_asked(self, n: int, now: int, *, welcome: bool) -> float:
        """Note an ask, and return how much too much it is: 0 for somebody rested."""
        self.asks[n].append(now)
        self._stale_at[n] = 0
        if not self.fatigue:
            return 0.0
        tired, since = self._tired[n]
        tired *= math.exp((since - now) / (14 * DAY))
        self._tired[n] = (tired + (1.0 if welcome else self.behaviour.tiring_off), now)
        return max(0.0, tired / (2 * self.people[n].cap_week) - self.behaviour.tired_from)

    def note_reaction(self, n: int, reaction: Reacted, now: int) -> None:
        """Learn from when somebody reacted, as the bot's store does."""
        self.usual[n] = learned(self.usual[n], reaction.minutes)
        self.habits[n] = noticed(self.habits[n], reaction.asked, now, self.people[n].hours.calendar)
        self._stale_at[n] = 0

    def note_left(self, n: int, now: int) -> None:
        """Note that somebody stops (`!stop`) after the minute that is running."""
        self.left_at[n] = min(self.left_at[n], now + MINUTE)


def direct_room(n: int, person: Person) -> RoomFacts:
    """Return somebody's direct message with the bot."""
    return RoomFacts(RoomId(f"!d{n}:example.org"), direct_with=person.user)
