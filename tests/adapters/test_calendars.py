"""The school holidays that ship, against the dates as they were read."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from helpbot.adapters.calendars import load_calendar
from helpbot.core.hours import ZONES, Break


@pytest.mark.parametrize(
    ("zone", "first", "back"),
    [
        ("A", "2026-10-17", "2026-11-02"),
        ("B", "2026-12-19", "2027-01-04"),
        ("A", "2027-02-13", "2027-03-01"),
        ("B", "2027-02-20", "2027-03-08"),
        ("C", "2027-02-06", "2027-02-22"),
        ("A", "2027-04-10", "2027-04-26"),
        ("B", "2027-04-17", "2027-05-03"),
        ("C", "2027-04-03", "2027-04-19"),
        ("C", "2027-05-06", "2027-05-10"),
    ],
)
def test_shipped_dates(zone: str, first: str, back: str) -> None:
    calendar = load_calendar(zone, "Europe/Paris")
    first_day, school_again = date.fromisoformat(first), date.fromisoformat(back)
    assert all(calendar.is_off(first_day + timedelta(n)) for n in range((school_again - first_day).days))
    assert calendar.is_school_day(school_again)
    assert not calendar.is_off(first_day - timedelta(1))


def test_a_zone_differs_from_the_next() -> None:
    friday = date(2027, 2, 12)
    assert [load_calendar(z, "Europe/Paris").is_off(friday) for z in "ABC"] == [False, False, True]


def test_no_zone_no_holidays() -> None:
    assert not load_calendar(None, "Europe/Paris").is_off(date(2026, 12, 25))


def test_alsace_and_moselle_have_the_breaks_of_zone_b_and_days_of_their_own() -> None:
    there, zone_b = (load_calendar(z, "Europe/Paris") for z in ("alsace-moselle", "B"))
    assert there.is_off(date(2027, 2, 22))
    assert there.knows(date(2027, 2, 22))
    good_friday = date(2027, 3, 26)
    assert (there.is_off(good_friday), zone_b.is_off(good_friday)) == (True, False)


def test_zones_without_dates_keep_public_holidays_and_say_so() -> None:
    for zone in ZONES[4:]:
        calendar = load_calendar(zone, "Europe/Paris")
        assert calendar.is_off(date(2026, 12, 25))
        assert not calendar.is_off(date(2026, 12, 28))
        assert not calendar.knows(date(2026, 12, 28))


def test_given_dates_replace_the_shipped_ones() -> None:
    given = {"corse": (Break("Noël", date(2026, 12, 19), date(2027, 1, 4)),)}
    calendar = load_calendar("corse", "Europe/Paris", given)
    assert calendar.is_off(date(2026, 12, 28))
    assert calendar.knows(date(2026, 12, 28))
    assert not calendar.knows(date(2027, 2, 1))
    assert load_calendar("A", "Europe/Paris", given).is_off(date(2026, 12, 28))
