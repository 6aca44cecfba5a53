"""Who may be asked, in which order, and why each other one is not ("Finding a helper", product.md)."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from helpbot.core.confidentiality import may_show as may_show
from helpbot.core.habits import Habits, is_in_class
from helpbot.core.hours import OpenHours
from helpbot.core.ids import RoomId, UserId
from helpbot.core.incoming import RoomFacts


class Refusal(StrEnum):
    """Why a volunteer is not asked."""

    IS_ASKER = "is_asker"
    OTHER_THEME = "other_theme"
    ALREADY_OFFERED = "already_offered"
    PAUSED = "paused"
    CLOSED_HOURS = "closed_hours"
    IN_CLASS = "in_class"
    """They do not react at this hour of the week (`core.habits`)."""
    AT_CAPACITY = "at_capacity"
    NO_PLACE = "no_place"
    """There is no room in which they could be asked."""
    MAY_NOT_SEE = "may_not_see"
    """The confidentiality rule (rule 7 of the conversation)."""


TEMPORARY = frozenset({Refusal.PAUSED, Refusal.CLOSED_HOURS, Refusal.IN_CLASS, Refusal.AT_CAPACITY})
"""Refusals that the next school morning may lift."""


EXPECTED_MINUTES = 20.0
"""How long somebody is expected to take of whom nothing is known yet."""
LEARNING = 0.2
"""How much one more reaction counts against all before it."""
WEEKS = 4
"""Over how many weeks what somebody was asked is compared with what they offered."""
HEADSTART = 1 / 2
"""Who answers at once comes before an equal until asked so much more, as a share of what they offer."""
SOON = 12.0
"""Minutes of a usual response time in which the head start falls by e."""
BREADTH = 1 / 15
"""The same for each theme of a person, where the theme of the question is not known."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How often one person may be asked."""

    day: int = 2
    week: int = 4
    open: int = 1

    def lowered(self, own: Caps | None) -> Caps:
        """Return these caps where `own` does not ask for less."""
        if own is None:
            return self
        return Caps(min(self.day, own.day), min(self.week, own.week), min(self.open, own.open))


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
    asked_month: int = 0
    """In the last `WEEKS` weeks."""
    open_asks: int = 0
    caps: Caps | None = None
    """What they offered to take, where that is less than the plan's caps."""
    learning: frozenset[str] = frozenset()
    """Themes that they would like to learn."""
    away_until: int = 0
    """Unix ms: they paused until then."""
    usual_minutes: float | None = None
    """How long they usually take to react to an offer, in open minutes; None: not known yet."""
    habits: Habits | None = None
    """At which hours of the week they react; None: nothing was noticed, or they do not want it to be."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a question comes from."""

    room: RoomFacts
    school: str = ""
    academie: str = ""
    level: str = ""


class Nearness(IntEnum):
    """How near a volunteer is to a question; the nearest are asked first."""

    SCHOOL = 0
    """The same school."""
    LEVEL = 1
    """The same académie and level."""
    ANY = 2


@dataclass(frozen=True, slots=True)
class Why:
    """Why somebody was asked before the others, for `!pourquoi`: what the order looked at."""

    nearness: Nearness
    asked_week: int
    """How often they were asked in the 7 days before."""
    offered_week: int
    """How often they accept to be asked in a week."""
    among: int
    """How many could have been asked."""
    asked_month: int = 0
    """How often they were asked in the 4 weeks before; 0 also where it was not noted yet."""


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
    why = _refusal(volunteer, theme=theme, asker=asker, offered=offered, caps=caps, now=now)
    if why is None and not volunteer.hours.is_open(now):
        return Refusal.CLOSED_HOURS
    return why


def _refusal(
    volunteer: Volunteer,
    *,
    theme: str | None,
    asker: UserId,
    offered: frozenset[UserId],
    caps: Caps,
    now: int,
) -> Refusal | None:
    """Return the reasons that cost nothing to look at: all but the hours."""
    if volunteer.user == asker:
        return Refusal.IS_ASKER
    if theme is not None and theme not in volunteer.themes:
        return Refusal.OTHER_THEME
    if volunteer.user in offered:
        return Refusal.ALREADY_OFFERED
    if volunteer.away_until > now:
        return Refusal.PAUSED
    own = caps.lowered(volunteer.caps)
    if volunteer.asked_day >= own.day or volunteer.asked_week >= own.week or volunteer.open_asks >= own.open:
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

    Same school first, then same académie and level, then all; then whoever was asked least in the last 7
    days, measured by what each offered (`week_standing`); then by `standing`: the same over four weeks, a
    head start given to those who usually answer soon; then a draw by `seed`, the same whenever it is asked.
    """
    kept: list[tuple[Volunteer, RoomId]] = []
    refused: list[tuple[Volunteer, Refusal]] = []
    # A directory of hundreds has few different hours: each is looked at once.
    is_open: dict[int, bool] = {}
    for volunteer in volunteers:
        why = _refusal(volunteer, theme=theme, asker=asker, offered=offered, caps=caps, now=now)
        if why is None:
            hours = volunteer.hours
            if id(hours) not in is_open:
                is_open[id(hours)] = hours.is_open(now)
            why = None if is_open[id(hours)] else Refusal.CLOSED_HOURS
            if why is None and is_in_class(volunteer.habits, hours.calendar, now):
                why = Refusal.IN_CLASS
        place = why or place_for(volunteer, origin, volunteers_room)
        if isinstance(place, Refusal):
            refused.append((volunteer, place))
        else:
            kept.append((volunteer, place.room))
    kept.sort(key=lambda pair: _rank(pair[0], origin, theme, caps, seed))
    return kept, refused


def why_asked(volunteer: Volunteer, origin: Origin, caps: Caps, among: int) -> Why:
    """Return what put a candidate where they stood in the order."""
    offered = caps.lowered(volunteer.caps).week
    return Why(nearness(volunteer, origin), volunteer.asked_week, offered, among, volunteer.asked_month)


def nearness(volunteer: Volunteer, origin: Origin) -> Nearness:
    """Return how near a volunteer is to where a question comes from."""
    if origin.school and volunteer.school == origin.school:
        return Nearness.SCHOOL
    near = volunteer.academie == origin.academie and volunteer.level == origin.level
    return Nearness.LEVEL if origin.academie and near else Nearness.ANY


def wait_for(asked: tuple[Volunteer, ...], *, first: int, lowest: int, highest: int) -> int:
    """Return how many open minutes to wait for those who were asked: the longest of their usual times.

    Somebody whose usual time is not known yet is given `first` minutes; `lowest` and `highest` bound it.
    """
    usual = max((first if v.usual_minutes is None else v.usual_minutes for v in asked), default=first)
    return max(lowest, min(round(usual), highest))


def learned(usual: float | None, minutes: float) -> float:
    """Return a person's usual response time after one more reaction, in open minutes.

    A running geometric mean: one number a person and no history of what they did, and one late evening
    does not outweigh ten quick answers.
    """
    seen = math.log(max(minutes, 1.0))
    if usual is None:
        return math.exp((math.log(EXPECTED_MINUTES) + seen) / 2)
    return math.exp((1 - LEARNING) * math.log(usual) + LEARNING * seen)


def week_standing(volunteer: Volunteer, caps: Caps) -> int:
    """Return how much somebody was asked in 7 days, against what they offer; the least comes first.

    This ask counts half, the divisors of Sainte-Laguë: whoever offers one ask a week and whoever offers four
    are then asked in that proportion, where plain shares put the first before the second every week. In steps
    of what one ask is to somebody who takes all that the plan allows: between two who offer the same, one ask
    more always comes later, whatever follows in the order.
    """
    offered = max(1, caps.lowered(volunteer.caps).week)
    return math.floor(caps.week * (volunteer.asked_week + 0.5) / offered)


def standing(volunteer: Volunteer, theme: str | None, caps: Caps) -> float:
    """Return how much somebody was asked in four weeks, as a share of what they offer; the least comes first.

    This ask counts half, as above. Less a head start for those who usually answer soon: an asker waits less,
    and as it counts for a few asks only, nobody is asked for long in the place of others. Where the theme is
    not known, people with several themes are likelier to know the answer.
    """
    usual = EXPECTED_MINUTES if volunteer.usual_minutes is None else volunteer.usual_minutes
    share = (volunteer.asked_month + 0.5) / (WEEKS * max(1, caps.lowered(volunteer.caps).week))
    breadth = BREADTH * len(volunteer.themes) if theme is None else 0.0
    return share - HEADSTART * math.exp(-usual / SOON) - breadth


def _rank(
    volunteer: Volunteer, origin: Origin, theme: str | None, caps: Caps, seed: str
) -> tuple[Nearness, int, float, int]:
    lot = hashlib.sha256(f"{seed}\0{volunteer.user}".encode()).digest()
    standing_now = round(standing(volunteer, theme, caps), 3)
    return nearness(volunteer, origin), week_standing(volunteer, caps), standing_now, -int.from_bytes(lot)
