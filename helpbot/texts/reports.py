"""The made-up fields of the notices about many people's questions (helpbot/core/notices/reports.py)."""

from __future__ import annotations

from helpbot.core.notices.reports import MonthlyReport, MonthTold
from helpbot.texts.markup import escape
from helpbot.texts.words import Words


def monthly(words: Words, notice: MonthlyReport) -> dict[str, str]:
    """Return the months one after the other, each figure beside the one before it."""
    told = "\n\n".join(_month(words, month) for month in notice.months)
    return {"months_words": told, "withheld_words": words.word("_report_withheld")}


def _month(words: Words, told: MonthTold) -> str:
    lines = [words.word("_monthly_title", month=words.month(told.month))]
    for key, value, earlier in told.lines:
        then = words.word("_monthly_before", value=escape(earlier)) if earlier else ""
        name = words.word(f"_report_{key}")
        lines.append(words.word("_monthly_line", name=name, value=escape(value), before=then))
    if told.before:
        lines.append(words.word("_monthly_beside", month=words.month(told.before)))
    return "\n".join(lines)
