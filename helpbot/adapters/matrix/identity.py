"""A user's cross-signing identity: three Ed25519 key pairs, and the file that keeps them."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from helpbot.adapters.matrix.files import write_secret
from helpbot.adapters.matrix.olm import to_canonical_json
from helpbot.core.alone import absent
from helpbot.ports import LoggedOut

# Synapse brings it to where both are installed: 2 MB for what ctypes does as well.
with absent("cffi"):
    from Crypto.PublicKey import ECC
    from Crypto.Signature import eddsa

IDENTITY_FILE = "identity.json"
NEXT_IDENTITY_FILE = "identity.next.json"
"""A new identity that the homeserver may or may not have taken yet, see `reset_identity`."""
USAGES = ("master", "self_signing", "user_signing")
SEED_BYTES = 32


class Recovery(StrEnum):
    """Whether the identity can be had again after the loss of the disk."""

    OFF = "off"
    """No recovery key is configured."""
    READY = "ready"
    """The key in the file opens the storage, and the identity is in it."""
    MADE = "made"
    """The same, and the file was written just now."""
    FOREIGN = "foreign"
    """The account's storage was made elsewhere, with a key that we do not have."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Three Ed25519 key pairs of one user: who they are, their devices, the people they trust."""

    user_id: str
    seeds: Mapping[str, bytes] = field(repr=False)
    since: int = 0
    """When it came to this folder, Unix ms; 0 when nobody noted it."""

    @classmethod
    def new(cls, user_id: str, now: int) -> Identity:
        """Make a new identity."""
        return cls(user_id, {usage: secrets.token_bytes(SEED_BYTES) for usage in USAGES}, now)

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


def load_identity(data_dir: Path, name: str = IDENTITY_FILE) -> Identity | None:
    """Return the identity kept in `data_dir`. Raise `LoggedOut` when the file is not whole."""
    path = data_dir / name
    try:
        kept = json.loads(path.read_text())
        seeds = {usage: base64.b64decode(kept[usage]) for usage in USAGES}
        if any(len(seed) != SEED_BYTES for seed in seeds.values()):
            raise ValueError
        return Identity(str(kept["user_id"]), seeds, int(kept.get("since", path.stat().st_mtime * 1000)))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise LoggedOut(
            "HELPBOT_BAD_IDENTITY",
            f"{path} cannot be read",
            "restore it from a backup, or move it away and give matrix.recovery_key_file",
        ) from None


def save_identity(data_dir: Path, identity: Identity, name: str = IDENTITY_FILE) -> None:
    """Keep the identity's private keys, on the disk when this returns."""
    kept = {usage: base64.b64encode(seed).decode() for usage, seed in identity.seeds.items()}
    text = json.dumps({"user_id": identity.user_id, "since": identity.since, **kept})
    write_secret(data_dir / name, text)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")
