"""Keys without a network: two machines talk, strangers send rubbish, the power fails at every commit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpbot.adapters.matrix.keystore import KeyStore
from helpbot.adapters.matrix.machine import OLM, Machine, MissingKey, Received, Undecryptable

ROOM = "!r:test"
LEA, BOT = "@lea:test", "@helpbot:test"


class Side:
    """One device, its store, and how it appears on the server."""

    def __init__(self, folder: Path, user: str, device: str, store: type[KeyStore] = KeyStore) -> None:
        self.path = folder / f"{device}.db"
        self.user, self.device = user, device
        self._kind = store
        self.open()

    def open(self) -> None:
        self.store = self._kind(self.path, self.user, self.device)
        self.machine = Machine(self.user, self.device, self.store)

    def reopen(self) -> None:
        """As after a crash: nothing but the file is left."""
        self.store.close()
        self.open()

    def publish(self) -> dict[str, Any]:
        """Upload keys; return what the server hands out of them."""
        body = self.machine.keys_to_upload(on_server=0, fallback_missing=True)
        self.machine.keys_uploaded()
        return {**body["one_time_keys"], **body["fallback_keys"]}

    def meet(self, other: Side, one_time_key: dict[str, Any]) -> None:
        self.machine.learn_devices(other.user, {other.device: other.machine.device_keys()})
        claimed = {other.user: {other.device: one_time_key}}
        assert self.machine.use_claimed(claimed) == 0

    def share_with(self, other: Side, room: str = ROOM) -> dict[str, Any]:
        """Return the to-device event that gives the other side a new room key."""
        group = self.machine.begin_outbound(room)
        messages = self.machine.encrypt_room_key(room, self.machine.devices_of([other.user]))
        group.mark_as_shared()
        content = json.loads(json.dumps(messages[other.user][other.device]))
        return {"type": "m.room.encrypted", "sender": self.user, "content": content}

    def write(self, event_id: str, body: str = "Bonjour", room: str = ROOM) -> dict[str, Any]:
        content = self.machine.seal(room, "m.room.message", {"msgtype": "m.text", "body": body})
        return {
            "type": "m.room.encrypted",
            "event_id": event_id,
            "sender": self.user,
            "origin_server_ts": 1,
            "content": content,
        }


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    lea, bot = Side(tmp_path, LEA, "PHONE"), Side(tmp_path, BOT, "BOT")
    keys = bot.publish()
    name = next(name for name in keys if not keys[name].get("fallback"))
    lea.meet(bot, {name: keys[name]})
    yield lea, bot
    lea.store.close()
    bot.store.close()


def test_a_key_then_a_message(pair: tuple[Side, Side]) -> None:
    lea, bot = pair
    key = lea.share_with(bot)
    message = lea.write("$1")
    with pytest.raises(MissingKey):
        bot.machine.open(message, ROOM)
    got = bot.machine.receive([key], "s1")
    assert got == Received(sessions=[message["content"]["session_id"]])
    assert bot.machine.open(message, ROOM)["content"] == {"msgtype": "m.text", "body": "Bonjour"}
    bot.reopen()
    assert bot.machine.open(message, ROOM)["content"]["body"] == "Bonjour"
    assert bot.store.arrived_at("s1") == got.sessions
    assert bot.machine.receive([key], "s1").sessions == []  # the same again brings nothing


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("kind", ["m.key.verification.request", "m.key.verification.start"])
def test_a_verification_asked_for_inside_olm_is_declined(
    pair: tuple[Side, Side], kind: str, known: bool
) -> None:
    lea, bot = pair
    if known:
        bot.machine.learn_devices(LEA, {"PHONE": lea.machine.device_keys()})
    [to] = lea.machine.devices_of([BOT])
    session = lea.machine.session_store.get(to.curve25519)
    asked = {"from_device": "PHONE", "transaction_id": "t1", "methods": ["m.sas.v1"]}
    content = json.loads(json.dumps(lea.machine._olm_encrypt(session, to, kind, asked)))
    got = bot.machine.receive([{"type": "m.room.encrypted", "sender": LEA, "content": content}], "s1")
    assert got.broken == 0
    [(sent, user, device, answer)] = bot.machine.take_outgoing()
    assert (user, device) == (LEA, "PHONE")
    expected = {"transaction_id": "t1", "code": "m.user", "reason": "helpbot is a program"}
    if not known:
        assert (sent, answer) == ("m.key.verification.cancel", expected)
        return
    assert sent == "m.room.encrypted"
    heard: list[dict[str, Any]] = []
    lea.machine._handle_olm_event = lambda *event: heard.append(event[2])
    lea.machine.receive([{"type": sent, "sender": BOT, "content": json.loads(json.dumps(answer))}], "s1")
    assert [(event["type"], event["content"]) for event in heard] == [
        ("m.key.verification.cancel", expected)
    ]  # fmt: skip


def test_a_key_cannot_be_replaced_by_a_later_or_a_strangers_one(pair: tuple[Side, Side]) -> None:
    lea, bot = pair
    first = lea.share_with(bot)
    early = lea.write("$1")
    bot.machine.receive([first], "s1")
    group = lea.machine.outbound_group_sessions[ROOM]
    messages = lea.machine.encrypt_room_key(ROOM, lea.machine.devices_of([BOT]))
    assert group.message_index == 1
    later = {"type": "m.room.encrypted", "sender": LEA, "content": messages[BOT]["BOT"]}
    assert bot.machine.receive([later], "s2").sessions == []
    bot.reopen()
    assert bot.machine.open(early, ROOM)["content"]["body"] == "Bonjour"
    later["sender"] = "@max:test"  # not who the message inside says
    assert bot.machine.receive([later], "s3").sessions == []


def test_whose_event_it_is_and_where(pair: tuple[Side, Side]) -> None:
    lea, bot = pair
    bot.machine.receive([lea.share_with(bot)], "s1")
    message = lea.write("$1")
    with pytest.raises(Undecryptable, match="somebody else"):
        bot.machine.open({**message, "sender": "@max:test"}, ROOM)
    with pytest.raises(MissingKey):
        bot.machine.open(message, "!other:test")
    bot.machine.open(message, ROOM)
    with pytest.raises(Undecryptable, match="another event"):
        bot.machine.open({**message, "event_id": "$2"}, ROOM)
    spoilt = {**message["content"], "ciphertext": message["content"]["ciphertext"][:-4] + "AAAA"}
    with pytest.raises(Undecryptable, match="broken"):
        bot.machine.open({**message, "content": spoilt}, ROOM)


def test_keys_wear_out(pair: tuple[Side, Side]) -> None:
    lea, bot = pair
    lea.share_with(bot)
    group = lea.machine.outbound(ROOM)
    assert group is not None
    group.message_count = group.max_messages
    assert lea.machine.outbound(ROOM) is None
    group.message_count = 0
    group.creation_time -= timedelta(days=8)
    assert lea.machine.outbound(ROOM) is None


def test_one_time_keys_are_stored_before_they_are_given(tmp_path: Path) -> None:
    bot = Side(tmp_path, BOT, "BOT")
    body = bot.machine.keys_to_upload(on_server=None, fallback_missing=True)
    assert set(body) == {"device_keys", "one_time_keys", "fallback_keys"}
    bot.reopen()  # killed while the upload was on its way
    again = bot.machine.keys_to_upload(on_server=None, fallback_missing=True)
    assert again["one_time_keys"] == body["one_time_keys"]
    assert again["fallback_keys"] == body["fallback_keys"]
    bot.machine.keys_uploaded()
    assert bot.machine.keys_to_upload(on_server=50, fallback_missing=False) == {}
    assert bot.machine.keys_to_upload(on_server=None, fallback_missing=False) == {}
    assert len(bot.machine.keys_to_upload(on_server=0, fallback_missing=False)["one_time_keys"]) == 50
    bot.store.close()


def test_devices_must_sign_themselves_and_never_change_their_key(pair: tuple[Side, Side]) -> None:
    lea, bot = pair
    good = lea.machine.device_keys()
    spoilt = [
        {**good, "user_id": BOT},
        {**good, "device_id": "OTHER"},
        {**good, "keys": {}},
        {**good, "algorithms": []},  # no longer what was signed
        {**good, "signatures": {LEA: {"ed25519:PHONE": "x"}}},
        {**good, "signatures": []},
        [],
        None,
    ]
    for payload in spoilt:
        bot.machine.learn_devices(LEA, {"PHONE": payload})
        assert bot.machine.devices_of([LEA]) == []
    bot.machine.learn_devices(LEA, {"PHONE": good})
    assert [device.id for device in bot.machine.devices_of([LEA])] == ["PHONE"]
    (bot.path.parent / "other").mkdir()
    other = Side(bot.path.parent / "other", LEA, "PHONE")
    bot.machine.learn_devices(LEA, {"PHONE": other.machine.device_keys()})
    other.store.close()
    [device] = bot.machine.devices_of([LEA])
    assert device.ed25519 == lea.machine.identity_keys["ed25519"]
    bot.machine.learn_devices(LEA, {})
    assert bot.machine.devices_of([LEA]) == []
    bot.machine.learn_devices(LEA, {"PHONE": good})
    bot.reopen()
    assert [device.id for device in bot.machine.devices_of([LEA])] == ["PHONE"]


def test_a_broken_session_is_begun_anew(pair: tuple[Side, Side]) -> None:
    lea, bot = pair
    bot.machine.receive([lea.share_with(bot)], "s1")
    lost = lea.share_with(bot)
    body = lost["content"]["ciphertext"][bot.machine.identity_keys["curve25519"]]
    body["body"] = body["body"][:-6] + "AAAAAA"
    bot.machine.receive([lost], "s2")
    [stranger] = bot.machine.strangers()
    assert stranger == (LEA, lea.machine.identity_keys["curve25519"])
    bot.machine.learn_devices(LEA, {"PHONE": lea.machine.device_keys()})
    for session in bot.machine.session_store[stranger[1]]:
        session.creation_time -= timedelta(hours=2)
    bot.machine.mend(*stranger)
    [device] = bot.machine.wedged_devices
    keys = lea.publish()
    name = next(iter(keys))
    assert bot.machine.use_claimed({LEA: {device.id: {name: keys[name]}}}) == 0
    [(kind, user, device_id, content)] = bot.machine.take_outgoing()
    assert (kind, user, device_id) == ("m.room.encrypted", LEA, "PHONE")
    lea.machine.receive([{"type": kind, "sender": BOT, "content": content}], "s1")
    bot.machine.receive([lea.share_with(bot)], "s3")
    assert bot.machine.open(lea.write("$9"), ROOM)["content"]["body"] == "Bonjour"


class PowerCut(BaseException):
    pass


class Fragile(KeyStore):
    """Dies at the n-th commit, before or after it reached the disk."""

    left: int | None = None
    after = False

    @contextmanager
    def atomic(self) -> Iterator[None]:
        outermost = not self._depth
        with super().atomic():
            yield
            if outermost and not self.after:
                self._tick()
        if outermost and self.after:
            self._tick()

    def _tick(self) -> None:
        if Fragile.left is not None:
            Fragile.left -= 1
            if Fragile.left == 0:
                Fragile.left = None
                raise PowerCut


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True])
def test_no_key_is_lost_whenever_the_power_fails(tmp_path: Path, after: bool) -> None:
    """A hundred messages in ten rooms; the cursor is stored after the keys, so a sync may come twice."""
    Fragile.after = after
    for crash in range(1, 12):
        folder = tmp_path / str(crash)
        folder.mkdir()
        lea, bot = Side(folder, LEA, "PHONE"), Side(folder, BOT, "BOT", Fragile)
        keys = bot.publish()
        name = next(iter(keys))
        lea.meet(bot, {name: keys[name]})
        syncs = [(f"s{n}", [lea.share_with(bot, f"!{n}:test")]) for n in range(10)]
        messages = [
            (f"!{n % 10}:test", lea.write(f"${n}", f"Message {n}", f"!{n % 10}:test")) for n in range(100)
        ]
        Fragile.left = crash
        told: set[str] = set()
        stored = 0
        while stored < len(syncs):
            since, events = syncs[stored]
            try:
                got = bot.machine.receive(events, since)
            except PowerCut:
                bot.reopen()
                told |= set(bot.store.arrived_at(since))
                continue
            told |= set(got.sessions)
            stored += 1
        Fragile.left = None
        for room, message in messages:
            assert bot.machine.open(message, room)["content"]["body"]
            assert message["content"]["session_id"] in told
        lea.store.close()
        bot.store.close()


_LEAF = st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.sampled_from([OLM, LEA, BOT])
_JSON = st.recursive(
    _LEAF,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["algorithm", "ciphertext", "sender_key", "type", "body", "session_id"])
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
_TYPES = st.sampled_from(["m.room.encrypted", "m.room_key.withheld", "m.room_key", "m.room_key_request"])


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_rubbish_from_anyone(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    bot = Side(tmp_path_factory.mktemp("rubbish"), BOT, "BOT")
    bot.publish()
    mine = bot.machine.identity_keys["curve25519"]
    olm = st.fixed_dictionaries(
        {
            "algorithm": st.just(OLM),
            "sender_key": st.just(mine) | _JSON,
            "ciphertext": st.fixed_dictionaries(
                {mine: st.fixed_dictionaries({"type": st.sampled_from([0, 1]) | _JSON, "body": _JSON})}
            ),
        }
    )
    event = st.fixed_dictionaries({"type": _TYPES | _JSON, "sender": _JSON, "content": olm | _JSON})
    bot.machine.receive(data.draw(st.lists(event | _JSON, max_size=15)), "s1")
    bot.machine.use_claimed(data.draw(_JSON))
    bot.machine.learn_devices(LEA, data.draw(_JSON))
    bot.store.close()
