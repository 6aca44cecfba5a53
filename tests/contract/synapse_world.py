"""The same world on a real Synapse: the real adapter for the bot, a `Person` for each teacher."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
from nio.crypto.attachments import decrypt_attachment
from worlds import Teacher

from helpbot.adapters.clock import SystemClock
from helpbot.adapters.matrix import Account, connect
from helpbot.adapters.matrix.http import Api, seg
from helpbot.adapters.matrix.login import log_in
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import Access, RoomFacts
from helpbot.ports import Homeserver
from helpbot.testing.fakerooms import MESSAGE, REACTION, Content
from helpbot.testing.person import Person
from helpbot.testing.synapse import LocalSynapse

_PASSWORD = "un mot de passe pour rire"
_numbers = count(1)


class SynapseTeacher:
    """A person at a client that is brought up to date before each thing they do."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self._kept: list[tuple[Any, ...]] = []

    @property
    def user_id(self) -> UserId:
        return UserId(self.person.user_id)

    async def create_room(
        self,
        *,
        encrypted: bool = False,
        direct: bool = False,
        version: str = "10",
        access: Access | None = None,
        public: bool = False,
        invite: Iterable[str] = (),
    ) -> RoomId:
        room = await self.person.create_room(
            encrypted=encrypted, direct=direct, version=version, access=access, public=public, invite=invite
        )
        return RoomId(room)

    async def invite(self, room: RoomId, user: str) -> None:
        await self.person.invite(room, user)

    async def upgrade(self, room: RoomId, version: str) -> RoomId:
        path = f"v3/rooms/{seg(room)}/upgrade"
        answer = await self.person.request("POST", path, {"new_version": version})
        return RoomId(answer["replacement_room"])

    async def join(self, room: RoomId) -> None:
        await self.person.join(room)

    async def kick(self, room: RoomId, user: str) -> None:
        await self.person.kick(room, user)

    async def ban(self, room: RoomId, user: str) -> None:
        await self.person.request("POST", f"v3/rooms/{seg(room)}/ban", {"user_id": user})

    async def set_state(self, room: RoomId, event_type: str, content: Content) -> None:
        await self.person.set_state(room, event_type, content)

    async def send(self, room: RoomId, event_type: str, content: Content) -> EventId:
        await self.person._sync_once(wait_ms=0)  # it knows who came and left
        encrypt = False if event_type == REACTION else None
        return EventId(await self.person.send(room, event_type, content, encrypt=encrypt))

    async def redact(self, room: RoomId, target: EventId) -> EventId:
        return EventId(await self.person.redact(room, target))

    async def reads(self, room: RoomId, event: EventId) -> Content | None:
        await self.person._sync_once(wait_ms=0)
        raw = await self.person.request("GET", f"v3/rooms/{seg(room)}/event/{seg(event)}")
        if "redacted_because" in raw.get("unsigned", {}):
            return None
        return dict(self.person._opened(room, raw)["content"])

    async def fetches(self, content: Content) -> bytes:
        file = content.get("file", content)
        api = self.person._api
        path = f"_matrix/client/v1/media/download/{file['url'].removeprefix('mxc://')}"
        async with (
            aiohttp.ClientSession(headers=api._headers) as session,
            session.get(f"{api.base}/{path}") as response,
        ):
            data = await response.read()
        if "file" not in content:
            return data
        # nio's own reading of the specification, not ours the other way round.
        return bytes(decrypt_attachment(data, file["key"]["k"], file["hashes"]["sha256"], file["iv"]))

    async def withhold_keys(self, room: RoomId) -> None:
        keys = self.person._keys
        await keys.encrypt(room, MESSAGE, {})  # so that the room is known
        keys.machine.outbound_group_sessions.pop(room)
        keys._rooms[room].stale = True

        async def keep(*call: Any) -> None:
            self._kept.append(call)

        keys._to_devices = keep  # type: ignore[assignment,method-assign]

    async def release_keys(self) -> None:
        keys = self.person._keys
        del keys._to_devices
        for call in self._kept:
            await keys._to_devices(*call)
        self._kept.clear()


class SynapseWorld:
    """One running Synapse is shared by all tests; the people and the bot are new in each."""

    tries = 8
    wait_ms = 1_000

    def __init__(self, synapse: LocalSynapse, folder: Path, *, encrypted: bool) -> None:
        self.encrypted = encrypted
        self.joined: dict[RoomId, RoomFacts] = {}
        self._synapse = synapse
        self._folder = folder
        self._people: list[Person] = []
        self._bot_id = ""
        self.bot: Homeserver

    async def start(self) -> SynapseWorld:
        """Register the bot's account and connect."""
        self._bot_id = self._register("helpbot")
        await self._connect()
        return self

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    async def teacher(self, name: str) -> Teacher:
        user = self._register(name)
        folder = self._folder / user[1:].partition(":")[0]
        folder.mkdir()
        person = await Person.login(self._synapse.url, user, _PASSWORD, folder=folder, follow=False)
        self._people.append(person)
        await person.rename(name)
        return SynapseTeacher(person)

    async def restart(self) -> Homeserver:
        await self.bot.close()
        await self._connect()
        return self.bot

    async def send_from_elsewhere(self, room: RoomId, content: Content, txn_id: str) -> EventId:
        api = Api(self._synapse.url)
        try:
            session = await log_in(api, Account(self._synapse.url, self._bot_id, _PASSWORD), self._folder)
            api.authorise(session.access_token)
            path = f"v3/rooms/{seg(room)}/send/{MESSAGE}/{txn_id}"
            return EventId((await api.put(path, content))["event_id"])
        finally:
            await api.close()

    async def rename_bot(self, name: str) -> None:
        await self._real._api.put(f"v3/profile/{seg(self._bot_id)}/displayname", {"displayname": name})

    async def end_session(self) -> None:
        await self._real._api.post("v3/logout", {})

    async def close(self) -> None:
        for person in self._people:
            await person.close()
        if hasattr(self, "bot"):
            await self.bot.close()

    def _register(self, name: str) -> str:
        return self._synapse.user(f"{name}-{next(_numbers)}", _PASSWORD)

    async def _connect(self) -> None:
        account = Account(self._synapse.url, self._bot_id, _PASSWORD)
        self.bot = self._real = await connect(account, self._folder / "bot", SystemClock())
