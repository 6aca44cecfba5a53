"""The client-server API: a request in, a dict or one of our errors out.

Deliberately thin. A library that models every event costs more processor time than the whole answer
to a question may; here a body is parsed once, and nothing is built that nobody reads.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote

from helpbot.adapters.matrix.connections import Answer, Connections
from helpbot.ports import HomeserverError, LoggedOut, RateLimited, Refused, Unreachable

TIMEOUT_S = 30.0
"""For any request but a waiting `/sync`."""

_DEFAULT_WAIT_MS = 5000
_HINTS = {
    "M_UNKNOWN_TOKEN": "the access token is no longer valid: give the password or a new token",
    "M_MISSING_TOKEN": "the access token is missing: give the password or a new token",
    "ORG_MATRIX_EXPIRED_ACCOUNT": "the account has expired: renew it from the mail sent to its mailbox",
    "M_USER_DEACTIVATED": "the account was deactivated: ask its homeserver's administrators",
    "M_USER_LOCKED": "the account is locked: ask its homeserver's administrators",
}
_LOGIN_HINTS = {
    "M_FORBIDDEN": "check user_id and password; a deactivated account is answered the same",
    "M_INVALID_USERNAME": "check user_id",
}


class SoftLoggedOut(LoggedOut):
    """The token was withdrawn but the device stands: logging in again with its id brings it back."""


class AuthNeeded(Refused):
    """The server wants the request again with a proof of who we are (user-interactive auth)."""

    def __init__(self, what: str, session: str, url: str = "") -> None:
        super().__init__("M_UIA", what)
        self.session = session
        self.url = url
        """Where a person approves it in a browser; empty where a password does."""


class Api:
    """One homeserver, one access token."""

    def __init__(self, homeserver: str, access_token: str | None = None) -> None:
        self.base = homeserver.rstrip("/")
        self.renewal: Callable[[LoggedOut], Awaitable[None]] | None = None
        """Gets another token when this one is no longer taken, see `login.log_in`; raises where it cannot."""
        self.worked = False
        """The token was taken at least once."""
        self._renewing = asyncio.Lock()
        self._headers = {"Content-Type": "application/json"}
        self._connections = Connections(self.base)
        if access_token:
            self.authorise(access_token)

    def authorise(self, access_token: str) -> None:
        """Use `access_token` from now on."""
        self._headers["Authorization"] = f"Bearer {access_token}"
        self.worked = False

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()

    async def get(
        self, path: str, query: Mapping[str, str] | None = None, *, wait_s: float = 0
    ) -> dict[str, Any]:
        """GET; `wait_s` is how long the server was asked to wait for news."""
        return await self.call("GET", path, None, query, wait_s=wait_s)

    async def put(self, path: str, body: object) -> dict[str, Any]:
        """PUT a JSON body."""
        return await self.call("PUT", path, body)

    async def post(self, path: str, body: object) -> dict[str, Any]:
        """POST a JSON body."""
        return await self.call("POST", path, body)

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        query: Mapping[str, str] | None = None,
        *,
        wait_s: float = 0,
    ) -> dict[str, Any]:
        """Make one request, with another token where this one has ended.

        Raise `RateLimited`, `Unreachable`, `Refused` or `LoggedOut`.
        """
        data = None if body is None else _dump(body)
        exchange = partial(self._exchange, method, f"client/{path}", data, query, self._headers, wait_s)
        return await self._renewed(exchange)

    async def post_once(self, path: str, body: object) -> dict[str, Any]:
        """POST a JSON body with the token as it is. Raise as `call` does."""
        return await self._exchange("POST", f"client/{path}", _dump(body), None, self._headers, 0)

    async def upload(self, data: bytes, mimetype: str, name: str) -> dict[str, Any]:
        """Put bytes into the media repository; `name` may be empty. Raise as `call` does."""
        query = {"filename": name} if name else None

        async def put() -> dict[str, Any]:
            headers = self._headers | {"Content-Type": mimetype}
            return await self._exchange("POST", "media/v3/upload", data, query, headers, TIMEOUT_S)

        return await self._renewed(put)

    async def _renewed(self, request: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        used = self._headers.get("Authorization")
        try:
            return await request()
        except LoggedOut as out:
            if self.renewal is None or out.code != "M_UNKNOWN_TOKEN":
                raise
            async with self._renewing:
                if self._headers.get("Authorization") == used:
                    await self.renewal(out)
        return await request()

    async def _exchange(
        self,
        method: str,
        path: str,
        data: bytes | None,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str],
        wait_s: float,
    ) -> dict[str, Any]:
        target = f"_matrix/{path}"
        if query:
            target = f"{target}?{'&'.join(f'{name}={seg(value)}' for name, value in query.items())}"
        try:
            response = await self._connections.exchange(
                method, target, headers, data, timeout_s=TIMEOUT_S + wait_s
            )
        except (TimeoutError, OSError) as error:
            raise Unreachable(f"{self.base}: {error or type(error).__name__}") from error
        try:
            answer = json.loads(response.body)
        except (ValueError, RecursionError) as error:
            answer = None
            if response.status == 200:
                raise Unreachable(f"{self.base}: {method} {path}: the answer is not JSON") from error
        if response.status == 200 and isinstance(answer, dict):
            self.worked = True
            return answer
        raise _error(
            method, path.removeprefix("client/"), response, answer if isinstance(answer, dict) else None
        )


def text_of(answer: Mapping[str, Any], name: str) -> str:
    """Return a text that the specification promises in an answer."""
    found = answer.get(name)
    if not isinstance(found, str):
        raise Unreachable(f"the homeserver's answer has no {name}")
    return found


@lru_cache(maxsize=256)  # rooms, filters: the same again and again
def seg(text: str) -> str:
    """Quote one segment of a path, or one value of a query."""
    return quote(text, safe="")


_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def _dump(body: object) -> bytes:
    # Lone surrogates cannot be sent at all; everything else goes as plain UTF-8, half the bytes.
    return _JSON.encode(body).encode("utf-8", "replace")


def _error(method: str, path: str, response: Answer, answer: dict[str, Any] | None) -> HomeserverError:
    status = response.status
    place = f"{method} {path.partition('?')[0]}"
    if status == 429:
        return RateLimited(_wait_of(answer or {}, response.headers.get("retry-after")))
    if status >= 500 or (answer is None and status != 413):
        # A proxy in front of a server that restarts answers with pages of its own.
        return Unreachable(f"{place}: HTTP {status}")
    answer = answer or {}
    code = answer.get("errcode")
    what = str(answer.get("error") or f"HTTP {status}")[:300]
    if status == 401 and "flows" in answer:
        return AuthNeeded(f"{place}: {what}", str(answer.get("session", "")), _approval_url(answer))
    if not isinstance(code, str):
        code = f"HTTP_{status}"
    hint = _HINTS.get(code)
    if hint is None and path == "v3/login":
        hint = _LOGIN_HINTS.get(code)
    if hint is None and status == 401 and code == "M_UNAUTHORIZED":
        hint = _HINTS["M_UNKNOWN_TOKEN"]
    if hint is not None:
        kind = SoftLoggedOut if answer.get("soft_logout") is True else LoggedOut
        return kind(code, what, hint)
    return Refused(code, f"{place}: {what}")


def _approval_url(answer: dict[str, Any]) -> str:
    """Return where a person approves the request (`m.oauth`, MSC4312), empty where that is not asked."""
    params = answer.get("params")
    for stage in ("m.oauth", "org.matrix.cross_signing_reset"):
        given = params.get(stage) if isinstance(params, dict) else None
        url = given.get("url") if isinstance(given, dict) else None
        if isinstance(url, str) and url.startswith(("https://", "http://")):
            return url
    return ""


def _wait_of(answer: dict[str, Any], header: str | None) -> int:
    """Return the wait that the server asks for, in milliseconds."""
    wait = answer.get("retry_after_ms")
    if isinstance(wait, int) and wait >= 0:
        return wait
    if header is not None and header.strip().isdecimal():
        return int(header) * 1000
    return _DEFAULT_WAIT_MS


def list_at(value: object, *path: str) -> list[Any]:
    """Return the list at a path of an answer, empty where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, list) else []
