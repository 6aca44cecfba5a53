"""The overview to HTML: a picture and its table each time, words from the catalogue and the template.

The page asks for nothing from elsewhere and holds no script; its policy says so (CSP level 3). Styles are
allowed inside it because the pictures carry theirs in attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from helpbot.adapters.reportpage import pictures, wordpictures
from helpbot.adapters.reportpage.rendering import rendered
from helpbot.core.overview import Overview
from helpbot.core.report import Line, Report, answered_without_referents
from helpbot.texts import Catalogue

MOST_MONTHS = 24
MOST_THEMES = 12
"""In the picture; the table has them all."""
MOST_ENTRIES = 25
"""The others are folded."""
MOST_ROWS = 12
"""Beside a picture of words."""
NBSP = "\u00a0"
_COLUMNS = ("faq", "peer", "volunteer", "referent", "nobody", "self", "redirect", "withdrawn")
_PICTURED: dict[str, tuple[str, ...]] = {g: (g,) for g in _COLUMNS[:5]}
_PICTURED |= {"other": ("self", "redirect", "withdrawn")}


@dataclass(frozen=True, slots=True)
class _Month:
    """A month as the page shows it."""

    name: str
    short: str
    line: Line
    autonomy: int | None
    """Percent."""


def page(overview: Overview, catalogue: Catalogue) -> str:
    """Return the whole page."""
    report = overview.report
    months = _months(report, catalogue)
    return rendered(
        "page.html",
        filters={"number": _number, "day": _day},
        view=overview,
        report=report,
        months=months,
        groups=[g for g in _COLUMNS if any(m.line.groups.get(g, 0) != 0 for m in months)],
        entries_first=MOST_ENTRIES,
        rows_first=MOST_ROWS,
        word=catalogue.word,
        pictures={name: Markup(svg) for name, svg in _pictures(overview, months, catalogue).items()},  # noqa: S704
        month_name=catalogue.month,
        level_name=catalogue.level,
    )


def _months(report: Report, catalogue: Catalogue) -> list[_Month]:
    found = []
    for month, line in list(report.every_month.items())[-MOST_MONTHS:]:
        share = answered_without_referents(line)
        percent = None if share is None else round(100 * share)
        found.append(_Month(catalogue.month(month), f"{month[5:]}/{month[2:4]}", line, percent))
    return found


def _pictures(overview: Overview, months: list[_Month], catalogue: Catalogue) -> dict[str, str]:
    """Return the pictures that there is something to draw for, by name."""
    labels = [m.short for m in months]
    drawn = {}
    if any(m.line.total for m in months):
        drawn["asked"] = pictures.bars(labels, [m.line.total for m in months], name="asked")
        drawn["who"] = pictures.stacks(labels, _parts([m.line for m in months], catalogue), name="who")
    if any(m.autonomy is not None for m in months):
        shares = [m.autonomy for m in months]
        drawn["autonomy"] = pictures.curve(labels, shares, name="autonomy", unit="%")
    if any(m.line.answer[1] is not None for m in months):
        low, middle, high = ([m.line.answer[n] for m in months] for n in range(3))
        words = (catalogue.word("_page_half"), catalogue.word("_page_spread"))
        drawn["times"] = pictures.spread(labels, low, middle, high, name="times", words=words)
    themes = [t for t in overview.themes if t.total][:MOST_THEMES]
    missing = overview.missing
    if missing is not None and missing.words:
        drawn["words"] = wordpictures.cloud(missing.words, name="words")
    if missing is not None and missing.links:
        drawn["links"] = wordpictures.graph(missing.words, missing.links, name="links")
    if themes:
        lines = [overview.report.themes[t.theme] for t in themes]
        names = [t.theme or catalogue.word("_page_no_theme") for t in themes]
        parts = _parts(lines, catalogue)
        drawn["themes"] = pictures.stacks(names, parts, name="themes", across=True)
    return drawn


def _parts(lines: list[Line], catalogue: Catalogue) -> Mapping[str, tuple[str, list[float | None]]]:
    """Return the stacked parts of each line; what is not published is what is missing to its total."""
    parts: dict[str, tuple[str, list[float | None]]] = {}
    for key, groups in _PICTURED.items():
        values: list[float | None] = []
        for line in lines:
            known = [line.groups.get(g, 0) for g in groups]
            values.append(sum(n or 0 for n in known) if line.total is not None else None)
        parts[key] = (catalogue.word(f"_page_group_{key}"), values)
    rest: list[float | None] = []
    for n, line in enumerate(lines):
        shown = sum(values[n] or 0 for _, values in parts.values())
        rest.append(None if line.total is None else line.total - shown)
    return parts | {"withheld": (catalogue.word("_page_group_withheld"), rest)}


def _number(value: float | None, unit: str = "") -> Markup:
    """Return a figure for a cell; a dash that says what it means where it is not published."""
    if value is None:
        return Markup('<span aria-hidden="true">–</span><span class="heard">non publié</span>')
    return Markup("{}{}").format(f"{value:n}", f"{NBSP}{unit}" if unit else "")


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else "–"
