"""Who may be asked, in which order, and what may be shown where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpbot.adapters.calendars import load_calendar
from helpbot.core.confidentiality import may_show
from helpbot.core.habits import IN_CLASS, Habits
from helpbot.core.hours import OpenHours
from helpbot.core.ids import RoomId, UserId
from helpbot.core.incoming import Access, RoomFacts
from helpbot.core.routing import (
    HEADSTART,
    TEMPORARY,
    WEEKS,
    Caps,
    Nearness,
    Origin,
    Refusal,
    Volunteer,
    Why,
    candidates,
    learned,
    place_for,
    refusal,
    wait_for,
    why_asked,
)
from helpbot.testing.clock import MONDAY_MORNING

ALWAYS = OpenHours.parse("toujours", load_calendar(None, "Europe/Paris"))
OFFICE = OpenHours.parse("lun-ven 08:00-18:00", load_calendar("A", "Europe/Paris"))
NIGHT = MONDAY_MORNING - 6 * 3_600_000
LEA, VERA = UserId("@lea:t"), UserId("@vera:t")
SCHOOL = RoomFacts(RoomId("!school:t"))
HELPERS = RoomFacts(RoomId("!helpers:t"))


def volunteer(user: str = VERA, **changes: Any) -> Volunteer:
    return replace(Volunteer(UserId(user), frozenset({"pix"}), ALWAYS), **changes)


def chosen(
    people: list[Volunteer], origin: Origin | None = None, *, seed: str = "ABCDE", **more: Any
) -> tuple[list[str], dict[str, Refusal]]:
    asked: dict[str, Any] = {
        "theme": "pix",
        "asker": LEA,
        "offered": frozenset(),
        "now": MONDAY_MORNING,
    } | more
    kept, refused = candidates(
        tuple(people), origin or Origin(SCHOOL), HELPERS, caps=Caps(), seed=seed, **asked
    )
    return [v.user for v, _ in kept], {v.user: why for v, why in refused}


def order(people: list[Volunteer], caps: Caps, *, seed: str = "ABCDE") -> list[tuple[Volunteer, RoomId]]:
    kept, _ = candidates(
        tuple(people), Origin(SCHOOL), HELPERS, theme="pix", asker=LEA, offered=frozenset(), caps=caps,
        now=MONDAY_MORNING, seed=seed,
    )  # fmt: skip
    return kept


@pytest.mark.parametrize(
    ("source", "target", "allowed"),
    [
        ({}, {}, True),
        ({"encrypted": True}, {"encrypted": True}, True),
        ({"encrypted": True}, {}, False),
        ({}, {"encrypted": True}, True),
        ({}, {"public": True}, False),
        ({"public": True}, {"public": True}, True),
        ({}, {"access": Access.UNRESTRICTED}, False),
        ({"access": Access.UNRESTRICTED}, {"access": Access.UNRESTRICTED}, True),
        ({"access": Access.UNRESTRICTED}, {}, True),
        ({"access": Access.DIRECT}, {"access": Access.UNRESTRICTED}, False),
        ({"encrypted": True}, {"access": Access.DIRECT}, False),
    ],
)
def test_what_may_be_shown_where(source: dict[str, Any], target: dict[str, Any], allowed: bool) -> None:
    assert may_show(replace(SCHOOL, **source), replace(HELPERS, **target)) is allowed


rooms = st.builds(
    RoomFacts,
    st.just(RoomId("!r:t")),
    encrypted=st.booleans(),
    access=st.sampled_from(Access),
    public=st.booleans(),
)


@given(rooms, rooms, rooms)
def test_what_may_go_in_two_steps_may_go_in_one(a: RoomFacts, b: RoomFacts, c: RoomFacts) -> None:
    assert may_show(a, a)
    if may_show(a, b) and may_show(b, c):
        assert may_show(a, c)


@pytest.mark.parametrize(
    ("changes", "asked", "why"),
    [
        ({}, {}, None),
        ({"user": LEA}, {}, Refusal.IS_ASKER),
        ({"themes": frozenset({"apps"})}, {}, Refusal.OTHER_THEME),
        ({"themes": frozenset()}, {"theme": None}, None),
        ({}, {"offered": frozenset({VERA})}, Refusal.ALREADY_OFFERED),
        ({"hours": OFFICE}, {"now": NIGHT}, Refusal.CLOSED_HOURS),
        ({"asked_day": 2}, {}, Refusal.AT_CAPACITY),
        ({"asked_week": 4}, {}, Refusal.AT_CAPACITY),
        ({"open_asks": 1}, {}, Refusal.AT_CAPACITY),
        ({"asked_day": 1, "asked_week": 3}, {}, None),
        ({"asked_week": 2, "caps": Caps(week=2)}, {}, Refusal.AT_CAPACITY),
        ({"asked_week": 4, "caps": Caps(week=20)}, {}, Refusal.AT_CAPACITY),
        ({"away_until": MONDAY_MORNING + 1}, {}, Refusal.PAUSED),
        ({"away_until": MONDAY_MORNING}, {}, None),
    ],
)
def test_why_somebody_is_not_asked(
    changes: dict[str, Any], asked: dict[str, Any], why: Refusal | None
) -> None:
    given: dict[str, Any] = {"theme": "pix", "asker": LEA, "offered": frozenset(), "now": MONDAY_MORNING}
    assert refusal(volunteer(**changes), caps=Caps(), **(given | asked)) is why


def test_only_what_passes_by_itself_is_worth_looking_again() -> None:
    assert {Refusal.PAUSED, Refusal.CLOSED_HOURS, Refusal.IN_CLASS, Refusal.AT_CAPACITY} == TEMPORARY


def test_a_direct_message_comes_before_the_volunteers_room() -> None:
    direct = RoomFacts(RoomId("!dm:t"), direct_with=VERA)
    assert place_for(volunteer(direct=direct), Origin(SCHOOL), HELPERS) == direct
    assert place_for(volunteer(), Origin(SCHOOL), HELPERS) == HELPERS
    assert place_for(volunteer(), Origin(SCHOOL), None) is Refusal.NO_PLACE


def test_an_unencrypted_direct_message_is_no_place_for_what_was_written_under_encryption() -> None:
    direct = RoomFacts(RoomId("!dm:t"), direct_with=VERA)
    origin = Origin(replace(SCHOOL, encrypted=True))
    sealed = replace(HELPERS, encrypted=True)
    assert place_for(volunteer(direct=direct), origin, sealed) == sealed
    assert place_for(volunteer(direct=direct), origin, HELPERS) is Refusal.MAY_NOT_SEE


def test_the_nearest_are_asked_first_then_who_was_asked_least() -> None:
    origin = Origin(SCHOOL, school="Hugo", academie="Lyon", level="college")
    people = [
        volunteer("@far:t"),
        volunteer("@near-busy:t", academie="Lyon", level="college", asked_week=1),
        volunteer("@near:t", academie="Lyon", level="college"),
        volunteer("@level:t", academie="Lyon", level="lycee", asked_week=1),
        volunteer("@here:t", school="Hugo", asked_week=3),
    ]
    assert chosen(people, origin)[0] == ["@here:t", "@near:t", "@near-busy:t", "@far:t", "@level:t"]


def test_a_room_without_a_school_favours_nobody_without_one() -> None:
    busy, idle = volunteer("@busy:t", asked_week=1), volunteer("@idle:t", school="Hugo", academie="Lyon")
    assert chosen([busy, idle])[0] == ["@idle:t", "@busy:t"]


def test_ties_are_drawn_by_the_question_and_not_by_the_order_of_the_list() -> None:
    people = [volunteer(f"@v{n}:t") for n in range(8)]
    orders = {tuple(chosen(people, seed=f"S{n}")[0]) for n in range(6)}
    assert len(orders) > 1
    assert chosen(people, seed="S1") == chosen(people[::-1], seed="S1")


def test_asks_are_measured_by_what_each_one_offered() -> None:
    generous = volunteer("@generous:t", asked_week=1)
    sparing = volunteer("@sparing:t", asked_week=1, caps=Caps(week=2))
    assert chosen([sparing, generous])[0] == ["@generous:t", "@sparing:t"]


def habits(odds: float) -> Habits:
    """Return what was noticed of somebody on Mondays between 9 and 10, where `MONDAY_MORNING` lies."""
    return Habits(2026, ((9, round(10 * odds)),))


def test_who_is_taken_to_be_in_class_is_not_asked() -> None:
    teaches, free = volunteer("@class:t", habits=habits(IN_CLASS - 0.1)), volunteer("@free:t")
    asked, refused = chosen([teaches, free])
    assert asked == ["@free:t"]
    assert refused == {"@class:t": Refusal.IN_CLASS}
    assert chosen([teaches], now=MONDAY_MORNING + 3_600_000) == (["@class:t"], {})
    assert chosen([replace(teaches, habits=habits(IN_CLASS))]) == (["@class:t"], {})


@pytest.mark.parametrize(("asked", "first"), [(0, "@soon:t"), (2, "@soon:t"), (3, "@late:t"), (5, "@late:t")])
def test_who_usually_answers_soon_has_a_head_start_of_a_few_asks(asked: int, first: str) -> None:
    soon = volunteer("@soon:t", usual_minutes=10.0, asked_month=asked)
    late = volunteer("@late:t", usual_minutes=30.0)
    assert chosen([late, soon])[0][0] == first


def test_seven_days_come_before_four_weeks_and_those_before_the_draw() -> None:
    often = volunteer("@often:t", asked_month=6, asked_week=1)
    lately = volunteer("@lately:t", asked_month=5, asked_week=2, usual_minutes=1.0)
    before = volunteer("@before:t", asked_month=5, asked_week=1)
    assert chosen([often, lately, before])[0] == ["@before:t", "@often:t", "@lately:t"]


@given(
    # Both may be asked once more: what they were asked lies below each cap by two at least.
    st.integers(0, 7).flatmap(
        lambda asked: st.tuples(st.just(asked), st.integers(asked + 2, 9), st.integers(asked + 2, 9))
    ),
    st.lists(st.tuples(st.integers(0, 20), st.floats(1, 60)), min_size=2, max_size=2),
)
def test_of_two_who_offer_the_same_one_ask_more_in_seven_days_comes_later(
    load: tuple[int, int, int], known: list[tuple[int, float]]
) -> None:
    """Rule 8, whatever they were asked before that and however quick they are."""
    asked, allowed, own = load
    caps, mine = Caps(9, allowed, 9), Caps(9, own, 9)
    less, more = (
        volunteer(f"@{asked + n}:t", caps=mine, asked_week=asked + n, asked_month=month, usual_minutes=usual)
        for n, (month, usual) in enumerate(known)
    )
    assert [v.user for v, _ in order([more, less], caps)] == [less.user, more.user]


def test_in_seven_days_each_is_asked_in_proportion_to_what_they_offer() -> None:
    """One ask a week for whoever offers one is as much as four for whoever offers four."""
    offered = {"@one:t": 1, "@two:t": 2, "@four:t": 4}
    asked = dict.fromkeys(offered, 0)
    turns = []
    for n in range(7):
        people = [
            volunteer(user, caps=Caps(9, own, 9), asked_week=asked[user], asked_month=asked[user])
            for user, own in offered.items()
        ]
        first = order(people, Caps(9, 4, 9), seed=str(n))[0][0].user
        asked[first] += 1
        turns.append(first)
    assert turns[0] == "@four:t"
    assert asked == offered
    assert turns[:4].count("@four:t") == 2, "not all of theirs before the others' first"


@settings(deadline=None)
@example(weekly=[1, 5], usual=[1.0, 48.0] * 3, load=0.5)
@given(
    st.lists(st.integers(1, 8), min_size=2, max_size=6),
    st.lists(st.floats(1, 60), min_size=6, max_size=6),
    st.sampled_from([0.3, 0.5, 0.7, 0.9]),
)
def test_nobody_is_asked_for_long_in_the_place_of_others(
    weekly: list[int], usual: list[float], load: float
) -> None:
    """However quick some are: what each was asked in four weeks, as a share of their offer, stays close.

    By the head start, and by one ask of whoever offers least: nobody is asked by halves.
    """
    caps = Caps(9, 9, 9)
    asked = [0] * len(weekly)
    for week in range(WEEKS):
        lately = [0] * len(weekly)
        for n in range(round(sum(weekly) * load)):
            people = [
                volunteer(
                    f"@v{k}:t", usual_minutes=usual[k], asked_week=lately[k], asked_month=asked[k],
                    caps=Caps(9, own, 9),
                )
                for k, own in enumerate(weekly)
            ]  # fmt: skip
            first = int(order(people, caps, seed=f"{week}/{n}")[0][0].user[2])
            asked[first] += 1
            lately[first] += 1
    shares = [count / (WEEKS * own) for count, own in zip(asked, weekly, strict=True)]
    assert max(shares) - min(shares) <= HEADSTART + 1 / (WEEKS * min(weekly))


def test_several_themes_come_first_where_the_theme_is_not_known() -> None:
    one, many = volunteer("@one:t"), volunteer("@many:t", themes=frozenset({"pix", "ent", "rgpd"}))
    assert chosen([one, many], theme=None)[0] == ["@many:t", "@one:t"]
    firsts = {chosen([one, many], seed=f"S{n}")[0][0] for n in range(20)}
    assert firsts == {"@one:t", "@many:t"}


def test_the_reason_says_what_the_order_looked_at() -> None:
    origin = Origin(SCHOOL, school="Hugo", academie="Lyon", level="college")
    here = volunteer(school="Hugo", asked_week=1, asked_month=5, caps=Caps(week=3))
    assert why_asked(here, origin, Caps(), 7) == Why(Nearness.SCHOOL, 1, 3, 7, 5)
    assert why_asked(volunteer(), origin, Caps(), 1) == Why(Nearness.ANY, 0, 4, 1)


@pytest.mark.parametrize(
    ("usual", "minutes"),
    [([None], 20), ([12.4], 12), ([3.0], 10), ([90.0], 45), ([12.0, 31.0], 31), ([12.0, None], 20), ([], 20)],
)
def test_a_wave_waits_as_long_as_its_slowest_usually_takes(usual: list[float | None], minutes: int) -> None:
    people = tuple(volunteer(f"@v{n}:t", usual_minutes=u) for n, u in enumerate(usual))
    assert wait_for(people, first=20, lowest=10, highest=45) == minutes


@given(st.one_of(st.none(), st.floats(1, 600)), st.lists(st.floats(0, 600), min_size=1, max_size=60))
def test_a_usual_time_stays_within_what_was_seen(start: float | None, seen: list[float]) -> None:
    usual = start
    for minutes in seen:
        usual = learned(usual, minutes)
    bounds = [max(1.0, m) for m in (*seen, 20.0 if start is None else start)]
    assert usual is not None
    assert min(bounds) * 0.999 <= usual <= max(bounds) * 1.001


def test_a_usual_time_follows_what_somebody_does_now() -> None:
    usual: float | None = None
    for minutes in [30.0] * 20 + [5.0] * 20:
        usual = learned(usual, minutes)
    assert usual is not None
    assert usual < 6


people = st.lists(
    st.builds(
        volunteer,
        st.sampled_from([LEA, VERA, "@a:t", "@b:t", "@c:t", "@d:t"]),
        hours=st.sampled_from([ALWAYS, OFFICE]),
        themes=st.sampled_from([frozenset({"pix"}), frozenset({"apps"}), frozenset()]),
        asked_day=st.integers(0, 3),
        asked_week=st.integers(0, 5),
        open_asks=st.integers(0, 2),
    ),
    unique_by=lambda v: v.user,
)


@given(people, st.sets(st.sampled_from(["@a:t", "@b:t"])), st.sampled_from([MONDAY_MORNING, NIGHT]))
def test_everybody_is_asked_or_refused_with_a_reason_and_no_cap_is_passed(
    people: list[Volunteer], offered: set[str], now: int
) -> None:
    kept, refused = chosen(people, offered=frozenset(map(UserId, offered)), now=now)
    assert sorted([*kept, *refused]) == sorted(v.user for v in people)
    for v in (v for v in people if v.user in kept):
        assert v.user != LEA
        assert v.user not in offered
        assert v.hours.is_open(now)
        assert (v.asked_day < 2, v.asked_week < 4, v.open_asks) == (True, True, 0)
