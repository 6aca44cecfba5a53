"""What is said when a question was answered in its own room, without the bot. Words: texts/fr.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from helpbot.core.notices import Notice


@dataclass(frozen=True, slots=True)
class PeerAnswered(Notice):
    """A colleague answered in the room: the status of the question says so, and asks whether it helps."""

    ref: str
    helper: str
    """A first name; empty when it is not known."""


@dataclass(frozen=True, slots=True)
class PeerSolved(Notice):
    """The asker marked a colleague's message in the room as the answer."""

    ref: str
    helper: str


@dataclass(frozen=True, slots=True)
class PeerCounted(Notice):
    """To a colleague who answered in the room, once: that it is counted, and how to object."""

    months: int
    """How long the record of who helped whom is kept."""


@dataclass(frozen=True, slots=True)
class OfferAnsweredHere(Notice):
    """The offer after somebody answered in the asker's room."""

    ref: str


@dataclass(frozen=True, slots=True)
class Found(Notice):
    """The asker found the answer without help."""

    ref: str


@dataclass(frozen=True, slots=True)
class NotCounted(Notice):
    """`!opposition`: answers given in a room are not counted as this person's any more."""


@dataclass(frozen=True, slots=True)
class CountedAgain(Notice):
    """`!opposition fin`."""
