"""Ten thousand hostile events through the real decryption path: the sync goes on, memory does not grow."""

from __future__ import annotations

import asyncio
import json
import random
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_adapter_machine import BOT, LEA, ROOM, Side

from helpbot.adapters.clock import SystemClock
from helpbot.adapters.matrix import MatrixHomeserver, Recovery, Trust
from helpbot.adapters.matrix.crypto import Encryption
from helpbot.adapters.matrix.http import Api
from helpbot.adapters.matrix.identity import Identity
from helpbot.core.ids import RoomId
from helpbot.core.incoming import Message

pytestmark = pytest.mark.slow

EXAMPLES, EVENTS = 100, 100
STEPS = [
    f"m.key.verification.{name}"
    for name in ("request", "ready", "start", "accept", "key", "mac", "done", "cancel")
]
MOST_BYTES = 1_500_000
"""What nio, helpbot and the standard library may hold more after the second half than after the first."""


class Attack:
    """A device that has every right to write to the bot, and uses it badly."""

    def __init__(self, folder: Path) -> None:
        self.lea, self.bot = Side(folder, LEA, "PHONE"), Side(folder, BOT, "BOT")
        keys = self.bot.publish()
        self.lea.meet(self.bot, {name: keys[name] for name in list(keys)[:1]})
        self.bot.machine.learn_devices(LEA, {"PHONE": self.lea.machine.device_keys()})
        self.key = self.lea.share_with(self.bot)
        self.lea.machine.outbound_group_sessions[ROOM].max_messages = 10**9
        self.bot.machine.receive([self.key], "s0")
        self.number = 0

    def rubbish(self, rnd: random.Random, depth: int = 0) -> Any:
        """Return any JSON, often with names that the decryption looks for."""
        kind = rnd.randrange(9 if depth < 3 else 6)
        if kind < 6:
            huge = "x" * rnd.choice([0, 3, 70_000])
            text = rnd.choice([huge, "\ud800", "\0", LEA, BOT, ROOM, "A" * 43, "m.megolm.v1.aes-sha2"])
            return rnd.choice([None, True, -1, 2**70, 1e308, text])
        names = [
            "algorithm",
            "ciphertext",
            "sender_key",
            "session_id",
            "session_key",
            "room_id",
            "keys",
            "type",
        ]
        if kind < 8:
            return {rnd.choice(names): self.rubbish(rnd, depth + 1) for _ in range(rnd.randrange(5))}
        return [self.rubbish(rnd, depth + 1) for _ in range(rnd.randrange(4))]

    def spoiled(self, rnd: random.Random, value: Any) -> Any:
        """Return a copy of a good value with one place of it changed."""
        value = json.loads(json.dumps(value))
        place = value
        while isinstance(place, dict) and place:
            name = rnd.choice(list(place))
            inner = place[name]
            if not isinstance(inner, dict) or not inner or rnd.random() < 0.2:
                if isinstance(inner, str) and inner and rnd.random() < 0.6:
                    at = rnd.randrange(len(inner))
                    place[name] = inner[:at] + rnd.choice(["A", "", "é", "="]) + inner[at + 1 :]
                elif rnd.random() < 0.3:
                    del place[name]
                else:
                    place[name] = self.rubbish(rnd)
                break
            place = inner
        return value

    def to_device(self, rnd: random.Random) -> Any:
        """Return a to-device event: rubbish, a spoiled one, or rubbish that is encrypted as it should be."""
        way = rnd.randrange(7)
        if way == 0:
            return self.rubbish(rnd)
        if way == 1:
            return self.spoiled(rnd, self.key)
        if way == 2:
            kinds = ["m.room_key.withheld", "m.room_key_request", "m.dummy", *STEPS]
            return {"type": rnd.choice(kinds), "sender": LEA, "content": self.rubbish(rnd)}
        if way == 3:
            step = {"type": rnd.choice(STEPS), "sender": LEA, "content": self.asking("transaction_id", "t")}
            return step if rnd.random() < 0.3 else self.spoiled(rnd, step)
        machine = self.lea.machine
        [device] = machine.devices_of([BOT])
        session = machine.session_store.get(device.curve25519)
        kinds = ["m.room_key", "m.forwarded_room_key", "m.dummy", "m.secret.send", "", "m.room.encrypted"]
        good = {"algorithm": "m.megolm.v1.aes-sha2", "room_id": ROOM, "session_id": "s", "session_key": "k"}
        content = self.rubbish(rnd) if way < 6 else self.spoiled(rnd, good)
        if not isinstance(content, dict):
            content = {"body": content}
        try:
            sealed = machine._olm_encrypt(session, device, rnd.choice(kinds), content)
        except (TypeError, ValueError, UnicodeError):
            return content
        event = {"type": "m.room.encrypted", "sender": LEA, "content": sealed}
        return self.spoiled(rnd, event) if rnd.random() < 0.3 else event

    def asking(self, name: str, reference: object) -> dict[str, Any]:
        """Return what asks for a verification, and has something of every later step."""
        now = SystemClock().now()
        begins = {"from_device": "PHONE", "methods": ["m.sas.v1"], "timestamp": now, "to": BOT}
        shape = {"msgtype": "m.key.verification.request", "body": "?", "method": "m.sas.v1"}
        return {
            **begins,
            **shape,
            "key": "A" * 43,
            "mac": {"ed25519:PHONE": "A"},
            "keys": "A",
            name: reference,
        }

    def in_room(self, rnd: random.Random) -> Any:
        """Return a room event: rubbish, a spoiled one, or rubbish under the room's key."""
        self.number += 1
        way = rnd.randrange(4)
        if way == 0:
            return self.rubbish(rnd)
        event = self.lea.write(f"${self.number}")
        if way == 1:
            return self.spoiled(rnd, event)
        content = self.rubbish(rnd)
        if rnd.random() < 0.3:
            relation = {"rel_type": "m.reference", "event_id": f"${rnd.randrange(9)}"}
            content = self.spoiled(rnd, self.asking("m.relates_to", relation))
            event["origin_server_ts"] = SystemClock().now()
        payload = {"type": rnd.choice(["m.room.message", "m.reaction", "", *STEPS]), "content": content}
        try:
            event["content"] = self.lea.machine.group_encrypt(ROOM, payload)
        except (TypeError, ValueError, UnicodeError):
            return payload
        return event


def held() -> int:
    """Return the bytes that the program's own files hold."""
    only = [tracemalloc.Filter(inclusive=True, filename_pattern=f"*/{name}/*") for name in ("helpbot", "nio")]
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces(only).traces)


@pytest.fixture
def attack(tmp_path: Path) -> Iterator[Attack]:
    attack = Attack(tmp_path)
    with closing(attack.lea.store), closing(attack.bot.store):
        yield attack


def test_ten_thousand_hostile_events(attack: Attack, runner: asyncio.Runner) -> None:
    async def opened() -> Api:
        return Api("http://127.0.0.1:9")

    api = runner.run(opened())
    machine, store = attack.bot.machine, attack.bot.store
    keys = Encryption(api, machine, store, SystemClock())
    trust = Trust(Identity.new(BOT, 0), "BOT", Recovery.OFF)
    client = MatrixHomeserver(api, keys, store, -1, trust, SystemClock())
    sizes: list[int] = []
    seen = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(seed=st.integers(0, 2**64))
    def storm(seed: int) -> None:
        nonlocal seen
        rnd = random.Random(seed)
        half = EVENTS // 2
        events = [attack.to_device(rnd) for _ in range(half)]
        answer = {"to_device": {"events": events}, "device_lists": attack.rubbish(rnd)}

        async def taken_in() -> None:
            for step in keys.receive(answer, f"s{seed}").steps:
                client.verifier.hears_device(step)
            for _ in range(half):
                client._reader.item(attack.in_room(rnd), RoomId(ROOM))

        runner.run(taken_in())
        seen += EVENTS
        if seen in (EXAMPLES * EVENTS // 2, EXAMPLES * EVENTS):
            sizes.append(held())

    # Even somebody whose verification would be accepted may be hostile.
    told: Counter[str] = Counter()
    client.verifier.attend(frozenset({LEA}), lambda what: told.update([type(what).__name__]))
    tracemalloc.start()
    try:
        storm()
    finally:
        tracemalloc.stop()
        runner.run(client.verifier.close())
        runner.run(api.close())
    assert told["Ended"] > 10  # verifications were begun, and none outlives its trouble
    assert seen >= EXAMPLES * EVENTS
    assert client.health.malformed > 1000
    assert client.health.undecryptable > 100
    assert sizes[1] - sizes[0] < MOST_BYTES, sizes
    assert len(machine._strangers) <= 100
    # After all that, somebody who behaves is read.
    [device] = attack.lea.machine.devices_of([BOT])
    assert attack.lea.machine.session_store.get(device.curve25519) is not None
    keys.receive({"to_device": {"events": [attack.lea.share_with(attack.bot)]}}, "end")
    got = client._reader.item(attack.lea.write("$end", "Bonjour"), RoomId(ROOM))
    assert isinstance(got, Message)
    assert got.body == "Bonjour"
