"""Comparing emojis: the person at the operator's terminal, and the bot that speaks with the other side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """How a verification ended."""

    VERIFIED = "verified"
    """Both sides confirmed: the other client now signs our identity."""
    DIFFERENT = "different"
    """One side said that the emojis differ, or the keys did not fit."""
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    FAILED = "failed"
    """The homeserver did not take a step, or the device that asked is unknown."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The terminal is the one that is asked from now on."""

    user_id: str
    users: tuple[str, ...]
    """Whose requests are accepted."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Another terminal waits already."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody's request was accepted; they have to start."""

    user_id: str
    device_id: str


@dataclass(frozen=True, slots=True)
class Compare:
    """Both sides are to look at the same thing now."""

    emojis: tuple[int, ...]
    """Seven places in the specification's table of 64; empty where the other side shows numbers only."""
    decimals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """The verification is over."""

    outcome: Outcome
    code: str = ""
    """The specification's code of a cancellation."""


Told = Waiting | Busy | Asked | Compare | Ended


class Verifications(Protocol):
    """Verifications by emoji, which are accepted only while somebody is there to compare."""

    def attend(self, users: frozenset[str], tell: Callable[[Told], None]) -> bool:
        """Accept requests of `users` from now on and `tell` what becomes of them; False when taken."""
        ...

    def answer(self, *, same: bool) -> None:
        """Say what the person saw. Does nothing when nothing is shown."""
        ...

    def leave(self) -> None:
        """Nobody is there any more: decline what comes, cancel what is under way."""
        ...
