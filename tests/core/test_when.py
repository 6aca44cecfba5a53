"""Days, hours and durations as people write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpbot.adapters.calendars import load_calendar
from helpbot.core.when import read_stretch

CALENDAR = load_calendar("A", "Europe/Paris")
NOW = datetime(2026, 11, 25, 10, 30, tzinfo=CALENDAR.timezone)  # a Wednesday
Point = tuple[int, int, int]


@pytest.mark.parametrize(
    ("text", "first", "until"),
    [
        ("2 semaines", None, (2026, 12, 9)),
        ("deux  SEMAINES", None, (2026, 12, 9)),
        ("une semaine", None, (2026, 12, 2)),
        ("1 semaine et demie", None, (2026, 12, 5)),
        ("quinze jours", None, (2026, 12, 10)),
        ("3j", None, (2026, 11, 28)),
        ("pendant 2 mois", None, (2027, 1, 25)),
        ("un mois et demi", None, (2027, 1, 9)),
        ("un an", None, (2027, 11, 25)),
        ("jusqu'au 3 janvier", None, (2027, 1, 4)),
        ("jusqu’au 3 janvier 2027 inclus".removesuffix(" inclus"), None, (2027, 1, 4)),
        ("jusqu'au 3/1/27", None, (2027, 1, 4)),
        ("jusqu'à lundi", None, (2026, 12, 1)),
        ("avant lundi", None, (2026, 11, 30)),
        ("jusqu'à la rentrée", None, (2027, 1, 4)),
        ("jusqu'aux vacances", None, (2026, 12, 19)),
        ("jusqu'à la fin du mois", None, (2026, 12, 1)),
        ("aujourd'hui", None, (2026, 11, 26)),
        ("cette semaine", None, (2026, 11, 30)),
        ("la semaine prochaine", (2026, 11, 30), (2026, 12, 7)),
        ("les vacances", (2026, 12, 19), (2027, 1, 4)),
        ("lundi", (2026, 11, 30), (2026, 12, 1)),
        ("le 12", (2026, 12, 12), (2026, 12, 13)),
        ("jeudi 3 décembre", (2026, 12, 3), (2026, 12, 4)),
        ("2026-12-01", (2026, 12, 1), (2026, 12, 2)),
        ("du 3 au 10 mars", (2027, 3, 3), (2027, 3, 11)),
        ("du 30 au 3 décembre", (2026, 11, 30), (2026, 12, 4)),
        ("du 28 novembre au 2 décembre", (2026, 11, 28), (2026, 12, 3)),
        ("du 20 décembre au 5 janvier", (2026, 12, 20), (2027, 1, 6)),
        ("du 30/11 au 4/12", (2026, 11, 30), (2026, 12, 5)),
        ("de lundi à mercredi", (2026, 11, 30), (2026, 12, 3)),
    ],
)
def test_days(text: str, first: Point | None, until: Point) -> None:
    found = read_stretch(text, NOW, CALENDAR)
    assert found.first == (None if first is None else (date(*first), 0))
    assert found.until == (date(*until), 0)


@pytest.mark.parametrize(
    ("text", "first", "until"),
    [
        ("1h", None, (25, 690)),
        ("2 heures", None, (25, 750)),
        ("jusqu'à 14h30", None, (25, 870)),
        ("jusqu'à midi", None, (25, 840)),
        ("cet après-midi", (25, 720), (26, 0)),
        ("demain matin", (26, 0), (26, 720)),
        ("demain à 14h", (26, 840), (27, 0)),
    ],
)
def test_hours(text: str, first: tuple[int, int] | None, until: tuple[int, int]) -> None:
    found = read_stretch(text, NOW, CALENDAR)
    day, minute = until
    assert found.until == (date(2026, 11, day), minute)
    assert found.first == (None if first is None else (date(2026, 11, first[0]), first[1]))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("bientôt", "n'est pas compris"),
        ("", "dites combien de temps"),
        ("le 31 février", "n'est pas une date"),
        ("3 ans", "dépasse un an"),
        ("jusqu'au 3 janvier 2020", "déjà passé"),
        ("jusqu'à 9h", "déjà passé"),
        ("du 10 mars 2027 au 3 mars 2027 ", "dépasse un an"),
    ],
)
def test_what_is_wrong_is_said(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_stretch(text, NOW, CALENDAR)


@given(st.text(alphabet="0123456789 abcdefghijlmnoprstuvàéû'/-:h", max_size=40))
def test_no_text_is_too_strange(text: str) -> None:
    with suppress(ValueError):  # nothing else may be raised
        assert read_stretch(text, NOW, CALENDAR).until > (NOW.date(), 0)


def test_moments_begin_now_at_the_earliest() -> None:
    now = CALENDAR.moment(date(2026, 11, 25), 630)
    start, end = read_stretch("jusqu'à lundi", NOW, CALENDAR).moments(CALENDAR, now)
    assert start == now
    assert CALENDAR.local(end).isoformat() == "2026-12-01T00:00:00+01:00"
