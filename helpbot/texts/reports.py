"""The made-up fields of the notices about many people's questions (helpbot/core/notices/reports.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpbot.core.notices.reports import MonthlyReport, MonthTold
from helpbot.texts.markup import escape

if TYPE_CHECKING:
    from helpbot.texts.catalogue import Catalogue


def monthly(catalogue: Catalogue, notice: MonthlyReport) -> dict[str, str]:
    """Return the months one after the other, each figure beside the one before it."""
    told = "\n\n".join(_month(catalogue, month) for month in notice.months)
    return {"months_words": told, "withheld_words": catalogue.word("_report_withheld")}


def _month(catalogue: Catalogue, told: MonthTold) -> str:
    lines = [catalogue.word("_monthly_title", month=catalogue.month(told.month))]
    for key, value, earlier in told.lines:
        then = catalogue.word("_monthly_before", value=escape(earlier)) if earlier else ""
        name = catalogue.word(f"_report_{key}")
        lines.append(catalogue.word("_monthly_line", name=name, value=escape(value), before=then))
    if told.before:
        lines.append(catalogue.word("_monthly_beside", month=catalogue.month(told.before)))
    return "\n".join(lines)
