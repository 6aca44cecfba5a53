"""The same world on a real Synapse: the real adapter as the bot, and as each teacher's client."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

from worlds import Teacher

from helpbot.adapters.clock import SystemClock
from helpbot.adapters.matrix import Account, MatrixHomeserver, connect
from helpbot.adapters.matrix.http import Api, seg
from helpbot.adapters.matrix.login import log_in
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import Access, RoomFacts
from helpbot.testing.fakerooms import ACCESS_RULES, ENCRYPTION, MESSAGE, Content
from helpbot.testing.synapse import LocalSynapse

_PASSWORD = "un mot de passe pour rire"
_numbers = count(1)


class SynapseTeacher:
    """A person whose client is the adapter itself."""

    def __init__(self, hs: MatrixHomeserver) -> None:
        self.hs = hs
        self._api = hs._api
        self._cursor: str | None = None
        self._kept: list[tuple[Any, ...]] = []

    @property
    def user_id(self) -> UserId:
        return self.hs.user_id

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
        state = []
        if encrypted:
            content = {"algorithm": "m.megolm.v1.aes-sha2"}
            state.append({"type": ENCRYPTION, "state_key": "", "content": content})
        if access is not None:
            state.append({"type": ACCESS_RULES, "state_key": "", "content": {"rule": str(access)}})
        wish = {
            "room_version": version,
            "preset": "public_chat" if public else "private_chat",
            "is_direct": direct,
            "invite": list(invite),
            "initial_state": state,
        }
        return RoomId((await self._api.post("v3/createRoom", wish))["room_id"])

    async def invite(self, room: RoomId, user: str, *, direct: bool = False) -> None:
        if direct:
            content = {"membership": "invite", "is_direct": True}
            await self._api.put(f"v3/rooms/{seg(room)}/state/m.room.member/{seg(user)}", content)
        else:
            await self._api.post(f"v3/rooms/{seg(room)}/invite", {"user_id": user})

    async def join(self, room: RoomId) -> None:
        await self.hs.join(room)

    async def leave(self, room: RoomId) -> None:
        await self.hs.leave(room)

    async def kick(self, room: RoomId, user: str) -> None:
        await self._api.post(f"v3/rooms/{seg(room)}/kick", {"user_id": user})

    async def ban(self, room: RoomId, user: str) -> None:
        await self._api.post(f"v3/rooms/{seg(room)}/ban", {"user_id": user})

    async def set_state(self, room: RoomId, event_type: str, content: Content) -> None:
        await self._api.put(f"v3/rooms/{seg(room)}/state/{event_type}", content)

    async def send(self, room: RoomId, event_type: str, content: Content) -> EventId:
        await self._sync(wait_ms=0)  # as a client that is open: it knows who came and left
        return await self.hs.send(room, event_type, content, f"teacher-{next(_numbers)}")

    async def redact(self, room: RoomId, target: EventId) -> EventId:
        return await self.hs.redact(room, target, f"teacher-{next(_numbers)}")

    async def reads(self, room: RoomId, event: EventId) -> Content | None:
        await self._sync(wait_ms=0)
        raw = await self._api.get(f"v3/rooms/{seg(room)}/event/{seg(event)}")
        if "redacted_because" in raw.get("unsigned", {}):
            return None
        if raw["type"] == "m.room.encrypted":
            raw = self.hs._keys.machine.open(raw, room)
        return dict(raw["content"])

    async def withhold_keys(self, room: RoomId) -> None:
        keys = self.hs._keys
        await keys.encrypt(room, MESSAGE, {})  # so that the room is known
        keys.machine.outbound_group_sessions.pop(room)
        keys._rooms[room].stale = True

        async def keep(*call: Any) -> None:
            self._kept.append(call)

        keys._to_devices = keep  # type: ignore[method-assign]

    async def release_keys(self) -> None:
        keys = self.hs._keys
        del keys._to_devices
        for call in self._kept:
            await keys._to_devices(*call)
        self._kept.clear()

    async def _sync(self, *, wait_ms: int) -> None:
        self._cursor = (await self.hs.sync(self._cursor, wait_ms=wait_ms)).next


class SynapseWorld:
    """One running Synapse is shared by all tests; the people and the bot are new in each."""

    tries = 12
    wait_ms = 1_000

    def __init__(self, synapse: LocalSynapse, folder: Path, *, encrypted: bool) -> None:
        self.encrypted = encrypted
        self.joined: dict[RoomId, RoomFacts] = {}
        self._synapse = synapse
        self._folder = folder
        self._opened: list[MatrixHomeserver] = []
        self._bot_id = ""
        self.bot: MatrixHomeserver

    async def start(self) -> SynapseWorld:
        """Register the bot's account and connect."""
        self._bot_id = self._register("helpbot")
        self.bot = await self._connect(self._bot_id, "bot")
        return self

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    async def teacher(self, name: str) -> Teacher:
        hs = await self._connect(self._register(name), name)
        await hs._api.put(f"v3/profile/{seg(hs.user_id)}/displayname", {"displayname": name})
        return SynapseTeacher(hs)

    async def restart(self) -> MatrixHomeserver:
        await self.bot.close()
        self._opened.remove(self.bot)
        self.bot = await self._connect(self._bot_id, "bot")
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
        await self.bot._api.put(f"v3/profile/{seg(self._bot_id)}/displayname", {"displayname": name})

    async def end_session(self) -> None:
        await self.bot._api.post("v3/logout", {})

    async def close(self) -> None:
        for hs in self._opened:
            await hs.close()

    def _register(self, name: str) -> str:
        return self._synapse.user(f"{name}-{next(_numbers)}", _PASSWORD)

    async def _connect(self, user: str, place: str) -> MatrixHomeserver:
        account = Account(self._synapse.url, user, _PASSWORD)
        hs = await connect(account, self._folder / place, SystemClock())
        self._opened.append(hs)
        return hs
