"""What is said when two people ask the same. Words: texts/fr.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from helpbot.core.ids import UserId
from helpbot.core.notices import Notice


@dataclass(frozen=True, slots=True)
class Joined(Notice):
    """To whoever asks what is being asked already: they get the same answer."""

    ref: str


@dataclass(frozen=True, slots=True)
class AnotherWaits(Notice):
    """To whoever asked first: somebody else waits for the same answer."""

    ref: str


@dataclass(frozen=True, slots=True)
class SolvedBefore(Notice):
    """What a colleague answered to the same question not long ago; both agreed to its being shown."""

    text: str
    on: str
    """ISO day of the answer."""
    helper: UserId
    """Whose words they are: not said, but known to the message, so that it goes with them."""


@dataclass(frozen=True, slots=True)
class MayShow(Notice):
    """After ✅, to the asker: may the answer be shown to whoever asks the same?"""

    ref: str


@dataclass(frozen=True, slots=True)
class WillShow(Notice):
    """They said yes."""

    ref: str


@dataclass(frozen=True, slots=True)
class OfferWillShow(Notice):
    """The helper said yes."""

    ref: str
