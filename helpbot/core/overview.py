"""What the report's page tells beside the counts: what is thin, what is old, what is missing. Pure.

Everything here is made from published numbers (`report.Report`), from the FAQ's own files, or told in bands.
A sum is told only where each of its parts is: else it would tell what was withheld.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from helpbot.core.faq import Faq, FaqEntry
from helpbot.core.gaps.shown import Missing
from helpbot.core.report import HUMAN, Line, Number, Report
from helpbot.core.volunteering import band

THIN_SHARE = 0.2
"""A theme is thin where this part of its questions found nobody."""
DOMAINS = ("1", "2", "3", "4", "5")
"""The five domains of the CRCN-Édu."""
NO_THEME = ""


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """A theme: what was asked of it, who answered, how many offer help on it."""

    theme: str
    title: str
    total: Number
    faq: Number
    human: Number
    nobody: Number
    helpers: str
    """`none`, `few` (1 to 4) or `many`."""
    entries: int
    thin: bool


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry of the FAQ: how it did, and how old it is."""

    id: str
    question: str
    title: str
    """Of its theme."""
    uses: Number
    refused: Number
    reviewed: date | None
    age_days: int | None
    stale: bool


@dataclass(frozen=True, slots=True)
class CrcnRow:
    """A domain or competence of the CRCN-Édu: what the FAQ has on it, and whether it is asked for."""

    code: str
    entries: int
    themes: tuple[str, ...]
    """Titles."""
    uses: Number
    """Answers given from these entries; None where one of them is withheld."""


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the page shows."""

    report: Report
    today: date
    themes: tuple[ThemeRow, ...]
    entries: tuple[EntryRow, ...]
    domains: tuple[CrcnRow, ...]
    competences: tuple[CrcnRow, ...]
    untagged: int
    """Entries without a competence."""
    missing: Missing | None
    """None where what finds them is not installed."""


def overview(
    report: Report, faq: Faq, helpers: Mapping[str, str], missing: Missing | None, today: date
) -> Overview:
    """Return all that the page shows; `helpers` are the bands of volunteers by theme."""
    entries = tuple(_entry(e, report, faq, today) for e in faq.entries)
    by_use = sorted(entries, key=lambda e: (-(e.uses or 0), e.uses is None, e.id))
    codes = sorted({c for e in faq.entries for c in e.crcn_edu})
    return Overview(
        report=report,
        today=today,
        themes=tuple(_themes(report, faq, helpers)),
        entries=tuple(by_use),
        domains=tuple(_crcn(d, faq, report) for d in DOMAINS),
        competences=tuple(_crcn(c, faq, report) for c in codes if c not in DOMAINS),
        untagged=sum(not e.crcn_edu for e in faq.entries),
        missing=missing,
    )


def helper_bands(themes_of: Iterable[Iterable[str]]) -> dict[str, str]:
    """Return theme → how many help on it (`volunteering.band`), from the themes of each volunteer."""
    counts = Counter(theme for themes in themes_of for theme in set(themes))
    return {theme: band(count) for theme, count in counts.items()}


def _themes(report: Report, faq: Faq, helpers: Mapping[str, str]) -> Iterable[ThemeRow]:
    known = dict.fromkeys((*report.themes, *faq.themes, *(e.theme for e in faq.entries)))
    for theme in known:
        line = report.themes.get(theme, Line(0, {}))
        nobody = line.groups.get("nobody", 0)
        offered = helpers.get(theme, "none")
        alone = nobody is not None and bool(line.total) and nobody >= THIN_SHARE * (line.total or 0)
        yield ThemeRow(
            theme,
            faq.theme_title(theme),
            line.total,
            line.groups.get("faq", 0),
            summed(line.groups.get(g, 0) for g in HUMAN),
            nobody,
            offered,
            sum(e.theme == theme for e in faq.entries),
            thin=theme != NO_THEME and (offered != "many" or alone),
        )


def summed(numbers: Iterable[Number]) -> Number:
    """Return the sum of published counts; None where one of them is withheld."""
    parts = list(numbers)
    return None if any(n is None for n in parts) else sum(n or 0 for n in parts)


def _entry(entry: FaqEntry, report: Report, faq: Faq, today: date) -> EntryRow:
    line = report.entries.get(entry.id)
    return EntryRow(
        entry.id,
        entry.question,
        faq.theme_title(entry.theme),
        line.uses if line else 0,
        line.refused if line else 0,
        entry.reviewed,
        (today - entry.reviewed).days if entry.reviewed else None,
        stale=entry.review_by is not None and entry.review_by < today,
    )


def _crcn(code: str, faq: Faq, report: Report) -> CrcnRow:
    """Return what the FAQ has on a competence, or on a whole domain with its competences."""
    tagged = [e for e in faq.entries if any(c == code or c.startswith(f"{code}.") for c in e.crcn_edu)]
    lines = (report.entries.get(e.id) for e in tagged)
    return CrcnRow(
        code,
        len(tagged),
        tuple(dict.fromkeys(faq.theme_title(e.theme) for e in tagged)),
        summed(line.uses if line else 0 for line in lines),
    )
