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
        ("de lundi à vendredi", (2026, 11, 30), (2026, 12, 5)),
        ("3 au 10 décembre", (2026, 12, 3), (2026, 12, 11)),
        ("les 3 et 4 décembre", (2026, 12, 3), (2026, 12, 5)),
        ("jeudi et vendredi", (2026, 11, 26), (2026, 11, 28)),
        ("mercredi et jeudi", (2026, 12, 2), (2026, 12, 4)),
        ("le week-end", (2026, 11, 28), (2026, 11, 30)),
        ("une quinzaine de jours", None, (2026, 12, 10)),
        ("je suis absente 2 semaines, merci", None, (2026, 12, 9)),
        ("en formation le 3 décembre", (2026, 12, 3), (2026, 12, 4)),
        ("congés du 3 au 10 décembre inclus", (2026, 12, 3), (2026, 12, 11)),
        ("2 semaines à partir de lundi", (2026, 11, 30), (2026, 12, 14)),
        ("dès demain pour 3 jours", (2026, 11, 26), (2026, 11, 29)),
        ("jusqu'aux vacances de février", None, (2027, 2, 13)),
        ("jusqu'à Noël", None, (2026, 12, 19)),
        ("jusqu'à la rentrée de janvier", None, (2027, 1, 4)),
        ("les vacances d'hiver", (2027, 2, 13), (2027, 3, 1)),
        ("jusqu'aux grandes vacances", None, (2027, 7, 3)),
        ("jusqu'à fin janvier", None, (2027, 2, 1)),
        ("jusqu'en janvier", None, (2027, 1, 1)),
        ("en décembre", (2026, 12, 1), (2027, 1, 1)),
        ("la semaine du 7 décembre", (2026, 12, 7), (2026, 12, 14)),
        ("toute la semaine prochaine", (2026, 11, 30), (2026, 12, 7)),
        ("demain toute la journée", (2026, 11, 26), (2026, 11, 27)),
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
        ("jusqu'à midi", None, (25, 720)),
        ("1h30", None, (25, 720)),
        ("une demi-journée", None, (25, 720)),
        ("demain 14h-16h", (26, 840), (26, 960)),
        ("demain de 14h à 16h30", (26, 840), (26, 990)),
        ("vendredi après midi", (27, 720), (28, 0)),
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
        ("demain " * 10_000, "trop long"),
        ("tous les mercredis", "!dispo"),
        ("une semaine sur deux", "!dispo"),
        ("jusqu'à nouvel ordre", "!stop"),
        ("à partir de lundi", "jusqu'à quand"),
        ("mardi et vendredi", "une absence à la fois"),
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
