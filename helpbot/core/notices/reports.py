"""What is reported of many people's questions; never a person. Words: texts/fr.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from helpbot.core.notices import Notice


@dataclass(frozen=True, slots=True)
class MonthTold:
    """A month and its figures beside those of the month before."""

    month: str
    """`2026-11`."""
    before: str
    """The month before; empty where nothing is known of it."""
    lines: tuple[tuple[str, str, str], ...]
    """(key of the catalogue, value, value of the month before or empty)."""


@dataclass(frozen=True, slots=True)
class MonthlyReport(Notice):
    """What came of the questions of the month that ended, or of several after holidays."""

    months: tuple[MonthTold, ...]
