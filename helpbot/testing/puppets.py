"""People of the homeserver in memory: they do at once what the test tells them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import Access
from helpbot.ports import Refused
from helpbot.testing.fakerooms import (
    ACCESS_RULES,
    CREATE,
    ENCRYPTION,
    JOIN_RULES,
    MESSAGE,
    REACTION,
    TOMBSTONE,
    Content,
    FakeRoom,
    Seen,
    message_content,
)
from helpbot.testing.fakeserver import Server


class FakePerson:
    """A teacher, volunteer or referent. What the server would refuse them raises `Refused`."""

    def __init__(self, server: Server, user_id: UserId) -> None:
        self._server = server
        self.user_id = user_id

    def create_room(
        self,
        *,
        encrypted: bool = False,
        direct: bool = False,
        version: str = "10",
        access: Access | None = None,
        public: bool = False,
        invite: Iterable[str] = (),
        replaces: RoomId | None = None,
    ) -> RoomId:
        """Open a room, be its moderator, invite people, and return its id.

        `direct` marks the invitations; `access` is Tchap's rule, absent by default; `replaces` names the
        room that it says to go on from.
        """
        room = self._server.open_room(self.user_id, version)
        state: list[tuple[str, Content]] = [(JOIN_RULES, {"join_rule": "public" if public else "invite"})]
        if encrypted:
            state.append((ENCRYPTION, {"algorithm": "m.megolm.v1.aes-sha2"}))
        if access is not None:
            state.append((ACCESS_RULES, {"rule": str(access)}))
        created: Content = {"creator": self.user_id, "room_version": version}
        if replaces is not None:
            created["predecessor"] = {"room_id": replaces}
        self._server.accept(room, self.user_id, CREATE, created, state_key="")
        self._server.set_membership(room, self.user_id, "join", by=self.user_id)
        for event_type, content in state:
            self._server.accept(room, self.user_id, event_type, content, state_key="")
        for user in invite:
            self.invite(room.room_id, user, direct=direct)
        return room.room_id

    def upgrade(self, room: RoomId, *, invite: Iterable[str] = (), **how: Any) -> RoomId:
        """Replace a room by a new one as alike as `how` lets it be, and return the new one's id.

        Nobody is invited to it by itself, as on Synapse: clients do that, for `invite`.
        """
        before = self._moderated(room)
        public = before.join_rule == "public"
        alike: dict[str, Any] = {"encrypted": before.encrypted, "version": before.version, "public": public}
        new = self.create_room(replaces=room, **(alike | how))
        self.entomb(room, new)
        for user in invite:
            self.invite(new, user)
        return new

    def entomb(self, room: RoomId, new: RoomId) -> None:
        """Say of a room that another goes on in its place, whatever that says."""
        content = {"body": "This room has been replaced", "replacement_room": new}
        self._server.accept(self._moderated(room), self.user_id, TOMBSTONE, content, state_key="")

    def invite(self, room: RoomId, user: str, *, direct: bool = False) -> None:
        """Invite somebody who is not in the room."""
        here = self._server.joined(self.user_id, room)
        if here.membership(UserId(user)) in ("join", "ban"):
            raise Refused("M_FORBIDDEN", f"{user} is in the room, or banned from it")
        self._server.set_membership(here, UserId(user), "invite", by=self.user_id, direct=direct)

    def join(self, room: RoomId) -> None:
        """Accept an invitation, or enter a public room."""
        self._server.enter(self._server.room(room), self.user_id)

    def leave(self, room: RoomId) -> None:
        """Leave, or decline."""
        self._server.set_membership(self._server.room(room), self.user_id, "leave", by=self.user_id)

    def kick(self, room: RoomId, user: str) -> None:
        """Put somebody out, or take an invitation back."""
        self._put_out(room, UserId(user), "leave")

    def ban(self, room: RoomId, user: str) -> None:
        """Put somebody out for good."""
        self._put_out(room, UserId(user), "ban")

    def promote(self, room: RoomId, user: str) -> None:
        """Let somebody else moderate the room too."""
        self._moderated(room).moderators.add(UserId(user))

    def encrypt(self, room: RoomId) -> None:
        """Switch encryption on, for what is said from now on."""
        content = {"algorithm": "m.megolm.v1.aes-sha2"}
        self._server.accept(self._moderated(room), self.user_id, ENCRYPTION, content, state_key="")

    def open_to(self, room: RoomId, access: Access) -> None:
        """Set Tchap's rule for guests."""
        content = {"rule": str(access)}
        self._server.accept(self._moderated(room), self.user_id, ACCESS_RULES, content, state_key="")

    def say(
        self,
        room: RoomId,
        body: str,
        *,
        mention: Iterable[str] | None = (),
        reply_to: EventId | None = None,
        thread: EventId | None = None,
        edit: EventId | None = None,
        html: str = "",
        msgtype: str = "m.text",
        at: int | None = None,
    ) -> EventId:
        """Write a message and return its id.

        `mention=None` is a client without `m.mentions`; `at` is a clock that goes wrong, or the
        time at which it was said while the bot was away.
        """
        content = message_content(
            body,
            html=html,
            msgtype=msgtype,
            mention=None if mention is None else [UserId(user) for user in mention],
            reply_to=reply_to,
            thread=thread,
            edit=edit,
        )
        return self.send(room, MESSAGE, content, at=at)

    def react(self, room: RoomId, target: EventId, key: str, *, at: int | None = None) -> EventId:
        """Tap a reaction on a message; tapping it again while it stands is refused."""
        relation = {"rel_type": "m.annotation", "event_id": target, "key": key}
        return self.send(room, REACTION, {"m.relates_to": relation}, at=at)

    def redact(self, room: RoomId, target: EventId) -> EventId:
        """Delete a message, or take a reaction back."""
        return self._server.redact(self._server.joined(self.user_id, room), self.user_id, target)

    def send(self, room: RoomId, event_type: str, content: Content, *, at: int | None = None) -> EventId:
        """Send any event, malformed ones too."""
        here = self._server.joined(self.user_id, room)
        return self._server.accept(here, self.user_id, event_type, content, at=at)

    def timeline(self, room: RoomId) -> list[Seen]:
        """Return what stands on the person's screen, from their first invitation or join on."""
        here = self._server.joined(self.user_id, room)
        came = next(event.pos for event in here.events if event.state_key == self.user_id)
        return here.timeline(after=came)

    def _put_out(self, room: RoomId, user: UserId, membership: str) -> None:
        self._server.set_membership(self._moderated(room), user, membership, by=self.user_id)

    def _moderated(self, room: RoomId) -> FakeRoom:
        here = self._server.joined(self.user_id, room)
        if self.user_id not in here.moderators:
            raise Refused("M_FORBIDDEN", f"{self.user_id} does not moderate {room}")
        return here
