"""The bot's own cross-signing identity, so that people's clients show no shield and hide nothing.

Clients may refuse to give room keys to a device that its owner has not signed, and to show what it
says. So the device is signed on the first run, before any room is joined: what was said earlier
would stay unreadable. The private keys are on the disk before their public halves are on the
server, and an identity that somebody else made is never replaced silently.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpbot.adapters.matrix.files import write_secret
from helpbot.adapters.matrix.http import Api, AuthNeeded
from helpbot.adapters.matrix.machine import Machine
from helpbot.adapters.matrix.olm import to_canonical_json
from helpbot.core.alone import absent
from helpbot.ports import LoggedOut, Refused

# Synapse brings it to where both are installed: 2 MB for what ctypes does as well.
with absent("cffi"):
    from Crypto.PublicKey import ECC
    from Crypto.Signature import eddsa

IDENTITY_FILE = "identity.json"
USAGES = ("master", "self_signing", "user_signing")


@dataclass(frozen=True, slots=True)
class Identity:
    """Three Ed25519 key pairs of one user: who they are, their devices, the people they trust."""

    user_id: str
    seeds: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def new(cls, user_id: str) -> Identity:
        """Make a new identity."""
        return cls(user_id, {usage: secrets.token_bytes(32) for usage in USAGES})

    def public(self, usage: str) -> str:
        """Return a public key, unpadded base64."""
        return _b64(self._key(usage).public_key().export_key(format="raw"))

    def sign(self, usage: str, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return `value` with a signature by one of the keys added."""
        bare = {key: val for key, val in value.items() if key not in ("signatures", "unsigned")}
        signer = eddsa.new(self._key(usage), "rfc8032")
        signature = _b64(signer.sign(to_canonical_json(bare).encode()))
        signatures = {user: dict(by) for user, by in value.get("signatures", {}).items()}
        signatures.setdefault(self.user_id, {})[f"ed25519:{self.public(usage)}"] = signature
        return {**value, "signatures": signatures}

    def key_object(self, usage: str) -> dict[str, Any]:
        """Return the unsigned object that publishes one of the keys."""
        public = self.public(usage)
        return {"user_id": self.user_id, "usage": [usage], "keys": {f"ed25519:{public}": public}}

    def _key(self, usage: str) -> ECC.EccKey:
        return ECC.construct(curve="Ed25519", seed=self.seeds[usage])


def load_identity(data_dir: Path) -> Identity | None:
    """Return the identity kept in `data_dir`."""
    path = data_dir / IDENTITY_FILE
    try:
        kept = json.loads(path.read_text())
        seeds = {usage: base64.b64decode(kept[usage]) for usage in USAGES}
        if any(len(seed) != 32 for seed in seeds.values()):
            raise ValueError
        return Identity(str(kept["user_id"]), seeds)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise LoggedOut(
            "HELPBOT_BAD_IDENTITY", f"{path} cannot be read", "restore it from a backup; it cannot be remade"
        ) from None


def save_identity(data_dir: Path, identity: Identity) -> None:
    """Keep the identity's private keys, on the disk when this returns."""
    kept = {usage: base64.b64encode(seed).decode() for usage, seed in identity.seeds.items()}
    write_secret(data_dir / IDENTITY_FILE, json.dumps({"user_id": identity.user_id, **kept}))


async def ensure_trust(api: Api, machine: Machine, data_dir: Path, password: str | None) -> Identity:
    """Have this device signed by our own identity, making one if the account has none.

    Safe to run at every start and after a crash at any point of it.
    """
    me, device = machine.user_id, machine.device_id
    identity = load_identity(data_dir)
    if identity is not None and identity.user_id != me:
        raise LoggedOut(
            "HELPBOT_OTHER_ACCOUNT",
            f"the identity in {data_dir} belongs to {identity.user_id}",
            "give each account a data_dir of its own",
        )
    answer = await api.post("v3/keys/query", {"device_keys": {me: []}})
    there = _public_key(_at(answer, "master_keys", me))
    if there is not None and (identity is None or identity.public("master") != there):
        raise LoggedOut(
            "HELPBOT_FOREIGN_IDENTITY",
            f"{me} already has a cross-signing identity that was not made with this data_dir",
            "either restore the data_dir that holds it, or open the account in another client and reset"
            " its identity there, then delete identity.json if there is one and start again",
        )
    if identity is None:
        identity = Identity.new(me)
        save_identity(data_dir, identity)
    if there is None:
        await _publish(api, machine, identity, password)
    signed = _at(answer, "device_keys", me, device, "signatures", me)
    if there is None or f"ed25519:{identity.public('self_signing')}" not in signed:
        await _sign_device(api, machine, identity)
    return identity


async def _publish(api: Api, machine: Machine, identity: Identity, password: str | None) -> None:
    master = identity.key_object("master")
    by_device = {identity.user_id: {f"ed25519:{machine.device_id}": machine.sign_json(master)}}
    body: dict[str, Any] = {
        "master_key": {**master, "signatures": by_device},
        "self_signing_key": identity.sign("master", identity.key_object("self_signing")),
        "user_signing_key": identity.sign("master", identity.key_object("user_signing")),
    }
    try:
        await api.post("v3/keys/device_signing/upload", body)
    except AuthNeeded as error:
        if password is None:
            raise LoggedOut(
                error.code,
                "the homeserver wants the password before it takes the bot's identity",
                "give matrix.password for the first start",
            ) from error
        body["auth"] = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": identity.user_id},
            "password": password,
            "session": error.session,
        }
        await api.post("v3/keys/device_signing/upload", body)


async def _sign_device(api: Api, machine: Machine, identity: Identity) -> None:
    signed = identity.sign("self_signing", machine.device_keys())
    body = {identity.user_id: {machine.device_id: signed}}
    failures = (await api.post("v3/keys/signatures/upload", body)).get("failures")
    if failures:
        raise Refused("HELPBOT_SIGNATURE", f"the homeserver refused our device's signature: {failures}")


def _public_key(key_object: Mapping[str, Any]) -> str | None:
    keys = key_object.get("keys")
    found = next(iter(keys.values()), None) if isinstance(keys, Mapping) else None
    return found if isinstance(found, str) else None


def _at(answer: object, *path: str) -> Mapping[str, Any]:
    for name in path:
        answer = answer.get(name) if isinstance(answer, Mapping) else None
    return answer if isinstance(answer, Mapping) else {}


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")
