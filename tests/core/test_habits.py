"""At which hours of the week somebody can look at a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpbot.adapters.calendars import load_calendar
from helpbot.core.habits import (
    SURE,
    Habits,
    after_class,
    in_class,
    is_in_class,
    noticed,
    school_year,
)
from helpbot.core.spans import DAY, HOUR, MINUTE, WEEK
from helpbot.testing.clock import MONDAY_MORNING as NINE

PARIS = load_calendar("A", "Europe/Paris")
EIGHT = NINE - HOUR
MONDAY_8, MONDAY_9, MONDAY_10, MONDAY_17 = 8, 9, 10, 17


def after(*reactions: tuple[int, int]) -> Habits:
    """Return what is known after these pairs of (asked, reacted)."""
    known: Habits | None = None
    for asked, reacted in reactions:
        known = noticed(known, asked, reacted, PARIS)
    assert known is not None
    return known


def teaches(known: Habits | None, now: int) -> bool:
    return is_in_class(known, PARIS, now)


def test_a_reaction_within_minutes_tells_that_one_can_look() -> None:
    known = after((NINE, NINE + 5 * MINUTE))
    assert known == Habits(2026, ((MONDAY_9, 18),))
    assert not teaches(known, NINE)


def test_silence_counts_against_the_hours_it_lasted_and_the_reaction_for_its_own() -> None:
    known = after((EIGHT + 10 * MINUTE, NINE + 58 * MINUTE))
    assert known.at(MONDAY_8) == -2.5
    assert known.at(MONDAY_9) == pytest.approx(2 - 58 / 20, abs=0.05)
    assert teaches(known, EIGHT)
    assert teaches(known, NINE)
    assert not teaches(known, EIGHT + DAY), "another day has other lessons"
    assert teaches(known, EIGHT + WEEK), "the same a week later"


def test_an_ask_answered_the_next_day_tells_of_its_own_day_alone() -> None:
    known = after((NINE + 8 * HOUR, NINE + DAY))
    assert known == Habits(2026, ((MONDAY_17, -30),))
    assert after((NINE + 12 * HOUR, NINE + DAY)) == Habits(2026), "in the evening nobody has to look"


def test_the_hour_that_counts_is_the_one_in_which_an_ask_is_looked_at() -> None:
    known = Habits(2026, ((MONDAY_9, -40),))
    assert teaches(known, NINE - 5 * MINUTE)
    assert teaches(known, NINE + 54 * MINUTE)
    assert not teaches(known, NINE + 55 * MINUTE)


def test_a_new_timetable_is_learned_though_the_old_one_was_sure() -> None:
    known = after(*[(NINE, NINE + HOUR)] * 6)
    assert known.at(MONDAY_9) == -SURE
    # They are asked just before, and react in this hour.
    asked = NINE + WEEK - 5 * MINUTE
    for _ in range(3):
        known = noticed(known, asked, asked + 10 * MINUTE, PARIS)
    assert not teaches(known, NINE + WEEK)


def test_a_new_school_year_begins_with_nothing() -> None:
    known = after((EIGHT, NINE))
    september = NINE + 50 * WEEK
    assert (school_year(PARIS, NINE), school_year(PARIS, september)) == (2026, 2027)
    assert not teaches(known, september - HOUR)
    assert noticed(known, september, september + 5 * MINUTE, PARIS) == Habits(2027, ((MONDAY_9, 18),))


def test_hours_overseas_are_those_of_the_person() -> None:
    reunion = load_calendar("reunion", "Indian/Reunion")
    known = noticed(None, NINE, NINE + 5 * MINUTE, reunion)
    assert known.hours[0][0] == reunion.local(NINE).hour == 11


def test_the_end_of_a_lesson_is_told() -> None:
    known = Habits(2026, ((MONDAY_8, -40), (MONDAY_9, -40), (MONDAY_10, -5)))
    assert in_class(known) == (MONDAY_8, MONDAY_9)
    assert after_class(known, PARIS, EIGHT + 20 * MINUTE) == NINE + 55 * MINUTE
    assert after_class(known, PARIS, NINE + HOUR) == NINE + HOUR
    assert in_class(None) == ()


@given(st.lists(st.tuples(st.integers(0, 30 * DAY), st.integers(0, 2 * DAY)), max_size=40))
def test_what_is_kept_is_bounded_and_in_order(asks: list[tuple[int, int]]) -> None:
    known = Habits(2026)
    for since, took in asks:
        known = noticed(known, NINE + since, NINE + since + took, PARIS)
    hours = [hour for hour, _ in known.hours]
    assert hours == sorted(set(hours))
    assert set(hours) <= set(range(7 * 24))
    assert all(tenths and abs(tenths) <= 10 * SURE for _, tenths in known.hours)
