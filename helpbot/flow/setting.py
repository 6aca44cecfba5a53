"""What every step needs to know and does not change while it runs."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from helpbot.core.addressing import Me
from helpbot.core.hours import Calendar, OpenHours
from helpbot.core.ids import RoomId, UserId, server_of
from helpbot.core.matching import FaqIndex, Verdict
from helpbot.core.tickets import Plan
from helpbot.texts import Catalogue


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """The settings of one room."""

    threads: bool = False
    route_always: bool = False
    school: str = ""
    academie: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's choices, in the forms that decisions use."""

    plan: Plan
    hours: OpenHours
    calendar: Calendar
    trusted_servers: tuple[str, ...] = ()
    ignored_users: tuple[str, ...] = ()
    rooms: Mapping[RoomId, RoomPolicy] = field(default_factory=dict)
    review_room: RoomId | None = None
    volunteers_room: RoomId | None = None
    referents: frozenset[UserId] = frozenset()
    controller: str = ""
    dpo: str = ""
    unsolved_days: int = 30
    solved_days: int = 90
    help_log_months: int = 6
    hours_of: Callable[[str, str], OpenHours] | None = None
    """(hours, zone) of a volunteer to their open hours; None: everybody has the bot's."""

    def room(self, room: RoomId) -> RoomPolicy:
        """Return a room's settings, or the defaults."""
        return self.rooms.get(room, _DEFAULT_ROOM)

    def trusts(self, user: UserId) -> bool:
        """Whether a person may invite the bot and ask it."""
        server = server_of(user)
        return any(fnmatch.fnmatchcase(server, g.lower()) for g in self.trusted_servers)

    def ignores(self, user: UserId) -> bool:
        """Whether a user is a program that the operator named."""
        return any(fnmatch.fnmatchcase(user, glob) for glob in self.ignored_users)


_DEFAULT_ROOM = RoomPolicy()
MOST_JUDGED = 1_000


@dataclass(slots=True)
class Names:
    """First names of people, asked of the homeserver when a decision needs them; never stored."""

    known: dict[UserId, str] = field(default_factory=dict)

    def first_name(self, user: UserId) -> str:
        """Return a first name; raises `NameNeeded` when it was not asked for yet."""
        if user not in self.known:
            raise NameNeeded(user)
        return self.known[user]


class NameNeeded(Exception):
    """A decision needs somebody's name: ask for it and decide again. Nothing was kept."""

    def __init__(self, user: UserId) -> None:
        super().__init__("a name is needed")
        self.user = user


@dataclass(slots=True)
class Setting:
    """The bot's surroundings, shared by all steps. `index` is swapped whole when the FAQ changes."""

    me: Me
    policy: Policy
    catalogue: Catalogue
    index: FaqIndex
    alias: Callable[[UserId], str]
    """A person's pseudonym for the help log."""
    names: Names = field(default_factory=Names)
    judged: dict[str, Verdict] = field(default_factory=dict)
    """Verdicts of questions that were taken in and not decided yet. In memory only."""
    faq_problems: tuple[str, ...] = ()
    """Why the files as they are now do not load, as it was told; `index` is the last good one."""

    @property
    def faq_broken(self) -> bool:
        """Whether the files as they are now do not load."""
        return bool(self.faq_problems)

    def judge(self, text: str) -> Verdict:
        """Return what the FAQ makes of a question, and keep it until `verdict_of` asks for it."""
        if len(self.judged) > MOST_JUDGED:
            self.judged.clear()
        verdict = self.judged[text] = self.index.verdict(text)
        return verdict

    def verdict_of(self, text: str, before: str | None) -> Verdict:
        """Return what the FAQ makes of a question, as it was judged or anew."""
        known = self.judged.pop(text, None)
        return known if known is not None and before is None else self.index.verdict(text, before=before)
