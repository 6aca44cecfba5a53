"""What is said of a room's settings. Words: texts/fr.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from helpbot.core.notices import Notice


@dataclass(frozen=True, slots=True)
class RoomCard(Notice):
    """`!reglages`: how the bot behaves in this room."""

    changed: bool
    listen: bool
    threads: bool
    always: bool
    """Volunteers are asked without asking before, where the offer stays in this room."""
    level: str
    school: str
    academie: str


@dataclass(frozen=True, slots=True)
class RoomMoreOpen(Notice):
    """The room goes on from a less open one: what was asked there is not taken up here."""


@dataclass(frozen=True, slots=True)
class RoomNotYours(Notice):
    """Only an administrator of the room may change its settings."""


@dataclass(frozen=True, slots=True)
class RoomOnly(Notice):
    """`!reglages` in a direct message, which has no settings."""
