"""What is said where a text may be shown nowhere any more (rule 7), and to who wants to verify the bot."""

from __future__ import annotations

from dataclasses import dataclass

from helpbot.core.notices import Notice


@dataclass(frozen=True, slots=True)
class NotRelayed(Notice):
    """To a helper: the room where their answer would be read has opened since they were asked."""

    ref: str


@dataclass(frozen=True, slots=True)
class RoomHasOpened(Notice):
    """To the referents: a colleague answered, and the answer may not be shown in the asker's room."""

    ref: str


@dataclass(frozen=True, slots=True)
class NotProposed(Notice):
    """To the referents: a proposal of an entry may not be shown in their room, which has opened."""

    ref: str


@dataclass(frozen=True, slots=True)
class VerifyWithOperator(Notice):
    """Somebody who may verify the bot asked while nobody sits at its terminal: declined, and what to do."""
