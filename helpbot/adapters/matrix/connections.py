"""HTTP/1.1 connections to one homeserver (RFC 9112), kept open between requests.

httptools reads what comes; what is left is little: one request at a time on a connection, connections kept
for the next ones, a time limit for each. docs/dependencies.md tells what a whole HTTP client costs a question
beside this, in processor time and memory.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import aiohappyeyeballs
import httptools

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_S = 10.0
"""For the name, the connection and TLS."""
KEPT_S = 75.0
"""An unused connection is not taken up again after this: what stands between may have forgotten it."""
_GZIP = 16 + zlib.MAX_WBITS
_IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})
_UNSENDABLE = frozenset("\r\n\0")


class Broken(ConnectionError):
    """The other side ended a connection, or said something that is not HTTP, before its answer was whole."""


class _Unanswered(Broken):
    """Not one byte of an answer came: the request may be made again where twice does as once."""


@dataclass(slots=True)
class Answer:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    """Names in lower case; of a name that comes again, the last value."""
    body: bytes = b""


class Connections:
    """Connections to one `http(s)://host[:port][/path]`, as many as there are requests at a time."""

    def __init__(self, base: str) -> None:
        """Raise ValueError where `base` is no such address."""
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{base}: not an http:// or https:// address")
        secure = parts.scheme == "https"
        self._host = (
            parts.hostname.encode("idna").decode() if not parts.hostname.isascii() else parts.hostname
        )
        self._port = parts.port or (443 if secure else 80)
        self._path = parts.path.rstrip("/")
        named = f"[{self._host}]" if ":" in self._host else self._host
        self._named = named if parts.port is None else f"{named}:{parts.port}"
        self._tls = ssl.create_default_context() if secure else None
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()

    async def exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, *, timeout_s: float
    ) -> Answer:
        """Make one request; `target` is the path and the query, quoted, below the base's own path.

        Raise TimeoutError after `timeout_s` seconds in all, OSError (`Broken` among them) without an answer.
        A request that a kept connection lost before any answer is made once more on another one, where the
        method allows it (RFC 9112 §9.3.1).
        """
        lines = [f"{method} {self._path}/{target} HTTP/1.1", f"Host: {self._named}", "Accept-Encoding: gzip"]
        lines.extend(f"{name}: {value}" for name, value in headers.items())
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        if any(not _UNSENDABLE.isdisjoint(line) for line in lines):
            raise ValueError("a line break in an address or a header")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        request = head + body if body else head
        async with asyncio.timeout(timeout_s):
            while True:
                kept = self._take()
                connection = kept or await self._connect()
                try:
                    answer = await connection.answer_to(request)
                except _Unanswered:
                    if kept is None or method not in _IDEMPOTENT:
                        raise
                    continue
                if connection.reusable:
                    self._idle.append(connection)
                else:
                    connection.end()
                if answer.headers.get("content-encoding") == "gzip":
                    answer.body = _unzipped(answer.body)
                return answer

    async def close(self) -> None:
        """End all connections, and wait a second for them to be ended."""
        self._idle.clear()
        ending = [connection.ended for connection in self._open]
        for connection in tuple(self._open):
            connection.end()
        if ending:
            await asyncio.wait(ending, timeout=1)

    def _take(self) -> _Connection | None:
        """Return the connection used last, if it may be used again."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable and now - connection.since < KEPT_S:
                return connection
            connection.end()
        return None

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_S):
            addresses = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            # IPv6 first, and IPv4 beside it after a quarter of a second (RFC 8305).
            sock = await aiohappyeyeballs.start_connection(addresses, happy_eyeballs_delay=0.25, interleave=1)
            try:
                _, connection = await loop.create_connection(
                    lambda: _Connection(self._open, loop),
                    sock=sock,
                    ssl=self._tls,
                    server_hostname=self._host if self._tls else None,
                )
            except BaseException:
                sock.close()
                raise
        return connection


class _Connection(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, among: set[_Connection], loop: asyncio.AbstractEventLoop) -> None:
        self.since = 0.0
        """When it was last used, in the loop's seconds."""
        self.ended: asyncio.Future[None] = loop.create_future()
        self._loop, self._among = loop, among
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._answer = Answer()
        self._pieces: list[bytes] = []
        self._heard = self._keep = self._until_end = False

    @property
    def reusable(self) -> bool:
        """Whether another request may follow."""
        return self._keep and self._transport is not None and not self._transport.is_closing()

    async def answer_to(self, request: bytes) -> Answer:
        """Send a whole request and return its answer. Raise `Broken`."""
        if self._transport is None or self._transport.is_closing():
            raise _Unanswered("the connection was ended")
        self._waiting = self._loop.create_future()
        self._heard = self._keep = self._until_end = False
        try:
            self._transport.write(request)
            return await self._waiting
        finally:
            whole = self._waiting.done() and not self._waiting.cancelled()
            self._waiting = None
            if not whole:
                self.end()  # given up: what still comes belongs to nobody

    def end(self) -> None:
        """Close it; what was written is not waited for."""
        self._keep = False
        if self._transport is not None:
            self._transport.abort()

    # --- what asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._among.add(self)

    def data_received(self, data: bytes) -> None:
        if self._waiting is None:
            self.end()  # nobody asked
            return
        self._heard = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(Broken(f"not HTTP: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._among.discard(self)
        self._keep = False
        if not self.ended.done():
            self.ended.set_result(None)
        if exc is None and self._until_end:
            self._finish()
        how = f"the connection was lost{f': {exc}' if exc else ''}"
        self._fail(Broken(how) if self._heard else _Unanswered(how))

    # --- what httptools tells

    def on_message_begin(self) -> None:
        self._answer, self._pieces = Answer(), []
        if self._waiting is None or self._waiting.done():
            self.end()  # more than one answer to one request

    def on_header(self, name: bytes, value: bytes) -> None:
        self._answer.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._answer.status = self._parser.get_status_code()
        known = self._answer.headers.keys() & {"content-length", "transfer-encoding"}
        self._until_end = not known and self._answer.status >= 200

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        if self._answer.status >= 200:  # below: an interim answer, the real one follows
            self._keep = self._parser.should_keep_alive()
            self._finish()

    def _finish(self) -> None:
        self._until_end = False
        if self._waiting is not None and not self._waiting.done():
            self._answer.body = b"".join(self._pieces)
            self.since = self._loop.time()
            self._waiting.set_result(self._answer)

    def _fail(self, error: Broken) -> None:
        self.end()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)


def _unzipped(body: bytes) -> bytes:
    try:
        return zlib.decompress(body, _GZIP)
    except zlib.error as error:
        raise Broken(f"not gzip: {error}") from error
