"""Who we are on the homeserver: the account, its token, and the file that keeps them over restarts.

A password login makes a new device, which costs everybody's clients a new set of keys, and servers
limit logins hard: so there is one on the first start, and again only when the token has died. A token
that is meant to be renewed is renewed on the way, see `_Keeper.renew`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from helpbot.adapters.matrix.files import write_secret
from helpbot.adapters.matrix.http import Api, AuthNeeded, SoftLoggedOut, text_of
from helpbot.ports import LoggedOut, Refused

SESSION_FILE = "session.json"
_TOKEN_DIED = ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN")


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
    refresh_token: str | None = field(default=None, repr=False)
    """Gives the next access token, where the homeserver makes them short-lived."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the session file holds."""

    user_id: str = ""
    session: Session | None = None
    retired: frozenset[str] = frozenset()
    """Devices whose ratchets are lost, or lie in a backup: never to be taken up again."""
    to_delete: frozenset[str] = frozenset()
    """Those of them that the homeserver still has."""

    @property
    def devices(self) -> frozenset[str]:
        """Every device that was ever used with this folder, as far as it knows."""
        return self.retired | ({self.session.device_id} if self.session else frozenset())

    def as_retired(self, user_id: str) -> dict[str, Any]:
        """Return what the file of a backup holds: no token, and no device that may be used again."""
        names = sorted(self.devices)
        return {"user_id": user_id, "retired": names, "to_delete": names}

    def as_json(self) -> str:
        """Return the file's text."""
        told: dict[str, Any] = {"user_id": self.user_id}
        if self.session is not None:
            told |= {"device_id": self.session.device_id, "access_token": self.session.access_token}
            if self.session.refresh_token is not None:
                told["refresh_token"] = self.session.refresh_token
        for name in ("retired", "to_delete"):
            if devices := getattr(self, name):
                told[name] = sorted(devices)
        return json.dumps(told)


async def log_in(api: Api, account: Account, data_dir: Path) -> Session:
    """Take up the session kept in `data_dir`, or the configured token, or log in with the password.

    From then on `api` renews its token by itself where that is possible.
    """
    kept = read_kept(data_dir)
    if kept.user_id and kept.user_id != account.user_id:
        raise LoggedOut(
            "HELPBOT_OTHER_ACCOUNT",
            f"{data_dir / SESSION_FILE} belongs to {kept.user_id}, the configuration names {account.user_id}",
            "give each account a data_dir of its own",
        )
    keeper = _Keeper(api, account, data_dir, replace(kept, user_id=account.user_id))
    session = await keeper.begin()
    api.renewal = keeper.renew
    return session


async def delete_retired(api: Api, account: Account, data_dir: Path) -> bool:
    """Have the homeserver forget the devices that a restored backup names; False when it would not.

    One of them may still run somewhere, and would answer beside us; and people's clients go on making keys
    for each.
    """
    kept = read_kept(data_dir)
    if not kept.to_delete:
        return True
    body: dict[str, Any] = {"devices": sorted(kept.to_delete)}
    try:
        try:
            await api.post("v3/delete_devices", body)
        except AuthNeeded as needed:
            if account.password is None or needed.url:
                return False
            identifier = {"type": "m.id.user", "user": account.user_id}
            proof = {"type": "m.login.password", "identifier": identifier, "password": account.password}
            await api.post("v3/delete_devices", body | {"auth": proof | {"session": needed.session}})
    except Refused:
        return False
    _write(data_dir, replace(read_kept(data_dir), to_delete=frozenset()))
    return True


def read_kept(data_dir: Path) -> Kept:
    """Return what the session file of a folder holds; nothing where there is none."""
    path = data_dir / SESSION_FILE
    try:
        told = json.loads(path.read_text())
        user, token = str(told["user_id"]), told.get("refresh_token")
        session = None
        if "access_token" in told or "retired" not in told:
            refresh = None if token is None else str(token)
            session = Session(user, str(told["device_id"]), str(told["access_token"]), refresh)
        sets = (frozenset(map(str, told.get(name, ()))) for name in ("retired", "to_delete"))
        return Kept(user, session, *sets)
    except FileNotFoundError:
        return Kept()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LoggedOut(
            "HELPBOT_BAD_SESSION", f"{path} cannot be read", "delete it to log in again with the password"
        ) from None


def _write(data_dir: Path, kept: Kept) -> None:
    write_secret(data_dir / SESSION_FILE, kept.as_json())


class _Keeper:
    """The session as it is now, in memory and in its file."""

    def __init__(self, api: Api, account: Account, data_dir: Path, kept: Kept) -> None:
        self._api = api
        self._account = account
        self._data_dir = data_dir
        self._kept = kept

    async def begin(self) -> Session:
        account, kept = self._account, self._kept.session
        if account.access_token is not None and (kept is None or kept.access_token != account.access_token):
            given = Session(account.user_id, account.device_id or "", account.access_token)
            return self._keep(await self._check(given))
        if kept is None:
            device = account.device_id if account.device_id not in self._kept.retired else None
            return await self._with_password(device)
        try:
            return await self._take_up(kept)
        except LoggedOut as error:
            if account.password is None or error.code not in _TOKEN_DIED:
                raise
            # A hard logout deleted the device: its keys are of no use to a new one.
            return await self._with_password(kept.device_id if isinstance(error, SoftLoggedOut) else None)

    async def renew(self, out: LoggedOut) -> None:
        """Get another token for this device: by the refresh token, else by the password.

        Asked by `Api` when the homeserver no longer takes the token. Raises `out` when there is no way, also
        where the last token was never taken at all: a server that takes none is not asked for ever.
        """
        session = self._kept.session
        if session is None or not self._api.worked:
            raise out
        if session.refresh_token is not None:
            try:
                await self._refresh(session)
            except (LoggedOut, Refused):
                pass
            else:
                return
        # A hard logout deleted the device with its keys: the next start makes another.
        if self._account.password is None or not isinstance(out, SoftLoggedOut):
            raise out
        await self._with_password(session.device_id)

    async def _take_up(self, kept: Session) -> Session:
        try:
            return self._keep(await self._check(kept))
        except LoggedOut as error:
            if kept.refresh_token is None or error.code not in _TOKEN_DIED:
                raise
            try:
                renewed = await self._refresh(kept)
            except (LoggedOut, Refused):
                raise error from None
            return self._keep(await self._check(renewed))

    async def _refresh(self, session: Session) -> Session:
        # The old token works until the new one is used: a crash before the file is written loses nothing.
        answer = await self._api.post_once("v3/refresh", {"refresh_token": session.refresh_token})
        following = answer.get("refresh_token")
        return self._keep(
            replace(
                session,
                access_token=text_of(answer, "access_token"),
                refresh_token=following if isinstance(following, str) else session.refresh_token,
            )
        )

    async def _check(self, session: Session) -> Session:
        account, device_id = self._account, session.device_id
        self._api.authorise(session.access_token)
        me = await self._api.get("v3/account/whoami")
        found = me.get("device_id")
        if me.get("user_id") != account.user_id:
            raise LoggedOut(
                "HELPBOT_OTHER_ACCOUNT",
                f"the access token belongs to {me.get('user_id')}, the configuration names {account.user_id}",
                "correct user_id or access_token",
            )
        if not isinstance(found, str) or device_id not in ("", found):
            raise LoggedOut(
                "HELPBOT_OTHER_DEVICE",
                f"the access token belongs to device {found}, not to {device_id}",
                "correct device_id or access_token",
            )
        if found in self._kept.retired:
            raise LoggedOut(
                "HELPBOT_RETIRED_DEVICE",
                f"device {found} was used before the backup was restored, its keys must not run twice",
                "give the password, or the token of a new login",
            )
        return replace(session, device_id=found)

    async def _with_password(self, device_id: str | None) -> Session:
        account = self._account
        if account.password is None:
            raise _no_session()
        body: dict[str, object] = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": account.user_id},
            "password": account.password,
            "initial_device_display_name": account.device_name,
            "refresh_token": True,
        }
        if device_id is not None:
            body["device_id"] = device_id
        answer = await self._api.post_once("v3/login", body)
        refresh = answer.get("refresh_token")
        user, device, token = (text_of(answer, name) for name in ("user_id", "device_id", "access_token"))
        return self._keep(Session(user, device, token, refresh if isinstance(refresh, str) else None))

    def _keep(self, session: Session) -> Session:
        """Write a session down before it is used."""
        if session != self._kept.session:
            self._kept = replace(read_kept(self._data_dir), user_id=session.user_id, session=session)
            _write(self._data_dir, self._kept)
        self._api.authorise(session.access_token)
        return session


def _no_session() -> LoggedOut:
    return LoggedOut("M_MISSING_TOKEN", "there is no session to take up", "give a password or a token")
