"""The report: counts of the help log, put together so that no person can be read out of them.

`Counts` is what the database aggregated; `publish` gives the `Report` that people may read. Every output
(the chat, the page, the JSON) shows numbers of one and the same report, else the difference of two outputs
would tell what each of them withholds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from helpbot.core.disclosure import FEW, Cell, withheld
from helpbot.core.hours import Calendar

GROUPS = ("faq", "redirect", "peer", "volunteer", "referent", "self", "nobody", "withdrawn")
"""How a question ended, as reports tell it, in the order of the autonomy curve: from the FAQ to nobody."""
HUMAN = ("peer", "volunteer", "referent")
_GROUP_OF = {group: group for group in GROUPS} | {"clarified": "faq", "twin": "faq"}
SHARES = (0.25, 0.5, 0.8)

Number = int | None
"""A published count; None where it is withheld."""
Minutes = tuple[int | None, int | None, int | None]
"""A quarter, half and four fifths were quicker than so many minutes; None where it is withheld."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many questions, and of how many people; more than `FEW` people need not be counted."""

    count: int = 0
    askers: int = 0
    helpers: int = 0


@dataclass(frozen=True, slots=True)
class Waits:
    """How often it took so many minutes (whole ones), and how many people that is about."""

    minutes: tuple[tuple[int, int], ...] = ()
    """(minutes, questions), shortest first."""
    askers: int = 0
    helpers: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """What the database aggregated of the help log. Outcomes as `Outcome` has them; a theme may be empty."""

    outcomes: Mapping[str, Tally] = field(default_factory=dict)
    months: Mapping[str, Tally] = field(default_factory=dict)
    themes: Mapping[str, Tally] = field(default_factory=dict)
    levels: Mapping[str, Tally] = field(default_factory=dict)
    feedback: Mapping[str, Tally] = field(default_factory=dict)
    """`yes`, `no`, `none`."""
    by_month: Mapping[tuple[str, str], Tally] = field(default_factory=dict)
    """(month, outcome)."""
    by_theme: Mapping[tuple[str, str], Tally] = field(default_factory=dict)
    """(theme, outcome)."""
    entries: Mapping[tuple[str, str], Tally] = field(default_factory=dict)
    """(theme, entry) of questions that the FAQ answered."""
    refused: Mapping[str, Tally] = field(default_factory=dict)
    """Entry that was shown first and marked ❌."""
    open: Tally = Tally()
    """Questions that have not ended."""
    claim_open: Waits = Waits()
    answer_open: Waits = Waits()
    answer_wall: Waits = Waits()
    answer_months: Mapping[str, Waits] = field(default_factory=dict)
    """Open minutes until a person's answer, by month."""

    @property
    def ended(self) -> dict[str, int]:
        """Outcome → questions, nothing withheld: for the program, never for people."""
        return {outcome: tally.count for outcome, tally in self.outcomes.items()}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: how many questions, and how they ended."""

    total: Number
    groups: Mapping[str, Number]
    answer: Minutes = (None, None, None)
    """Open minutes until a person's answer; only of a month."""


@dataclass(frozen=True, slots=True)
class EntryLine:
    """How an entry did: answers given, and ❌ after being shown first."""

    uses: Number = 0
    refused: Number = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What people may read. Never a person, never a count of fewer than five."""

    total: Number
    open: Number
    groups: Mapping[str, Number]
    months: Mapping[str, Line]
    """`2026-11` → line, oldest first."""
    themes: Mapping[str, Line]
    """Theme → line, most asked first, those withheld last; an empty theme: nobody could tell."""
    levels: Mapping[str, Number]
    feedback: Mapping[str, Number]
    entries: Mapping[str, EntryLine]
    to_claim: Minutes
    to_answer: Minutes
    to_answer_wall: Minutes
    past: Mapping[str, Line] = field(default_factory=dict)
    """Months of which the log keeps nothing any more, as they were published; part of no sum."""

    @property
    def every_month(self) -> dict[str, Line]:
        """All months that anything is known of, oldest first."""
        return dict(sorted({**self.past, **self.months}.items()))


def publish(counts: Counts) -> Report:
    """Return the report of these counts, small ones withheld, also by difference."""
    cells = _network(counts)
    hidden = withheld(cells)
    groups = [g for g in GROUPS if ("group", g) in cells]

    def number(*key: str) -> Number:
        cell = cells.get(key)
        return 0 if cell is None else None if key in hidden else cell.count

    def line(kind: str, name: str) -> Line:
        return Line(number(kind, name), {g: number(kind, name, g) for g in groups})

    themes = {t: line("theme", t) for t in counts.themes}
    uses = {e: number("entry", t, e) for t, e in counts.entries}
    refused = {e: _alone(t) for e, t in counts.refused.items()}
    return Report(
        total=number("all"),
        open=_alone(counts.open),
        groups={g: number("group", g) for g in groups},
        months={
            m: replace(line("month", m), answer=_shares(counts.answer_months.get(m, Waits())))
            for m in sorted(counts.months)
        },
        themes=dict(sorted(themes.items(), key=lambda kv: (-(kv[1].total or 0), kv[0]))),
        levels={level: number("level", level) for level in sorted(counts.levels)},
        feedback={f: number("feedback", f) for f in ("yes", "no", "none")},
        entries={e: EntryLine(uses.get(e, 0), refused.get(e, 0)) for e in sorted({*uses, *refused})},
        to_claim=_shares(counts.claim_open),
        to_answer=_shares(counts.answer_open),
        to_answer_wall=_shares(counts.answer_wall),
    )


def _network(counts: Counts) -> dict[tuple[str, ...], Cell]:
    """Return every published count as an edge: all → months → groups → (entries) → themes → levels → all."""
    cells: dict[tuple[str, ...], Cell] = {}
    by_month = _grouped(counts.by_month)
    by_theme = _grouped(counts.by_theme)
    outcomes = _grouped({("", o): t for o, t in counts.outcomes.items()})
    for month, tally in counts.months.items():
        cells["month", month] = Cell("from", ("m", month), tally.count, tally.askers)
    for (month, group), tally in by_month.items():
        cells["month", month, group] = Cell(("m", month), ("g", group), tally.count, _people(group, tally))
    for (_, group), tally in outcomes.items():
        cells["group", group] = Cell(("g", group), ("of", group), tally.count, _people(group, tally))
    for (theme, group), tally in by_theme.items():
        to = ("faq", theme) if group == "faq" else ("t", theme)
        cells["theme", theme, group] = Cell(("of", group), to, tally.count, _people(group, tally))
    for (theme, entry), tally in counts.entries.items():
        cells["entry", theme, entry] = Cell(("faq", theme), ("t", theme), tally.count, tally.askers)
    for theme, tally in counts.themes.items():
        cells["theme", theme] = Cell(("t", theme), "to", tally.count, tally.askers)
    total = sum(t.count for t in counts.months.values())
    people = max((t.askers for t in counts.outcomes.values()), default=0)
    people = max([people, *(t.askers for t in counts.months.values())])
    cells["all",] = Cell("to", "levels", total, people)
    for level, tally in counts.levels.items():
        cells["level", level] = Cell("levels", "feedback", tally.count, tally.askers)
    for mark, tally in counts.feedback.items():
        cells["feedback", mark] = Cell("feedback", "from", tally.count, tally.askers)
    return cells


def _grouped(tallies: Mapping[tuple[str, str], Tally]) -> dict[tuple[str, str], Tally]:
    """Return (name, outcome) → tally as (name, group) → tally; people of several outcomes may be the same."""
    found: dict[tuple[str, str], Tally] = {}
    for (name, outcome), tally in tallies.items():
        key = (name, _GROUP_OF.get(outcome, "withdrawn"))
        before = found.get(key, Tally())
        found[key] = Tally(
            before.count + tally.count, max(before.askers, tally.askers), max(before.helpers, tally.helpers)
        )
    return found


def _people(group: str, tally: Tally) -> int:
    """Return how many people a count is about: answers of two volunteers are a figure about those two."""
    return min(tally.askers, tally.helpers) if group in HUMAN else tally.askers


def _alone(tally: Tally) -> Number:
    """Return a count that no published sum contains."""
    return tally.count if tally.askers >= FEW or not tally.count else None


def _shares(waits: Waits) -> Minutes:
    if min(waits.askers, waits.helpers) < FEW:
        return (None, None, None)
    first, half, most = (_quantile(waits.minutes, share) for share in SHARES)
    return (first, half, most)


def _quantile(minutes: Iterable[tuple[int, int]], share: float) -> int:
    ordered = sorted(minutes)
    wanted = share * sum(n for _, n in ordered)
    passed = 0
    for value, n in ordered:
        passed += n
        if passed >= wanted:
            return value
    return 0


def answered_without_referents(line: Line) -> float | None:
    """Return the share of answered questions that the FAQ and peers answered: the autonomy curve.

    None where nothing was answered, or where a withheld part leaves it open.
    """
    answered = [line.groups.get(g, 0) for g in ("faq", *HUMAN)]
    if any(n is None for n in answered):
        return None
    whole = sum(n or 0 for n in answered)
    return 1 - (answered[-1] or 0) / whole if whole else None


def first_whole_month(calendar: Calendar, cutoff: int) -> str:
    """Return the first month (`2026-11`) of which no record ended before `cutoff` (Unix ms).

    A month of which a part went is not reported: what is left of it, taken from an earlier report, would
    tell of few people.
    """
    day = calendar.local(cutoff).date()
    if calendar.moment(day.replace(day=1), 0) >= cutoff:
        return f"{day:%Y-%m}"
    return month_after(f"{day:%Y-%m}")


def month_after(month: str, months: int = 1) -> str:
    """Return the month so many months after (before, where negative) `2026-11`."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + months
    return f"{number // 12:04}-{number % 12 + 1:02}"
