"""One verification by emojis, from the side that was asked: what each step is answered with. No network.

`m.sas.v1` of the specification (client-server API, "Short Authentication String"), over a room or between
devices, after a request that was accepted. The other side starts: its client waits for a button that its
user presses, and two starts at once would have to be settled. vodozemac agrees on the secret and makes the
codes; which words go into them, and in which order the steps may come, is here. nio has a machine for
this too: it knows neither requests, rooms, master keys nor the codes that today's clients insist on.

Imported when the first request is accepted.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import vodozemac

from helpbot.adapters.matrix.olm import to_canonical_json

METHOD = "m.sas.v1"
KEYS = "curve25519-hkdf-sha256"
HASH = "sha256"
MAC = "hkdf-hmac-sha256.v2"
_SHOWN = ("emoji", "decimal")
_PREFIX = "m.key.verification."

Content = dict[str, Any]
Step = tuple[str, Content]
"""What to send: the event's type and its content."""


@dataclass(frozen=True, slots=True)
class Party:
    """One side: a device and the keys that are vouched for."""

    user_id: str
    device_id: str
    device_key: str
    """Ed25519, unpadded base64."""
    master_key: str | None = None
    """The same of the user's cross-signing identity."""


class Phase(StrEnum):
    """How far a verification is."""

    ASKED = "asked"
    """Accepted; the other side has to start."""
    STARTED = "started"
    """Its key is to come."""
    SHOWN = "shown"
    """Both sides look at the same emojis, or do not."""
    DONE = "done"
    CANCELLED = "cancelled"


class _Wrong(Exception):
    """What came ends the verification, with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Dialog:
    """The steps of one verification. What a stranger sends ends it at worst; nothing raises."""

    def __init__(self, transaction: str, us: Party, them: Party, *, in_room: bool) -> None:
        self.phase = Phase.ASKED
        self.code = ""
        """Why it was cancelled: a code of the specification."""
        self.emojis: tuple[int, ...] = ()
        """Seven numbers from 0 to 63, once both keys are known; empty where the other side has no emojis."""
        self.decimals: tuple[int, ...] = ()
        """The same secret as three numbers from 1000 to 9191."""
        self._transaction = transaction
        self.us = us
        self.them = them
        self._in_room = in_room
        self._sas = vodozemac.Sas()
        self._secret: vodozemac.EstablishedSas | None = None
        self._strings: list[str] = []
        self._heard: dict[str, Mapping[str, Any]] = {}
        self._confirmed = self._vouched = self._finished = False

    def ready(self) -> list[Step]:
        """Return the step that accepts the request."""
        return [self._step("ready", from_device=self.us.device_id, methods=[METHOD])]

    def hear(self, kind: str, content: Mapping[str, Any]) -> list[Step]:
        """Take in a step of the other side and return ours. What was heard before is not heard twice."""
        name = kind.removeprefix(_PREFIX)
        if self.ended or self._heard.get(name) == content:
            return []
        try:
            return self._answer(name, content)
        except _Wrong as wrong:
            return self.cancel(wrong.code)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return self.cancel("m.invalid_message")
        finally:
            self._heard[name] = content

    def confirm(self) -> list[Step]:
        """Return what follows when the person here says that the emojis are the same."""
        if self.phase is not Phase.SHOWN or self._confirmed:
            return []
        self._confirmed = True
        keys = {f"ed25519:{self.us.device_id}": self.us.device_key}
        if self.us.master_key is not None:
            keys[f"ed25519:{self.us.master_key}"] = self.us.master_key
        codes = {key_id: self._mac(self.us, self.them, key_id, key) for key_id, key in keys.items()}
        names = self._mac(self.us, self.them, "KEY_IDS", ",".join(sorted(keys)))
        return [self._step("mac", mac=codes, keys=names), *self._done()]

    def refuse(self) -> list[Step]:
        """Return what follows when the person here says that the emojis differ."""
        return self.cancel("m.mismatched_sas") if self.phase is Phase.SHOWN else []

    def cancel(self, code: str) -> list[Step]:
        """Return the step that ends it for a reason of the specification; nothing where it has ended."""
        if self.ended:
            return []
        self.phase, self.code = Phase.CANCELLED, code
        return [self._step("cancel", code=code, reason=code)]

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to be said."""
        return self.phase in (Phase.DONE, Phase.CANCELLED)

    def _answer(self, name: str, content: Mapping[str, Any]) -> list[Step]:
        if name == "cancel":
            code = content.get("code")
            self.phase, self.code = Phase.CANCELLED, code if isinstance(code, str) else "m.user"
            return []
        if name == "start" and self.phase is Phase.ASKED:
            return self._started(content)
        if name == "key" and self.phase is Phase.STARTED:
            return self._key(content)
        if name == "mac" and self.phase is Phase.SHOWN and not self._vouched:
            return self._macs(content)
        if name == "done" and self._vouched:
            self._finished = True
            self._settle()
            return []
        raise _Wrong("m.unexpected_message")

    def _started(self, content: Mapping[str, Any]) -> list[Step]:
        if content["from_device"] != self.them.device_id:
            raise _Wrong("m.user_error")
        self._strings = [name for name in _SHOWN if name in content["short_authentication_string"]]
        if (
            content["method"] != METHOD
            or KEYS not in content["key_agreement_protocols"]
            or HASH not in content["hashes"]
            or MAC not in content["message_authentication_codes"]
            or not self._strings
        ):
            raise _Wrong("m.unknown_method")
        self.phase = Phase.STARTED
        # Our key is promised before theirs is seen: neither side can look for one that fits.
        promise = hashlib.sha256((self._our_key() + to_canonical_json(dict(content))).encode()).digest()
        return [
            self._step(
                "accept",
                method=METHOD,
                key_agreement_protocol=KEYS,
                hash=HASH,
                message_authentication_code=MAC,
                short_authentication_string=self._strings,
                commitment=base64.b64encode(promise).decode().rstrip("="),
            )
        ]

    def _key(self, content: Mapping[str, Any]) -> list[Step]:
        theirs, ours = str(content["key"]), self._our_key()
        self._secret = self._sas.diffie_hellman(vodozemac.Curve25519PublicKey.from_base64(theirs))
        starter = f"{self.them.user_id}|{self.them.device_id}|{theirs}"
        accepter = f"{self.us.user_id}|{self.us.device_id}|{ours}"
        info = f"MATRIX_KEY_VERIFICATION_SAS|{starter}|{accepter}|{self._transaction}"
        shown = self._secret.bytes(info)
        if "emoji" in self._strings:
            self.emojis = tuple(shown.emoji_indices)
        self.decimals = tuple(shown.decimals)
        self.phase = Phase.SHOWN
        return [self._step("key", key=ours)]

    def _macs(self, content: Mapping[str, Any]) -> list[Step]:
        codes = dict(content["mac"])
        if content["keys"] != self._mac(self.them, self.us, "KEY_IDS", ",".join(sorted(codes))):
            raise _Wrong("m.key_mismatch")
        known = {f"ed25519:{self.them.device_id}": self.them.device_key}
        if self.them.master_key is not None:
            known[f"ed25519:{self.them.master_key}"] = self.them.master_key
        theirs = codes.keys() & known.keys()
        # The device that spoke must be among what it vouches for; keys that we do not know count for nothing.
        if f"ed25519:{self.them.device_id}" not in theirs or any(
            codes[key_id] != self._mac(self.them, self.us, key_id, known[key_id]) for key_id in theirs
        ):
            raise _Wrong("m.key_mismatch")
        self._vouched = True
        return self._done()

    def _done(self) -> list[Step]:
        """Say that it is done once both sides have confirmed."""
        if not (self._confirmed and self._vouched):
            return []
        self._settle()
        return [self._step("done")]

    def _settle(self) -> None:
        if self._confirmed and self._vouched and self._finished:
            self.phase = Phase.DONE

    def _mac(self, by: Party, to: Party, key_id: str, text: str) -> str:
        assert self._secret is not None  # noqa: S101  (the phase says so)
        info = f"{by.user_id}{by.device_id}{to.user_id}{to.device_id}{self._transaction}{key_id}"
        code: str = self._secret.calculate_mac(text, f"MATRIX_KEY_VERIFICATION_MAC{info}")
        return code

    def _our_key(self) -> str:
        key: str = self._sas.public_key.to_base64()
        return key

    def _step(self, name: str, **content: Any) -> Step:
        if self._in_room:
            content["m.relates_to"] = {"rel_type": "m.reference", "event_id": self._transaction}
        else:
            content["transaction_id"] = self._transaction
        return f"{_PREFIX}{name}", content
