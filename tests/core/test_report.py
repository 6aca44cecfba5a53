"""A report adds up, withholds what is about few people, and says the rest."""

from __future__ import annotations

from collections import Counter
from datetime import date

from helpbot.adapters.calendars import load_calendar
from helpbot.core.report import Counts, Report, Tally, Waits, first_whole_month, month_after, publish

Ended = tuple[str, str, str, str, str]
"""Month, theme, outcome, asker, helper."""


def counts(ended: list[Ended]) -> Counts:
    def tallies(*columns: int) -> dict[tuple[str, ...], Tally]:
        keys = {tuple(e[c] for c in columns) for e in ended}
        found = {}
        for key in keys:
            rows = [e for e in ended if tuple(e[c] for c in columns) == key]
            found[key] = Tally(len(rows), len({e[3] for e in rows}), len({e[4] for e in rows if e[4]}))
        return found

    def one(column: int) -> dict[str, Tally]:
        return {key[0]: tally for key, tally in tallies(column).items()}

    everybody = Tally(len(ended), len({e[3] for e in ended}))
    entries = {(t, f"{t}-1"): tally for (t, o), tally in tallies(1, 2).items() if o == "faq"}
    return Counts(
        outcomes=one(2),
        months=one(0),
        themes=one(1),
        levels={"college": everybody},
        feedback={"none": everybody},
        by_month={(k[0], k[1]): t for k, t in tallies(0, 2).items()},
        by_theme={(k[0], k[1]): t for k, t in tallies(1, 2).items()},
        entries=entries,
    )


def term(askers: int, helpers: int) -> list[Ended]:
    ended = []
    for n in range(askers):
        ended.append(("2026-10", "pix", "faq", f"a{n}", ""))
        ended.append(("2026-11", "rgpd", "nobody", f"a{n}", ""))
        ended.append(("2026-11", "pix", "volunteer", f"a{n}", f"h{n % helpers}"))
    return ended


def test_what_many_people_did_is_told_as_it_is() -> None:
    report = publish(counts(term(20, 6)))
    assert report.total == 60
    assert report.groups == {"faq": 20, "volunteer": 20, "nobody": 20}
    assert report.months["2026-11"].groups == {"faq": 0, "volunteer": 20, "nobody": 20}
    assert list(report.themes) == ["pix", "rgpd"]
    assert report.entries["pix-1"].uses == 20


def test_the_work_of_two_volunteers_is_not_told_however_many_asked() -> None:
    report = publish(counts(term(20, 2)))
    assert report.groups["volunteer"] is None
    assert Counter(report.groups.values())[None] >= 2
    assert report.total == 60


def test_three_people_make_no_report() -> None:
    report = publish(counts(term(3, 3)))
    assert report.total is None
    assert set(report.groups.values()) == {None}


def test_what_askers_solved_themselves_is_told_apart() -> None:
    ended = [*term(20, 6), *(("2026-11", "pix", "self", f"a{n}", "") for n in range(6))]
    assert publish(counts(ended)).groups["self"] == 6


def test_no_question_at_all_is_told() -> None:
    report = publish(Counts())
    assert (report.total, report.open, report.groups) == (0, 0, {})


def test_two_people_swapped_make_no_difference() -> None:
    ended = term(20, 6)
    for one, other in (("a1", "a7"), ("a0", "h0"), ("h1", "h4")):
        names = {one: other, other: one}
        swapped = [(m, t, o, names.get(a, a), names.get(h, h)) for m, t, o, a, h in ended]
        assert publish(counts(swapped)) == publish(counts(ended))


def test_how_long_it_took_is_told_of_five_people_on_both_sides() -> None:
    def told(askers: int, helpers: int) -> Report:
        return publish(Counts(answer_open=Waits(((5, 3), (10, 4), (60, 3)), askers, helpers)))

    assert told(9, 5).to_answer == (5, 10, 60)
    assert told(9, 4).to_answer == (None, None, None)
    assert told(4, 9).to_answer == (None, None, None)


def test_a_month_that_lost_its_first_day_is_not_whole() -> None:
    calendar = load_calendar("A", "Europe/Paris")
    midnight = calendar.moment(date(2026, 3, 1), 0)
    assert first_whole_month(calendar, midnight) == "2026-03"
    assert first_whole_month(calendar, midnight + 1) == "2026-04"
    assert first_whole_month(calendar, calendar.moment(date(2026, 12, 9), 0)) == "2027-01"


def test_months_follow_one_another_over_new_year() -> None:
    assert month_after("2026-12") == "2027-01"
    assert month_after("2027-01", -1) == "2026-12"
    assert month_after("2026-03", 24) == "2028-03"
