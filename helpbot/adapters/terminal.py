"""The way between the running bot and the operator's terminal: a socket in the data folder.

Only whoever may read the bot's keys may open it (the folder is 0700, the socket 0600): there is no password.
One JSON object a line: `{"told": "Compare", "emojis": [...], …}` to the terminal, see `ports.verification`;
`{"same": true}` back. A terminal that goes away counts as an operator who left.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from helpbot.ports.verification import Asked, Busy, Compare, Ended, Outcome, Told, Verifications, Waiting

SOCKET = "verify.sock"
_MAX_PATH = 100
"""Bytes; what a Unix socket's address holds is a little more, and differs between systems."""
_DESCRIPTORS = Path("/proc/self/fd")


@dataclass(slots=True)
class TerminalServer:
    """Lets one terminal at a time attend to verifications. `start` it, and `close` it in the end."""

    folder: Path
    verifications: Verifications
    me: str
    users: frozenset[str]
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> None:
        """Listen. Raises `OSError` where the folder takes no socket."""
        self._server = await asyncio.start_unix_server(self._serve, sock=_listener(self.folder))

    async def close(self) -> None:
        """Stop listening; a terminal that waits sees the end of its line."""
        if self._server is None:
            return
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()
        (self.folder / SOCKET).unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def tell(what: Told) -> None:
            if not writer.is_closing():
                line = {"told": type(what).__name__, **asdict(what)}
                writer.write(json.dumps(line, default=list).encode() + b"\n")

        self._writers.add(writer)
        try:
            if not self.verifications.attend(self.users, tell):
                tell(Busy())
                return
            try:
                tell(Waiting(self.me, tuple(sorted(self.users))))
                await self._listen(reader)
            finally:
                self.verifications.leave()
        finally:
            self._writers.discard(writer)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError, ValueError):  # a line that is none ends it as well
            async for line in reader:
                said = json.loads(line)
                same = said.get("same") if isinstance(said, dict) else None
                if not isinstance(same, bool):
                    return
                self.verifications.answer(same=same)


class Terminal:
    """The operator's end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def next(self) -> Told | None:
        """Return the next thing that the bot tells; None when it has stopped."""
        try:
            line = await self._reader.readline()
        except OSError:
            return None
        return _told(json.loads(line)) if line else None

    async def answer(self, *, same: bool) -> None:
        """Tell what the person saw."""
        self._writer.write(json.dumps({"same": same}).encode() + b"\n")
        with suppress(OSError):
            await self._writer.drain()


@asynccontextmanager
async def terminal(folder: Path) -> AsyncIterator[Terminal]:
    """Connect with the bot that runs on a data folder. Raises `OSError` where none does."""
    with _address(folder) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    try:
        yield Terminal(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _listener(folder: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _address(folder) as address:
            # Left by a process that was killed; a living one holds the folder's lock.
            Path(address).unlink(missing_ok=True)
            listener.bind(address)
            Path(address).chmod(0o600)
    except BaseException:
        listener.close()
        raise
    return listener


def _told(line: dict[str, Any]) -> Told:
    name = line.pop("told")
    if name == "Compare":
        return Compare(tuple(line["emojis"]), tuple(line["decimals"]))
    if name == "Waiting":
        return Waiting(line["user_id"], tuple(line["users"]))
    if name == "Ended":
        return Ended(Outcome(line["outcome"]), line["code"])
    return Asked(**line) if name == "Asked" else Busy()


@contextmanager
def _address(folder: Path) -> Iterator[str]:
    """Give the socket's address: where the folder's path is too long for one, by way of a descriptor."""
    path = folder / SOCKET
    if len(os.fsencode(path)) <= _MAX_PATH or not _DESCRIPTORS.is_dir():
        yield str(path)
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield str(_DESCRIPTORS / str(handle) / SOCKET)
    finally:
        os.close(handle)
