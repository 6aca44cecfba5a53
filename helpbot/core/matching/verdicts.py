"""What the matcher says of a question: answer it, ask which, hand it to a person, or turn it elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """One FAQ entry as a possible answer. `score` is a calibrated confidence between 0 and 1."""

    entry: str
    score: float
    why: tuple[str, ...] = ()
    """The words of the question that decided, the weightiest first."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Sure enough to answer with this entry."""

    match: Match
    candidates: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Clarify:
    """Hesitating between a few entries: ask which one is meant."""

    options: tuple[Match, ...]
    """One to three, best first."""
    candidates: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """The FAQ does not know. `theme` is where it would belong, when that much can be told."""

    theme: str | None
    candidates: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    """Out of scope or urgent: a fixed answer, found by `FaqIndex.redirect(id)`."""

    id: str
    urgent: bool
    candidates: tuple[Match, ...]
    score: float = 1.0
    why: tuple[str, ...] = ()


Verdict = Answer | Clarify | Route | Redirect
