"""A person in a Matrix client, for tests and for the demo: signed, encrypted, and doing as they are told.

It stands on the bot's own requests and keys, so there is one implementation of encryption to trust;
that it talks with other people's clients is tested against matrix-js-sdk.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from helpbot.adapters.clock import SystemClock
from helpbot.adapters.matrix.crypto import Encryption
from helpbot.adapters.matrix.http import Api, seg
from helpbot.adapters.matrix.keystore import KeyStore
from helpbot.adapters.matrix.login import Account, log_in
from helpbot.adapters.matrix.machine import Machine, MissingKey, Undecryptable
from helpbot.adapters.matrix.trust import ensure_trust
from helpbot.ports import HomeserverError

Event = dict[str, Any]
_FILTER = (
    '{"presence":{"not_types":["*"]},"account_data":{"not_types":["*"]},'
    '"room":{"ephemeral":{"not_types":["*"]},"timeline":{"limit":100},"state":{"lazy_load_members":true}}}'
)


class Person:
    """Somebody who is logged in and follows their rooms as a client does.

    ```
    async with await Person.login(hs.url, "@lea:test.local", "secret") as lea:
        room = await lea.create_room(invite=["@helpbot:test.local"])
        await lea.say(room, "Comment créer une visio ?")
        answer = await lea.wait(lambda event: event["sender"] == "@helpbot:test.local")
    ```
    """

    def __init__(self, api: Api, keys: Encryption, store: KeyStore, folder: Path, *, ours: bool) -> None:
        self._api = api
        self._keys = keys
        self._store = store
        self._folder = folder
        self._remove = ours
        self.user_id: str = keys.machine.user_id
        self.device_id: str = keys.machine.device_id
        self.seen: list[Event] = []
        """Every timeline event so far, decrypted where possible, each with its `room_id`."""
        self.invitations: set[str] = set()
        self._encrypted: dict[str, bool] = {}
        self._waiting: list[tuple[Callable[[Event], object], asyncio.Future[Event]]] = []
        self._since: str | None = None
        self._follower: asyncio.Task[None] | None = None
        self._synced = asyncio.Event()

    @classmethod
    async def login(
        cls,
        homeserver: str,
        user_id: str,
        password: str,
        *,
        folder: Path | None = None,
        follow: bool = True,
        signed: bool = True,
    ) -> Self:
        """Log in with a signed device; a folder given again takes up the same device.

        `signed=False` makes a device that its owner has not signed, as a second one is at first.
        """
        ours = folder is None
        place = folder or Path(tempfile.mkdtemp(prefix="helpbot-person-"))
        api = Api(homeserver)
        store = None
        try:
            account = Account(homeserver, user_id, password, device_name="Element")
            session = await log_in(api, account, place)
            store = KeyStore(place / "crypto.db", session.user_id, session.device_id)
            machine = Machine(session.user_id, session.device_id, store)
            keys = Encryption(api, machine, store, SystemClock())
            await keys.start()
            if signed:
                await ensure_trust(api, machine, place, password)
        except BaseException:
            await api.close()
            if store is not None:
                store.close()
            raise
        person = cls(api, keys, store, place, ours=ours)
        if follow:
            await person.follow()
        return person

    async def follow(self) -> None:
        """Begin to follow the rooms in the background; return once the first sync is done."""
        self._follower = asyncio.create_task(self._follow())
        await self._synced.wait()

    async def close(self) -> None:
        """Close the client, as one closes a browser tab."""
        if self._follower is not None:
            self._follower.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._follower
        await self._api.close()
        self._store.close()
        if self._remove:
            shutil.rmtree(self._folder, ignore_errors=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    # -- rooms ----------------------------------------------------------------------------------------

    async def create_room(
        self,
        *,
        encrypted: bool = True,
        direct: bool = False,
        invite: Iterable[str] = (),
        name: str | None = None,
        version: str | None = None,
        public: bool = False,
        history: str | None = None,
        access: str | None = None,
    ) -> str:
        """Create a room and return its id. `access`: Tchap's access rule."""
        state: list[Event] = []
        if encrypted:
            state.append(_state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}))
        if history is not None:
            state.append(_state("m.room.history_visibility", {"history_visibility": history}))
        if access is not None:
            state.append(_state("im.vector.room.access_rules", {"rule": access}))
        preset = "public_chat" if public else "trusted_private_chat" if direct else "private_chat"
        body: Event = {"preset": preset, "is_direct": direct, "invite": list(invite), "initial_state": state}
        if name is not None:
            body["name"] = name
        if version is not None:
            body["room_version"] = version
        room = str((await self._api.post("v3/createRoom", body))["room_id"])
        self._encrypted[room] = encrypted
        return room

    async def join(self, room: str) -> None:
        """Join a room, or accept an invitation."""
        await self._api.post(f"v3/join/{seg(room)}", {})
        self.invitations.discard(room)

    async def leave(self, room: str) -> None:
        """Leave a room."""
        await self._api.post(f"v3/rooms/{seg(room)}/leave", {})

    async def invite(self, room: str, user: str) -> None:
        """Invite somebody."""
        await self._api.post(f"v3/rooms/{seg(room)}/invite", {"user_id": user})

    async def kick(self, room: str, user: str) -> None:
        """Throw somebody out."""
        await self._api.post(f"v3/rooms/{seg(room)}/kick", {"user_id": user})

    async def rename(self, name: str) -> None:
        """Change the display name, everywhere."""
        await self._api.put(f"v3/profile/{seg(self.user_id)}/displayname", {"displayname": name})

    async def state(self, room: str, event_type: str, key: str = "") -> Event:
        """Return the content of a state event."""
        return await self._api.get(f"v3/rooms/{seg(room)}/state/{event_type}/{seg(key)}")

    async def set_state(self, room: str, event_type: str, content: Event, key: str = "") -> str:
        """Set a state event and return its id."""
        path = f"v3/rooms/{seg(room)}/state/{event_type}/{seg(key)}"
        return str((await self._api.put(path, content))["event_id"])

    # -- talking --------------------------------------------------------------------------------------

    async def say(
        self,
        room: str,
        body: str,
        *,
        mention: Iterable[str] = (),
        reply_to: str | None = None,
        thread: str | None = None,
        edit: str | None = None,
        html: str | None = None,
        msgtype: str = "m.text",
    ) -> str:
        """Say something as today's clients do, and return its event id."""
        content: Event = {"msgtype": msgtype, "body": body, "m.mentions": {}}
        users = list(mention)
        if users:
            content["m.mentions"] = {"user_ids": users}
        if html is not None:
            content |= {"format": "org.matrix.custom.html", "formatted_body": html}
        if thread is not None:
            content["m.relates_to"] = {
                "rel_type": "m.thread",
                "event_id": thread,
                "is_falling_back": reply_to is None,
                "m.in_reply_to": {"event_id": reply_to or thread},
            }
        elif reply_to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
        if edit is not None:
            new = {key: value for key, value in content.items() if key != "m.relates_to"}
            content |= {
                "body": f"* {body}",
                "m.new_content": new,
                "m.relates_to": {"rel_type": "m.replace", "event_id": edit},
            }
        return await self.send(room, "m.room.message", content)

    async def react(self, room: str, event_id: str, key: str) -> str:
        """React to an event."""
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return await self.send(room, "m.reaction", {"m.relates_to": relation}, encrypt=False)

    async def redact(self, room: str, event_id: str) -> str:
        """Delete an event."""
        path = f"v3/rooms/{seg(room)}/redact/{seg(event_id)}/{secrets.token_hex(8)}"
        return str((await self._api.put(path, {}))["event_id"])

    async def send(self, room: str, event_type: str, content: Event, *, encrypt: bool | None = None) -> str:
        """Send any event, encrypted where the room is unless told otherwise."""
        if encrypt is None:
            encrypt = await self._is_encrypted(room)
        if encrypt:
            content = await self._keys.encrypt(room, event_type, content)
            event_type = "m.room.encrypted"
        path = f"v3/rooms/{seg(room)}/send/{event_type}/{secrets.token_hex(8)}"
        return str((await self._api.put(path, content))["event_id"])

    async def request(self, method: str, path: str, body: object = None) -> Event:
        """Make any request of the client-server API, `path` from the version on."""
        return await self._api.call(method, path, body)

    # -- reading --------------------------------------------------------------------------------------

    def events(self, room: str) -> list[Event]:
        """Return the room's timeline so far, decrypted, oldest first."""
        return [event for event in self.seen if event["room_id"] == room]

    async def wait(
        self, predicate: Callable[[Event], object], seconds: float = 15, *, what: str = "an event"
    ) -> Event:
        """Return the first event, seen already or to come, for which `predicate` holds."""
        for event in self.seen:
            if predicate(event):
                return event
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        entry = (predicate, future)
        self._waiting.append(entry)
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            raise TimeoutError(f"{self.user_id} saw no such event in {seconds} s: {what}") from None
        finally:
            self._waiting.remove(entry)

    async def wait_membership(self, room: str, user: str, membership: str, seconds: float = 15) -> Event:
        """Return the event by which somebody's membership of a room became `membership`."""
        return await self.wait(
            lambda event: (
                event["room_id"] == room
                and event["type"] == "m.room.member"
                and event.get("state_key") == user
                and event["content"].get("membership") == membership
            ),
            seconds,
            what=f"{user} {membership}",
        )

    # -- the client's own work --------------------------------------------------------------------------

    async def _follow(self) -> None:
        while True:
            try:
                await self._sync_once(wait_ms=30_000 if self._synced.is_set() else 0)
            except HomeserverError:
                await asyncio.sleep(0.2)
            else:
                self._synced.set()

    async def _sync_once(self, *, wait_ms: int) -> None:
        await self._keys.upkeep()
        query = {"filter": _FILTER, "timeout": str(wait_ms)}
        if self._since is not None:
            query["since"] = self._since
        answer = await self._api.get("v3/sync", query, wait_s=wait_ms / 1000)
        got = self._keys.receive(answer, self._since)
        rooms = answer.get("rooms", {})
        self.invitations |= set(rooms.get("invite", {}))
        for room in rooms.get("leave", {}):
            self.invitations.discard(room)
            self._keys.forget_room(room)
        for room, said in rooms.get("join", {}).items():
            self.invitations.discard(room)
            self._take(room, said)
        self._since = answer["next_batch"]
        if got.sessions:
            self._reopen()

    def _take(self, room: str, said: Mapping[str, Any]) -> None:
        timeline = said.get("timeline", {})
        if timeline.get("limited"):
            self._keys.forget_members(room)
        for event in said.get("state", {}).get("events", []):
            self._state_event(room, event)
        for event in timeline.get("events", []):
            if "state_key" in event:
                self._state_event(room, event)
            self._note(self._opened(room, event))

    def _state_event(self, room: str, event: Event) -> None:
        if event["type"] == "m.room.member":
            self._keys.member(room, event["state_key"], event["content"].get("membership"))
        elif event["type"] == "m.room.encryption":
            self._encrypted[room] = True
            self._keys.setting(room, event["type"], event["content"])

    def _opened(self, room: str, event: Event) -> Event:
        event = {**event, "room_id": room}
        if event["type"] != "m.room.encrypted" or "ciphertext" not in event["content"]:
            return event
        try:
            return {**event, **self._keys.machine.open(event, room), "encrypted": True}
        except (MissingKey, Undecryptable, KeyError):
            return event

    def _reopen(self) -> None:
        for place, event in enumerate(self.seen):
            if event["type"] == "m.room.encrypted":
                opened = self._opened(event["room_id"], event)
                if opened["type"] != "m.room.encrypted":
                    self.seen[place] = opened
                    self._tell(opened)

    def _note(self, event: Event) -> None:
        self.seen.append(event)
        self._tell(event)

    def _tell(self, event: Event) -> None:
        for predicate, future in self._waiting:
            if not future.done() and predicate(event):
                future.set_result(event)

    async def _is_encrypted(self, room: str) -> bool:
        known = self._encrypted.get(room)
        if known is None:
            try:
                await self.state(room, "m.room.encryption")
                known = True
            except HomeserverError:
                known = False
            self._encrypted[room] = known
        return known


def _state(event_type: str, content: Event) -> Event:
    return {"type": event_type, "state_key": "", "content": content}
