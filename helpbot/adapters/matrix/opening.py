"""From an account to a client whose device is signed: what happens once at a start, in this order."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from helpbot.adapters.matrix.client import MatrixHomeserver
from helpbot.adapters.matrix.crypto import Encryption
from helpbot.adapters.matrix.http import Api
from helpbot.adapters.matrix.keystore import KeyStore
from helpbot.adapters.matrix.login import Account, delete_retired, log_in
from helpbot.adapters.matrix.machine import Machine
from helpbot.adapters.matrix.trust import Approve, Trust, ensure_trust, reset_identity
from helpbot.ports import Clock, LoggedOut

log = logging.getLogger("helpbot.matrix")


@dataclass(slots=True)
class _Device:
    """A device that is logged in and has its keys on the server; signed or not."""

    api: Api
    store: KeyStore
    keys: Encryption
    lock: int

    async def close(self) -> None:
        await self.api.close()
        self.store.close()
        os.close(self.lock)


async def connect(
    account: Account, data_dir: Path, clock: Clock, *, recovery_file: Path | None = None
) -> MatrixHomeserver:
    """Log in or take up the session in `data_dir`, see to keys and identity, join nothing yet."""
    async with _device(account, data_dir, clock) as device:
        trust = await ensure_trust(
            device.api,
            device.keys.machine,
            data_dir,
            account.password,
            recovery_file=recovery_file,
            now=clock.now(),
        )
        if not await delete_retired(device.api, account, data_dir):
            log.warning("the homeserver keeps the device of before the backup; delete it from another client")
        client = MatrixHomeserver(device.api, device.keys, device.store, device.lock, trust, clock)
        await client.prepare()
    return client


async def renew_identity(
    account: Account, data_dir: Path, clock: Clock, approve: Approve, *, recovery_file: Path | None
) -> Trust:
    """Give the account a new cross-signing identity, see `trust.reset_identity`, and log nobody out."""
    async with _device(account, data_dir, clock) as device:
        trust = await reset_identity(
            device.api,
            device.keys.machine,
            data_dir,
            account.password,
            approve,
            recovery_file=recovery_file,
            now=clock.now(),
        )
    await device.close()
    return trust


@asynccontextmanager
async def _device(account: Account, data_dir: Path, clock: Clock) -> AsyncIterator[_Device]:
    """Give the account's device; it is closed when anything inside fails, else it is the caller's."""
    lock = take_folder(data_dir)
    api = Api(account.homeserver)
    store = None
    try:
        session = await log_in(api, account, data_dir)
        store = KeyStore(data_dir / "crypto.db", session.user_id, session.device_id)
        keys = Encryption(api, Machine(session.user_id, session.device_id, store), store, clock)
        await keys.start()
        yield _Device(api, store, keys, lock)
    except BaseException:
        await api.close()
        if store is not None:
            store.close()
        os.close(lock)
        raise


def take_folder(data_dir: Path) -> int:
    """Take the folder for this process: two of them with one device would break its ratchets."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(data_dir / "matrix.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise LoggedOut(
            "HELPBOT_ALREADY_RUNNING", f"another process uses {data_dir}", "stop it first"
        ) from None
    return handle
