"""Who may be asked, in which order, and why each other one is not ("Finding a helper", product.md)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from helpbot.core.hours import OpenHours
from helpbot.core.ids import RoomId, UserId
from helpbot.core.incoming import Access, RoomFacts


class Refusal(StrEnum):
    """Why a volunteer is not asked."""

    IS_ASKER = "is_asker"
    OTHER_THEME = "other_theme"
    ALREADY_OFFERED = "already_offered"
    PAUSED = "paused"
    CLOSED_HOURS = "closed_hours"
    AT_CAPACITY = "at_capacity"
    NO_PLACE = "no_place"
    """There is no room in which they could be asked."""
    MAY_NOT_SEE = "may_not_see"
    """The confidentiality rule (rule 7 of the conversation)."""


TEMPORARY = frozenset({Refusal.PAUSED, Refusal.CLOSED_HOURS, Refusal.AT_CAPACITY})
"""Refusals that the next school morning may lift."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How often one person may be asked."""

    day: int = 2
    week: int = 4
    open: int = 1


@dataclass(frozen=True, slots=True)
class Volunteer:
    """Somebody who offers help, and what the store knows of their load."""

    user: UserId
    themes: frozenset[str]
    hours: OpenHours
    school: str = ""
    academie: str = ""
    level: str = ""
    direct: RoomFacts | None = None
    """Their direct message with the bot, where one exists."""
    noticed: bool = False
    """They have been told that they are volunteers, and how to stop."""
    asked_day: int = 0
    asked_week: int = 0
    open_asks: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a question comes from."""

    room: RoomFacts
    school: str = ""
    academie: str = ""
    level: str = ""


def may_show(source: RoomFacts, target: RoomFacts) -> bool:
    """Tell whether a text of `source` that its author agreed to hand on may stand in `target`.

    The asker agreed to volunteers reading it. What was written under encryption never goes to a
    room without; what was written among agents never to a room that is open to guests or to anyone.
    """
    if source.encrypted and not target.encrypted:
        return False
    if target.public and not source.public:
        return False
    return not (target.access is Access.UNRESTRICTED and source.access is not Access.UNRESTRICTED)


def place_for(volunteer: Volunteer, origin: Origin, volunteers_room: RoomFacts | None) -> RoomFacts | Refusal:
    """Return where to ask a volunteer: their direct message, else the volunteers' room."""
    places = [p for p in (volunteer.direct, volunteers_room) if p is not None]
    if not places:
        return Refusal.NO_PLACE
    return next((p for p in places if may_show(origin.room, p)), Refusal.MAY_NOT_SEE)


def refusal(
    volunteer: Volunteer,
    *,
    theme: str | None,
    asker: UserId,
    offered: frozenset[UserId],
    caps: Caps,
    now: int,
) -> Refusal | None:
    """Return why this volunteer may not be asked now, None when they may."""
    if volunteer.user == asker:
        return Refusal.IS_ASKER
    if theme is not None and theme not in volunteer.themes:
        return Refusal.OTHER_THEME
    if volunteer.user in offered:
        return Refusal.ALREADY_OFFERED
    if not volunteer.hours.is_open(now):
        return Refusal.CLOSED_HOURS
    if (
        volunteer.asked_day >= caps.day
        or volunteer.asked_week >= caps.week
        or volunteer.open_asks >= caps.open
    ):
        return Refusal.AT_CAPACITY
    return None


def candidates(
    volunteers: tuple[Volunteer, ...],
    origin: Origin,
    volunteers_room: RoomFacts | None,
    *,
    theme: str | None,
    asker: UserId,
    offered: frozenset[UserId],
    caps: Caps,
    now: int,
    seed: str,
) -> tuple[list[tuple[Volunteer, RoomId]], list[tuple[Volunteer, Refusal]]]:
    """Return who may be asked and where, best first, and everybody else with the reason.

    Same school first, then same académie and level, then all; ties go to whoever was asked least
    in the last 7 days, then to a draw that depends on `seed` alone.
    """
    kept: list[tuple[Volunteer, RoomId]] = []
    refused: list[tuple[Volunteer, Refusal]] = []
    for volunteer in volunteers:
        why = refusal(volunteer, theme=theme, asker=asker, offered=offered, caps=caps, now=now)
        place = why or place_for(volunteer, origin, volunteers_room)
        if isinstance(place, Refusal):
            refused.append((volunteer, place))
        else:
            kept.append((volunteer, place.room))
    kept.sort(key=lambda pair: (_distance(pair[0], origin), pair[0].asked_week, _draw(seed, pair[0].user)))
    return kept, refused


def _distance(volunteer: Volunteer, origin: Origin) -> int:
    if origin.school and volunteer.school == origin.school:
        return 0
    near = volunteer.academie == origin.academie and volunteer.level == origin.level
    return 1 if origin.academie and near else 2


def _draw(seed: str, user: UserId) -> bytes:
    return hashlib.sha256(f"{seed}\0{user}".encode()).digest()
