"""What a person is told of their own data."""

from __future__ import annotations

from dataclasses import dataclass

from helpbot.core.notices import Notice


@dataclass(frozen=True, slots=True)
class ForgetMe(Notice):
    """`!oubliezmoi`: what would go and what cannot, and how to say yes."""

    direct: bool
    """It is asked in their direct message, which the bot will leave."""


@dataclass(frozen=True, slots=True)
class Forgotten(Notice):
    """It is done: what is kept by duty, what is out of reach."""

    direct: bool
    credited: bool = False
    """Entries of the FAQ thanked them by name."""


@dataclass(frozen=True, slots=True)
class SomebodyHelped(Notice):
    """The status of a question whose helper asked to be forgotten: somebody helped, no name."""

    ref: str


@dataclass(frozen=True, slots=True)
class MyData(Notice):
    """`!mesdonnees`: what there is, above the file with all of it."""

    counts: tuple[tuple[str, int], ...]
    """(kind of data, how many rows) pairs."""
