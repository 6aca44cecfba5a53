"""Drives `interop/teacher.mjs`: a teacher on matrix-js-sdk, installed once into a cache outside the tree."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "interop"
PATIENCE = 60
"""Seconds. Node, Synapse and the bot have taken more than thirty to one step on a busy machine."""


def install() -> Path | str:
    """Return the folder where the client can run, or why it cannot."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return "node and npm are not installed"
    major = int(subprocess.check_output([node, "--version"], text=True).lstrip("v").split(".")[0])
    if major < 20:
        return f"node {major} is too old, matrix-js-sdk wants 20 or later"
    package = (HERE / "package.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "helpbot-interop" / hashlib.sha256(package).hexdigest()[:12]
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_bytes(package)
        command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            return "npm install took longer than two minutes"
        if done.returncode != 0:
            return f"npm install failed: {done.stderr.strip()[-300:]}"
        (folder / "installed").touch()
    shutil.copy(HERE / "teacher.mjs", folder / "teacher.mjs")
    return folder


class JsTeacher:
    """One running client. `seen` holds each event as its user sees it now."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._changed = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())
        self.user_id = ""
        self.seen: dict[str, dict[str, Any]] = {}

    @classmethod
    async def start(
        cls, folder: Path, homeserver: str, user: str, password: str, *, recovery_key: str = ""
    ) -> JsTeacher:
        process = await asyncio.create_subprocess_exec(
            *("node", "teacher.mjs", homeserver, user, password, recovery_key),
            cwd=folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**22,
        )
        teacher = cls(process)
        await teacher.until(lambda: teacher.user_id, "the client to be ready")
        return teacher

    async def ask(self, name: str, **arguments: Any) -> Any:
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, "do": name, **arguments}).encode() + b"\n")
        async with asyncio.timeout(PATIENCE):
            return await answer

    async def say(self, room: str, body: str, **more: Any) -> str:
        content = {"msgtype": "m.text", "body": body, "m.mentions": {}, **more}
        return str(await self.ask("send", room=room, type="m.room.message", content=content))

    async def sees(self, event_id: str, *, redacted: bool = False) -> dict[str, Any]:
        """Return an event once its user can read it."""

        def there() -> bool:
            event = self.seen.get(event_id)
            return event is not None and event["readable"] and event["redacted"] is redacted

        await self.until(there, f"{event_id} to be readable")
        return self.seen[event_id]

    async def until(self, condition: Callable[[], object], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE), self._changed:
                await self._changed.wait_for(lambda: condition() or self._reader.done())
        except TimeoutError:
            raise TimeoutError(f"waited in vain for {what}") from None
        if not condition():
            raise AssertionError(f"the client ended; waited for {what}")

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self._process.wait()
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await self._reader

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for raw in self._process.stdout:
            line = json.loads(raw)
            async with self._changed:
                if "seen" in line:
                    self.seen[line["seen"]["id"]] = line["seen"]
                elif "ready" in line:
                    self.user_id = line["ready"]
                else:
                    answer = self._answers.pop(line["id"])
                    if answer.done():
                        pass
                    elif "error" in line:
                        answer.set_exception(RuntimeError(line["error"]))
                    else:
                        answer.set_result(line["result"])
                self._changed.notify_all()
        async with self._changed:
            self._changed.notify_all()
