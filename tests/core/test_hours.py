"""Open hours: reading them, and the arithmetic of open time."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from helpbot.core.hours import ZONES, Break, Calendar, OpenHours, public_holidays

PARIS = ZoneInfo("Europe/Paris")
NO_HOLIDAYS = Calendar(PARIS)
ZONE_A = Calendar(
    PARIS,
    "A",
    (Break("Toussaint", date(2026, 10, 17), date(2026, 11, 2)),),
    (date(2026, 9, 1), date(2027, 7, 2)),
)
WEEK = OpenHours.parse("lun-ven 8h-18h", ZONE_A)


def at(text: str, zone: ZoneInfo = PARIS) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("lun-ven 08:00-18:00", "lun-ven 8h-18h"),
        ("lundi au vendredi de 8 h 30 à 17 h", "lun-ven 8h30-17h"),
        ("du Lundi au Vendredi, de 8h à 12h et de 13h à 17h", "lun-ven 8h-12h et 13h-17h"),
        ("lun-mer-ven 8h-12h et 13h-17h", "lun, mer, ven 8h-12h et 13h-17h"),
        ("mardi, jeudi 9h–11h ; samedi 9h-midi", "mar, jeu 9h-11h ; sam 9h-12h"),
        ("mercrdi 10:15-11:45", "mer 10h15-11h45"),
        ("les mardis 10h-11h", "mar 10h-11h"),
        ("tous les jours 8h-20h", "lun-dim 8h-20h"),
        ("en semaine 8h-18h, week-end 10h-12h", "lun-ven 8h-18h ; sam, dim 10h-12h"),
        ("8-18", "lun-ven 8h-18h"),
        ("sam-lun 9h-10h", "lun, sam, dim 9h-10h"),
        ("ven 20h-minuit", "ven 20h-24h"),
        ("lun 8h-12h, 11h-14h", "lun 8h-14h"),
        (
            "mardi 8h-12h semaines paires; jeudi 14h-16h semaine impaire; lun 9h-10h",
            (
                "lun 9h-10h semaines paires\u00a0; mar 8h-12h semaines paires\u00a0; "
                "lun 9h-10h semaines impaires\u00a0; jeu 14h-16h semaines impaires"
            ),
        ),
        ("les mardis 10h-11h en semaine paire", "mar 10h-11h semaines paires"),
        ("lundi matin et jeudi aprem", "lun 8h-12h\u00a0; jeu 13h-17h"),
        ("les mardis après-midi, vendredi matin", "mar 13h-17h\u00a0; ven 8h-12h"),
        ("lundi matin 9h-11h", "lun 9h-11h"),
        ("mardi de 14h à 16h l'après-midi", "mar 14h-16h"),
        ("matin et après-midi", "lun-ven 8h-12h et 13h-17h"),
        ("lundi, mardi", "lun, mar toute la journée"),
        ("lun-ven", "lun-ven toute la journée"),
        ("tous les jours", "toujours"),
        ("pas le mercredi", "lun, mar, jeu, ven toute la journée"),
        ("pas le lundi matin", "lun 12h-24h\u00a0; mar-ven toute la journée"),
        ("8h-17h sauf mercredi matin", "lun, mar, jeu, ven 8h-17h\u00a0; mer 12h-17h"),
        ("8h-18h lun-jeu", "lun-jeu 8h-18h"),
        ("lundi 10.00-12.00", "lun 10h-12h"),
        ("mardi après 14h", "mar 14h-24h"),
        ("jusqu'à 16h", "lun-ven 0h-16h"),
        ("lundi entre midi et deux", "lun 12h-14h"),
        ("le midi", "lun-ven 12h-14h"),
        ("uniquement le mercredi matin", "mer 8h-12h"),
        ("mar toute la journée semaines paires", "mar toute la journée semaines paires"),
        ("tous les jours sauf mercredi 8h-17h", "lun, mar, jeu, ven, sam, dim 8h-17h"),
        ("8h-17h sauf le mercredi et le vendredi", "lun, mar, jeu 8h-17h"),
        ("lun-ven 8h-12h, hors vacances et jours fériés", "lun-ven 8h-12h"),
        ("Toujours", "toujours"),
        ("24h/24 7j/7", "toujours"),
    ],
)
def test_reads_what_people_write(text: str, canonical: str) -> None:
    hours = OpenHours.parse(text, NO_HOLIDAYS)
    assert str(hours) == canonical
    assert OpenHours.parse(canonical, NO_HOLIDAYS) == hours


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "aucun horaire"),
        ("un mardi sur deux 8h-12h", "à partir de quel jour, ou « semaines paires »"),
        ("un mardi sur deux 8h-12h à partir du 7 janvier", "« 7 janvier » : ajoutez l'année"),
        ("un mardi sur deux 8h-12h à partir du 31/2/2027", "n'est pas une date"),
        ("un mardi sur deux 8h-12h à partir du 2999-01-07", "n'est pas une date que je peux retenir"),
        ("tous les quinze jours 8h-12h", "à partir de quel jour"),
        ("tous les 10 jours mar 8h-9h à partir du 7/1/2027", "un nombre de jours, pas les deux"),
        ("tous les 0 jours 8h-9h à partir du 7/1/2027", "« 0 » n'est pas compris"),
        ("un mois sur deux lun 8h-9h", "« un mois sur deux » n'est pas compris"),
        ("le premier lundi du mois", "il manque les heures"),
        ("le premier lundi du mois 9h-11h le mardi 8h-9h", "séparez par « ; »"),
        ("les lundis 8h-12h et le premier mercredi du mois 14h-16h", "séparez par « ; »"),
        ("le 32 du mois 8h-9h", "un mois va du 1er au 31"),
        ("lun semaines paires 8h-9h à partir du 7/1/2027", "pas les deux"),
        ("mar semaine A 8h-9h", "change d'un établissement à l'autre"),
        ("lun 8h-9h à partir du 7/1/2027 jusqu'au 5/1/2027", "la fin doit venir après le début"),
        ("mar semaines paires 8h-12h et jeu semaines impaires 14h-16h", "séparez"),
        ("lun 8h-12h et mar", "il manque les heures"),
        ("8h-17h sauf", "donnez les jours"),
        ("lun-ven 8h", "une heure de fin manque"),
        ("lun 18h-8h", "la fin doit venir après le début"),
        ("lun 8h-8h", "la fin doit venir après le début"),
        ("lun 25h-26h", "n'est pas une heure"),
        ("merci 8h-9h", "« merci » n'est pas un jour"),
        ("lun 8h-18h 🙂", "n'est pas compris"),
    ],
)
def test_says_what_it_cannot_read(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        OpenHours.parse(text, NO_HOLIDAYS)


@pytest.mark.slow
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        hours = OpenHours.parse(text, NO_HOLIDAYS)
    except ValueError:
        return
    assert OpenHours.parse(str(hours), NO_HOLIDAYS) == hours


@pytest.mark.parametrize(
    ("text", "canonical", "days"),
    [
        ("le premier lundi du mois 9h-11h", "1er lun du mois 9h-11h", "12-07 01-04 02-01"),
        ("tous les premiers lundis 9h-11h", "1er lun du mois 9h-11h", "12-07 01-04 02-01"),
        (
            "les 1er et 3e jeudis de chaque mois, 9h-11h",
            "1er jeu et 3e jeu du mois 9h-11h",
            "12-03 12-17 01-07",
        ),
        (
            "premier lundi et dernier vendredi du mois 9h-11h",
            "1er lun et dernier ven du mois 9h-11h",
            "11-27 12-07 12-25",
        ),
        ("les 1er et 15 du mois de 10h à 12h", "le 1er et le 15 du mois 10h-12h", "12-01 12-15 01-01"),
        (
            "un mercredi sur deux 14h-16h à partir du 7 janvier",  # a Thursday
            "mer toutes les 2 semaines à partir du 13 janvier 2027 14h-16h",
            "01-13 01-27 02-10",
        ),
        (
            "un lundi et un mardi sur deux, 8h-9h, à compter du mardi 3 novembre",  # said afterwards
            "lun, mar toutes les 2 semaines à partir du 3 novembre 2026 8h-9h",
            "11-30 12-01 12-14",
        ),
        (
            "une semaine sur trois 8h-9h dès le 1er décembre",
            "lun-ven toutes les 3 semaines à partir du 1er décembre 2026 8h-9h",
            "12-01 12-02 12-03 12-04 12-21",
        ),
        (
            "tous les 15 jours à partir du 7 janvier, 8h-10h",
            "jeu toutes les 2 semaines à partir du 7 janvier 2027 8h-10h",
            "01-07 01-21 02-04",
        ),
        (
            "tous les quinze jours le mardi 8h-10h depuis le 12/1/27",
            "mar toutes les 2 semaines à partir du 12 janvier 2027 8h-10h",
            "01-12 01-26",
        ),
        (
            "un jour sur trois 8h-9h à partir du 2027-01-07",
            "tous les 3 jours à partir du 7 janvier 2027 8h-9h",
            "01-07 01-10 01-13",
        ),
        (
            "mar 8h-9h à partir du 5 janvier jusqu'au 19 janvier",
            "mar à partir du 5 janvier 2027 jusqu'au 19 janvier 2027 8h-9h",
            "01-05 01-12 01-19",
        ),
    ],
)
def test_reads_days_that_come_back_otherwise_than_each_week(text: str, canonical: str, days: str) -> None:
    hours = OpenHours.parse(text, NO_HOLIDAYS, date(2026, 11, 21))
    assert str(hours) == canonical
    assert OpenHours.parse(canonical, NO_HOLIDAYS) == hours
    noon, expected = at("2026-11-21T12:00"), days.split()
    opens = []
    for _ in expected:
        start = hours.next_open(noon)
        opens.append(f"{NO_HOLIDAYS.local(start):%m-%d}")
        noon = NO_HOLIDAYS.moment(NO_HOLIDAYS.local(start).date(), 23 * 60)
    assert opens == expected


def test_what_is_over_already_is_said() -> None:
    with pytest.raises(ValueError, match="déjà passé"):
        OpenHours.parse("mar 8h-12h jusqu'au 3 novembre", NO_HOLIDAYS, date(2026, 11, 21))


def test_plain_and_recurring_hours_of_one_day_are_joined() -> None:
    hours = OpenHours.parse("lun 8h-10h ; le premier lundi du mois 9h-12h", ZONE_A)
    assert hours.open_minutes_between(at("2026-12-07T00:00"), at("2026-12-08T00:00")) == 4 * 60
    assert hours.open_minutes_between(at("2026-12-14T00:00"), at("2026-12-15T00:00")) == 2 * 60
    assert not OpenHours.parse("le dernier lundi du mois 8h-12h", ZONE_A).is_open(at("2026-10-26T09:00"))


_RECURRING = st.builds(
    " ".join,
    st.permutations(
        ("un", "mardi sur deux", "8h-9h", "à partir du 7 janvier", "1er", "du mois", "et", ";", "3e jeudi")
    ),
)


@pytest.mark.slow
@given(_RECURRING)
def test_what_recurs_is_read_back_as_it_is_told(text: str) -> None:
    try:
        hours = OpenHours.parse(text, NO_HOLIDAYS, date(2026, 11, 21))
    except ValueError:
        return
    assert OpenHours.parse(str(hours), NO_HOLIDAYS) == hours


def test_public_holidays_of_a_year() -> None:
    assert [f"{d:%m-%d}" for d in sorted(public_holidays(2027))] == [
        "01-01", "03-29", "05-01", "05-06", "05-08", "05-17", "07-14", "08-15", "11-01", "11-11", "12-25",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "more"),
    [
        ("A", ""),
        ("alsace-moselle", "03-26 12-26"),
        ("guadeloupe", "05-27"),
        ("guyane", "06-10"),
        ("martinique", "05-22"),
        ("mayotte", "04-27"),
        ("reunion", "12-20"),
    ],
)
def test_public_holidays_that_only_some_places_have(zone: str, more: str) -> None:
    own = public_holidays(2027, zone) - public_holidays(2027)
    assert " ".join(f"{d:%m-%d}" for d in sorted(own)) == more


def test_each_zone_has_public_holidays() -> None:
    assert all(len(public_holidays(2027, zone)) >= 11 for zone in ZONES)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-20T10:00", "2026-11-20T10:00"),
        ("2026-11-20T18:00", "2026-11-23T08:00"),
        ("2026-11-10T19:00", "2026-11-12T08:00"),  # the 11th is a public holiday
        ("2026-10-16T18:30", "2026-11-02T08:00"),  # autumn break, clocks go back within
    ],
)
def test_next_opening(moment: str, opens: str) -> None:
    assert WEEK.next_open(at(moment)) == at(opens)


def test_without_a_zone_no_day_is_off() -> None:
    always = OpenHours.parse("toujours", NO_HOLIDAYS)
    assert always.is_open(at("2026-12-25T03:00"))
    assert not always.closes_within(at("2026-12-24T23:59"), 15)
    assert OpenHours.parse("lun-ven 8h-18h", NO_HOLIDAYS).is_open(at("2026-10-20T09:00"))


def test_open_minutes_skip_the_night() -> None:
    assert WEEK.add_open_minutes(at("2026-11-20T17:50"), 20) == at("2026-11-23T08:10")
    assert WEEK.add_open_minutes(at("2026-11-20T17:40"), 20) == at("2026-11-23T08:00")
    assert WEEK.open_minutes_between(at("2026-11-20T17:50"), at("2026-11-23T08:10")) == 20
    assert WEEK.open_minutes_between(at("2026-11-23T08:10"), at("2026-11-20T17:50")) == 0


@pytest.mark.parametrize(
    ("moment", "closes"),
    [("17:44", False), ("17:45", True), ("18:30", True), ("11:50", False), ("12:30", False)],
)
def test_last_minutes_of_a_day(moment: str, *, closes: bool) -> None:
    hours = OpenHours.parse("lun-ven 8h-12h et 13h-18h", ZONE_A)
    assert hours.closes_within(at(f"2026-11-20T{moment}"), 15) is closes


def test_a_day_off_is_closing() -> None:
    assert WEEK.closes_within(at("2026-11-11T10:00"), 15)


def test_school_days_leave_out_weekends_and_holidays() -> None:
    assert WEEK.add_school_days(at("2026-11-20T10:30"), 1) == at("2026-11-23T10:30")
    assert WEEK.add_school_days(at("2026-11-10T10:30"), 1) == at("2026-11-12T10:30")
    assert WEEK.add_school_days(at("2026-10-15T10:30"), 5) == at("2026-11-05T10:30")
    assert WEEK.add_school_days(at("2026-10-15T10:30"), 0) == at("2026-10-15T10:30")


def test_days_with_a_clock_change_keep_their_hours() -> None:
    sunday = OpenHours.parse("dim 0h-24h", NO_HOLIDAYS)
    assert sunday.open_minutes_between(at("2027-03-28T00:00"), at("2027-03-29T00:00")) == 23 * 60
    assert sunday.open_minutes_between(at("2026-10-25T00:00"), at("2026-10-26T00:00")) == 25 * 60
    missing = OpenHours.parse("dim 1h-2h30 et 3h-4h", NO_HOLIDAYS)
    assert missing.open_minutes_between(at("2027-03-28T00:00"), at("2027-03-29T00:00")) == 2 * 60


def test_what_never_opens_is_put_far_away() -> None:
    closed = Calendar(PARIS, "A", (Break("fermé", date(2026, 1, 1), date(2046, 1, 1)),))
    hours = OpenHours.parse("lun 8h-9h", closed)
    now = at("2026-11-20T10:00")
    assert hours.next_open(now) == hours.add_open_minutes(now, 5) > now + 700 * 86_400_000
    assert hours.add_school_days(now, 3) == now


def test_known_dates() -> None:
    assert ZONE_A.knows(date(2027, 7, 2))
    assert not ZONE_A.knows(date(2027, 7, 3))
    assert not Calendar(PARIS, "corse").knows(date(2026, 11, 20))
    assert NO_HOLIDAYS.knows(date(2030, 1, 1))


moments = st.integers(at("2026-08-01"), at("2027-08-01"))
ranges = st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True).map(
    lambda cuts: tuple(zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False))
)


@st.composite
def open_hours(draw: st.DrawFn) -> OpenHours:
    week = tuple(draw(st.lists(st.one_of(st.just(()), ranges), min_size=7, max_size=7)))
    if not any(week[:5]):
        week = (((480, 1080),), *week[1:])
    zone = draw(st.sampled_from(["Europe/Paris", "America/Miquelon", "Indian/Reunion", "America/Havana"]))
    breaks = ZONE_A.breaks if draw(st.booleans()) else ()
    return OpenHours(week, Calendar(ZoneInfo(zone), draw(st.sampled_from([None, "A"])), breaks))


@given(open_hours(), moments)
def test_the_next_opening_is_open_and_nothing_opens_before(hours: OpenHours, now: int) -> None:
    opens = hours.next_open(now)
    assert opens >= now
    assert hours.is_open(opens)
    assert hours.open_minutes_between(now, opens) == 0
    assert (opens == now) is hours.is_open(now)


@given(open_hours(), moments, st.integers(0, 3000))
def test_added_open_minutes_lie_between(hours: OpenHours, now: int, minutes: int) -> None:
    # Someone who opens one minute a week has less than these in the two years that are looked ahead.
    assume(minutes <= 60 or sum(b - a for ranges in hours.week[:5] for a, b in ranges) >= 60)
    later = hours.add_open_minutes(now, minutes)
    assert hours.is_open(later)
    assert hours.open_minutes_between(now, later) == minutes


@given(open_hours(), moments, moments, st.integers(0, 600))
def test_an_earlier_start_is_never_due_later(hours: OpenHours, one: int, two: int, minutes: int) -> None:
    first, second = sorted((one, two))
    assert hours.add_open_minutes(first, minutes) <= hours.add_open_minutes(second, minutes)
    assert hours.next_open(first) <= hours.next_open(second)


@given(open_hours(), moments, st.integers(1, 20))
def test_school_days_are_school_days(hours: OpenHours, now: int, days: int) -> None:
    later = hours.add_school_days(now, days)
    assert hours.calendar.is_school_day(hours.calendar.local(later).date())
    assert later > now


def test_every_other_week() -> None:
    hours = OpenHours.parse("mar 8h-12h semaines paires", NO_HOLIDAYS)
    # 29 September 2026 is the Tuesday of week 40, 6 October that of week 41.
    assert hours.is_open(at("2026-09-29 09:00"))
    assert not hours.is_open(at("2026-10-06 09:00"))
    assert hours.next_open(at("2026-09-29 12:00")) == at("2026-10-13 08:00")
    assert hours.open_minutes_between(at("2026-09-28 00:00"), at("2026-10-12 00:00")) == 240
