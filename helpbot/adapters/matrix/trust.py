"""This device is signed by the bot's own identity, so that people's clients show no shield and hide nothing.

Clients may refuse to give room keys to a device that its owner has not signed, and to show what it
says. So the device is signed on the first run, before any room is joined: what was said earlier
would stay unreadable. The private keys are on the disk before their public halves are on the
server, and an identity that somebody else made is never replaced silently.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpbot.adapters.matrix.http import Api, AuthNeeded
from helpbot.adapters.matrix.identity import (
    IDENTITY_FILE,
    NEXT_IDENTITY_FILE,
    USAGES,
    Identity,
    Recovery,
    load_identity,
    save_identity,
)
from helpbot.adapters.matrix.machine import Machine
from helpbot.ports import LoggedOut, Refused

Approve = Callable[[str], Awaitable[None]]
"""Shows a person the address where they approve something, and returns when they say that they did."""


@dataclass(frozen=True, slots=True)
class Trust:
    """By whom this device is signed, since when, and whether that outlives the disk."""

    identity: Identity
    device_id: str
    recovery: Recovery


async def ensure_trust(
    api: Api,
    machine: Machine,
    data_dir: Path,
    password: str | None,
    *,
    recovery_file: Path | None = None,
    now: int = 0,
) -> Trust:
    """Have this device signed by our own identity, making one if the account has none.

    The identity is taken from `data_dir`, else from the account's secret storage when
    `recovery_file` holds its key. Safe to run at every start and after a crash at any point of it.
    """
    me = machine.user_id
    answer = await api.post("v3/keys/query", {"device_keys": {me: []}})
    there = _public_keys(answer, me)
    identity = _kept(data_dir, me, there["master"])
    if there["master"] is not None and not _is(identity, there):
        identity = await _recovered(api, me, recovery_file, now)
        if identity is None or not _is(identity, there):
            raise _foreign(me, recovery_file)
        save_identity(data_dir, identity)
    if identity is None:
        identity = Identity.new(me, now)
        save_identity(data_dir, identity)
    if there["master"] is None:
        await _publish(api, machine, identity, password, None)
    signed = _at(answer, "device_keys", me, machine.device_id, "signatures", me)
    if there["master"] is None or f"ed25519:{identity.public('self_signing')}" not in signed:
        await _sign_device(api, machine, identity)
    recovery = Recovery.OFF
    if recovery_file is not None:
        from helpbot.adapters.matrix.recovery import ensure_storage

        recovery = await ensure_storage(api, identity, recovery_file)
    return Trust(identity, machine.device_id, recovery)


async def reset_identity(
    api: Api,
    machine: Machine,
    data_dir: Path,
    password: str | None,
    approve: Approve,
    *,
    recovery_file: Path | None,
    now: int,
) -> Trust:
    """Give the account a new identity in place of any other, with a new secret storage and recovery key.

    The old one stands until the homeserver has taken the new one: both are on the disk meanwhile, and
    the next start finds out which of them it is.
    """
    identity = load_identity(data_dir, NEXT_IDENTITY_FILE) or Identity.new(machine.user_id, now)
    save_identity(data_dir, identity, NEXT_IDENTITY_FILE)
    await _publish(api, machine, identity, password, approve)
    (data_dir / NEXT_IDENTITY_FILE).replace(data_dir / IDENTITY_FILE)
    await _sign_device(api, machine, identity)
    if recovery_file is None:
        return Trust(identity, machine.device_id, Recovery.OFF)
    from helpbot.adapters.matrix.recovery import new_storage

    await new_storage(api, identity, recovery_file)
    return Trust(identity, machine.device_id, Recovery.MADE)


def _kept(data_dir: Path, me: str, master: str | None) -> Identity | None:
    """Return the identity of this folder: of two, the one that the homeserver has."""
    identity = load_identity(data_dir)
    if identity is not None and identity.user_id != me:
        raise LoggedOut(
            "HELPBOT_OTHER_ACCOUNT",
            f"the identity in {data_dir} belongs to {identity.user_id}",
            "give each account a data_dir of its own",
        )
    following = load_identity(data_dir, NEXT_IDENTITY_FILE)
    if following is not None and master is not None and following.public("master") == master:
        (data_dir / NEXT_IDENTITY_FILE).replace(data_dir / IDENTITY_FILE)
        return following
    return identity


def _is(identity: Identity | None, there: Mapping[str, str | None]) -> bool:
    return identity is not None and all(
        there[usage] in (None, identity.public(usage)) for usage in ("master", "self_signing")
    )


async def _recovered(api: Api, me: str, recovery_file: Path | None, now: int) -> Identity | None:
    if recovery_file is None:
        return None
    from helpbot.adapters.matrix.recovery import recover

    return await recover(api, me, recovery_file, now)


def _foreign(me: str, recovery_file: Path | None) -> LoggedOut:
    tried = (
        "" if recovery_file is None else f", and {recovery_file} does not open the account's secret storage"
    )
    return LoggedOut(
        "HELPBOT_FOREIGN_IDENTITY",
        f"{me} already has a cross-signing identity that was not made with this data_dir{tried}",
        "either give its recovery key (matrix.recovery_key_file) or the data_dir that holds it, or replace"
        " it: helpbot identity reset",
    )


async def _publish(
    api: Api, machine: Machine, identity: Identity, password: str | None, approve: Approve | None
) -> None:
    master = identity.key_object("master")
    by_device = {identity.user_id: {f"ed25519:{machine.device_id}": machine.sign_json(master)}}
    body: dict[str, Any] = {
        "master_key": {**master, "signatures": by_device},
        "self_signing_key": identity.sign("master", identity.key_object("self_signing")),
        "user_signing_key": identity.sign("master", identity.key_object("user_signing")),
    }
    path = "v3/keys/device_signing/upload"
    try:
        await api.post(path, body)
    except AuthNeeded as needed:
        body["auth"] = await _proof(needed, identity.user_id, password, approve)
        try:
            await api.post(path, body)
        except AuthNeeded as again:
            raise LoggedOut(
                again.code,
                "the homeserver still wants a proof before it takes the bot's identity",
                f"approve it at {again.url}, then try again" if again.url else "check matrix.password",
            ) from again


async def _proof(
    needed: AuthNeeded, me: str, password: str | None, approve: Approve | None
) -> dict[str, Any]:
    """Return the proof of who we are that the homeserver asks for."""
    if needed.url:
        # Accounts are kept elsewhere (MAS): a person approves there, then the same request passes.
        if approve is None:
            raise LoggedOut(
                needed.code,
                "the homeserver wants a person to approve the bot's identity",
                f"approve it at {needed.url}, then start again",
            )
        await approve(needed.url)
        return {"session": needed.session}
    if password is None:
        raise LoggedOut(
            needed.code,
            "the homeserver wants the password before it takes the bot's identity",
            "give matrix.password for this once",
        )
    return {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": me},
        "password": password,
        "session": needed.session,
    }


async def _sign_device(api: Api, machine: Machine, identity: Identity) -> None:
    signed = identity.sign("self_signing", machine.device_keys())
    body = {identity.user_id: {machine.device_id: signed}}
    failures = (await api.post("v3/keys/signatures/upload", body)).get("failures")
    if failures:
        raise Refused("HELPBOT_SIGNATURE", f"the homeserver refused our device's signature: {failures}")


def _public_keys(answer: object, me: str) -> dict[str, str | None]:
    """Return the account's published keys, by usage."""
    found: dict[str, str | None] = {}
    for usage in USAGES:
        keys = _at(answer, f"{usage}_keys", me).get("keys")
        key = next(iter(keys.values()), None) if isinstance(keys, Mapping) else None
        found[usage] = key if isinstance(key, str) else None
    return found


def _at(answer: object, *path: str) -> Mapping[str, Any]:
    for name in path:
        answer = answer.get(name) if isinstance(answer, Mapping) else None
    return answer if isinstance(answer, Mapping) else {}
