"""The identity outlives the disk: its keys lie in the account's secret storage, the key to it in a file.

The file is on the disk before the homeserver is told anything, and a storage that somebody else made
is never replaced silently: other clients of the account may keep secrets of their own in it.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helpbot.adapters.matrix.files import write_secret
from helpbot.adapters.matrix.http import Api, seg
from helpbot.adapters.matrix.identity import SEED_BYTES, USAGES, Identity, Recovery
from helpbot.adapters.matrix.ssss import RecoveryKey, WrongKey
from helpbot.ports import LoggedOut, Refused

DEFAULT_KEY = "m.secret_storage.default_key"


def name_of(usage: str) -> str:
    """Return under which name a private key is stored."""
    return f"m.cross_signing.{usage}"


async def ensure_storage(api: Api, identity: Identity, path: Path | None) -> Recovery:
    """Have the identity in the account's secret storage, making storage and key file if there are none.

    Safe to run at every start and after a crash at any point of it. Raise `LoggedOut` for a file that
    cannot be read or written.
    """
    if path is None:
        return Recovery.OFF
    key = read_key(path)
    key_id, description = await _storage(api, identity.user_id)
    if key_id is not None:
        if key is None or not key.fits(description):
            return Recovery.FOREIGN
        stored = await _stored(api, identity.user_id, key, key_id)
        if stored != identity.seeds:
            await _store(api, identity, key, key_id)
        return Recovery.READY
    # A file without a storage is one that a crash left, or that the operator prepared.
    made = key is None
    await new_storage(api, identity, path, key)
    return Recovery.MADE if made else Recovery.READY


async def new_storage(api: Api, identity: Identity, path: Path, key: RecoveryKey | None = None) -> None:
    """Make a secret storage, the account's default from now on. Without a key: a new one, in the file."""
    if key is None:
        key = RecoveryKey.new()
        write_key(path, key)
    key_id = secrets.token_hex(16)
    await _put(api, identity.user_id, f"m.secret_storage.key.{key_id}", key.description())
    await _store(api, identity, key, key_id)
    # Last: a storage that is named is whole.
    await _put(api, identity.user_id, DEFAULT_KEY, {"key": key_id})


async def recover(api: Api, user_id: str, path: Path | None, now: int) -> Identity | None:
    """Return the identity in the account's storage, None where the key does not open it or there is none."""
    key = read_key(path) if path is not None else None
    if key is None:
        return None
    key_id, description = await _storage(api, user_id)
    if key_id is None or not key.fits(description):
        return None
    seeds = await _stored(api, user_id, key, key_id)
    return Identity(user_id, seeds, now) if seeds.keys() == set(USAGES) else None


def read_key(path: Path) -> RecoveryKey | None:
    """Return the key in the file, None where there is no file. Raise `LoggedOut` when it is no key."""
    try:
        return RecoveryKey.parse(path.read_text())
    except FileNotFoundError:
        return None
    except (WrongKey, OSError, UnicodeDecodeError) as error:
        why = str(error) if isinstance(error, WrongKey) else type(error).__name__
        raise LoggedOut(
            "HELPBOT_RECOVERY_FILE",
            f"{path} holds no recovery key: {why}",
            "put the recovery key there, or remove the file to have a new one made",
        ) from None


def write_key(path: Path, key: RecoveryKey) -> None:
    """Write the key file, 0600, an older one kept beside it. Raise `LoggedOut` when that cannot be."""
    try:
        if path.exists():
            path.replace(path.with_name(f"{path.name}.old"))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_secret(path, key.text() + "\n")
    except OSError as error:
        raise LoggedOut(
            "HELPBOT_RECOVERY_FILE",
            f"{path} cannot be written: {error.strerror}",
            "give matrix.recovery_key_file a place that the bot may write to",
        ) from None


async def _storage(api: Api, user_id: str) -> tuple[str | None, dict[str, Any]]:
    """Return the id and the description of the account's default storage."""
    key_id = (await _get(api, user_id, DEFAULT_KEY)).get("key")
    if not isinstance(key_id, str) or not key_id:
        return None, {}
    return key_id, await _get(api, user_id, f"m.secret_storage.key.{key_id}")


async def _stored(api: Api, user_id: str, key: RecoveryKey, key_id: str) -> dict[str, bytes]:
    """Return the private keys that the storage holds and the key opens, by usage."""
    found = await asyncio.gather(*(_get(api, user_id, name_of(usage)) for usage in USAGES))
    seeds = {}
    for usage, content in zip(USAGES, found, strict=True):
        encrypted = content.get("encrypted")
        sealed = encrypted.get(key_id) if isinstance(encrypted, Mapping) else None
        try:
            text = key.open(name_of(usage), sealed)
            seed = base64.b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            continue
        if len(seed) == SEED_BYTES:
            seeds[usage] = seed
    return seeds


async def _store(api: Api, identity: Identity, key: RecoveryKey, key_id: str) -> None:
    for usage in USAGES:
        secret = base64.b64encode(identity.seeds[usage]).decode().rstrip("=")
        sealed = {"encrypted": {key_id: key.seal(name_of(usage), secret)}}
        await _put(api, identity.user_id, name_of(usage), sealed)


async def _get(api: Api, user_id: str, kind: str) -> dict[str, Any]:
    try:
        return await api.get(f"v3/user/{seg(user_id)}/account_data/{seg(kind)}")
    except Refused as error:
        if error.code == "M_NOT_FOUND":
            return {}
        raise


async def _put(api: Api, user_id: str, kind: str, content: object) -> None:
    await api.put(f"v3/user/{seg(user_id)}/account_data/{seg(kind)}", content)
