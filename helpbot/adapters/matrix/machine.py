"""End-to-end encryption without any network: nio's Olm machine, with its sharp edges taken off.

nio and vodozemac do the cryptography: accounts, Olm sessions, the checks of who sent what to whom.
What is ours: which keys to upload and when, devices as the server lists them, megolm sessions by
their owner, and that nothing a stranger sends can raise.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import vodozemac

from helpbot.adapters.matrix.keystore import KeyStore, RoomKey
from helpbot.adapters.matrix.olm import Olm, OlmDevice, OutboundGroupSession
from helpbot.adapters.matrix.translate import MEGOLM

# Its messages name people and quote what was decrypted. What the operator needs is in our counters.
logging.getLogger("nio").setLevel(logging.CRITICAL)

OLM = "m.olm.v1.curve25519-aes-sha2"
_SEEN_KEPT = 20_000
_MAX_STRANGERS = 100
_VERIFICATION = "m.key.verification."
_ASKING = ("m.key.verification.request", "m.key.verification.start")
_WITHHELD = frozenset({"m.room_key.withheld", "org.matrix.room_key.withheld"})


class MissingKey(Exception):
    """The key has not come, or only one that begins later."""


class Undecryptable(Exception):
    """It will never open: forged, replayed or broken. `str()` says which."""


@dataclass(frozen=True, slots=True)
class DeviceStep:
    """A step of a verification that came from a device."""

    sender: str
    kind: str
    content: Mapping[str, Any]
    sealed: bool = False
    """It came under Olm, and is answered so."""


@dataclass(slots=True)
class Received:
    """What to-device messages brought."""

    sessions: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    steps: list[DeviceStep] = field(default_factory=list)
    """Of verifications, from those of `Machine.verifying`; all others' were declined."""
    broken: int = 0


class Machine(Olm):  # type: ignore[misc]  # nio is untyped
    """The keys of one device. No await, no network; time only inside nio, for the age of sessions."""

    store: KeyStore
    outgoing_to_device_messages: list[Any]

    def __init__(self, user_id: str, device_id: str, store: KeyStore) -> None:
        super().__init__(user_id, device_id, store)
        self.verifying: frozenset[str] = frozenset()
        """Whose verifications are not declined at once."""
        self._fresh_keys: list[str] = []
        self._steps: list[DeviceStep] = []
        self._strangers: set[tuple[str, str]] = set()
        self._seen: dict[int, int] = {}

    @property
    def identity_keys(self) -> dict[str, str]:
        """Our public keys, by algorithm."""
        return dict(self.account.identity_keys)

    # -- our own keys, for others -------------------------------------------------------------------

    def device_keys(self) -> dict[str, Any]:
        """Return this device's public keys, signed by itself."""
        keys: dict[str, Any] = {
            "algorithms": [OLM, MEGOLM],
            "device_id": self.device_id,
            "user_id": self.user_id,
            "keys": {f"{name}:{self.device_id}": key for name, key in self.identity_keys.items()},
        }
        return self._signed(keys)

    def keys_to_upload(self, *, on_server: int | None, fallback_missing: bool) -> dict[str, Any]:
        """Return the body of a `/keys/upload`, empty when nothing is due. Its private half is stored.

        `on_server` is how many one-time keys are left there; 0 means none, None means unknown.
        """
        body: dict[str, Any] = {}
        account = self.account
        # vodozemac itself: nio has no fallback keys, and the stubs of vodozemac forget them.
        olm: Any = account._account  # noqa: SLF001
        if not account.shared:
            body["device_keys"] = self.device_keys()
            on_server = 0 if on_server is None else on_server
        most = account.max_one_time_keys
        if on_server is not None and on_server < most // 2:
            olm.generate_one_time_keys(max(0, most - on_server - len(olm.one_time_keys)))
            body["one_time_keys"] = self._signed_keys(olm.one_time_keys, {})
        if fallback_missing:
            if not olm.fallback_key:
                olm.generate_fallback_key()
            body["fallback_keys"] = self._signed_keys(olm.fallback_key, {"fallback": True})
        if body:
            # A key whose private half a crash could lose must not be on the server.
            self.save_account()
        return body

    def keys_uploaded(self) -> None:
        """Note that the server has what `keys_to_upload` gave."""
        self.account.shared = True
        self.account.mark_keys_as_published()
        self.save_account()

    def _signed(self, value: dict[str, Any]) -> dict[str, Any]:
        signature = self.sign_json(value)
        return {**value, "signatures": {self.user_id: {f"ed25519:{self.device_id}": signature}}}

    def _signed_keys(self, keys: Mapping[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
        return {
            f"signed_curve25519:{name}": self._signed({"key": key.to_base64(), **extra})
            for name, key in keys.items()
        }

    # -- other people's devices ---------------------------------------------------------------------

    def learn_devices(self, user_id: str, listed: object) -> None:
        """Take in a user's device list; what is not signed by its own key is left out."""
        devices = listed if isinstance(listed, Mapping) else {}
        known: dict[str, OlmDevice] = self.device_store[user_id]
        changed = []
        for device_id, payload in devices.items():
            keys = self._checked(user_id, device_id, payload)
            device = known.get(device_id)
            if keys is None or (device is not None and device.ed25519 != keys["ed25519"]):
                continue  # a device never changes its signing key: the first one that we saw stands
            if device is None:
                device = OlmDevice(user_id, device_id, keys)
                self.device_store.add(device)
            elif device.curve25519 == keys["curve25519"] and not device.deleted:
                continue
            device.curve25519 = keys["curve25519"]
            device.deleted = False
            changed.append(device)
        for device_id, device in known.items():
            if device_id not in devices and not device.deleted:
                device.deleted = True
                changed.append(device)
        if changed:
            self.store.save_devices(changed)

    def _checked(self, user_id: str, device_id: object, payload: object) -> dict[str, str] | None:
        if not isinstance(payload, dict) or not isinstance(device_id, str):
            return None
        keys = payload.get("keys")
        if payload.get("user_id") != user_id or payload.get("device_id") != device_id:
            return None
        if not isinstance(keys, dict) or not isinstance(payload.get("signatures"), dict):
            return None
        ed25519, curve25519 = keys.get(f"ed25519:{device_id}"), keys.get(f"curve25519:{device_id}")
        if not isinstance(ed25519, str) or not isinstance(curve25519, str):
            return None
        try:
            vodozemac.Curve25519PublicKey.from_base64(curve25519)
            if not self.verify_json(payload, ed25519, user_id, device_id):
                return None
        except (ValueError, TypeError, AttributeError):
            return None
        return {"ed25519": ed25519, "curve25519": curve25519}

    def devices_of(self, users: Iterable[str]) -> list[OlmDevice]:
        """Return the devices that should get our room keys: all of them but this one."""
        return [
            device
            for user in users
            for device in self.device_store.active_user_devices(user)
            if (user, device.id) != (self.user_id, self.device_id)
        ]

    def without_session(self, devices: Iterable[OlmDevice]) -> list[OlmDevice]:
        """Return those of `devices` with which no Olm session was begun."""
        return [device for device in devices if self.session_store.get(device.curve25519) is None]

    def use_claimed(self, one_time_keys: object) -> int:
        """Begin sessions with claimed one-time keys; return how many of them were no good."""
        bad = 0
        with self.store.atomic():
            for user, devices in _items(one_time_keys):
                for device, key in _items(devices):
                    try:
                        self._handle_key_claiming(SimpleNamespace(one_time_keys={user: {device: key}}))
                    except Exception:  # noqa: BLE001  (any shape at all may come from another server)
                        bad += 1
        return bad

    def strangers(self) -> set[tuple[str, str]]:
        """Return who (user and key) sent what we could not open from devices not known yet; once."""
        found, self._strangers = self._strangers, set()
        return found

    def mend(self, user: str, sender_key: str) -> None:
        """Have a new session begun with a device whose messages do not open any more."""
        self._mark_device_for_unwedging(user, sender_key)

    def _mark_device_for_unwedging(self, sender: str, sender_key: str) -> None:
        if self.device_store.device_from_sender_key(sender, sender_key) is not None:
            super()._mark_device_for_unwedging(sender, sender_key)
        elif len(self._strangers) < _MAX_STRANGERS:
            self._strangers.add((sender, sender_key))

    # -- room keys that we give -------------------------------------------------------------------

    def outbound(self, room_id: str) -> OutboundGroupSession | None:
        """Return the session that we write a room with, None when there is none or it is worn out."""
        session = self.outbound_group_sessions.get(room_id)
        return None if session is None or session.expired else session

    def begin_outbound(self, room_id: str) -> OutboundGroupSession:
        """Begin a new session for a room, shared with nobody yet."""
        with self.store.atomic():
            self.create_outbound_group_session(room_id)
        session: OutboundGroupSession = self.outbound_group_sessions[room_id]
        return session

    def encrypt_room_key(self, room_id: str, devices: list[OlmDevice]) -> dict[str, dict[str, Any]]:
        """Return the to-device messages that give `devices` our room key. Ratchets are stored first."""
        group = self.outbound_group_sessions[room_id]
        content = {
            "algorithm": MEGOLM,
            "room_id": room_id,
            "session_id": group.id,
            "session_key": group.session_key,
        }
        messages: dict[str, dict[str, Any]] = {}
        with self.store.atomic():
            for device in devices:
                session = self.session_store.get(device.curve25519)
                if session is not None:
                    sealed = self._olm_encrypt(session, device, "m.room_key", content)
                    messages.setdefault(device.user_id, {})[device.id] = sealed
        return messages

    def take_outgoing(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        """Return what nio wants sent to devices (type, user, device, content), once."""
        waiting, self.outgoing_to_device_messages = self.outgoing_to_device_messages, []
        return [(m.type, m.recipient, m.recipient_device, m.content) for m in waiting]

    def seal(self, room_id: str, event_type: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Encrypt an event with the room's session, which must be shared. Relations stay readable."""
        content = dict(content)
        relation = content.pop("m.relates_to", None)
        sealed: dict[str, Any] = self.group_encrypt(room_id, {"type": event_type, "content": content})
        if relation is not None:
            # The server needs it to serve threads, replies and edits (specification, 11.12.3).
            sealed["m.relates_to"] = relation
        return sealed

    # -- room keys that we get --------------------------------------------------------------------

    def receive(self, events: Iterable[object], since: str) -> Received:
        """Take in a sync's to-device messages, all in one transaction. Nothing in them raises."""
        got = Received()
        self._fresh_keys, self._steps = got.sessions, got.steps
        with self.store.atomic():
            for event in events:
                try:
                    self._receive_one(event, got)
                except Exception:  # noqa: BLE001  (a stranger's bytes: any error at all is theirs)
                    got.broken += 1
            if got.sessions:
                self.store.note_arrived(since, got.sessions)
        return got

    def _receive_one(self, event: object, got: Received) -> None:
        if not isinstance(event, Mapping):
            raise TypeError
        sender, content = event["sender"], event["content"]
        if event["type"] in _WITHHELD:
            session_id = content.get("session_id")
            if isinstance(session_id, str) and not self._has_key(content.get("room_id"), session_id):
                got.withheld.append(session_id)
        elif event["type"].startswith(_VERIFICATION):
            self._step(DeviceStep(sender, event["type"], content))
        elif event["type"] == "m.room.encrypted" and content.get("algorithm") == OLM:
            mine = content["ciphertext"].get(self.account.identity_keys["curve25519"])
            if mine is None:
                return
            message = _olm_message(mine["type"], mine["body"])
            self.decrypt(sender, content["sender_key"], message)

    def _step(self, step: DeviceStep) -> None:
        if not (isinstance(step.sender, str) and isinstance(step.content, Mapping)):
            raise TypeError
        if step.sender in self.verifying:
            self._steps.append(step)
        elif not self.decline(step):
            raise ValueError

    def decline(self, step: DeviceStep) -> bool:
        """Have a verification cancelled that a device asks for; False when the step is malformed.

        Only what begins one is answered: nobody waits for an answer to the rest.
        """
        if step.kind not in _ASKING:
            return True
        device, txn = step.content.get("from_device"), step.content.get("transaction_id")
        if len(self.outgoing_to_device_messages) >= _MAX_STRANGERS or not (
            isinstance(device, str) and isinstance(txn, str)
        ):
            return False
        content = {"transaction_id": txn, "code": "m.user", "reason": "helpbot is a program"}
        kind = "m.key.verification.cancel"
        if step.sealed:
            kind, content = self.seal_to_device(step.sender, device, kind, content)
        self.outgoing_to_device_messages.append(
            SimpleNamespace(type=kind, recipient=step.sender, recipient_device=device, content=content)
        )
        return True

    def seal_to_device(
        self, user: str, device_id: str, kind: str, content: dict[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """Return type and content under Olm; as they are where the device has no session with us."""
        device = self.device_store[user].get(device_id)
        session = None if device is None else self.session_store.get(device.curve25519)
        if device is None or session is None:
            return kind, content
        with self.store.atomic():
            return "m.room.encrypted", self._olm_encrypt(session, device, kind, content)

    def _handle_olm_event(self, sender: str, sender_key: str, payload: dict[str, Any]) -> Any:
        """Take in what an Olm message held (called by nio, which knows no verification)."""
        if not payload["type"].startswith(_VERIFICATION):
            return super()._handle_olm_event(sender, sender_key, payload)
        self._step(DeviceStep(sender, payload["type"], payload["content"], sealed=True))
        return None

    def _has_key(self, room_id: object, session_id: str) -> bool:
        return isinstance(room_id, str) and self.store.room_key(room_id, session_id) is not None

    def _handle_room_key_event(self, sender: str, sender_key: str, payload: dict[str, Any]) -> None:
        """Keep a room key that came over a checked Olm session (called by nio)."""
        content = payload["content"]
        if content["algorithm"] != MEGOLM:
            return
        session = vodozemac.InboundGroupSession(vodozemac.SessionKey(content["session_key"]))
        if session.session_id != content["session_id"] or not isinstance(content["room_id"], str):
            raise ValueError
        if self.store.add_room_key(content["room_id"], RoomKey(session, sender, sender_key)):
            self._fresh_keys.append(session.session_id)

    def _handle_forwarded_room_key_event(self, *_: object) -> None:
        """Refuse: we ask for no keys, so whoever forwards one wants us to believe something."""

    def create_group_session(
        self, sender_key: str, sender_fp_key: str, room_id: str, session_id: str, session_key: str
    ) -> None:
        """Keep the readable side of a session of our own (called by nio)."""
        del sender_fp_key, session_id
        session = vodozemac.InboundGroupSession(vodozemac.SessionKey(session_key))
        self.store.add_room_key(room_id, RoomKey(session, self.user_id, sender_key))

    def open(self, event: Mapping[str, Any], room_id: str) -> dict[str, Any]:
        """Decrypt a room event whose outer shape was checked. Raise `MissingKey` or `Undecryptable`."""
        outer = event["content"]
        session_id = outer["session_id"]
        key = self.store.room_key(room_id, session_id)
        if key is None:
            raise MissingKey
        if key.owner != event["sender"]:
            raise Undecryptable("its key belongs to somebody else")
        try:
            message = vodozemac.MegolmMessage.from_base64(outer["ciphertext"])
            if message.message_index() < key.session.first_known_index:
                raise MissingKey
            decrypted = key.session.decrypt(message)
            payload = json.loads(decrypted.plaintext)
        except (ValueError, RecursionError) as error:
            raise Undecryptable("it is broken") from error
        mark, origin = hash((session_id, decrypted.message_index)), hash(event["event_id"])
        if self._seen.setdefault(mark, origin) != origin:
            raise Undecryptable("it was sent before as another event")
        if len(self._seen) > _SEEN_KEPT:
            del self._seen[next(iter(self._seen))]
        if not isinstance(payload, dict) or payload.get("room_id") != room_id:
            raise Undecryptable("it was made for another room")
        content = payload.get("content")
        if isinstance(content, dict) and "m.relates_to" in outer:
            content["m.relates_to"] = outer["m.relates_to"]
        return {
            "type": payload.get("type"),
            "content": content,
            "event_id": event["event_id"],
            "sender": event["sender"],
            "origin_server_ts": event["origin_server_ts"],
        }


def _olm_message(kind: object, body: str) -> vodozemac.PreKeyMessage | vodozemac.AnyOlmMessage:
    if kind == 0:
        return vodozemac.PreKeyMessage.from_base64(body)
    if kind == 1:
        return vodozemac.AnyOlmMessage.normal(_unpadded(body))
    raise ValueError


def _unpadded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def _items(value: object) -> Iterable[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else ()
