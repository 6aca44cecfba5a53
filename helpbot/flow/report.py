"""The report to lines: what `!bilan` says. Never a person; small counts are withheld (privacy 1)."""

from __future__ import annotations

from helpbot.core.report import GROUPS, Number, Report

WITHHELD = "–"


def report_lines(report: Report) -> tuple[tuple[str, str], ...]:
    """Return (catalogue key, value) pairs of the chat report; a withheld value is a dash."""
    lines: list[tuple[str, Number]] = [("ended", report.total), ("open", report.open)]
    lines += [(group, report.groups.get(group, 0)) for group in GROUPS]
    lines += [("helped", report.feedback["yes"]), ("not_helped", report.feedback["no"])]
    return tuple((key, WITHHELD if value is None else str(value)) for key, value in lines)
