"""At which hours of the week somebody can look at a message: learned from when they react to being asked.

Most teachers who say no hours of their own are in class for half of those that the bot keeps open, at the
same hours each week of a school year. Asked in class they react an hour later, and the asker waits in vain.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from helpbot.core.hours import Calendar
from helpbot.core.spans import HOUR, MINUTE

SILENCE = 20.0
"""Minutes without a reaction that make it e times less likely that somebody can look at their messages."""
REACTED = 2.0
"""What a reaction within an hour adds, in the same unit (log-odds)."""
SURE = 4.0
"""No hour counts for more than this, either way: a new timetable is learned within weeks."""
FADES = 0.98
"""What is left of all that was noticed before, with each reaction."""
IN_CLASS = -0.5
"""Below this somebody is taken to be in class: ten minutes of silence that no reaction has made up for."""
AHEAD = 5 * MINUTE
"""Where an ask is looked at a few minutes later, the hour that counts is the one that begins then."""

_EVENING = 18 * 60
_AUGUST = 8
_TENTHS = 10


@dataclass(frozen=True, slots=True)
class Habits:
    """What was noticed of one person in one school year."""

    year: int
    """The calendar year in which the school year began: a new one has new timetables."""
    hours: tuple[tuple[int, int], ...] = ()
    """(hour of the week, 0 is Monday midnight; tenths of log-odds that they can look then), by hour."""

    def at(self, hour: int) -> float:
        """Return the log-odds of an hour of the week; 0 where nothing was noticed."""
        place = bisect_left(self.hours, (hour, -1_000))
        found = self.hours[place : place + 1]
        return found[0][1] / _TENTHS if found and found[0][0] == hour else 0.0


def noticed(habits: Habits | None, asked: int, reacted: int, calendar: Calendar) -> Habits:
    """Return what is known of somebody after one more reaction; moments in Unix ms, `calendar` is theirs.

    Each minute of silence counts against the hour that it lies in, on the day of the ask and until the
    evening; a reaction counts for its hour. These are likelihood ratios of « can look » and « cannot », where
    reactions come after `SILENCE` minutes on average. That nobody reacted at all tells nothing: they may have
    seen it.
    """
    began, ended = calendar.local(asked), calendar.local(reacted)
    year = school_year(calendar, reacted)
    known = dict(habits.hours) if habits and habits.year == year else {}
    fresh = {hour: tenths * FADES for hour, tenths in known.items()}
    same_day = began.date() == ended.date()
    minute = began.hour * 60 + began.minute
    until = ended.hour * 60 + ended.minute if same_day else _EVENING
    day = began.weekday() * 24
    while minute < until:
        stop = min(until, (minute // 60 + 1) * 60)
        hour = day + minute // 60
        fresh[hour] = fresh.get(hour, 0.0) - (stop - minute) / SILENCE * _TENTHS
        minute = stop
    if same_day:
        hour = day + ended.hour
        fresh[hour] = fresh.get(hour, 0.0) + REACTED * _TENTHS
    most = SURE * _TENTHS
    kept = ((hour, round(max(-most, min(most, tenths)))) for hour, tenths in sorted(fresh.items()))
    return Habits(year, tuple((hour, tenths) for hour, tenths in kept if tenths))


def is_in_class(habits: Habits | None, calendar: Calendar, now: int) -> bool:
    """Tell whether somebody is taken to be in class when a message that is sent now would be looked at."""
    if habits is None:
        return False
    soon = calendar.local(now + AHEAD)
    absent = habits.at(soon.weekday() * 24 + soon.hour) < IN_CLASS
    return absent and habits.year == school_year(calendar, now)


def in_class(habits: Habits | None) -> tuple[int, ...]:
    """Return the hours of the week (0: Monday midnight) at which somebody is taken to be in class."""
    return tuple(hour for hour, tenths in habits.hours if tenths / _TENTHS < IN_CLASS) if habits else ()


def after_class(habits: Habits | None, calendar: Calendar, at: int) -> int:
    """Return `at` when somebody is not taken to be in class then, else the next moment when they are not."""
    for _ in range(7 * 24):
        if not is_in_class(habits, calendar, at):
            break
        at += HOUR - (at + AHEAD) % HOUR
    return at


def school_year(calendar: Calendar, at: int) -> int:
    """Return the calendar year in which the school year of a moment began; August is part of the next."""
    local = calendar.local(at)
    return local.year if local.month >= _AUGUST else local.year - 1
