"""Who we are on the homeserver: the account, its token, and the file that keeps them over restarts.

A password login makes a new device, which costs everybody's clients a new set of keys, and servers
limit logins hard: so there is one on the first start, and again only when the token has died.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from helpbot.adapters.matrix.files import write_secret
from helpbot.adapters.matrix.http import Api, SoftLoggedOut, text_of
from helpbot.ports import LoggedOut

SESSION_FILE = "session.json"


@dataclass(frozen=True, slots=True)
class Account:
    """How to log in: a password, or a token with its device."""

    homeserver: str
    user_id: str
    password: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    device_id: str | None = None
    device_name: str = "helpbot"


@dataclass(frozen=True, slots=True)
class Session:
    """One device that is logged in."""

    user_id: str
    device_id: str
    access_token: str = field(repr=False)


async def log_in(api: Api, account: Account, data_dir: Path) -> Session:
    """Take up the session kept in `data_dir`, or the configured token, or log in with the password."""
    path = data_dir / SESSION_FILE
    kept = _read(path)
    if kept is not None and kept.user_id != account.user_id:
        raise LoggedOut(
            "HELPBOT_OTHER_ACCOUNT",
            f"{path} belongs to {kept.user_id}, the configuration names {account.user_id}",
            "give each account a data_dir of its own",
        )
    if account.access_token is not None and (kept is None or kept.access_token != account.access_token):
        session = await _check(api, account, account.access_token, account.device_id)
    elif kept is not None:
        device: str | None = kept.device_id
        try:
            return await _check(api, account, kept.access_token, device)
        except LoggedOut as error:
            if account.password is None or error.code not in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"):
                raise
            # A hard logout deleted the device: its keys are of no use to a new one.
            device = device if isinstance(error, SoftLoggedOut) else None
        session = await _with_password(api, account, device)
    else:
        session = await _with_password(api, account, account.device_id)
    text = {"user_id": session.user_id, "device_id": session.device_id, "access_token": session.access_token}
    write_secret(path, json.dumps(text))
    return session


async def _check(api: Api, account: Account, token: str, device_id: str | None) -> Session:
    api.authorise(token)
    me = await api.get("v3/account/whoami")
    found = me.get("device_id")
    if me.get("user_id") != account.user_id:
        raise LoggedOut(
            "HELPBOT_OTHER_ACCOUNT",
            f"the access token belongs to {me.get('user_id')}, the configuration names {account.user_id}",
            "correct user_id or access_token",
        )
    if not isinstance(found, str) or (device_id is not None and device_id != found):
        raise LoggedOut(
            "HELPBOT_OTHER_DEVICE",
            f"the access token belongs to device {found}, not to {device_id}",
            "correct device_id or access_token",
        )
    return Session(account.user_id, found, token)


async def _with_password(api: Api, account: Account, device_id: str | None) -> Session:
    if account.password is None:
        raise LoggedOut("M_MISSING_TOKEN", "there is no session to take up", "give a password or a token")
    body: dict[str, object] = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": account.user_id},
        "password": account.password,
        "initial_device_display_name": account.device_name,
    }
    if device_id is not None:
        body["device_id"] = device_id
    answer = await api.post("v3/login", body)
    names = ("user_id", "device_id", "access_token")
    session = Session(*(text_of(answer, name) for name in names))
    api.authorise(session.access_token)
    return session


def _read(path: Path) -> Session | None:
    try:
        kept = json.loads(path.read_text())
        return Session(str(kept["user_id"]), str(kept["device_id"]), str(kept["access_token"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise LoggedOut(
            "HELPBOT_BAD_SESSION", f"{path} cannot be read", "delete it to log in again with the password"
        ) from None
