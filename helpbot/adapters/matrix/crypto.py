"""End-to-end encryption on the network: whose keys are needed, asking for them, sharing ours.

An event is encrypted only when every device that may read it has been sent the room's key, or has
turned out to have no way of getting it. No device is left out for not being verified: the bot
answers people, it does not vet their telephones. Rooms wait for themselves only, each under a lock
of its own; claiming one-time keys is the one thing done in turn, so that two rooms never claim
twice for the same device.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from helpbot.adapters.matrix.http import Api, seg
from helpbot.adapters.matrix.keystore import KeyStore
from helpbot.adapters.matrix.machine import Machine, Received
from helpbot.adapters.matrix.olm import OlmDevice, OutboundGroupSession
from helpbot.core.spans import HOUR, MINUTE
from helpbot.ports import Clock, HomeserverError, LoggedOut, Refused

_DEVICES_A_REQUEST = 100
_USERS_A_STEP = 50
_CLAIM_AGAIN_MS = 10 * MINUTE
_MIN_PERIOD_MS = HOUR
_MAX_PERIOD_MSGS = 10_000
_ROUNDS = 5
"""How often members may change while we prepare, before we send to those known so far."""


@dataclass(slots=True)
class RoomCrypto:
    """Who reads a room, and whether they all have its key."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    members: dict[str, str] | None = None
    """Membership (`join` or `invite`) by user; None until somebody must be written to."""
    invited_read: bool = True
    """History is open to the invited: what is said before they join is for them as well."""
    period_ms: int | None = None
    period_msgs: int | None = None
    asking: bool = False
    """`members` is being asked of the server: whatever a sync says meanwhile makes us ask again."""
    stale: bool = True
    """Something changed since the key was last shared with everybody."""

    def readers(self) -> set[str]:
        """Return the users who may read what is sent now."""
        members = self.members or {}
        return {user for user, how in members.items() if how == "join" or self.invited_read}


class Encryption:
    """The keys of one device, kept in step with one homeserver."""

    def __init__(self, api: Api, machine: Machine, store: KeyStore, clock: Clock) -> None:
        self._api = api
        self.machine = machine
        self._store = store
        self._clock = clock
        self._rooms: dict[str, RoomCrypto] = {}
        self._known: set[str] = set()  # users whose device list is up to date
        self._asking: dict[str, asyncio.Future[bool]] = {}  # whose list is being asked for; did it work?
        self._outdated: set[str] = set()  # of these, whose list changed while we asked
        self._no_session: dict[tuple[str, str], int] = {}  # device -> when to claim for it again
        self._claiming = asyncio.Lock()
        self._uploading = asyncio.Lock()
        self._on_server: int | None = None
        self._fallback_missing = False
        self._mark: str | None = None

    async def start(self) -> None:
        """Put this device's keys on the server if they are not there yet."""
        if not self.machine.account.shared:
            self._fallback_missing = True
            await self._upload()

    # -- from a sync --------------------------------------------------------------------------------

    def receive(self, answer: Mapping[str, Any], since: str | None) -> Received:
        """Take in the part of a sync that is about keys."""
        self._counts(answer)
        lists = answer.get("device_lists")
        if lists:
            for user in _texts(lists, "changed") + _texts(lists, "left"):
                self._forget_devices(user)
        device_events = answer.get("to_device")
        events = device_events.get("events") if isinstance(device_events, Mapping) else None
        mark = since or ""
        got = Received()
        if isinstance(events, list) and events:
            got = self.machine.receive(events, mark)
        if self._mark in (None, mark):
            # Asked again, after a start or an error: what came the first time is stored already, and
            # those that wait for it may not have been told.
            got.sessions += [s for s in self._store.arrived_at(mark) if s not in got.sessions]
        self._mark = mark
        return got

    def _counts(self, answer: Mapping[str, Any]) -> None:
        counts = answer.get("device_one_time_keys_count")
        if isinstance(counts, Mapping):
            # Synapse leaves the algorithm out when none is left: nothing said means none.
            count = counts.get("signed_curve25519", 0)
            self._on_server = count if isinstance(count, int) else None
        unused = answer.get("device_unused_fallback_key_types")
        if isinstance(unused, list):
            self._fallback_missing = "signed_curve25519" not in unused

    def _forget_devices(self, user: str) -> None:
        self._known.discard(user)
        if user in self._asking:
            self._outdated.add(user)
        for room in self._rooms.values():
            if room.members is not None and user in room.members:
                room.stale = True

    def member(self, room_id: str, user: object, membership: object) -> None:
        """Take in a change of membership in a room that we may have to encrypt for."""
        room = self._rooms.get(room_id)
        if room is None or not isinstance(user, str):
            return
        if room.asking:
            room.stale = True
        if room.members is None:
            return
        if membership in ("join", "invite"):
            if room.members.get(user) == membership:
                return
            room.members[user] = str(membership)
        elif room.members.pop(user, None) is None:
            return
        room.stale = True

    def setting(self, room_id: str, event_type: str, content: object) -> None:
        """Take in a room's encryption settings or history visibility."""
        room = self._rooms.get(room_id)
        if room is None or not isinstance(content, Mapping):
            return
        if event_type == "m.room.encryption":
            period, count = content.get("rotation_period_ms"), content.get("rotation_period_msgs")
            room.period_ms = max(period, _MIN_PERIOD_MS) if isinstance(period, int) else None
            room.period_msgs = min(max(count, 1), _MAX_PERIOD_MSGS) if isinstance(count, int) else None
        elif event_type == "m.room.history_visibility":
            room.invited_read = content.get("history_visibility") != "joined"
        room.stale = True

    def forget_members(self, room_id: str) -> None:
        """Ask who is in the room again before the next message: some changes were not seen."""
        room = self._rooms.get(room_id)
        if room is not None:
            room.members = None
            room.stale = True

    def forget_room(self, room_id: str) -> None:
        """We are out of the room: what we say after coming back is said with a new key."""
        self._rooms.pop(room_id, None)
        self.machine.outbound_group_sessions.pop(room_id, None)

    async def upkeep(self) -> None:
        """Refill keys on the server and mend broken sessions. What fails is tried again next time."""
        due = self._fallback_missing or (
            self._on_server is not None and self._on_server < self.machine.account.max_one_time_keys // 2
        )
        try:
            if due:
                await self._upload()
            strangers = self.machine.strangers()
            if strangers:
                await self._query({user for user, _ in strangers} - self._known)
                for user, sender_key in strangers:
                    self.machine.mend(user, sender_key)
                self.machine.strangers()  # those still unknown are nobody's devices
            if self.machine.wedged_devices:
                await self._claim(list(self.machine.wedged_devices), again=True)
            for kind, user, device, content in self.machine.take_outgoing():
                await self._to_devices(kind, {user: {device: content}})
        except LoggedOut:
            raise
        except HomeserverError:
            return

    # -- towards others -----------------------------------------------------------------------------

    async def encrypt(self, room_id: str, event_type: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return the content of the `m.room.encrypted` event, once its readers have the key."""
        room = self._rooms.get(room_id)
        if room is None:
            room = self._rooms[room_id] = RoomCrypto()
        # Somebody at work on the room's key may just be giving it to a newcomer: wait for that as well.
        if room.stale or room.lock.locked() or self.machine.outbound(room_id) is None:
            async with room.lock:
                await self._prepare(room_id, room)
        # No await between the check and this line: the key is everybody's now.
        return self.machine.seal(room_id, event_type, content)

    async def _prepare(self, room_id: str, room: RoomCrypto) -> None:
        for _ in range(_ROUNDS):
            session = self.machine.outbound(room_id)
            if not room.stale and session is not None:
                return
            room.stale = False
            try:
                await self._share(room_id, room, session)
            except BaseException:
                room.stale = True
                raise

    async def _share(self, room_id: str, room: RoomCrypto, session: OutboundGroupSession | None) -> None:
        readers = await self._readers(room_id, room)
        await self._query(readers - self._known)
        devices = self.machine.devices_of(readers)
        ids = {(device.user_id, device.id) for device in devices}
        if session is None or session.users_shared_with - ids:
            # Whoever left, or a device that was taken away, must not read on.
            session = self.machine.begin_outbound(room_id)
            if room.period_ms is not None:
                session.max_age = timedelta(milliseconds=room.period_ms)
            if room.period_msgs is not None:
                session.max_messages = room.period_msgs
        missing = [d for d in devices if (d.user_id, d.id) not in session.users_shared_with]
        await self._claim(missing)
        for start in range(0, len(missing), _DEVICES_A_REQUEST):
            messages = self.machine.encrypt_room_key(room_id, missing[start : start + _DEVICES_A_REQUEST])
            if messages:
                await self._to_devices("m.room.encrypted", messages)
                session.users_shared_with.update(
                    (u, d) for u, by_device in messages.items() for d in by_device
                )
        session.mark_as_shared()

    async def _readers(self, room_id: str, room: RoomCrypto) -> set[str]:
        if room.members is None:
            base = f"v3/rooms/{seg(room_id)}"
            room.asking = True
            try:
                joined, invited, encryption, visibility = await _all(
                    self._api.get(f"{base}/joined_members"),
                    self._api.get(f"{base}/members", {"membership": "invite"}),
                    self._state(room_id, "m.room.encryption"),
                    self._state(room_id, "m.room.history_visibility"),
                )
            finally:
                room.asking = False
            changed_meanwhile = room.stale
            self.setting(room_id, "m.room.encryption", encryption)
            self.setting(room_id, "m.room.history_visibility", visibility)
            room.stale = changed_meanwhile
            members = {str(user): "join" for user in joined.get("joined") or ()}
            for event in invited.get("chunk") or ():
                if isinstance(event, Mapping) and isinstance(event.get("state_key"), str):
                    members.setdefault(event["state_key"], "invite")
            room.members = members
            readers = room.readers()
            if changed_meanwhile:
                room.members = None
            return readers
        return room.readers()

    async def _state(self, room_id: str, event_type: str) -> dict[str, Any]:
        try:
            return await self._api.get(f"v3/rooms/{seg(room_id)}/state/{event_type}")
        except Refused as error:
            if error.code == "M_NOT_FOUND":
                return {}
            raise

    async def _query(self, users: set[str]) -> None:
        """Have the device lists of `users`, waiting for those that another room asks for already."""
        while users:
            others = {user: self._asking[user] for user in users if user in self._asking}
            mine = users - others.keys()
            if mine:
                await self._ask_devices(mine)
            if others:
                await asyncio.wait(set(others.values()))
            users = {user for user, asked in others.items() if not asked.result()}

    async def _ask_devices(self, users: set[str]) -> None:
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._asking |= dict.fromkeys(users, done)
        worked = False
        try:
            answer = await self._api.post("v3/keys/query", {"device_keys": {user: [] for user in users}})
            listed = answer.get("device_keys")
            # Those whose servers did not answer are asked again next time; what we knew must do.
            listed = listed if isinstance(listed, Mapping) else {}
            found = sorted(users & listed.keys())
            for start in range(0, len(found), _USERS_A_STEP):
                with self._store.atomic():
                    for user in found[start : start + _USERS_A_STEP]:
                        self.machine.learn_devices(user, listed[user])
                await asyncio.sleep(0)  # a room of thousands must not hold the others
            self._known |= set(found) - self._outdated
            worked = True
        finally:
            for user in users:
                del self._asking[user]
            self._outdated -= users
            done.set_result(worked)

    async def _claim(self, devices: Iterable[OlmDevice], *, again: bool = False) -> None:
        if not again and not self.machine.without_session(devices):
            return
        async with self._claiming:
            wanted = list(devices) if again else self.machine.without_session(devices)
            now = self._clock.now()
            ask: dict[str, dict[str, str]] = {}
            for device in wanted:
                if again or self._no_session.get((device.user_id, device.id), 0) <= now:
                    ask.setdefault(device.user_id, {})[device.id] = "signed_curve25519"
            if not ask:
                return
            answer = await self._api.post("v3/keys/claim", {"one_time_keys": ask, "timeout": 5000})
            self.machine.use_claimed(answer.get("one_time_keys"))
            for device in wanted:
                if device in self.machine.wedged_devices:
                    self.machine.wedged_devices.remove(device)
                if self.machine.session_store.get(device.curve25519) is None:
                    # Asked for at every message, a device without keys would slow them all down.
                    self._no_session[device.user_id, device.id] = now + _CLAIM_AGAIN_MS

    async def identity_of(self, user: str, device_id: str) -> tuple[str | None, str | None]:
        """Return a device's signing key and its user's master key, asked for now; None: there is none."""
        answer = await self._api.post("v3/keys/query", {"device_keys": {user: []}})
        listed, masters = answer.get("device_keys"), answer.get("master_keys")
        if isinstance(listed, Mapping) and user in listed:
            with self._store.atomic():
                self.machine.learn_devices(user, listed[user])
        device = self.machine.device_store[user].get(device_id)
        master = masters.get(user) if isinstance(masters, Mapping) else None
        keys = master.get("keys") if isinstance(master, Mapping) else None
        key = next(iter(keys.values()), None) if isinstance(keys, Mapping) else None
        known = device is not None and not device.deleted
        return device.ed25519 if known else None, key if isinstance(key, str) else None

    async def tell_device(
        self, user: str, device_id: str, kind: str, content: dict[str, Any], txn: str, *, sealed: bool
    ) -> None:
        """Send something to one device, under Olm where it is `sealed` and they have a session."""
        if sealed:
            kind, content = self.machine.seal_to_device(user, device_id, kind, content)
        await self._to_devices(kind, {user: {device_id: content}}, txn)

    async def _to_devices(
        self, event_type: str, messages: Mapping[str, Mapping[str, Any]], txn: str | None = None
    ) -> None:
        txn = txn or secrets.token_hex(8)
        await self._api.put(f"v3/sendToDevice/{event_type}/{txn}", {"messages": messages})

    async def _upload(self) -> None:
        async with self._uploading:
            body = self.machine.keys_to_upload(
                on_server=self._on_server, fallback_missing=self._fallback_missing
            )
            if not body:
                return
            try:
                answer = await self._api.post("v3/keys/upload", body)
            except Refused as error:
                # A key id that the server has with other content: this store is older than what it
                # has seen. The next ids are new ones.
                if error.code not in ("M_UNKNOWN", "M_INVALID_PARAM") or "device_keys" in body:
                    raise
                self.machine.keys_uploaded()
                return
            self.machine.keys_uploaded()
            self._counts({"device_one_time_keys_count": answer.get("one_time_key_counts")})
            if "fallback_keys" in body:
                self._fallback_missing = False


async def _all(*calls: Any) -> list[dict[str, Any]]:
    """Run requests side by side; the first error ends the others before it is raised."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _texts(lists: object, name: str) -> list[str]:
    found = lists.get(name) if isinstance(lists, Mapping) else None
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []
