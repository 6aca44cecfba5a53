"""What the bot knows of each room, from the state events that pass by. Pure.

Only a change makes `facts()` a new value; the client compares and tells the flow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from helpbot.core.ids import RoomId, UserId, server_of
from helpbot.core.incoming import Access, Replacement, RoomFacts

STATE_TYPES = (
    "m.room.create",
    "m.room.encryption",
    "m.room.join_rules",
    "m.room.member",
    "m.room.history_visibility",
    "im.vector.room.access_rules",
)
"""The state that a room's facts are made of."""
TOMBSTONE = "m.room.tombstone"


@dataclass(slots=True)
class Room:
    """One joined room as the syncs have described it so far."""

    room: RoomId
    facts: RoomFacts
    partner: UserId | None = None
    """With whom this is a direct message, as long as there are two in it."""
    count: int | None = None
    """Joined and invited members, ourselves included; None when no sync has said."""
    others: set[UserId] = field(default_factory=set)
    """The members that the last syncs named, ourselves left out: never the whole list."""
    gone: set[UserId] = field(default_factory=set)
    """Who was seen to leave and did not come back."""
    joinable: bool | None = None
    """Anyone may join; None: not known since the start."""
    open_history: bool | None = None
    """Anyone may read without joining; None: not known since the start."""
    rule: Access | None = None
    """What the room says of guests; None: not known since the start."""
    unsure: bool = False
    """Something changed that can only be judged together with what is not known: the state is to be read."""

    @classmethod
    def new(cls, room: RoomId) -> Room:
        """Return a room of which nothing is known."""
        return cls(room, RoomFacts(room))

    def apply(self, event: Mapping[str, Any], me: UserId) -> None:
        """Take in one state event; what is malformed changes nothing."""
        kind, content = event.get("type"), event.get("content")
        if not isinstance(content, Mapping) or not isinstance(kind, str):
            return
        old = self.facts
        encrypted, version, access, public = old.encrypted, old.version, old.access, old.public
        if kind == "m.room.encryption" and event.get("state_key") == "":
            # Never back to False: a room that says so is being tampered with.
            encrypted = True
        elif kind == "m.room.create" and event.get("state_key") == "":
            given = content.get("room_version", "1")
            version = given[:32] if isinstance(given, str) else "1"
        elif kind == "m.room.join_rules" and event.get("state_key") == "":
            self.joinable = content.get("join_rule") == "public"
            public = self._anyone(public)
        elif kind == "m.room.history_visibility" and event.get("state_key") == "":
            self.open_history = content.get("history_visibility") == "world_readable"
            public = self._anyone(public)
        elif kind == "im.vector.room.access_rules" and event.get("state_key") == "":
            rule = content.get("rule")
            self.rule = Access(rule) if isinstance(rule, str) and rule in _ACCESSES else Access.RESTRICTED
            access = self._access(self.rule)
        elif kind == "m.room.member":
            self._member(event, content, me)
            access = self._access(self.rule or access)
        self.facts = RoomFacts(self.room, encrypted, version, old.direct_with, access, public)

    def _anyone(self, before: bool) -> bool:  # noqa: FBT001
        """Whether anyone may read: where half of it is not known yet, what was so before stands."""
        if self.joinable or self.open_history:
            return True
        if self.joinable is None or self.open_history is None:
            self.unsure = before
            return before
        return False

    def _access(self, rule: Access) -> Access:
        """Return the rule, or that guests may sit where one does, whatever the rule says."""
        return Access.UNRESTRICTED if any(is_guest(user) for user in self.others) else rule

    def know_all(self) -> None:
        """Note that the whole state was read: what it does not hold is not so."""
        self.joinable, self.open_history = bool(self.joinable), bool(self.open_history)
        self.rule = self.rule or Access.RESTRICTED
        self.unsure = False
        old, public = self.facts, self.joinable or self.open_history
        access = self._access(self.rule)
        self.facts = RoomFacts(self.room, old.encrypted, old.version, old.direct_with, access, public)

    def _member(self, event: Mapping[str, Any], content: Mapping[str, Any], me: UserId) -> None:
        who = event.get("state_key")
        if not isinstance(who, str) or not who:
            return
        user, membership = UserId(who), content.get("membership")
        if user == me:
            before = previous(event)
            if membership == "join" and before.get("is_direct") is True:
                self.partner = inviter(event)
        elif membership in ("join", "invite"):
            self.others.add(user)
            self.gone.discard(user)
            if self.partner is None and content.get("is_direct") is True and event.get("sender") == me:
                self.partner = user
        else:
            self.others.discard(user)
            self.gone.add(user)

    def summarise(self, summary: object) -> None:
        """Take in a sync's `summary`: how many members, and who (in a small room)."""
        if not isinstance(summary, Mapping) or not summary:
            return
        joined, invited = summary.get("m.joined_member_count"), summary.get("m.invited_member_count")
        if isinstance(joined, int):
            self.count = joined + (invited if isinstance(invited, int) else 0)
        elif isinstance(invited, int) and self.count is not None:
            # Only what changed is sent; the joined part is what we had, at least ourselves.
            self.count = max(self.count, 1 + invited)
        heroes = summary.get("m.heroes")
        if isinstance(heroes, list):
            self.others.update(UserId(hero) for hero in heroes if isinstance(hero, str))

    def settle(self, declared: UserId | None) -> None:
        """Decide whether it is a direct message. `declared`: with whom our account data says it is.

        Two people in a room are not enough: a school room is that small on its first evening.
        """
        partner = self.partner or declared
        rule = self.rule or self.facts.access
        if partner is None and rule is Access.DIRECT and len(self.others) == 1:
            partner = next(iter(self.others))
        if partner in self.gone or (self.count is not None and self.count > 2):
            partner = None
        old, access = self.facts, self._access(rule)
        if (partner, access) != (old.direct_with, old.access):
            self.facts = RoomFacts(self.room, old.encrypted, old.version, partner, access, old.public)


def is_guest(user: UserId) -> bool:
    """Tell whether somebody is an external guest of Tchap: their server is `agent.externe.…`."""
    return server_of(user).startswith("agent.externe.")


_ROOM_ID = re.compile(r"![!-~]{1,254}")
_ACCESSES = frozenset(access.value for access in Access)


def previous(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content that a state event replaced, empty when there was none."""
    unsigned = event.get("unsigned")
    before = unsigned.get("prev_content") if isinstance(unsigned, Mapping) else None
    if before is None:
        before = event.get("prev_content")
    return before if isinstance(before, Mapping) else {}


def inviter(event: Mapping[str, Any]) -> UserId | None:
    """Return who sent the invitation that a join event accepted."""
    unsigned = event.get("unsigned")
    sender = unsigned.get("prev_sender") if isinstance(unsigned, Mapping) else None
    return UserId(sender) if isinstance(sender, str) else None


def replacement(event: Mapping[str, Any]) -> Replacement | None:
    """Return by which room a tombstone says that its own is replaced; None for anything else."""
    if event.get("type") != TOMBSTONE or event.get("state_key") != "":
        return None
    content, sender = event.get("content"), event.get("sender")
    room = room_id(content.get("replacement_room")) if isinstance(content, Mapping) else None
    return None if room is None or not isinstance(sender, str) else Replacement(room, UserId(sender))


def predecessor(created: Mapping[str, Any]) -> RoomId | None:
    """Return which room the content of an `m.room.create` says that its own replaces."""
    before = created.get("predecessor")
    return room_id(before.get("room_id")) if isinstance(before, Mapping) else None


def room_id(value: object) -> RoomId | None:
    """Return a room's id where it is one; from room version 12 on it names no server."""
    return RoomId(value) if isinstance(value, str) and _ROOM_ID.fullmatch(value) else None


def is_own_join(event: Mapping[str, Any], me: UserId) -> bool:
    """Tell whether this is the bot coming into the room; a new profile while in it is no join."""
    content = event.get("content")
    return (
        event.get("type") == "m.room.member"
        and event.get("state_key") == me
        and isinstance(content, Mapping)
        and content.get("membership") == "join"
        and previous(event).get("membership") != "join"
    )


def may_administer(levels: Mapping[str, Any], created: Mapping[str, Any], user: UserId) -> bool:
    """Tell whether somebody may send state events (client-server API, "m.room.power_levels").

    From room version 12 on its creators may do everything and stand in no list.
    """
    content = created.get("content")
    content = content if isinstance(content, Mapping) else {}
    founders = {created.get("sender")}
    more = content.get("additional_creators")
    founders |= {f for f in more if isinstance(f, str)} if isinstance(more, list) else set()
    version = content.get("room_version", "1")
    above_all = isinstance(version, str) and version.isdigit() and int(version) >= 12
    if user in founders and (above_all or not levels):
        return True
    users = levels.get("users")
    own = users.get(user) if isinstance(users, Mapping) else None
    own = levels.get("users_default", 0) if own is None else own
    needed = levels.get("state_default", 50)
    return isinstance(own, int) and isinstance(needed, int) and own >= max(needed, 1)
