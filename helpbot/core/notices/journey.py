"""What somebody gave, told to them alone (`!monparcours`). Words: texts/fr.yaml, texts/journey.py."""

from __future__ import annotations

from dataclasses import dataclass

from helpbot.core.journey import Journey
from helpbot.core.notices import Notice


@dataclass(frozen=True, slots=True)
class MyJourney(Notice):
    """What somebody helped with, for themselves."""

    journey: Journey
    log_months: int
    """How long the log lasts where nothing more is kept."""
    badges: bool = False
    """They may ask for a badge here."""


@dataclass(frozen=True, slots=True)
class NoJourney(Notice):
    """`!monparcours` from somebody who has not answered anybody yet."""

    kept: bool
    """They asked that what will come be kept."""


@dataclass(frozen=True, slots=True)
class JourneyKept(Notice):
    """It will be kept beyond the log."""


@dataclass(frozen=True, slots=True)
class JourneyDropped(Notice):
    """Nothing is kept of it beyond the log any more."""

    log_months: int


@dataclass(frozen=True, slots=True)
class BadgeMade(Notice):
    """Under the file of an Open Badge: what it is, and whose it is."""

    issuer: str


@dataclass(frozen=True, slots=True)
class NoBadges(Notice):
    """The operator issues no badges."""


@dataclass(frozen=True, slots=True)
class JourneyInFiles(Notice):
    """Under the first of two files."""
