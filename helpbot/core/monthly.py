"""The report of each month that ended: when it is due, and what it says beside the month before."""

from __future__ import annotations

from helpbot.core.hours import OpenHours
from helpbot.core.notices.reports import MonthlyReport, MonthTold
from helpbot.core.report import GROUPS, Line, Number, Report, answered_without_referents, month_after

WITHHELD = "–"
MOST_MONTHS = 3
"""A bot that was away for long tells of the last ones."""


def due_after(month: str, hours: OpenHours) -> int:
    """Return the first open moment after a month (`2026-11`), Unix ms."""
    number = int(month[:4]) * 12 + int(month[5:])
    first = hours.calendar.local(0).date().replace(year=number // 12, month=number % 12 + 1, day=1)
    return hours.next_open(hours.calendar.moment(first, 0))


def monthly_report(report: Report, first: str, current: str) -> MonthlyReport | None:
    """Return what is to be told of the months from `first` on that ended before `current`.

    None where none of them had a question: the holidays need no report.
    """
    lines = report.every_month
    told: list[MonthTold] = []
    month = max(first, month_after(current, -MOST_MONTHS))
    while month < current:
        line = lines.get(month)
        if line is not None and line.total != 0:
            told.append(_told(month, line, lines.get(month_after(month, -1))))
        month = month_after(month)
    return MonthlyReport(tuple(told)) if told else None


def _told(month: str, line: Line, before: Line | None) -> MonthTold:
    values = _values(line)
    earlier = _values(before) if before is not None else {}
    return MonthTold(
        month,
        month_after(month, -1) if before is not None else "",
        tuple((key, value, earlier.get(key, "")) for key, value in values.items()),
    )


def _values(line: Line) -> dict[str, str]:
    """Return a month's figures as they are shown, by the keys of the catalogue."""
    shown = {"ended": shown_number(line.total)}
    shown |= {group: shown_number(line.groups[group]) for group in GROUPS if line.groups.get(group) != 0
              and group in line.groups}  # fmt: skip
    share = answered_without_referents(line)
    shown["autonomy"] = WITHHELD if share is None else f"{round(100 * share)}\u00a0%"
    half = line.answer[1]
    shown["half_answered"] = WITHHELD if half is None else f"{half}\u00a0min"
    return shown


def shown_number(value: Number) -> str:
    """Return a count as it is shown; a dash where it is withheld."""
    return WITHHELD if value is None else str(value)
