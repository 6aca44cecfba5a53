"""The rooms of the homeserver in memory: what was sent, who is in, and what a person sees of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from helpbot.adapters.matrix.rooms import is_guest
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import Access, RoomFacts

MEMBER = "m.room.member"
MESSAGE = "m.room.message"
REACTION = "m.reaction"
REDACTION = "m.room.redaction"
ENCRYPTION = "m.room.encryption"
ACCESS_RULES = "im.vector.room.access_rules"
JOIN_RULES = "m.room.join_rules"
HISTORY = "m.room.history_visibility"
CREATE = "m.room.create"
TOMBSTONE = "m.room.tombstone"

Content = dict[str, Any]


@dataclass(slots=True)
class Event:
    """An event as the server has it, with the plain content even where the wire has ciphertext."""

    event_id: EventId
    room: RoomId
    type: str
    sender: UserId
    at: int
    pos: int
    """Its place in the server's stream, over all rooms."""
    content: Content
    state_key: str | None = None
    redacts: EventId | None = None
    session: str | None = None
    """The megolm session that sealed it; None for what travels in clear."""
    txn: tuple[UserId, str, str] | None = None
    """Who sent it, from which device, under which txn id."""
    previous: Content | None = None
    """For state: the content that it replaced."""
    redacted_by: EventId | None = None

    @property
    def relation(self) -> tuple[str, EventId] | None:
        """What it relates to and how: `("m.annotation", target)`, None for a plain reply."""
        about = self.content.get("m.relates_to")
        if isinstance(about, dict) and isinstance(about.get("rel_type"), str):
            return about["rel_type"], EventId(str(about.get("event_id")))
        return None

    @property
    def begins_membership(self) -> bool:
        """It is a join, and no mere change of name."""
        return (
            self.type == MEMBER
            and self.content.get("membership") == "join"
            and (self.previous or {}).get("membership") != "join"
        )

    def wire(self, *, opened: bool = False) -> Content:
        """Return it as /sync gives it, or as it is after decryption (`opened`)."""
        sealed = self.session is not None and not opened
        seen: Content = {
            "event_id": self.event_id,
            "type": "m.room.encrypted" if sealed else self.type,
            "sender": self.sender,
            "origin_server_ts": self.at,
            "content": self.content,
        }
        if self.state_key is not None:
            seen["state_key"] = self.state_key
        if self.redacts is not None:
            seen["redacts"] = self.redacts
        if self.redacted_by is not None:
            seen["unsigned"] = {"redacted_because": {"event_id": self.redacted_by}}
        elif sealed:
            seen["content"] = {
                "algorithm": "m.megolm.v1.aes-sha2",
                "session_id": self.session,
                "ciphertext": f"sealed {self.event_id}",
            }
            if "m.relates_to" in self.content:
                seen["content"]["m.relates_to"] = self.content["m.relates_to"]
        return seen


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it stands on a person's screen: after its edits, with its reactions."""

    event_id: EventId
    sender: UserId
    at: int
    body: str
    content: Content
    """That of the last edit where there is one."""
    edited: bool = False
    reply_to: EventId | None = None
    thread: EventId | None = None
    reactions: dict[str, tuple[UserId, ...]] = field(default_factory=dict)

    @property
    def html(self) -> str:
        """The formatted body, empty when there is none."""
        return str(self.content.get("formatted_body", ""))

    @property
    def msgtype(self) -> str:
        """`m.text`, `m.notice`…"""
        return str(self.content.get("msgtype", ""))

    @property
    def mentions(self) -> tuple[UserId, ...]:
        """Whose telephone it rang."""
        named = self.content.get("m.mentions", {}).get("user_ids", ())
        return tuple(UserId(user) for user in named)

    @property
    def helpbot(self) -> Content | None:
        """The `fr.helpbot` object, if a helpbot wrote it."""
        return self.content.get("fr.helpbot")


@dataclass(slots=True)
class FakeRoom:
    """One room, whole: `timeline()` is what people see of it, `events` all that was ever sent."""

    room_id: RoomId
    version: str
    creator: UserId
    events: list[Event] = field(default_factory=list)
    state: dict[tuple[str, str], Event] = field(default_factory=dict)
    moderators: set[UserId] = field(default_factory=set)
    _generation: int = 0

    def add(self, event: Event) -> None:
        """Take in the newest event and what it changes."""
        if event.state_key is not None:
            before = self.state.get((event.type, event.state_key))
            event.previous = before.content if before else None
            self.state[event.type, event.state_key] = event
            if event.type == MEMBER and event.content["membership"] in ("leave", "ban"):
                self.turn_sessions()  # who left must not read on
        self.events.append(event)
        if event.type == REDACTION and event.redacts is not None:
            target = self.find(event.redacts)
            if target is not None:
                target.redacted_by = event.event_id
                target.content = {}

    def find(self, event_id: EventId) -> Event | None:
        """Return the event of that id, None when it is not of this room."""
        return next((event for event in self.events if event.event_id == event_id), None)

    def membership(self, user: UserId) -> str:
        """Return `join`, `invite`, `leave` or `ban`; `leave` for who never was in."""
        event = self.state.get((MEMBER, user))
        return str(event.content["membership"]) if event else "leave"

    def members(self, *memberships: str) -> tuple[UserId, ...]:
        """Return who is in (`join`), or has one of the memberships named, in order of coming."""
        wanted = memberships or ("join",)
        people = (UserId(key) for kind, key in self.state if kind == MEMBER)
        return tuple(user for user in people if self.membership(user) in wanted)

    @property
    def encrypted(self) -> bool:
        """Whether messages sent from now on are sealed."""
        return (ENCRYPTION, "") in self.state

    @property
    def replaced(self) -> bool:
        """Whether it was upgraded: who does not moderate it says nothing in it any more, as on Synapse."""
        return (TOMBSTONE, "") in self.state

    @property
    def public(self) -> bool:
        """Whether anyone may join, or read without joining."""
        if self._state_value(HISTORY, "history_visibility") == "world_readable":
            return True
        return self.join_rule == "public"

    @property
    def join_rule(self) -> str | None:
        """Who may come in: `public`, `invite`…"""
        return self._state_value(JOIN_RULES, "join_rule")

    @property
    def access(self) -> Access:
        """The rule of Tchap for external guests; where one sits, the rule does not matter."""
        if any(is_guest(user) for user in self.members("join", "invite")):
            return Access.UNRESTRICTED
        return Access(self._state_value(ACCESS_RULES, "rule") or Access.RESTRICTED)

    def facts(self, user: UserId, *, direct: bool = False) -> RoomFacts:
        """Return what the member `user` must know of the room; `direct`: it is among their direct ones."""
        others = [other for other in self.members("join", "invite") if other != user]
        rule = self._state_value(ACCESS_RULES, "rule")
        direct = direct or rule == Access.DIRECT.value or self._came_for_direct_talk(user)
        return RoomFacts(
            self.room_id,
            encrypted=self.encrypted,
            version=self.version,
            direct_with=others[0] if direct and len(others) == 1 else None,
            access=self.access,
            public=self.public,
        )

    def session_of(self, sender: UserId) -> str:
        """Return the megolm session that `sender` uses now."""
        return f"session of {sender} in {self.room_id}, {self._generation}"

    def turn_sessions(self) -> None:
        """Let everybody take a new megolm session for what they say next."""
        self._generation += 1

    def last_join(self, user: UserId) -> Event | None:
        """Return the event by which `user` came in last."""
        own = (event for event in reversed(self.events) if event.state_key == user)
        return next((event for event in own if event.begins_membership), None)

    def timeline(self, *, after: int = -1) -> list[Seen]:
        """Return the messages as people see them: edited, without what was deleted, with reactions."""
        shown: dict[EventId, Event] = {}
        last_edit: dict[EventId, Content] = {}
        reactions: dict[EventId, dict[str, tuple[UserId, ...]]] = {}
        for event in self.events:
            if event.pos <= after or event.redacted_by is not None:
                continue
            kind, target = event.relation or ("", EventId(""))
            if event.type == REACTION:
                key = str(event.content["m.relates_to"].get("key"))
                of_target = reactions.setdefault(target, {})
                of_target[key] = (*of_target.get(key, ()), event.sender)
            elif event.type == MESSAGE and kind == "m.replace":
                if target in shown and shown[target].sender == event.sender:
                    last_edit[target] = event.content.get("m.new_content", {})
            elif event.type == MESSAGE:
                shown[event.event_id] = event
        return [_seen(event, last_edit.get(key), reactions.get(key, {})) for key, event in shown.items()]

    def _state_value(self, event_type: str, key: str) -> str | None:
        event = self.state.get((event_type, ""))
        return event.content.get(key) if event else None

    def _came_for_direct_talk(self, user: UserId) -> bool:
        """Whether `user` was invited to a direct message, or invited the other one to it."""
        invitations = [
            event for event in reversed(self.events) if event.content.get("membership") == "invite"
        ]
        own = next((event for event in invitations if event.state_key == user), None)
        if own is not None:
            return bool(own.content.get("is_direct"))
        return any(event.sender == user and event.content.get("is_direct") for event in invitations)


def _seen(event: Event, edit: Content | None, reactions: dict[str, tuple[UserId, ...]]) -> Seen:
    content = event.content if edit is None else edit
    reply_to, thread = answers_and_thread(event.content)
    return Seen(
        event_id=event.event_id,
        sender=event.sender,
        at=event.at,
        body=str(content.get("body", "")),
        content=content,
        edited=edit is not None,
        reply_to=reply_to,
        thread=thread,
        reactions=reactions,
    )


def answers_and_thread(content: Content) -> tuple[EventId | None, EventId | None]:
    """Return what a message answers (a thread's fallback reply is no answer) and its thread's root."""
    about = content.get("m.relates_to", {})
    thread = about.get("event_id") if about.get("rel_type") == "m.thread" else None
    reply = about.get("m.in_reply_to", {}).get("event_id")
    if thread is not None and about.get("is_falling_back"):
        reply = None
    return reply, thread


def message_content(
    body: str,
    *,
    html: str = "",
    msgtype: str = "m.text",
    mention: Iterable[UserId] | None = (),
    reply_to: EventId | None = None,
    thread: EventId | None = None,
    edit: EventId | None = None,
) -> Content:
    """Return the content that a modern client sends; `mention=None` is an old one, without the field."""
    new: Content = {"msgtype": msgtype, "body": body}
    if html:
        new |= {"format": "org.matrix.custom.html", "formatted_body": html}
    if mention is not None:
        people = list(mention)
        new["m.mentions"] = {"user_ids": people} if people else {}
    if edit is not None:
        relation: Content = {"rel_type": "m.replace", "event_id": edit}
        return new | {"body": f"* {body}", "m.new_content": new, "m.relates_to": relation}
    relation = {}
    if thread is not None:
        relation = {"rel_type": "m.thread", "event_id": thread, "is_falling_back": reply_to is None}
    if reply_to is not None or thread is not None:
        relation["m.in_reply_to"] = {"event_id": reply_to or thread}
    return new | {"m.relates_to": relation} if relation else new
