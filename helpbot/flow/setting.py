"""What every step needs to know and does not change while it runs."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from helpbot.core.addressing import Me
from helpbot.core.badges import Issuer
from helpbot.core.hours import Calendar, OpenHours
from helpbot.core.ids import EventId, RoomId, UserId, server_of
from helpbot.core.matching import FaqIndex, Verdict
from helpbot.core.moves import where_now
from helpbot.core.roomchoices import Choices
from helpbot.core.tickets import Plan
from helpbot.flow.understanding import Understanding
from helpbot.texts import Catalogue


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """The settings of one room."""

    listen: bool = False
    """Questions that are put to nobody are answered too, when it is very sure."""
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
    chosen: dict[RoomId, Choices] = field(default_factory=dict)
    """What administrators of rooms chose in the chat; it wins over `rooms`. Changed while the bot runs."""
    moved: Mapping[RoomId, RoomId] = field(default_factory=dict)
    """Rooms that were replaced → by which; the bot has followed."""
    review_room: RoomId | None = None
    volunteers_room: RoomId | None = None
    referents: frozenset[UserId] = frozenset()
    operators: frozenset[UserId] = frozenset()
    """Who runs the bot; with the referents, they may compare emojis with it."""
    controller: str = ""
    dpo: str = ""
    unsolved_days: int = 30
    solved_days: int = 90
    help_log_months: int = 6
    site: str = ""
    """Where the FAQ stands as a web site, with its last slash; empty: nowhere."""
    alone_may_approve: bool = False
    """The only referent may approve what they proposed themselves."""
    hours_of: Callable[[str, str], OpenHours] | None = None
    """(hours, zone) of a volunteer to their open hours; None: everybody has the bot's."""

    def room(self, room: RoomId) -> RoomPolicy:
        """Return a room's settings, or the defaults."""
        known, chosen = self.rooms.get(room, _DEFAULT_ROOM), self.chosen.get(room)
        return known if chosen is None else replace(known, **chosen)  # type: ignore[arg-type]

    def after(self, moved: Mapping[RoomId, RoomId]) -> Policy:
        """Return the same choices after rooms were replaced: what names one names the one it goes on in."""
        rooms = dict(self.rooms)
        for room, chosen in self.rooms.items():
            rooms.setdefault(where_now(room, moved), chosen)
        return replace(
            self,
            moved=moved,
            rooms=rooms,
            review_room=where_now(self.review_room, moved) if self.review_room else None,
            volunteers_room=where_now(self.volunteers_room, moved) if self.volunteers_room else None,
        )

    def trusts(self, user: UserId) -> bool:
        """Whether a person may invite the bot and ask it."""
        server = server_of(user)
        return any(fnmatch.fnmatchcase(server, g.lower()) for g in self.trusted_servers)

    def ignores(self, user: UserId) -> bool:
        """Whether a user is a program that the operator named."""
        return any(fnmatch.fnmatchcase(user, glob) for glob in self.ignored_users)


_DEFAULT_ROOM = RoomPolicy()
MOST_JUDGED = 500


@dataclass(slots=True)
class Names:
    """Names of people, asked of the homeserver when a decision needs them; never stored."""

    known: dict[UserId, str] = field(default_factory=dict)
    authors: dict[EventId, UserId] = field(default_factory=dict)
    """Who wrote a message that somebody marked; empty: nobody that the homeserver tells."""
    full: dict[UserId, str] = field(default_factory=dict)
    admins: dict[tuple[RoomId, UserId], bool] = field(default_factory=dict)
    """Whether somebody administers a room; taken out when it is used."""
    without_direct: set[UserId] = field(default_factory=set)
    """With whom no direct message could be opened; taken out when it is used."""

    def first_name(self, user: UserId) -> str:
        """Return a first name; raises `NameNeeded` when it was not asked for yet."""
        if user not in self.known:
            raise NameNeeded(user)
        return self.known[user]

    def full_name(self, user: UserId) -> str:
        """Return a whole name, for whoever wants to be named by it; raises `NameNeeded` likewise."""
        if user not in self.full:
            raise NameNeeded(user)
        return self.full[user]

    def forms(self, user: UserId) -> tuple[str, ...]:
        """Return what somebody may be called by: first name, whole name, surname; raises `NameNeeded`."""
        whole = self.full_name(user)
        first, _, last = whole.partition(" ")
        return tuple(dict.fromkeys(n for n in (first, whole, last, last.title()) if n))

    def forget(self, user: UserId) -> None:
        """Know nothing of somebody any more."""
        self.known.pop(user, None)
        self.full.pop(user, None)
        self.without_direct.discard(user)
        for event in [event for event, author in self.authors.items() if author == user]:
            del self.authors[event]
        for place in [place for place in self.admins if place[1] == user]:
            del self.admins[place]


class NameNeeded(Exception):
    """A decision needs something of the homeserver: ask for it and decide again. Nothing was kept.

    Somebody's name; with a room, whether they administer it; with an event of it, who wrote that.
    """

    def __init__(self, user: UserId, room: RoomId | None = None, event: EventId | None = None) -> None:
        super().__init__("a name is needed")
        self.user = user
        self.room = room
        self.event = event


class DirectNeeded(NameNeeded):
    """A decision needs a direct message with somebody: open one and decide again. Nothing was kept."""


@dataclass(frozen=True, slots=True)
class Badges:
    """What badges are made with."""

    issuer: Issuer
    sign: Callable[[dict[str, Any]], str]
    """Claims to a compact JWS. Raises `Problems` where the key cannot be used."""


@dataclass(slots=True)
class Setting:
    """The bot's surroundings, shared by all steps. `index` is swapped whole when the FAQ changes."""

    me: Me
    policy: Policy
    catalogue: Catalogue
    index: FaqIndex
    alias: Callable[[UserId], str]
    """A person's pseudonym for the help log."""
    badges: Badges | None = None
    """None: the operator issues none."""
    names: Names = field(default_factory=Names)
    judged: dict[bytes, Verdict] = field(default_factory=dict)
    """Digest of a question → its verdict, oldest first; emptied when the FAQ changes."""
    understanding: Understanding | None = None
    """The semantic extra, where the operator chose one."""
    faq_problems: tuple[str, ...] = ()
    """Why the files as they are now do not load, as it was told; `index` is the last good one."""

    @property
    def faq_broken(self) -> bool:
        """Whether the files as they are now do not load."""
        return bool(self.faq_problems)

    def judge(self, text: str) -> Verdict:
        """Return what the FAQ makes of a question. The same words again cost nothing.

        A question is judged before it is stored and decided after, and a whole staff room may ask the
        same thing in one morning. Kept in memory under a digest, so that no text stays there.
        """
        key = hashlib.blake2b(text.encode(errors="replace"), digest_size=16).digest()
        verdict = self.judged.get(key)
        if verdict is None:
            if len(self.judged) >= MOST_JUDGED:
                del self.judged[next(iter(self.judged))]
            verdict = self.judged[key] = self.index.verdict(text)
        return verdict

    def verdict_of(self, text: str, before: str | None) -> Verdict:
        """Return what the FAQ makes of a question, read with the one `before` it where there is one.

        Raises `VectorNeeded` where the semantic extra is on, the words leave a doubt and no vector is known.
        """
        verdict = self.judge(text) if before is None else self.index.verdict(text, before=before)
        if self.understanding is None:
            return verdict
        whole = text if before is None else f"{before} {text}"
        return self.understanding.widened(self.index.faq, verdict, whole)
