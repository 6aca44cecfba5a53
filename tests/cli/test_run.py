"""`helpbot run` as a program, where the homeserver or the account is of no use."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

pytestmark = pytest.mark.slow

USER = "@helpbot:test.local"
FAQ = """\
theme: pix
title: Pix
entries: [{id: pix-a, question: Comment entrer dans Pix ?, answer: Par l'ENT.}]
"""
Answer = tuple[int, dict[str, Any] | str]

WRONG: Answer = (403, {"errcode": "M_FORBIDDEN", "error": "Invalid username or password"})
EXPIRED: Answer = (403, {"errcode": "ORG_MATRIX_EXPIRED_ACCOUNT", "error": "Account expired"})
SOFT: Answer = (401, {"errcode": "M_UNKNOWN_TOKEN", "error": "Token expired", "soft_logout": True})
HARD: Answer = (401, {"errcode": "M_UNKNOWN_TOKEN", "error": "Unrecognised access token"})
DOWN: Answer = (502, "<html>Bad gateway</html>")
WELCOME: Answer = (200, {"user_id": USER, "device_id": "OLD", "access_token": "new"})


@dataclass
class Server:
    """Answers each path as it is told, everything else by `otherwise`."""

    answers: dict[str, Answer]
    otherwise: Answer = HARD
    url: str = ""
    logins: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    hang: bool = False

    async def handle(self, request: web.Request) -> web.Response:
        path = request.path.rpartition("/")[2]
        if path == "login":
            self.logins.append(await request.json())
        async with self.news:
            self.asked.append(path)
            self.news.notify_all()
        if self.hang:
            await asyncio.Event().wait()
        status, body = self.answers.get(path, self.otherwise)
        if isinstance(body, str):
            return web.Response(text=body, status=status)
        return web.json_response(body, status=status)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with self.news:
            await self.news.wait_for(condition)


@asynccontextmanager
async def serving(answers: dict[str, Answer], **more: Any) -> AsyncIterator[Server]:
    server = Server(answers, **more)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


class Program:
    """`helpbot run --log json` in a folder of its own."""

    def __init__(self, folder: Path, url: str, *, login: str = "password: secret", more: str = "") -> None:
        self.folder = folder
        (folder / "faq").mkdir()
        (folder / "faq" / "pix.yaml").write_text(FAQ)
        (folder / "config.yaml").write_text(
            f"matrix: {{homeserver: '{url}', user_id: '{USER}', {login}}}\n{more}\n"
        )
        self.lines: list[dict[str, Any]] = []
        self.process: asyncio.subprocess.Process | None = None

    def keep_session(self) -> None:
        """Leave what an earlier run left: a device and its token."""
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        kept = {"user_id": USER, "device_id": "OLD", "access_token": "old"}
        (data / "session.json").write_text(json.dumps(kept))

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "helpbot", "run", "-c", str(self.folder / "config.yaml"), "--log", "json",
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )  # fmt: skip

    async def line(self, event: str) -> dict[str, Any]:
        """Return the next line about an event."""
        assert self.process is not None
        assert self.process.stderr is not None
        while raw := await self.process.stderr.readline():
            self.lines.append(json.loads(raw))
            if self.lines[-1]["event"] == event:
                return self.lines[-1]
        raise AssertionError(f"no {event!r} in {self.lines}")

    async def ended(self) -> int:
        """Return the exit code, all lines read; every one of them must be JSON."""
        assert self.process is not None
        assert self.process.stderr is not None
        self.lines += [json.loads(raw) async for raw in self.process.stderr]
        return await self.process.wait()

    async def run(self) -> int:
        await self.start()
        return await self.ended()

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    @property
    def errors(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["level"] in ("error", "critical", "warning")]


@pytest.mark.parametrize(
    ("answer", "code", "hint"),
    [
        (WRONG, "M_FORBIDDEN", "check user_id and password"),
        (EXPIRED, "ORG_MATRIX_EXPIRED_ACCOUNT", "renew it from the mail sent to its mailbox"),
    ],
)
async def test_a_login_that_is_refused_ends_it_with_one_line(
    tmp_path: Path, answer: Answer, code: str, hint: str
) -> None:
    async with serving({"login": answer}) as server:
        program = Program(tmp_path, server.url)
        assert await program.run() == 1
    [line] = program.errors
    assert (line["event"], line["code"]) == ("the account cannot be used", code)
    assert hint in line["hint"]
    assert "exception" not in line
    assert "secret" not in json.dumps(program.lines)
    assert server.asked == ["login"]


async def test_an_account_that_expired_since_the_last_start_is_not_logged_in_again(tmp_path: Path) -> None:
    async with serving({"whoami": EXPIRED}) as server:
        program = Program(tmp_path, server.url)
        program.keep_session()
        assert await program.run() == 1
    [line] = program.errors
    assert line["code"] == "ORG_MATRIX_EXPIRED_ACCOUNT"
    assert (server.asked, server.logins) == (["whoami"], [])


@pytest.mark.parametrize(("answer", "device"), [(SOFT, "OLD"), (HARD, None)])
async def test_a_dead_token_brings_one_login_with_the_device_that_stands(
    tmp_path: Path, answer: Answer, device: str | None
) -> None:
    """The new token is refused as well: that is the end, and no second login."""
    async with serving({"whoami": answer, "login": WELCOME}, otherwise=answer) as server:
        program = Program(tmp_path, server.url)
        program.keep_session()
        assert await program.run() == 1
    [line] = program.errors
    assert line["code"] == "M_UNKNOWN_TOKEN"
    assert [login.get("device_id") for login in server.logins] == [device]


async def test_a_dead_token_without_a_password_ends_it(tmp_path: Path) -> None:
    async with serving({"whoami": SOFT}) as server:
        program = Program(tmp_path, server.url, login="access_token: old, device_id: OLD")
        assert await program.run() == 1
    [line] = program.errors
    assert line["code"] == "M_UNKNOWN_TOKEN"
    assert "give the password or a new token" in line["hint"]
    assert (server.asked, server.logins) == (["whoami"], [])


async def test_a_homeserver_that_goes_away_after_the_login_is_not_asked_for_another(tmp_path: Path) -> None:
    async with serving({"login": WELCOME, "whoami": DOWN}, otherwise=DOWN) as server:
        program = Program(tmp_path, server.url)
        await program.start()
        await server.until(lambda: "whoami" in server.asked)
        program.stop()
        assert await program.ended() == 0
    assert len(server.logins) == 1
    assert {line["event"] for line in program.errors} == {"the homeserver cannot be reached"}


async def test_a_homeserver_that_is_down_is_tried_again_later_and_later(tmp_path: Path) -> None:
    async with serving({}, otherwise=DOWN) as server:
        program = Program(tmp_path, server.url, more='metrics: {listen: "127.0.0.1:0"}')
        await program.start()
        url = (await program.line("health and metrics are served"))["url"]
        waits = [(await program.line("the homeserver cannot be reached"))["retry_in_ms"] for _ in range(2)]
        assert waits == [1_000, 2_000]
        assert len(server.logins) == 2
        async with aiohttp.ClientSession() as session, session.get(f"{url}/health") as response:
            told = await response.json()
        assert (response.status, told["status"]) == (503, "unreachable")
        program.stop()
        assert await program.ended() == 0
    assert [line["event"] for line in program.lines][-1] != "ready"


@pytest.mark.parametrize("there", [True, False])
async def test_it_stops_at_once_while_nobody_answers(tmp_path: Path, there: bool) -> None:
    async with serving({}, hang=True) as server:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            url = server.url if there else f"http://127.0.0.1:{nobody.getsockname()[1]}"
            program = Program(tmp_path, url)
            await program.start()
            if there:
                await server.until(lambda: bool(server.logins))
            else:
                await program.line("the homeserver cannot be reached")
            program.stop()
            assert await asyncio.wait_for(program.ended(), 10) == 0


async def test_an_address_that_is_taken_ends_it_before_it_logs_in(tmp_path: Path) -> None:
    async with serving({"login": WRONG}) as server:
        taken = server.url.removeprefix("http://")
        program = Program(tmp_path, server.url, more=f'metrics: {{listen: "{taken}"}}')
        assert await program.run() == 1
    [line] = program.errors
    assert (line["event"], line["listen"]) == ("nothing can listen on metrics.listen", taken)
    assert server.asked == []


@pytest.mark.parametrize(
    ("name", "why"), [("matrix.lock", "Is a directory"), ("crypto.db", "file is not a database")]
)
async def test_a_data_folder_that_cannot_be_used_ends_it_with_one_line(
    tmp_path: Path, name: str, why: str
) -> None:
    async with serving({"login": WELCOME}) as server:
        program = Program(tmp_path, server.url)
        data = tmp_path / "data"
        data.mkdir()
        if name == "crypto.db":
            (data / name).write_text("torn " * 1000)
        else:
            (data / name).mkdir()
        assert await program.run() == 1
    [line] = [e for e in program.errors if e["level"] == "error"]
    assert line["event"] == "the data folder cannot be used"
    assert why in line["why"]
    assert "free space" in line["hint"]
    assert "exception" not in line
